"""Read the depth ruler: the ticks that a scanner draws along the edges of the scan.

A ruler is recognised by what it is, not by how one machine draws it: small bright marks, alone on
the background, on one line along the scan's left or right edge, at one spacing. The same spacing on
the other side or along the top, a larger mark at the scan's very top (depth zero) and a larger mark
five places below it confirm it.

A wrong scale is much worse than none. A line with a mark off its grid, too many marks missing, two
edges that disagree, marks of two sizes by turns, an implausible depth, or nothing that confirms the
line: each of these gives no scale, and the reason in words.

The confidence starts at 0.5 for three ticks and 0.6 for four or more, and adds 0.2 for another edge
with the same spacing, 0.1 for a larger tick at depth zero and 0.2 for a larger one at five; below
0.7 there is no scale. It is a tally of evidence, not a calibrated probability.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from nodulens.finding import Area, Scale

STEP_MM = 10.0
"""Millimetres from tick to tick."""
DEPTHS_MM = (20.0, 200.0)
"""Depths of view, from the shallowest small-parts setting to the deepest abdominal one."""
LEAST_CONFIDENCE = 0.7
"""Below this the scale stays unknown."""

_BRIGHT = 0.7
"""Share of the screen's brightest value that a tick reaches; JPEG ringing stays far below."""
_LARGEST = 0.018
"""Largest side of a tick as a share of the picture's height; letters are larger. A tick drawn as a
dash may be twice as long across its line."""
_REACH = 4
"""Pixels by which a tick may reach into the scan."""
_ALONE = 3
"""Pixels that must be dark on both sides of a tick, along the row; letters of a word are closer."""
_OFF_LINE = 0.75
"""Pixels by which a tick's centre may lie beside the line: marks of odd and even size differ by a
half; bright specks of tissue at the scan's edge lie farther in."""
_OFF_GRID = 1.0
"""Pixels by which a tick may be off its place along the line: scanners round to whole pixels, and
place marks of different sizes differently. On coarse rulers, a fortieth of the spacing."""
_LONGEST_STRIDE = 5
"""Places between the two marks that propose a spacing; far ones propose it more exactly."""
_MOST_MARKS = 40
"""More marks than this on one line are not a ruler."""

Edge = Literal["left", "right", "top"]


@dataclass(frozen=True)
class Line:
    """Ticks along one edge of the scan.

    Attributes:
        edge: which edge.
        area: index of the scan area that the line belongs to.
        across: where the line lies, in pixels: a column for ``left`` and ``right``, a row for
            ``top``.
        first: position of the first tick along the line, in pixels.
        spacing: pixels from tick to tick.
        places: numbers of the ticks found, from 0; a missing number is a tick not seen.
        large: which of ``places`` are clearly larger than the others.
        strays: marks on the line, no smaller than its ticks, that are not on the grid.
    """

    edge: Edge
    area: int
    across: float
    first: float
    spacing: float
    places: tuple[int, ...]
    large: frozenset[int]
    strays: int

    @property
    def completeness(self) -> float:
        """Share of the places from first to last where a tick was found."""
        return len(self.places) / (len(self.places) + self.missing)

    @property
    def positions(self) -> list[float]:
        """Fitted positions of the ticks found, along the line, in pixels."""
        return [self.first + place * self.spacing for place in self.places]

    @property
    def reach(self) -> float:
        """Pixels from the first to the last tick."""
        return self.places[-1] * self.spacing

    @property
    def missing(self) -> int:
        """Number of places, first to last, where no tick was found."""
        return self.places[-1] + 1 - len(self.places)

    def is_long(self, areas: list[Area]) -> bool:
        """Whether the line runs along most of the edge of the scan that it belongs to."""
        if self.edge == "top":
            return self.reach >= 0.4 * areas[self.area].width
        scan = _hull(areas)
        # Bright tissue may hide the mark at depth zero; the next one must be there.
        begins = self.first <= scan.y + self.spacing + _OFF_GRID
        return begins and self.reach >= 0.55 * scan.height

    def is_sound(self, areas: list[Area]) -> bool:
        """Whether the line can be a ruler: long, hardly a tick missing, hardly a mark too many."""
        return self.is_long(areas) and max(self.missing, self.strays) <= len(self.places) // 4

    def is_hint(self, areas: list[Area]) -> bool:
        """Whether the line, though marred by other marks, is enough to cast doubt on another."""
        return self.is_long(areas) and self.missing == 0 and self.strays <= len(self.places)

    def agrees_with(self, other: Line) -> bool:
        """Whether both lines have one spacing, as far as whole pixels let one tell."""
        tolerance = 0.005 + _OFF_GRID / min(self.reach, other.reach)
        return abs(self.spacing - other.spacing) <= tolerance * self.spacing


def read_ruler(pixels: NDArray[np.uint8], areas: list[Area]) -> Scale:
    """Measure the size of a pixel on the depth ruler.

    Args:
        pixels: uint8 array (H, W), grey.
        areas: the scan areas of the picture.

    Returns:
        A scale from ``depth-ruler`` with its confidence and a note of what supports it, or an
        unknown scale with the reason.
    """
    return _judge(find_lines(pixels, areas), areas)


def find_lines(pixels: NDArray[np.uint8], areas: list[Area]) -> list[Line]:
    """Find lines of evenly spaced marks along the left, right and top edges of the scan.

    Args:
        pixels: uint8 array (H, W), grey.
        areas: the scan areas of the picture.

    Returns:
        At most one line for the left and the right edge and for the top edge of each area, sound or
        not.
    """
    scan = _hull(areas)
    bright = pixels >= max(1.0, _BRIGHT * float(pixels.max()))
    bright[
        scan.y + _REACH : max(scan.y, scan.y + scan.height - _REACH),
        scan.x + _REACH : max(scan.x, scan.x + scan.width - _REACH),
    ] = False
    marks = _lone_marks(bright)
    x, y, wide, high = marks.T
    size = np.maximum(wide, high)
    largest = max(3.0, _LARGEST * pixels.shape[0])
    beside = (y >= scan.y - _REACH) & (y <= scan.y + 1.5 * scan.height)
    beside &= (wide <= 2 * largest) & (high <= largest)
    at_left = beside & (x < scan.x + _REACH)
    at_right = beside & (x >= scan.x + scan.width - _REACH)
    lines = [
        _best_line("left", 0, x[at_left], y[at_left], size[at_left], scan.height),
        _best_line("right", len(areas) - 1, x[at_right], y[at_right], size[at_right], scan.height),
    ]
    on_top = (wide <= largest) & (high <= 2 * largest) & (y < scan.y + _REACH)
    for line in lines:
        if line is not None:
            # The mark at depth zero stands in the corner, on both edges' lines.
            on_top &= np.abs(x - line.across) > _OFF_LINE
    for number, area in enumerate(areas):
        # The halves of a split screen have rulers of their own, which need not be in phase; over a
        # single scan the ruler may run on to both sides.
        over = (len(areas) == 1) | ((x >= area.x) & (x < area.x + area.width))
        here = on_top & over
        lines.append(_best_line("top", number, y[here], x[here], size[here], scan.height))
    return [line for line in lines if line is not None]


def _hull(areas: list[Area]) -> Area:
    x, y = min(area.x for area in areas), min(area.y for area in areas)
    return Area(
        x=x,
        y=y,
        width=max(area.x + area.width for area in areas) - x,
        height=max(area.y + area.height for area in areas) - y,
    )


def _lone_marks(bright: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return (x, y, width, height) of the small marks alone in their rows, as an array (n, 4)."""
    labels, _ = ndimage.label(bright, structure=np.ones((3, 3)))
    largest = 2 * max(3.0, _LARGEST * bright.shape[0])
    marks = [
        (
            (columns.start + columns.stop - 1) / 2,
            (rows.start + rows.stop - 1) / 2,
            columns.stop - columns.start,
            rows.stop - rows.start,
        )
        for rows, columns in ndimage.find_objects(labels)
        if rows.stop - rows.start <= largest
        and columns.stop - columns.start <= largest
        and not _has_neighbour(bright, rows, columns)
    ]
    return np.array(marks, float).reshape(-1, 4)


def _has_neighbour(bright: NDArray[np.bool_], rows: slice, columns: slice) -> bool:
    before = bright[rows, max(0, columns.start - _ALONE) : columns.start]
    after = bright[rows, columns.stop : columns.stop + _ALONE]
    return bool(before.any() or after.any())


def _best_line(
    edge: Edge,
    area: int,
    across: NDArray[np.float64],
    along: NDArray[np.float64],
    size: NDArray[np.float64],
    scan_height: int,
) -> Line | None:
    """Return the line with the most ticks among marks at these places; None without one."""
    order = np.argsort(along)
    across, along, size = across[order], along[order], size[order]
    best: tuple[float, Line] | None = None
    for at in np.unique(across):
        on_line = np.abs(across - at) <= _OFF_LINE
        if not 3 <= on_line.sum() <= _MOST_MARKS:
            continue
        line = _fit(edge, area, float(at), along[on_line], size[on_line], scan_height)
        if line is None:
            continue
        score = len(line.places) * line.completeness - line.strays
        if best is None or score > best[0]:
            best = score, line
    return best[1] if best else None


def _fit(
    edge: Edge,
    area: int,
    across: float,
    position: NDArray[np.float64],
    size: NDArray[np.float64],
    scan_height: int,
) -> Line | None:
    """Fit a grid to the sorted positions of marks on one line.

    Pairs of marks propose spacings; the one that places the most marks with the fewest places left
    empty wins, and least squares over its marks refine it.
    """
    shortest, longest = (STEP_MM / depth * scan_height for depth in reversed(DEPTHS_MM))
    one, other = np.triu_indices(len(position), 1)
    strides = np.arange(1, _LONGEST_STRIDE + 1)
    spacings = ((position[other] - position[one])[:, None] / strides).ravel()
    origins = np.repeat(position[one], len(strides))
    plausible = (spacings >= shortest) & (spacings <= longest)
    if not plausible.any():
        return None
    spacings, origins = spacings[plausible, None], origins[plausible, None]
    place = np.round((position - origins) / spacings)
    on_grid = np.abs(position - origins - place * spacings) <= np.maximum(_OFF_GRID, spacings / 40)
    placed = _placed(place, on_grid)
    first = np.where(on_grid, place, np.inf).min(axis=1)
    last = np.where(on_grid, place, -np.inf).max(axis=1)
    score = np.where(placed >= 3, placed**2 / (last - first + 1), 0)
    best = int(score.argmax())
    if not score[best]:
        return None
    numbers, fits = place[best], on_grid[best]
    numbers = numbers - numbers[fits][0]
    spacing, start = np.polyfit(numbers[fits], position[fits], 1)
    found, index = np.unique(numbers[fits], return_index=True)
    sizes = size[fits][index]
    usual = np.median(sizes)
    return Line(
        edge=edge,
        area=area,
        across=across,
        first=float(start),
        spacing=float(spacing),
        places=tuple(int(number) for number in found),
        large=frozenset(int(number) for number in found[sizes >= 1.5 * usual]),
        strays=int((size[~fits] >= usual).sum()) + int(fits.sum()) - len(found),
    )


def _placed(place: NDArray[np.float64], on_grid: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Count the different places of the marks on each grid; positions are sorted, so places are."""
    last = np.maximum.accumulate(np.where(on_grid, place, -np.inf), axis=1)
    fresh = on_grid.copy()
    fresh[:, 1:] &= place[:, 1:] > last[:, :-1]
    return np.asarray(fresh.sum(axis=1))


def _judge(lines: list[Line], areas: list[Area]) -> Scale:
    sound = [line for line in lines if line.is_sound(areas)]
    sides = [line for line in sound if line.edge != "top"]
    if not sides:
        return Scale.unknown("no depth ruler found beside the scan")
    main = max(sides, key=lambda line: len(line.places))
    others = [line for line in sound if line is not main]
    doubts = [line for line in lines if line.edge == "top" and line.is_hint(areas)]
    if not all(main.agrees_with(line) for line in others + doubts):
        return Scale.unknown("the ticks along two edges of the scan have different spacings")
    if {line.area for line in sound} != set(range(len(areas))):
        return Scale.unknown("only one half of the split screen has a depth ruler that can be read")
    every = np.diff(sorted(main.large))
    if (every % 5).any():
        return Scale.unknown("ticks of two sizes beside the scan: what one step means is unclear")

    scan = _hull(areas)
    at_top = abs(main.first - scan.y) <= 0.015 * scan.height + _OFF_GRID
    confidence = 0.5 if len(main.places) == 3 else 0.6
    support = [f"{len(main.places)} ticks along the {main.edge} edge"]
    if others:
        confidence += 0.2
        edges = sorted({line.edge for line in others})
        support.append(f"the same spacing along the {' and the '.join(edges)} edge")
    if at_top and 0 in main.large:
        confidence += 0.1
        support.append("a larger tick at depth zero")
    if len(every):
        confidence += 0.2
        support.append("every fifth tick larger, as at 5 cm")
    if confidence < LEAST_CONFIDENCE - 1e-9:
        return Scale.unknown(f"{support[0]} look like a ruler, but nothing confirms them")
    spacing = sum(line.reach for line in sound) / sum(line.places[-1] for line in sound)
    size = STEP_MM / spacing
    note = f"{spacing:.1f} px a tick: {', '.join(support)}"
    if not len(every):
        note += "; 1 cm a tick is assumed"
    if all(line.edge != "top" for line in sound):
        note += "; square pixels are assumed"
    return Scale.known(size, size, "depth-ruler", round(min(confidence, 0.95), 2), note)
