"""The audit as JSON and as one self-contained HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from nodulens import __version__
from nodulens.data.audit import Audit, Case
from nodulens.data.manifest import Row, read_manifest
from nodulens.data.pictures import read_mask, rgb_pixels
from nodulens.errors import BadData
from nodulens.files import write_json, write_text
from nodulens.finding import Area
from nodulens.pages import data_address, load_template

REPORT = "audit.json"
PAGE = "index.html"

_SHOWN = 48
"""Cases of one check that are shown with pictures; all of them are in audit.json."""
_SHOWN_NOTE = 12
_PICTURES = 4
"""Pictures of one case."""
_WIDTH = 240
_FRESH, _MARK = (90, 220, 120), (255, 190, 60)


def write_audit(audit: Audit, folder: Path, out: Path) -> None:
    """Write ``audit.json`` and ``index.html``, with thumbnails from the set in ``folder``.

    Raises:
        BadData: the set has no manifest any more.
    """
    write_json(out / REPORT, audit.model_dump())
    write_text(out / PAGE, audit_page(audit, folder, read_manifest(folder)))


def audit_page(audit: Audit, folder: Path, rows: Sequence[Row]) -> str:
    """Return the page; thumbnails show the mask's outline in green and marked boxes in orange."""
    by_id = {row.id: row for row in rows}
    sections = []
    for check in audit.checks:
        shown = check.cases[: _SHOWN_NOTE if check.severity == "note" else _SHOWN]
        sections.append(
            {
                "check": check,
                "more": len(check.cases) - len(shown),
                "cases": [
                    {"case": case, "pictures": _pictures(case, folder, by_id)} for case in shown
                ],
            }
        )
    return load_template(Path(__file__).with_name("audit.html.j2")).render(
        audit=audit, sections=sections, version=__version__
    )


def _pictures(case: Case, folder: Path, rows: dict[str, Row]) -> list[dict[str, str]]:
    pictures = []
    for name in case.ids[:_PICTURES]:
        picture = _thumbnail(folder, rows[name], case.boxes)
        pictures.append({"id": name, "data": picture})
    return pictures


def _thumbnail(folder: Path, row: Row, boxes: Sequence[Area]) -> str:
    """Return a JPEG as a data URL, or nothing where the picture cannot be read."""
    try:
        pixels = rgb_pixels(folder / row.image)
    except BadData:
        return ""
    pixels = _with_outline(pixels, folder, row)
    image = Image.fromarray(pixels)
    draw = ImageDraw.Draw(image)
    line = max(1, round(image.width / _WIDTH))
    for box in boxes:
        corners = (box.x - 3, box.y - 3, box.x + box.width + 2, box.y + box.height + 2)
        draw.rectangle(corners, outline=_MARK, width=line)
    image.thumbnail((_WIDTH, _WIDTH), Image.Resampling.BOX)
    return data_address(image, 70, fine=False)


def _with_outline(pixels: np.ndarray, folder: Path, row: Row) -> np.ndarray:
    if row.mask is None:
        return pixels
    try:
        mask = read_mask(folder / row.mask)
    except BadData:
        return pixels
    if mask.shape != pixels.shape[:2]:
        return pixels
    line = max(1, round(pixels.shape[1] / _WIDTH))
    border = mask ^ ndimage.binary_erosion(mask, iterations=line)
    pixels = pixels.copy()
    pixels[border] = _FRESH
    return pixels
