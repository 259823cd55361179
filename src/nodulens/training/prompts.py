"""Does text help, and can it hurt? The same images with other words.

    nodulens evaluate runs/fold0 … --data DATA --prompts --out figures

Every kind of prompt is judged on the same images by the same networks; what it gains over no words
is a paired difference with its own interval. Of what the networks answer, the outline that agrees
with the words is taken (:mod:`nodulens.analysis.agreement`). Networks that read nothing are judged
so too: what they gain is what a network that reads has to beat.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nodulens.analysis.agreement import agree
from nodulens.analysis.segment import Segmenter, nodule_mask
from nodulens.data.manifest import Row
from nodulens.data.pairs import read_frame, read_pair
from nodulens.evaluation.bootstrap import group_interval
from nodulens.evaluation.evaluate import PER_IMAGE, evaluate_segmentation
from nodulens.evaluation.subgroups import subgroups_of
from nodulens.files import write_json
from nodulens.finding import NOTICE, Frame
from nodulens.models.deploy_guided import GuidedModel
from nodulens.text.parse import parse_report
from nodulens.text.perturb import contradict_text, misspell, overlong
from nodulens.text.prompts import prompt
from nodulens.training.recipe import Words
from nodulens.training.words import Teller, describe

PROMPTS = "prompts.json"

KINDS = {
    "none": "no words",
    "fixed": "the fixed prompt of the recipe",
    "predicted": "words of the network's own: attributes, place and size of what it outlines alone",
    "oracle": "words of the annotation: what the best informed user could say",
    "heard": "the same, by the network alone: no outline is chosen by the words",
    "contradictory": "the opposite of the annotation's words",
    "shuffled": "the annotation's words of another patient's image",
    "misspelt": "the annotation's words with typing errors",
    "overlong": "the annotation's words amid hundreds of words that say nothing of the picture",
}

Mask = NDArray[np.bool_]
Map = NDArray[np.float32]
"""Probabilities of one scan area."""
Texts = dict[str, list[str]]
"""Words of each scan area of an image, by the row's id."""


OF_READERS = ("fixed", "predicted", "heard")
"""Kinds that differ from others for a network that reads alone."""


class Reader:
    """A network, ready to be judged with words.

    Args:
        model: the network, which may or may not read.
        words: what it was told in training.
        threshold: least probability of a pixel that is nodule.
        minimum_share: of its scan area that a nodule must cover.
    """

    def __init__(
        self, model: Segmenter, words: Words, threshold: float, minimum_share: float
    ) -> None:
        self.model = model
        self.teller = Teller(words)
        self.threshold = threshold
        self.minimum_share = minimum_share

    @property
    def reads(self) -> bool:
        """Whether the network hears words."""
        return isinstance(self.model, GuidedModel)

    @property
    def kinds(self) -> list[str]:
        """What it can be judged with."""
        if not isinstance(self.model, GuidedModel):
            return [kind for kind in KINDS if kind not in OF_READERS]
        names = self.model.network.attributes is not None
        return [kind for kind in KINDS if names or kind != "predicted"]

    def answers(self, frame: Frame, texts: Sequence[str]) -> list[Map]:
        """Return the network's answer for each scan area, told a text; an empty one for none."""
        views = [frame.pixels[area.slices] for area in frame.scan_areas]
        if not isinstance(self.model, GuidedModel):
            return self.model(views)
        return [self.model([view], text)[0] for view, text in zip(views, texts, strict=True)]

    def agreeing(self, answers: Sequence[Map], texts: Sequence[str]) -> list[Map]:
        """Return answers whose outlines agree with the words, where there are such."""
        return [
            agree(
                answer,
                parse_report(text).undisputed,
                self.threshold,
                self.minimum_share,
                self.teller.settings.reach if self.reads else None,
            ).probability
            for answer, text in zip(answers, texts, strict=True)
        ]

    def mask(self, frame: Frame, answers: list[Map]) -> Mask:
        """Return what is outlined in a frame, bool (H, W)."""
        return nodule_mask(frame, lambda views: answers, self.threshold, self.minimum_share)

    def own_words(self, frame: Frame, answers: Sequence[Map]) -> list[str]:
        """Return the words of a network that reads for what it outlines in each scan area."""
        return [
            self._own_words(frame.pixels[area.slices], answer)
            for area, answer in zip(frame.scan_areas, answers, strict=True)
        ]

    def _own_words(self, view: NDArray[np.uint8], answer: Map) -> str:
        assert isinstance(self.model, GuidedModel)
        named = self.model.attributes(view, answer)
        return prompt(describe(named, answer >= self.threshold), "full")

    def oracle(self, row: Row, frame: Frame, truth: Mask) -> list[str]:
        """Return the annotation's words for each scan area."""
        return [self.teller.oracle(row, truth[area.slices]) for area in frame.scan_areas]


def evaluate_prompts(
    readers: Mapping[str, Reader],
    rows: Sequence[Row],
    data: Path,
    out: Path,
    configuration: dict[str, Any],
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Judge runs with every kind of prompt and write the figures.

    Writes a folder for each kind, as ``nodulens evaluate`` writes one, and ``prompts.json`` with
    each kind's Dice and its paired gain over no words.

    Args:
        readers: which run judges which row, by the row's id.
        rows: of the manifest, those to judge on; rows without an outline are left out.
        data: folder of the data set.
        out: folder for the figures.
        configuration: goes into every ``metrics.json``.
        progress: called with the number of images done and of all images, over all kinds.

    Returns:
        What was written to ``prompts.json``.
    """
    rows = [row for row in rows if row.mask is not None]
    texts = _texts(readers, rows, data)
    known = [reader.kinds for reader in readers.values()]
    kinds = [kind for kind in KINDS if all(kind in of_one for of_one in known)]
    masks = _masks(readers, rows, data, texts, kinds, progress)
    result: dict[str, Any] = {
        "notice": NOTICE,
        "description": "per-image foreground Dice at native size; gains are paired, image by image",
        "prompts": {},
        "configuration": configuration,
    }
    groups = {row.id: row.group for row in rows}
    # The same for every kind; looking for calipers takes longer than judging an outline.
    subgroups = subgroups_of(data, rows)
    scores: dict[str, dict[str, float]] = {}
    for kind in kinds:
        metrics = evaluate_segmentation(
            data,
            rows,
            lambda row, frame, kind=kind: _unpack(masks[kind, row.id], frame),  # type: ignore[misc]
            out / kind,
            configuration=configuration | {"prompt": kind, "prompt_means": KINDS[kind]},
            subgroups=subgroups,
        )
        scores[kind] = _dice(out / kind / PER_IMAGE)
        entry = {
            "means": KINDS[kind],
            "example": texts[kind][rows[0].id][0] if kind in texts else None,
            **{key: metrics["headline"][key] for key in ("dice", "iou")},
        }
        if kind != "none":
            both = [id_ for id_ in scores["none"] if id_ in scores[kind]]
            gain = [scores[kind][id_] - scores["none"][id_] for id_ in both]
            entry["gain_over_none"] = group_interval(gain, [groups[i] for i in both]).to_json()
        result["prompts"][kind] = entry
    write_json(out / PROMPTS, result)
    return result


def _texts(readers: Mapping[str, Reader], rows: Sequence[Row], data: Path) -> dict[str, Texts]:
    oracle: Texts = {}
    for row in rows:
        frame, truth = read_pair(data, row)
        oracle[row.id] = readers[row.id].oracle(row, frame, truth)
    other = _of_another_group(rows)
    return {
        "none": {id_: [""] * len(words) for id_, words in oracle.items()},
        "fixed": {
            id_: [readers[id_].teller.settings.prompt] * len(words) for id_, words in oracle.items()
        },
        "oracle": oracle,
        "heard": oracle,
        "contradictory": {
            id_: [contradict_text(w) for w in words] for id_, words in oracle.items()
        },
        "shuffled": {id_: [oracle[other[id_]][0]] * len(words) for id_, words in oracle.items()},
        "misspelt": {
            id_: [misspell(w, seed=number) for w in words]
            for number, (id_, words) in enumerate(oracle.items())
        },
        "overlong": {id_: [overlong(w) for w in words] for id_, words in oracle.items()},
    }


def _of_another_group(rows: Sequence[Row]) -> dict[str, str]:
    """Give every row the id of one of another patient group, drawn with a fixed seed."""
    chance = np.random.default_rng(0)
    result = {}
    for row in rows:
        others = [candidate.id for candidate in rows if candidate.group != row.group]
        result[row.id] = str(chance.choice(others)) if others else row.id
    return result


def _masks(
    readers: Mapping[str, Reader],
    rows: Sequence[Row],
    data: Path,
    texts: dict[str, Texts],
    kinds: Sequence[str],
    progress: Callable[[int, int], None] | None,
) -> dict[tuple[str, str], NDArray[np.uint8]]:
    """Outline every image with every kind, image by image: what is frozen is looked at once."""
    result = {}
    for number, row in enumerate(rows):
        if progress is not None:
            progress(number, len(rows))
        reader = readers[row.id]
        frame = read_frame(data, row)
        silent = ("",) * len(frame.scan_areas)
        known = {silent: reader.answers(frame, silent)}
        for kind in kinds:
            if kind == "predicted":
                words = reader.own_words(frame, known[silent])
            else:
                words = texts[kind][row.id]
            heard = tuple(words) if reader.reads else silent
            if heard not in known:
                known[heard] = reader.answers(frame, heard)
            answers = known[heard]
            if kind != "heard":
                answers = reader.agreeing(answers, words)
            result[kind, row.id] = np.packbits(reader.mask(frame, answers))
    return result


def _unpack(packed: NDArray[np.uint8], frame: Frame) -> Mask:
    height, width = frame.pixels.shape
    return np.unpackbits(packed, count=height * width).reshape(height, width).astype(np.bool_)


def _dice(path: Path) -> dict[str, float]:
    with path.open(encoding="utf-8", newline="") as stream:
        return {line["id"]: float(line["dice"]) for line in csv.DictReader(stream)}
