"""How probable each label is for each nodule of a frame, whoever is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from nodulens.analysis.region import NoduleMasks, cut_regions, judged_together, parts_to_judge
from nodulens.finding import Frame
from nodulens.measure.features import FEATURES, measure_features
from nodulens.runtime.bundle import Part, Region, Stack
from nodulens.runtime.odds import log_odds

_SUREST = 6.0
"""Log-odds that a part of a stack may have: a forest whose trees all agree is not sure for that."""


class Judge(Protocol):
    """Anything that judges nodules."""

    def __call__(self, frame: Frame, parts: NoduleMasks) -> list[NDArray[np.float32]]:
        """Return for each nodule the probability of each label, float32 (L,)."""
        ...


@dataclass
class RegionJudge:
    """Judges by the region of interest.

    Attributes:
        classify: from regions, uint8 (h, w) each, to the probability of each label, float32 (L,).
        region: how they are cut.
    """

    classify: Callable[[Sequence[NDArray[np.uint8]]], list[NDArray[np.float32]]]
    region: Region

    def __call__(self, frame: Frame, parts: NoduleMasks) -> list[NDArray[np.float32]]:
        """Return for each nodule what is said of its region."""
        if not parts:
            return []
        answers = self.classify(cut_regions(frame, parts, self.region))
        if self.region.of == "nodule":
            return answers
        areas = [index for index, _ in judged_together(parts, self.region)]
        of_area = dict(zip(areas, answers, strict=True))
        return [of_area[index] for index, _ in parts]


@dataclass
class FeatureJudge:
    """Judges by measured features.

    Attributes:
        forest: from features (B, F) to, among others, the ``probability`` of each label, (B, L).
        names: of the features, in order.
    """

    forest: Callable[[NDArray[np.float32]], dict[str, NDArray[np.float32]]]
    names: Sequence[str]

    def __call__(self, frame: Frame, parts: NoduleMasks) -> list[NDArray[np.float32]]:
        """Return for each nodule what is said of its features."""
        return list(self.forest(feature_table(frame, parts, self.names))["probability"])


def feature_table(frame: Frame, parts: NoduleMasks, names: Sequence[str]) -> NDArray[np.float32]:
    """Measure the nodules of a frame.

    Args:
        frame: with its scan areas.
        parts: its nodules.
        names: of the features to measure.

    Returns:
        Their values, (nodules, names).
    """
    groups = sorted({feature.group for feature in FEATURES if feature.name in names})
    rows = []
    for index, mask in parts:
        found = measure_features(
            frame.pixels, mask, frame.scan_areas[index], frame.scale.mm_per_px_xy, groups
        )
        rows.append([found[name] for name in names])
    return np.asarray(rows, np.float32).reshape(len(parts), len(names))


def stacked(stack: Stack, odds: Mapping[Part, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the log-odds of the last label that the parts of a classification make together.

    Args:
        stack: their weights.
        odds: log-odds of the last label by part, (n,) each.
    """
    total = np.full(next(iter(odds.values())).shape, stack.bias)
    for part, weight in stack.weights.items():
        total += weight * held(odds[part])
    return total


def held(odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return log-odds as a stack hears them, within ±6."""
    return odds.clip(-_SUREST, _SUREST)


def positive_odds(answers: Sequence[NDArray[np.float32]]) -> NDArray[np.float64]:
    """Return the log-odds of the last label, (n,), for answers (L,) each."""
    return log_odds(np.asarray([answer[-1] for answer in answers], np.float64))


class ImageAnswer(NamedTuple):
    """What is said of all that an image shows.

    Attributes:
        odds: log-odds of the last label: the mean over the nodules, of which several are mostly
            views of one.
        whole: nothing was outlined, and the whole scan areas were judged.
    """

    odds: float
    whole: bool


def image_odds(judge: Judge, frame: Frame, mask: NDArray[np.bool_]) -> ImageAnswer:
    """Judge an image.

    Args:
        judge: of nodules.
        frame: the image.
        mask: bool (H, W) of its nodules.
    """
    parts = parts_to_judge(frame, mask)
    return ImageAnswer(float(positive_odds(judge(frame, parts.masks)).mean()), parts.whole)
