"""The picture with what was found drawn on it, for a reader to check at a glance."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from nodulens.finding import Area, Finding, Nodule

_LONGER_SIDE = 1120
"""Pixels that a smaller picture is enlarged towards, so that lines are fine and words readable."""
_LARGEST_FACTOR = 3.0

# Apart for every kind of colour vision (after Okabe and Ito, 2008), light enough for dark tissue.
_COLOURS = [
    (255, 221, 51),
    (86, 200, 255),
    (255, 140, 66),
    (120, 230, 160),
    (245, 150, 210),
    (190, 175, 255),
]
_INK = (236, 239, 242)
_QUIET = (150, 158, 166)
_STRIP = (18, 21, 24)
_HALO = (0, 0, 0)
_BETWEEN = "   ·   "


def draw_overlay(
    pixels: NDArray[np.uint8], finding: Finding, factor: float | None = None
) -> Image.Image:
    """Draw the outlines, axes and numbers of a finding's nodules on its picture.

    The picture itself keeps its grey values and is not covered beyond thin lines; sizes and
    estimates stand in a strip below it, and that this is for research use only.

    Args:
        pixels: uint8 (H, W), as the finding's frame.
        finding: its nodules are drawn, and the corners of its scan areas.
        factor: by which the picture is enlarged; that of :func:`enlargement` if None.

    Returns:
        An RGB picture with the proportions of ``pixels`` and the strip below.
    """
    height, width = pixels.shape
    factor = enlargement(width, height) if factor is None else factor
    size = (round(width * factor), round(height * factor))
    lines = [_parts_of(nodule) for nodule in finding.nodules] or [["no nodule outlined"]]
    strip = _Strip(lines, _notice(finding), size[0])
    overlay = Image.new("RGB", (size[0], size[1] + strip.height), _STRIP)
    overlay.paste(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC), (0, 0))
    draw = ImageDraw.Draw(overlay)
    for area in finding.scan_areas:
        _draw_corners(draw, area, factor)
    for nodule in finding.nodules:
        _draw_nodule(draw, nodule, factor, size)
    strip.draw(draw, finding.nodules, size[1])
    return overlay


def draw_thumbnail(overlay: Image.Image, finding: Finding, width: int) -> Image.Image:
    """Shrink an overlay to its picture alone, with outlines that can still be seen.

    Args:
        overlay: as :func:`draw_overlay` returned it, at any scale.
        finding: the same.
        width: of the thumbnail in pixels; it is at most as high.
    """
    assert finding.width is not None  # a finding with an overlay has a picture
    assert finding.height is not None
    ratio = finding.height / finding.width
    picture = overlay.crop((0, 0, overlay.width, round(overlay.width * ratio)))
    size = (
        (width, max(1, round(width * ratio)))
        if ratio <= 1
        else (max(1, round(width / ratio)), width)
    )
    thumbnail = picture.resize(size, Image.Resampling.BILINEAR)
    draw = ImageDraw.Draw(thumbnail)
    for nodule in finding.nodules:
        for contour in nodule.contour:
            draw.line(
                _scaled([*contour, contour[0]], size[0] / finding.width), colour_of(nodule), 2
            )
    return thumbnail


def enlargement(width: int, height: int) -> float:
    """Return by how much an overlay enlarges a picture; large ones keep their size."""
    return min(_LARGEST_FACTOR, max(1.0, _LONGER_SIDE / max(width, height)))


def colour_of(nodule: Nodule) -> tuple[int, int, int]:
    """Return the colour (red, green, blue) in which a nodule is drawn everywhere."""
    return _COLOURS[(nodule.number - 1) % len(_COLOURS)]


def _draw_nodule(
    draw: ImageDraw.ImageDraw, nodule: Nodule, factor: float, size: tuple[int, int]
) -> None:
    colour = colour_of(nodule)
    contours = [_scaled([*contour, contour[0]], factor) for contour in nodule.contour]
    for contour in contours:
        draw.line(contour, _HALO, 5, joint="curve")
    for contour in contours:
        draw.line(contour, colour, 2, joint="curve")
    for axis in (nodule.long_axis_line, nodule.short_axis_line):
        _draw_caliper(draw, _scaled(axis, factor), colour)
    # Beside the nodule, never on it, and inside the picture.
    box = nodule.bounding_box
    x, y = (box.x + box.width) * factor + 8, box.y * factor - 8
    if x > size[0] - 24:
        x = max(4.0, box.x * factor - 24)
    draw.text(
        (x, max(2.0, y)), str(nodule.number), colour, _font(26), stroke_width=2, stroke_fill=_HALO
    )


def _draw_caliper(
    draw: ImageDraw.ImageDraw, ends: list[tuple[float, float]], colour: tuple[int, int, int]
) -> None:
    """Draw a dotted line with a cross at each end, as scanners do."""
    start, end = np.asarray(ends[0]), np.asarray(ends[1])
    steps = max(1, int(np.linalg.norm(end - start) // 9))
    for x, y in (start + (end - start) * n / steps for n in range(1, steps)):
        draw.ellipse((x - 1.2, y - 1.2, x + 1.2, y + 1.2), colour)
    for x, y in ends:
        for reach, width, ink in ((8, 4, _HALO), (7, 2, colour)):
            draw.line([(x - reach, y), (x + reach, y)], ink, width)
            draw.line([(x, y - reach), (x, y + reach)], ink, width)


def _draw_corners(draw: ImageDraw.ImageDraw, area: Area, factor: float) -> None:
    """Mark the corners of what was looked at."""
    (left, top), (right, bottom) = _scaled(
        [(area.x - 0.5, area.y - 0.5), (area.x + area.width - 0.5, area.y + area.height - 0.5)],
        factor,
    )
    right, bottom = right - 1, bottom - 1
    reach = 14
    for x, inward in ((left, reach), (right, -reach)):
        for y, down in ((top, reach), (bottom, -reach)):
            draw.line([(x + inward, y), (x, y), (x, y + down)], _QUIET, 1)


class _Strip:
    """What is said of each nodule, in rows below a picture, and the notice.

    A row that is wider than the picture goes on in the next; the notice stands beside the first
    where there is room, and below all where there is not.
    """

    _ROW = 30
    _LARGEST = 18
    _INDENT, _MARGIN, _GAP = 38, 14, 24

    def __init__(self, lines: list[list[str]], notice: str, width: int) -> None:
        self.notice, self.width = notice, width
        room = width - self._INDENT - self._MARGIN
        # Only where a single phrase is wider than the picture, letters are smaller.
        widest = max(_font(self._LARGEST).getlength(part) for line in lines for part in line)
        self.font = _font(max(6, min(self._LARGEST, int(self._LARGEST * room / widest))))
        self.rows = [
            (number if first else None, row)
            for number, line in enumerate(lines)
            for first, row in self._rows(line, room)
        ]
        length = _font(15).getlength(notice)
        self.notice_font = _font(max(6, min(15, int(15 * (width - 2 * self._MARGIN) / length))))
        longest = max(self.font.getlength(row) for _, row in self.rows)
        self.is_beside = self._INDENT + longest + self._GAP + length + self._MARGIN <= width
        self.height = self._ROW * (len(self.rows) + (not self.is_beside)) + 10

    def draw(self, draw: ImageDraw.ImageDraw, nodules: list[Nodule], top: int) -> None:
        """Draw it below ``top``."""
        y = top + 8
        for number, row in self.rows:
            if number is not None and nodules:
                nodule = nodules[number]
                draw.text(
                    (self._MARGIN, y), str(nodule.number), colour_of(nodule), self.font,
                    stroke_width=0.5,
                )  # fmt: skip
            draw.text((self._INDENT, y), row, _INK, self.font)
            y += self._ROW
        left = self.width - self.notice_font.getlength(self.notice) - self._MARGIN
        place = (left, top + 10 if self.is_beside else y)
        draw.text(place, self.notice, _QUIET, self.notice_font)

    def _rows(self, parts: list[str], room: int) -> Iterator[tuple[bool, str]]:
        row = parts[0]
        is_first = True
        for part in parts[1:]:
            longer = f"{row}{_BETWEEN}{part}"
            if self.font.getlength(longer) > room:
                yield is_first, row
                row, is_first = part, False
            else:
                row = longer
        yield is_first, row


def _notice(finding: Finding) -> str:
    notice = "research use only"
    if finding.scale.mm_per_px_xy is not None:
        notice = f"mm from {finding.scale.origin}{_BETWEEN}{notice}"
    return notice


def _parts_of(nodule: Nodule) -> list[str]:
    """Say one nodule's size and estimate in a few phrases."""
    # With the letter x: Pillow's own font has no multiplication sign.
    if nodule.long_axis_mm is not None and nodule.short_axis_mm is not None:
        parts = [f"{nodule.long_axis_mm:.1f} x {nodule.short_axis_mm:.1f} mm"]
    else:
        parts = [f"{nodule.long_axis_px:.0f} x {nodule.short_axis_px:.0f} px, uncalibrated"]
    if nodule.taller_than_wide:
        parts.append("taller than wide")
    if nodule.malignancy is not None:
        parts.append(
            f"malignancy {nodule.malignancy.probability:.2f}: {nodule.malignancy.decision}"
        )
    parts.append(f"confidence {nodule.confidence:.2f}")
    return parts


def _scaled(
    points: list[tuple[float, float]] | tuple[tuple[float, float], ...], factor: float
) -> list[tuple[float, float]]:
    # A pixel's centre has whole coordinates in a finding; in a drawing its corner has.
    return [((x + 0.5) * factor, (y + 0.5) * factor) for x, y in points]


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
