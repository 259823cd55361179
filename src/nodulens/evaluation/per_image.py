"""Everything that is measured on one image: one line of the per-image table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nodulens.data.manifest import Row
from nodulens.evaluation.baselines import BASELINES
from nodulens.evaluation.diameters import measure_diameters
from nodulens.evaluation.segmentation import (
    TOLERANCE_MM,
    TOLERANCE_PX,
    Mask,
    Overlap,
    SurfaceDistances,
    count_hits,
    nodule_iou,
)
from nodulens.evaluation.subgroups import share_of_scan
from nodulens.files import write_text
from nodulens.finding import Frame

HIT_IOU = 0.5
"""A drawn nodule is hit where a predicted one has at least this IoU with it."""
FOUND_IOU = 0.1
"""A drawn nodule is found at this looser bound: the right place, if not the right outline."""


@dataclass(frozen=True)
class ImageScores:
    """What was measured on one image; None where a value does not exist.

    Attributes:
        id, group, fold, split: from the manifest.
        width, height: in pixels.
        dice, iou, precision, recall: of the foreground at native size, 0 to 1.
        hd95_px, hd95_mm: 95 % Hausdorff distance; None where a mask is empty.
        surface_dice_px, surface_dice_mm: at ``TOLERANCE_PX`` and ``TOLERANCE_MM``.
        nodules_true, nodules_predicted: 8-connected components.
        nodules_hit, nodules_found: drawn nodules met at ``HIT_IOU`` and ``FOUND_IOU``.
        area_true_px, area_predicted_px: in pixels.
        share_of_scan: of the pixels that are ultrasound, how much the drawn nodules cover.
        area_true_mm2, area_predicted_mm2: in square millimetres.
        long_axis_true_px, long_axis_predicted_px, long_axis_true_mm, long_axis_predicted_mm: of the
            largest drawn nodule, and of what was predicted for it.
        long_axis_error: predicted less true as a share of the true one.
        mm_per_px_x, mm_per_px_y: size of a pixel.
        scale_from: where that is known from.
        baselines: what each of ``BASELINES`` reaches on this image, by name.
    """

    id: str
    group: str
    fold: int | None
    split: str | None
    width: int
    height: int
    dice: float
    iou: float
    precision: float
    recall: float
    hd95_px: float | None
    hd95_mm: float | None
    surface_dice_px: float
    surface_dice_mm: float | None
    nodules_true: int
    nodules_predicted: int
    nodules_hit: int
    nodules_found: int
    area_true_px: int
    area_predicted_px: int
    share_of_scan: float
    area_true_mm2: float | None
    area_predicted_mm2: float | None
    long_axis_true_px: float | None
    long_axis_predicted_px: float | None
    long_axis_true_mm: float | None
    long_axis_predicted_mm: float | None
    long_axis_error: float | None
    mm_per_px_x: float | None
    mm_per_px_y: float | None
    scale_from: str
    baselines: dict[str, Overlap]

    def to_line(self) -> dict[str, Any]:
        """Return the line of the table: floats rounded, the baselines' Dice in columns."""
        line = asdict(self)
        del line["baselines"]
        for name, overlap in self.baselines.items():
            line[f"dice_{name.replace('-', '_')}"] = overlap.dice
        return {
            name: round(value, 6) if isinstance(value, float) else value
            for name, value in line.items()
        }


def score_image(row: Row, frame: Frame, prediction: Mask, truth: Mask) -> ImageScores:
    """Measure one prediction.

    The physical scale is the manifest's where it states one, else the frame's own.

    Args:
        row: of the manifest.
        frame: the picture.
        prediction: boolean mask (H, W) of the frame's size.
        truth: boolean mask (H, W), as somebody drew it.
    """
    counts = Overlap.of(prediction, truth)
    in_px = SurfaceDistances.between(prediction, truth)
    spacing, scale_from = _spacing(row, frame)
    if spacing is None:
        in_mm = None
    elif spacing[0] == spacing[1]:
        in_mm = in_px.times(spacing[0])  # the distance transforms need not run again
    else:
        in_mm = SurfaceDistances.between(prediction, truth, spacing)
    nodules = nodule_iou(prediction, truth)
    mm2 = spacing[0] * spacing[1] if spacing else None
    axes = measure_diameters(prediction, truth, (spacing[1], spacing[0]) if spacing else None)
    return ImageScores(
        id=row.id,
        group=row.group,
        fold=row.fold,
        split=row.split,
        width=truth.shape[1],
        height=truth.shape[0],
        dice=counts.dice,
        iou=counts.iou,
        precision=counts.precision,
        recall=counts.recall,
        hd95_px=in_px.hausdorff_95(),
        hd95_mm=in_mm.hausdorff_95() if in_mm else None,
        surface_dice_px=in_px.dice(TOLERANCE_PX),
        surface_dice_mm=in_mm.dice(TOLERANCE_MM) if in_mm else None,
        nodules_true=nodules.shape[1],
        nodules_predicted=nodules.shape[0],
        nodules_hit=count_hits(nodules, HIT_IOU),
        nodules_found=count_hits(nodules, FOUND_IOU),
        area_true_px=counts.true,
        area_predicted_px=counts.predicted,
        share_of_scan=share_of_scan(frame, truth),
        area_true_mm2=counts.true * mm2 if mm2 else None,
        area_predicted_mm2=counts.predicted * mm2 if mm2 else None,
        long_axis_true_px=axes.true_px,
        long_axis_predicted_px=axes.predicted_px,
        long_axis_true_mm=axes.true_mm,
        long_axis_predicted_mm=axes.predicted_mm,
        long_axis_error=axes.error,
        mm_per_px_x=spacing[1] if spacing else None,
        mm_per_px_y=spacing[0] if spacing else None,
        scale_from=scale_from,
        baselines={name: Overlap.of(draw(frame), truth) for name, draw in BASELINES.items()},
    )


def write_table(path: Path, lines: Iterable[dict[str, Any]]) -> None:
    """Write lines of the same keys as CSV (UTF-8, a header line); None becomes an empty cell."""
    lines = list(lines)
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(lines[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    write_text(path, stream.getvalue())


def _spacing(row: Row, frame: Frame) -> tuple[tuple[float, float] | None, str]:
    """Return millimetres a pixel (y, x), None where unknown, and where they come from."""
    if row.mm_per_px is not None:
        return (row.mm_per_px, row.mm_per_px), row.scale_from
    if frame.scale.mm_per_px_xy is not None:
        x, y = frame.scale.mm_per_px_xy
        return (y, x), frame.scale.origin
    return None, "unknown"
