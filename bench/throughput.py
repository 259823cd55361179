"""Measure CLIP-TNseg at 352 on a ViT-B/16: the reference's way of working against ours.

    python bench/throughput.py
    python bench/throughput.py --batch 1 --threads 1 --cpu

The reference's way: image tower (all twelve blocks), visual prompt and text tower in every step,
float32, contiguous memory, group norm and SiLU as torch's two layers. Ours: frozen features known
beforehand (what a cache gives back, in float16), channels last, norm and SiLU in one, freed memory
kept; in float32, and in bfloat16 where the processor has matrix units. Weights are random; time
does not depend on them. The ways take turns and the best of the repeats counts; freed memory is
kept for all of them once ours has asked for it, to the reference's favour. The last column is how
many times faster than the reference's way; "away" is the largest difference of what comes out. Exit
status 1 where ours is below the aim in the best precision.

On a busy machine two threads wait for each other, spinning, many times a convolution: its figures
mean nothing. One thread and its CPU time still do.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from torch.nn import functional as F

from nodulens.models import clip_tnseg
from nodulens.models.backbones.contract import Backbone, ImageFeatures
from nodulens.models.backbones.loading import load_backbone
from nodulens.training.speed import choose_precision, keep_freed_memory

AIMS = {"training": 3.0, "inference": 2.0}
SIZE = 352
DEPTHS = (9, 7, 3)
LAST = 11
TEXT = "a hypoechoic nodule in the left upper part"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--cpu", action="store_true", help="count CPU time: on a busy machine")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    clock = time.process_time if options.cpu else time.perf_counter
    backbone = load_backbone("open_clip:ViT-B-16/random")
    precisions = ["float32"]
    if choose_precision("auto") == "bf16":
        precisions.append("bf16")
    else:
        print("no matrix units for bfloat16 here: float32 only")

    torch.manual_seed(0)
    image = torch.randn(options.batch, 3, SIZE, SIZE)
    mask = (F.avg_pool2d(torch.randn(options.batch, 1, SIZE, SIZE), 31, 1, 15) > 0).float()
    good = True
    for work in ("training", "inference"):
        ways = {"reference's way": reference(work, backbone, image, mask)}
        for precision in precisions:
            ways[f"ours, {precision}"] = ours(work, backbone, image, mask, precision)
        seconds, values = measure(ways, options.repeats, clock)
        base = seconds["reference's way"]
        print(f"\n| {work:18} | s an image | {'result' if work == 'inference' else 'loss':>8} |"
              f" {'away':>8} | ratio |")  # fmt: skip
        print(f"|{'-' * 20}|{'-' * 11}:|{'-' * 9}:|{'-' * 9}:|{'-' * 6}:|")
        for name, value in values.items():
            away = (value - values["reference's way"]).abs().max()
            print(
                f"| {name:18} | {seconds[name] / options.batch:10.2f} | {value.mean():8.4f} | "
                f"{away:8.1e} | {base / seconds[name]:5.2f} |"
            )
        best = base / min(seconds.values())
        good &= best >= AIMS[work]
        print(f"aim: {AIMS[work]:g} times; reached: {best:.2f}")
    return int(not good)


def reference(work: str, backbone: Backbone, image: Tensor, mask: Tensor) -> Callable[[], Tensor]:
    """Everything anew each time, in float32, as the layers come."""
    network = build(backbone)
    optimizer = torch.optim.AdamW(network.parameters(), 1e-4)
    prompt = image.flip(3)

    def train() -> Tensor:
        with two_layers():
            text = backbone.encode_text([TEXT] * len(image))
            visual = backbone.encode_whole(prompt)
            mixed = text._replace(pooled=0.5 * text.pooled + 0.5 * visual)
            return step(network(image, mixed, look_through(backbone, image)), mask, optimizer)

    def infer() -> Tensor:
        with two_layers(), torch.inference_mode():
            text = backbone.encode_text([TEXT] * len(image))
            return network(image, text, look_through(backbone, image)).sigmoid()

    return train if work == "training" else infer_in(network, infer)


def look_through(backbone: Backbone, image: Tensor) -> ImageFeatures:
    """Look with all blocks of the tower, as the reference does, not only as deep as is wanted."""
    with torch.no_grad():
        seen = backbone.encode_image(image, (LAST, *DEPTHS))
    return ImageFeatures(seen.maps[1:], seen.classes[1:])


def ours(
    work: str, backbone: Backbone, image: Tensor, mask: Tensor, precision: str
) -> Callable[[], Tensor]:
    """What is frozen is known; of an image to be judged, only its words are."""
    network = build(backbone).to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(network.parameters(), 1e-4)
    seen, text = network.look(image), backbone.encode_text([TEXT] * len(image))
    mixed = text._replace(pooled=0.5 * text.pooled + 0.5 * backbone.encode_whole(image.flip(3)))
    seen = type(seen)(
        tuple(part.half() for part in seen.maps),
        tuple(part.half() for part in seen.classes),
    )
    image = image.to(memory_format=torch.channels_last)

    def answer(known: bool) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            logits: Tensor = network(image, mixed if known else text, seen if known else None)
        return logits.float()

    def train() -> Tensor:
        keep_freed_memory()
        return step(answer(True), mask, optimizer)

    def infer() -> Tensor:
        with torch.inference_mode():
            return answer(False).sigmoid()

    return train if work == "training" else infer_in(network, infer)


def build(backbone: Backbone) -> clip_tnseg.ClipTnseg:
    torch.manual_seed(1)
    network = clip_tnseg.clip_tnseg(backbone, depths=DEPTHS)
    return network.train()


def infer_in(network: torch.nn.Module, infer: Callable[[], Tensor]) -> Callable[[], Tensor]:
    network.eval()
    return infer


def step(logits: Tensor, mask: Tensor, optimizer: torch.optim.Optimizer) -> Tensor:
    """One step on soft Dice; returns its loss."""
    probability = logits.sigmoid()
    both, total = (probability * mask).sum((1, 2, 3)), (probability + mask).sum((1, 2, 3))
    loss = (1 - (2 * both + 1) / (total + 1)).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()[None]


@contextlib.contextmanager
def two_layers() -> Iterator[None]:
    """Compute norm and SiLU as torch's two layers."""
    kept = clip_tnseg.norm_silu
    clip_tnseg.norm_silu = lambda x, norm: F.silu(norm(x))
    try:
        yield
    finally:
        clip_tnseg.norm_silu = kept


def measure(
    ways: dict[str, Callable[[], Tensor]], repeats: int, clock: Callable[[], float]
) -> tuple[dict[str, float], dict[str, Tensor]]:
    """Return the least seconds of each way, and what its first run gave."""
    seconds = dict.fromkeys(ways, float("inf"))
    values = {}
    for turn in range(repeats + 1):
        for name, way in ways.items():
            torch.manual_seed(2)
            start = clock()
            value = way()
            if turn == 0:
                values[name] = value  # and warm
            else:
                seconds[name] = min(seconds[name], clock() - start)
    return seconds, values


if __name__ == "__main__":
    sys.exit(main())
