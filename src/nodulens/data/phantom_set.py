"""A folder of phantoms that is a data set like any imported one."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_args

import numpy as np
from PIL import Image

from nodulens.data import phantom_two
from nodulens.data.manifest import Row, write_manifest
from nodulens.data.phantom import Phantom, phantom
from nodulens.data.pictures import encode_mask
from nodulens.errors import BadData
from nodulens.files import sha256_of, write_bytes, write_json

LICENCE = "synthetic, no restriction"
_RECORD = "phantoms.json"
"""The settings of the set, beside the manifest."""
SPLIT_SCREENS = 0.2
"""Share of frames with two views, where nothing else is asked for."""
_TURNS = get_args(phantom_two.ToldBy)


def write_phantoms(
    count: int,
    out: Path,
    *,
    seed: int = 0,
    split_screens: float | None = None,
    two_nodules: bool = False,
    width: int = 640,
    height: int = 480,
    progress: Callable[[int], None] | None = None,
) -> list[Row]:
    """Write ``count`` phantoms with masks, labels, texts and scale as a data set.

    Every phantom is a patient of its own. The same arguments give the same files, and a smaller
    ``count`` gives the first of them.

    With two nodules a frame, each frame has two rows, ``…-a`` for the nodule on the left and
    ``…-b`` for that on the right: the same image, and the mask, labels and text of the one that the
    text means (:mod:`nodulens.data.phantom_two`). Place, size and echogenicity take turns at
    telling them apart.

    Args:
        count: how many.
        out: a new or empty folder, or an earlier set of phantoms, whose files are overwritten.
        seed: of the set; sets of different seeds share no frame.
        split_screens: share of frames with two views, 0 to 1; None for a fifth, or none of those
            with two nodules, which have one view.
        two_nodules: whether each frame has two.
        width: of each frame in pixels.
        height: of each frame in pixels.
        progress: called with the number of frames written.

    Returns:
        The rows of the manifest. Beside it, ``phantoms.json`` holds the settings and, with two
        nodules, ``best_without_text``: the mean ``dice`` and ``iou`` that no network exceeds which
        gives the same outline whatever the text.

    Raises:
        BadData: ``out`` holds something else, or a value is out of its range.
    """
    if split_screens is None:
        split_screens = 0.0 if two_nodules else SPLIT_SCREENS
    if count < 1 or not 0 <= split_screens <= 1 or seed < 0:
        raise BadData("phantoms: ask for 1 or more, a seed from 0 and a share between 0 and 1")
    if two_nodules and split_screens:
        raise BadData("phantoms: a frame with two nodules has one view; ask for no split screens")
    if out.exists() and not (out / _RECORD).is_file() and (out.is_file() or any(out.iterdir())):
        raise BadData(f"{out}: holds something else than phantoms; give a new folder")
    settings: dict[str, Any] = {
        "count": count,
        "seed": seed,
        "split_screens": split_screens,
        "two_nodules": two_nodules,
        "width": width,
        "height": height,
    }
    write_json(out / _RECORD, settings)
    rows, bounds = [], []
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        frame_seed = int(rng.integers(2**31))
        name = f"phantom-{number:05d}"
        if two_nodules:
            told_by = _TURNS[number % len(_TURNS)]
            left, right = phantom_two.two_nodules(
                frame_seed, told_by=told_by, width=width, height=height
            )
            bounds.append(phantom_two.best_dice_without_text(left.mask, right.mask))
            made = {f"{name}-a": left, f"{name}-b": right}
        else:
            split_screen = bool(rng.random() < split_screens)
            made = {
                name: phantom(frame_seed, split_screen=split_screen, width=width, height=height)
            }
        rows += _write_frame(out, name, made, f"phantom with seed {frame_seed}")
        if progress is not None:
            progress(number + 1)
    write_manifest(out, rows)
    if two_nodules:
        best = {"dice": float(np.mean(bounds)), "iou": 0.5}
        write_json(out / _RECORD, settings | {"best_without_text": best})
    return rows


def _write_frame(out: Path, name: str, made: Mapping[str, Phantom], note: str) -> list[Row]:
    """Write one picture, and the mask and the row of everything that is asked about it, by id."""
    image = f"images/{name}.png"
    pixels = next(iter(made.values())).pixels
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    write_bytes(out / image, stream.getvalue())
    digest = sha256_of(out / image)
    rows = []
    for row_id, asked in made.items():
        mask = f"masks/{row_id}.png"
        write_bytes(out / mask, encode_mask(asked.mask))
        rows.append(
            Row(
                id=row_id,
                image=image,
                mask=mask,
                patient=name,
                group=name,
                width=pixels.shape[1],
                height=pixels.shape[0],
                sha256=digest,
                mm_per_px=asked.mm_per_px,
                scale_from="user",
                text=asked.text,
                labels=asked.labels,
                licence=LICENCE,
                notes=[note],
            )
        )
    return rows
