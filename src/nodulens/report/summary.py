"""``summary.csv``: a row a nodule, and one for each frame without any."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nodulens.files import replacing
from nodulens.finding import Finding, Nodule, Shape

_FRAME = ["source", "frame", "status"]
_SIZE = [
    "area_px", "area_mm2", "long_axis_mm", "short_axis_mm", "long_axis_px", "short_axis_px",
    "taller_than_wide",
]  # fmt: skip
_ATTRIBUTES = ["composition", "echogenicity", "margin", "foci"]
_JUDGEMENT = [
    "malignancy_probability", "malignancy_decision", "malignancy_defer", *_ATTRIBUTES,
    "tirads_levels", "tirads_points", "confidence",
]  # fmt: skip
_TRACK = ["cine_frames", "cine_analyzed", "cine_first", "cine_last"]
_WORDS = ["text_given", "text_used"]
_REST = ["mm_per_px_x", "mm_per_px_y", "scale_from", "mask", "overlay", "sha256", "notes", "error"]
COLUMNS = [
    *_FRAME,
    "nodule",
    "scan_area",
    *_SIZE,
    *Shape.model_fields,
    *_JUDGEMENT,
    *_TRACK,
    *_WORDS,
    *_REST,
]
"""Names of the columns, in order; they mean what the same names mean in ``findings.jsonl``, and
``text_given`` and ``text_used`` what ``given`` and ``used`` mean in its ``text``, ``cine_frames``
and so on what ``frames`` and so on mean in a nodule's ``track``."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_summary(path: Path, findings: Iterable[Finding]) -> None:
    """Write the table.

    Args:
        path: of the file; UTF-8, comma separated. Cells that a spreadsheet would run as a formula
            begin with an apostrophe.
        findings: read one at a time.
    """
    with replacing(path) as stream:
        text = io.TextIOWrapper(stream, "utf-8", newline="")
        writer = csv.DictWriter(text, COLUMNS, restval="")
        writer.writeheader()
        for finding in findings:
            frame = _of_frame(finding)
            for row in [{**frame, **_of_nodule(nodule)} for nodule in finding.nodules] or [frame]:
                writer.writerow({name: _cell(value) for name, value in row.items()})
        # Closing is up to the atomic writer, which has yet to flush to the disk.
        text.detach()


def _of_frame(finding: Finding) -> dict[str, Any]:
    if finding.error is not None:
        status = "error"
    else:
        status = "nodule" if finding.nodules else "no nodule"
    x, y = finding.scale.mm_per_px_xy or (None, None)
    return {
        "source": finding.source,
        "frame": finding.frame,
        "status": status,
        "mm_per_px_x": x,
        "mm_per_px_y": y,
        "scale_from": finding.scale.origin,
        "text_given": finding.text.given if finding.text else None,
        "text_used": finding.text.used if finding.text else None,
        "mask": finding.mask,
        "overlay": finding.overlay,
        "sha256": finding.sha256,
        "notes": "; ".join(finding.notes),
        "error": finding.error,
    }


def _of_nodule(nodule: Nodule) -> dict[str, Any]:
    result = {
        "nodule": nodule.number,
        "scan_area": nodule.scan_area,
        **{name: getattr(nodule, name) for name in _SIZE},
        **nodule.shape.model_dump(),
        "confidence": nodule.confidence,
        "mask": nodule.mask,
    }
    if nodule.track is not None:
        result |= {
            f"cine_{name}": getattr(nodule.track, name)
            for name in ("frames", "analyzed", "first", "last")
        }
    if nodule.malignancy is not None:
        result["malignancy_probability"] = nodule.malignancy.probability
        result["malignancy_decision"] = nodule.malignancy.decision
        result["malignancy_defer"] = nodule.malignancy.defer
    for name, attribute in (nodule.attributes or {}).items():
        if name in _ATTRIBUTES:
            result[name] = " or ".join(attribute.possible)
    if nodule.tirads is not None:
        result["tirads_levels"] = " or ".join(nodule.tirads.levels)
        result["tirads_points"] = " to ".join(
            str(one) for one in dict.fromkeys(nodule.tirads.points)
        )
    return result


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return value
