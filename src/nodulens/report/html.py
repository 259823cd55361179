"""``index.html``: all findings of a batch on one page that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, get_args
from urllib.parse import quote

from PIL import Image

from nodulens.analysis.words import NO_TEXT
from nodulens.files import replacing
from nodulens.finding import NOTICE, Finding, Malignancy, Nodule, TextUse, TiRads
from nodulens.measure.tirads import Level
from nodulens.pages import data_address, encode_jpeg, load_template
from nodulens.report.overlay import colour_of, draw_thumbnail

THUMBNAIL = 176
"""Longer side of a thumbnail in pixels."""
MOST_THUMBNAILS = 4000
"""Of one page: some 5 KB each. Later rows link to their pictures only."""

MOST_SPOKEN = 4
"""Pieces of evidence for, and against, that a row shows; ``findings.jsonl`` has them all."""

_ORIGINS = {
    "dicom-ultrasound-regions": "DICOM ultrasound regions",
    "dicom-pixel-spacing": "DICOM pixel spacing",
    "depth-ruler": "depth ruler",
    "user": "given by the user",
    "unknown": "unknown: sizes in pixels",
}


def write_index(
    path: Path,
    findings: Iterable[Finding],
    models: list[dict[str, Any]],
    counts: dict[str, int],
) -> None:
    """Write the page.

    Args:
        path: of the page; overlays are looked for beside it.
        findings: read one at a time.
        models: identities of the models that spoke.
        counts: fields of :class:`nodulens.report.batch.Counts`.
    """
    page = load_template(Path(__file__).with_name("index.html.j2")).generate(
        rows=_rows(path.parent, findings), models=models, counts=counts, notice=NOTICE
    )
    with replacing(path) as stream:
        for part in page:
            stream.write(part.encode("utf-8"))


def _rows(folder: Path, findings: Iterable[Finding]) -> Iterator[dict[str, Any]]:
    for number, finding in enumerate(findings):
        place = PurePosixPath(finding.source.replace("\\", "/"))
        scale = finding.scale
        status = "nodule" if finding.nodules else "none"
        yield {
            "status": "error" if finding.error is not None else status,
            "name": place.name,
            "folder": "" if str(place.parent) == "." else str(place.parent),
            "source": finding.source,
            "frame": finding.frame,
            "width": finding.width,
            "height": finding.height,
            "thumbnail": _thumbnail(folder, finding) if number < MOST_THUMBNAILS else None,
            "overlay": None if finding.overlay is None else quote(finding.overlay),
            "strip": _strip(folder, finding) if number < MOST_THUMBNAILS else None,
            "nodules": [describe_nodule(nodule) for nodule in finding.nodules],
            "largest": max((n.long_axis_mm or 0 for n in finding.nodules), default=0) or None,
            "probability": max(
                (n.malignancy.probability for n in finding.nodules if n.malignancy), default=None
            ),
            "confidence": finding.confidence,
            "scale": _ORIGINS[scale.origin],
            "mm_per_px": scale.mm_per_px_xy,
            "scale_confidence": scale.confidence,
            "text": None if finding.text is None else _text(finding.text),
            "notes": finding.notes + ([scale.note] if scale.note else []),
            "error": finding.error,
        }


def _text(text: TextUse) -> dict[str, Any]:
    given = text.given or ""
    return {
        "given": given,
        "used": text.used,
        "declined": given.casefold() == NO_TEXT,
        "heeded": bool({"agrees", "changed"} & set(text.agreement)),
    }


def describe_nodule(nodule: Nodule) -> dict[str, Any]:
    """Return what a page shows of a nodule, in the words and units in which it shows it."""
    calibrated = nodule.long_axis_mm is not None and nodule.short_axis_mm is not None
    return {
        "id": nodule.number,
        "track": nodule.track,
        "colour": "#{:02x}{:02x}{:02x}".format(*colour_of(nodule)),
        "long": f"{nodule.long_axis_mm:.1f}" if calibrated else f"{nodule.long_axis_px:.0f}",
        "short": f"{nodule.short_axis_mm:.1f}" if calibrated else f"{nodule.short_axis_px:.0f}",
        "unit": "mm" if calibrated else "px",
        "taller": nodule.taller_than_wide,
        "malignancy": nodule.malignancy,
        "compared": None if nodule.malignancy is None else _compared(nodule.malignancy),
        "confidence": nodule.confidence,
        "tirads": None if nodule.tirads is None else _tirads(nodule.tirads),
        "attributes": [
            f"{name}: {' or '.join(attribute.possible)} "
            f"(likeliest {attribute.value}, {attribute.probability:.2f})"
            for name, attribute in (nodule.attributes or {}).items()
        ],
        "for": _spoken(nodule, "for"),
        "against": _spoken(nodule, "against"),
        "looked_at": None if nodule.looked_at is None else quote(nodule.looked_at),
    }


def _compared(malignancy: Malignancy) -> str:
    """Say on which side of the threshold a probability is, with digits that tell them apart."""
    probability, threshold, digits = malignancy.probability, malignancy.threshold, 2
    while probability != threshold and f"{probability:.{digits}f}" == f"{threshold:.{digits}f}":
        digits += 1
    side = "≥" if probability >= threshold else "<"
    return f"{probability:.{digits}f} {side} {threshold:.{digits}f}"


def _tirads(tirads: TiRads) -> dict[str, Any]:
    low, high = tirads.points
    points = f"{low} point{'' if low == 1 else 's'}" if low == high else f"{low}–{high} points"
    return {
        "levels": _levels(tirads.levels),
        "points": points,
        "recommendations": " or ".join(tirads.recommendations or []),
        "missing": ", ".join(tirads.missing),
        "notes": tirads.notes,
    }


def _levels(levels: list[str]) -> str:
    every = get_args(Level)
    lowest, highest = levels[0], levels[-1]
    between = every[every.index(lowest) : every.index(highest) + 1]
    if len(levels) > 1 and [*between] == levels:
        return f"{lowest} to {highest}"
    # Of two answers that are far apart, what lies between is none.
    return " or ".join(levels)


def _spoken(nodule: Nodule, speaks: str) -> list[str]:
    """Return what speaks one way, the strongest first, without the verdict that all share."""
    spoken = [one for one in nodule.evidence or [] if one.speaks == speaks]
    return [f"{one.words.rpartition(';')[0]} ({one.log_odds:+.2f})" for one in spoken[:MOST_SPOKEN]]


def _strip(folder: Path, finding: Finding) -> dict[str, Any] | None:
    if finding.strip is None:
        return None
    path = folder / finding.strip
    with Image.open(path) as strip:
        return {"uri": encode_jpeg(path.read_bytes()), "width": strip.width, "height": strip.height}


def _thumbnail(folder: Path, finding: Finding) -> dict[str, Any] | None:
    if finding.overlay is None:
        return None
    with Image.open(folder / finding.overlay) as overlay:
        # Decoded at a fraction of its size, which is several times faster.
        overlay.draft("RGB", (2 * THUMBNAIL, 2 * THUMBNAIL))
        thumbnail = draw_thumbnail(overlay, finding, THUMBNAIL)
    return {
        "uri": data_address(thumbnail, 72, fine=False),
        "width": thumbnail.width,
        "height": thumbnail.height,
    }
