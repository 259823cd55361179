from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from nodulens.data.phantom import Phantom, phantom
from nodulens.frames.calipers import find_calipers

PHANTOMS = [
    phantom(seed, split_screen=seed % 3 == 0, width=width, height=height)
    for seed, (width, height) in enumerate([(640, 480), (480, 360), (800, 600)] * 2)
]


def draw(
    pixels: np.ndarray, x: int, y: int, arm: int, kind: str, *, grey=255, wide=1, hole=0
) -> None:
    """Draw a cross with this centre; ``hole`` is left open around the centre."""
    for step in range(-arm, arm + 1):
        for off in range(-(wide // 2), wide - wide // 2):
            if abs(step) >= hole and kind == "+":
                pixels[y + off, x + step] = pixels[y + step, x + off] = grey
            elif abs(step) >= hole:
                pixels[y + step, x + step + off] = pixels[y - step, x + step + off] = grey


def ends(made: Phantom) -> list[tuple[int, int]]:
    """Where somebody would measure: left, right, top and bottom of the nodule."""
    rows, columns = np.nonzero(made.mask)
    row, column = int(np.median(rows)), int(np.median(columns))
    return [
        (int(columns.min()), row),
        (int(columns.max()), row),
        (column, int(rows.min())),
        (column, int(rows.max())),
    ]


def jpeg(pixels: np.ndarray, quality: int) -> np.ndarray:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=quality)
    return np.asarray(Image.open(stream))


def marked(made: Phantom, *arguments: object, places: int = 4, **options: int) -> np.ndarray:
    pixels = made.pixels.copy()
    for x, y in ends(made)[:places]:
        draw(pixels, x, y, *arguments, **options)  # type: ignore[arg-type]
    return pixels


@pytest.mark.parametrize("kind", ["+", "x"])
@pytest.mark.parametrize(
    ("arm", "wide", "hole"), [(3, 1, 0), (4, 1, 1), (6, 1, 2), (6, 2, 0), (8, 3, 0), (12, 3, 4)]
)
def test_marks_of_many_sizes_are_found_where_they_are(
    kind: str, arm: int, wide: int, hole: int
) -> None:
    missed, false, hits = 0, 0, 0
    for made in PHANTOMS:
        found = find_calipers(marked(made, arm, kind, grey=230, wide=wide, hole=hole))
        hits += bool(found)
        near = [
            min(np.hypot(mark.x - x, mark.y - y) for mark in found) if found else np.inf
            for x, y in ends(made)
        ]
        missed += sum(distance > 2 for distance in near)
        false += sum(
            min(np.hypot(mark.x - x, mark.y - y) for x, y in ends(made)) > 2 or mark.kind != kind
            for mark in found
        )
    assert hits >= len(PHANTOMS) - 1
    assert missed <= 0.35 * 4 * len(PHANTOMS)
    assert false == 0


@pytest.mark.parametrize(("grey", "least"), [(180, 0.6), (230, 0.9)])
def test_dim_marks_after_jpeg_are_found_less_often(grey: int, least: float) -> None:
    hits = [
        bool(find_calipers(jpeg(marked(made, 5, kind, grey=grey, hole=1), 90)))
        for made in PHANTOMS
        for kind in "+x"
    ]
    assert np.mean(hits) >= least


def test_clean_phantoms_have_none() -> None:
    assert [find_calipers(made.pixels) for made in PHANTOMS] == [[]] * len(PHANTOMS)


def test_one_cross_alone_is_not_a_measurement() -> None:
    assert find_calipers(marked(PHANTOMS[1], 6, "+", places=1)) == []
    assert len(find_calipers(marked(PHANTOMS[1], 6, "+", places=2))) == 2


def test_two_crosses_that_differ_are_not_one_drawn_twice() -> None:
    (x, y), (other_x, other_y), *_ = ends(PHANTOMS[1])
    for arm, kind, grey in ((10, "+", 255), (5, "x", 255), (5, "+", 160)):
        pixels = PHANTOMS[1].pixels.copy()
        draw(pixels, x, y, 5, "+")
        draw(pixels, other_x, other_y, arm, kind, grey=grey)
        assert find_calipers(pixels) == []


def test_marks_outside_the_scan_do_not_count() -> None:
    pixels = np.zeros((300, 400), np.uint8)
    pixels[20:220, 60:340] = np.random.default_rng(0).integers(60, 90, (200, 280))
    for x in (100, 250):
        draw(pixels, x, 260, 5, "+")
    assert find_calipers(pixels) == []
    for x in (100, 250):
        draw(pixels, x, 120, 5, "+")
    assert [(mark.x, mark.y, mark.arm) for mark in find_calipers(pixels)] == [
        (100, 120, 5),
        (250, 120, 5),
    ]


def test_tiny_and_blank_pictures_have_none() -> None:
    assert find_calipers(np.zeros((5, 5), np.uint8)) == []
    assert find_calipers(np.full((60, 60), 255, np.uint8)) == []
