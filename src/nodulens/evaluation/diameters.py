"""The long axis that calipers would measure: of what was drawn, and of what was predicted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nodulens.analysis.segment import label_parts
from nodulens.evaluation.bootstrap import DRAWS, group_interval
from nodulens.measure.size import measure_size

Mask = NDArray[np.bool_]


class Diameters(NamedTuple):
    """Long axes of one nodule; in millimetres None where the scale is unknown.

    Attributes:
        true_px, true_mm: of the largest drawn nodule; None where nothing is drawn.
        predicted_px, predicted_mm: of the predicted nodule that shares most pixels with it; None
            where none does.
    """

    true_px: float | None = None
    predicted_px: float | None = None
    true_mm: float | None = None
    predicted_mm: float | None = None

    @property
    def error(self) -> float | None:
        """Predicted less true as a share of the true one; None where one is missing."""
        # Millimetres where they are known: pixels need not be square.
        true, predicted = self.true_mm or self.true_px, self.predicted_mm or self.predicted_px
        return None if true is None or predicted is None else predicted / true - 1


def measure_diameters(
    prediction: Mask, truth: Mask, mm_per_px: tuple[float, float] | None = None
) -> Diameters:
    """Measure the largest drawn nodule and what was predicted for it.

    Args:
        prediction, truth: bool (H, W); nodules are 8-connected.
        mm_per_px: millimetres a pixel along x and y; None where unknown.
    """
    drawn, by_size = label_parts(truth, 0.0)
    if not by_size:
        return Diameters()
    largest = drawn == by_size[0]
    true = measure_size(largest, mm_per_px)
    found, _ = label_parts(prediction, 0.0)
    shared = found[largest & prediction]
    if not shared.size:
        return Diameters(true_px=true.long_axis_px, true_mm=true.long_axis_mm)
    predicted = measure_size(found == np.bincount(shared).argmax(), mm_per_px)
    return Diameters(
        true.long_axis_px, predicted.long_axis_px, true.long_axis_mm, predicted.long_axis_mm
    )


def long_axis_agreement(
    errors: Sequence[float | None], groups: Sequence[str], *, draws: int = DRAWS, seed: int = 0
) -> dict[str, Any]:
    """Sum up the errors of the long axis (Bland and Altman, Lancet 1986, 1:307).

    Args:
        errors: relative error of each image that has a nodule; None where it was missed.
        groups: of the same images.
        draws, seed: of the bootstrap.

    Returns:
        ``absolute_error`` and ``bias``, means with intervals, as shares of the true axis, and
        ``limits_of_agreement``, bias ± 1.96 standard deviations, None with fewer than two images;
        all over the nodules that were not ``missed``, whose number stands beside.
    """
    known = [error for error in errors if error is not None]
    bias = float(np.mean(known)) if known else 0.0
    reach = 1.96 * float(np.std(known, ddof=1)) if len(known) > 1 else None
    return {
        "absolute_error": group_interval(
            [None if error is None else abs(error) for error in errors],
            groups,
            draws=draws,
            seed=seed,
        ).to_json(),
        "bias": group_interval(errors, groups, draws=draws, seed=seed).to_json(),
        "limits_of_agreement": None
        if reach is None
        else [round(bias - reach, 6), round(bias + reach, 6)],
        "missed": len(errors) - len(known),
    }
