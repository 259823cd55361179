"""Figures over many images: means with intervals, detection rates and subgroups."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nodulens.evaluation.bootstrap import (
    DRAWS,
    GroupBootstrap,
    Statistic,
    group_interval,
    mean,
    ratio,
)
from nodulens.evaluation.diameters import long_axis_agreement
from nodulens.evaluation.per_image import FOUND_IOU, HIT_IOU, ImageScores
from nodulens.evaluation.subgroups import SIZES, Assigned, members, size_thirds

_MOST_VALUES = 12  # a label with more values, such as an age, is not broken down

Scores = Sequence[ImageScores]


class Summary:
    """Summarises images; every figure is an ``Estimate`` in plain data.

    Args:
        draws: of the bootstrap by patient group.
        seed: of the draws.
    """

    def __init__(self, draws: int = DRAWS, seed: int = 0) -> None:
        self._draws = draws
        self._seed = seed

    def of(
        self, scores: Scores, name: str, statistic: Callable[[ArrayLike], Statistic] = mean
    ) -> dict[str, Any]:
        """Return the mean or median of the field ``name`` over the images that have it."""
        return self._of([getattr(score, name) for score in scores], scores, statistic)

    def overlap(self, scores: Scores) -> dict[str, Any]:
        """Return per-image foreground Dice and IoU with the number of images and groups."""
        return {
            "images": len(scores),
            "groups": len({score.group for score in scores}),
            "dice": self.of(scores, "dice"),
            "iou": self.of(scores, "iou"),
        }

    def baseline(self, scores: Scores, name: str) -> dict[str, Any]:
        """Return the same as :meth:`overlap` for a baseline."""
        overlaps = [score.baselines[name] for score in scores]
        return {
            "images": len(scores),
            "groups": len({score.group for score in scores}),
            "dice": self._of([overlap.dice for overlap in overlaps], scores),
            "iou": self._of([overlap.iou for overlap in overlaps], scores),
        }

    def long_axis(self, scores: Scores) -> dict[str, Any]:
        """Return how well long axes agree, over the images with a drawn nodule."""
        drawn = [score for score in scores if score.area_true_px]
        return long_axis_agreement(
            [score.long_axis_error for score in drawn],
            [score.group for score in drawn],
            draws=self._draws,
            seed=self._seed,
        )

    def detection(self, scores: Scores) -> dict[str, Any]:
        """Return, for either bound, the share of drawn nodules met and false positives an image.

        A nodule is an 8-connected component; pairs are matched one to one, the best IoU first. A
        false positive is a predicted nodule without a match. The rate pools all nodules.
        """
        bootstrap = GroupBootstrap(
            [score.group for score in scores], draws=self._draws, seed=self._seed
        )
        drawn = [score.nodules_true for score in scores]
        predicted = [score.nodules_predicted for score in scores]
        result: dict[str, Any] = {"nodules_true": sum(drawn), "nodules_predicted": sum(predicted)}
        for bound, hits in (
            (HIT_IOU, [score.nodules_hit for score in scores]),
            (FOUND_IOU, [score.nodules_found for score in scores]),
        ):
            false = np.subtract(predicted, hits)
            result[f"iou>={bound}"] = {
                "hits": sum(hits),
                "rate": bootstrap.estimate(ratio(hits, drawn)).to_json(),
                "false_positives_per_image": bootstrap.estimate(mean(false)).to_json(),
            }
        return result

    def by_size(self, scores: Scores) -> dict[str, Any]:
        """Return the overlap for thirds of the images by the share of the scan drawn.

        The share, not the pixels: pictures of different sizes stay comparable. Images of equal
        share stay together; images without a nodule are in none.
        """
        thirds = size_thirds([score.share_of_scan for score in scores])
        parts = {
            name: [score for score, third in zip(scores, thirds, strict=True) if third == name]
            for name in SIZES
        }
        return {
            name: {
                "share_of_scan": _range([score.share_of_scan for score in part]),
                "share_of_picture": _range(
                    [score.area_true_px / (score.width * score.height) for score in part]
                ),
                "area_px": _range([score.area_true_px for score in part]),
                **self.overlap(part),
            }
            for name, part in parts.items()
            if part
        }

    def subgroups(self, scores: Scores, assigned: Sequence[Assigned]) -> dict[str, Any]:
        """Return the overlap for each value of each grouping.

        Args:
            scores: of the images.
            assigned: the subgroups of the same images.
        """
        return {
            name: {
                value: self.overlap([scores[place] for place in places])
                for value, places in parts.items()
            }
            for name, parts in members(assigned).items()
        }

    def by_label(self, scores: Scores, labels: Sequence[dict[str, str]]) -> dict[str, Any]:
        """Return the overlap for each value of each label.

        Args:
            scores: of the images.
            labels: of the same images. Images without a label are left out of its parts; a label
                of more than 12 values gives only their number.
        """
        result: dict[str, Any] = {}
        for name in sorted({name for of_image in labels for name in of_image}):
            values = [of_image.get(name) for of_image in labels]
            distinct = len({*values} - {None})
            if distinct > _MOST_VALUES:
                result[name] = {"not_broken_down": f"{distinct} different values"}
            else:
                result[name] = self.by(scores, values)
        return result

    def by(self, scores: Scores, keys: Sequence[Hashable | None]) -> dict[str, Any]:
        """Return the overlap for each key, in order; images whose key is None are left out."""
        parts: dict[Any, list[ImageScores]] = {}
        for score, key in zip(scores, keys, strict=True):
            if key is not None:
                parts.setdefault(key, []).append(score)
        return {str(key): self.overlap(parts[key]) for key in sorted(parts)}

    def _of(
        self,
        values: Sequence[float | None],
        scores: Scores,
        statistic: Callable[[ArrayLike], Statistic] = mean,
    ) -> dict[str, Any]:
        groups = [score.group for score in scores]
        estimate = group_interval(values, groups, statistic, draws=self._draws, seed=self._seed)
        return estimate.to_json()


def _range(values: Sequence[float]) -> list[float]:
    return [round(min(values), 6), round(max(values), 6)]
