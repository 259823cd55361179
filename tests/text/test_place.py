from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from nodulens.errors import BadData
from nodulens.finding import Area
from nodulens.text.place import SIZES, Place, place_of


def blank(height: int = 100, width: int = 200) -> NDArray[np.bool_]:
    return np.zeros((height, width), bool)


@pytest.mark.parametrize(
    ("rows", "columns", "vertical", "horizontal"),
    [
        ((5, 15), (10, 30), "upper", "left"),
        ((40, 46), (90, 110), "middle", "centre"),
        ((80, 95), (170, 190), "lower", "right"),
        ((5, 15), (90, 110), "upper", "centre"),
    ],
)
def test_place_is_the_centroids(
    rows: tuple[int, int], columns: tuple[int, int], vertical: str, horizontal: str
) -> None:
    mask = blank()
    mask[slice(*rows), slice(*columns)] = True
    place = place_of(mask)
    assert (place.vertical, place.horizontal) == (vertical, horizontal)
    assert place.centroid == pytest.approx((sum(columns) / 400, sum(rows) / 200))


def test_size_is_the_share_of_the_area() -> None:
    for share, word in SIZES:
        share = min(share, 1) - 0.01
        mask = blank(100, 100)
        mask.ravel()[: round(share * mask.size)] = True
        assert place_of(mask).size == word


def test_shape_is_the_largest_parts() -> None:
    mask = blank()
    mask[10:60, 20:40] = True
    assert place_of(mask).shape == "taller than wide"
    # Two tall views side by side are wide together, and tall each.
    mask[10:58, 100:118] = True
    place = place_of(mask)
    assert (place.count, place.shape) == (2, "taller than wide")
    assert place_of(mask.T.copy()).shape == "wider than tall"


def test_specks_are_not_counted() -> None:
    mask = blank(400, 600)
    mask[100:200, 100:200] = True
    mask[100:200, 300:400] = True
    mask[5:8, 5:8] = True
    assert place_of(mask).count == 2


def test_only_the_scan_area_counts() -> None:
    mask = blank()
    mask[40:60, 0:20] = True
    mask[40:50, 130:140] = True
    place = place_of(mask, Area(x=120, y=30, width=60, height=40))
    assert (place.horizontal, place.vertical, place.count) == ("left", "middle", 1)
    assert place.share == pytest.approx(100 / 2400)
    assert not place_of(mask, Area(x=150, y=0, width=20, height=20)).present


def test_an_empty_mask_is_no_nodule() -> None:
    assert place_of(blank()) == Place(present=False)
    assert place_of(blank()).descriptors().present is False


def test_descriptors_say_the_same() -> None:
    mask = blank()
    mask[5:15, 10:30] = True
    said = place_of(mask).descriptors()
    assert said.present
    assert (said.size, said.vertical, said.horizontal) == ("very small", "upper", "left")
    assert said.side is None, "the picture's left is not the patient's"


@pytest.mark.parametrize("mask", [np.zeros((2, 2, 2), bool), np.zeros((2, 2)), blank(0, 0)])
def test_what_is_no_mask_is_refused(mask: NDArray[np.bool_]) -> None:
    with pytest.raises(BadData):
        place_of(mask)


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 40))
def test_a_mirrored_mask_has_the_mirrored_place(seed: int, height: int, width: int) -> None:
    mask = np.random.default_rng(seed).random((height, width)) < 0.2
    place, mirrored = place_of(mask), place_of(mask[:, ::-1])
    assert mirrored.present == place.present
    assert mirrored.count == place.count
    if place.centroid is not None and mirrored.centroid is not None:
        assert mirrored.centroid[0] == pytest.approx(1 - place.centroid[0])
        swapped = {"left": "right", "right": "left", "centre": "centre"}
        off_border = min(abs(place.centroid[0] - 0.4), abs(place.centroid[0] - 0.6)) > 1e-9
        if off_border:
            assert mirrored.horizontal == swapped[str(place.horizontal)]


def test_a_training_item_waits_less_than_a_millisecond() -> None:
    mask = blank(224, 288)
    mask[60:160, 40:180] = True
    mask[20:50, 200:250] = True
    taken = []
    for _ in range(30):
        start = time.perf_counter()
        place_of(mask)
        taken.append(time.perf_counter() - start)
    # The least of many: a busy machine only ever adds.
    assert min(taken) < 1e-3
