from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from nodulens.data.manifest import Row
from nodulens.data.phantom import phantom
from nodulens.evaluation.subgroups import (
    NOT_STATED,
    Subgroups,
    age_band,
    members,
    share_of_scan,
    size_thirds,
)
from nodulens.finding import Area, Frame

LEFT, RIGHT = Area(x=0, y=0, width=40, height=50), Area(x=50, y=0, width=40, height=50)


def row(**labels: str) -> Row:
    return Row(
        id="a", image="a.png", group="a", width=100, height=50, sha256="0" * 64, labels=labels
    )


def frame(*areas: Area) -> Frame:
    return Frame(np.zeros((50, 100), np.uint8), "a.png", "0" * 64, scan_areas=list(areas))


def drawn(pixels: int) -> np.ndarray:
    mask = np.zeros((50, 100), bool)
    mask.flat[:pixels] = True
    return mask


def test_counts_of_hand_made_rows() -> None:
    subgroups = Subgroups()
    subgroups.add(row(tirads="4a", sex="F", age="39"), frame(LEFT, RIGHT), drawn(40))
    subgroups.add(row(tirads="4a", sex="M", age="40"), frame(LEFT), drawn(40))
    subgroups.add(row(tirads="2", sex="u", age="59"), frame(LEFT), drawn(60))
    subgroups.add(row(sex="female", age="60"), frame(LEFT), drawn(90))
    subgroups.add(row(age="unknown"), frame(), drawn(0))
    assigned = subgroups.assigned()
    counts = {
        name: {value: len(places) for value, places in parts.items()}
        for name, parts in members(assigned).items()
    }
    assert counts == {
        "tirads": {"2": 1, "4a": 2, NOT_STATED: 2},
        "sex": {"female": 2, "male": 1, NOT_STATED: 2},
        "age": {"under 40": 1, "40–59": 2, "60 and over": 1, NOT_STATED: 1},
        "split_screen": {"no": 4, "yes": 1},
        "calipers": {"no": 5},
        "size": {"small": 2, "medium": 1, "large": 1},
    }
    # The same nodule on a split screen takes half the share of the scan.
    assert assigned[0]["size"] == assigned[1]["size"] == "small"
    # Values stand in their natural order, what is not stated last.
    assert list(counts["age"]) == ["under 40", "40–59", "60 and over", NOT_STATED]
    assert list(counts["size"]) == ["small", "medium", "large"]
    assert list(counts["tirads"]) == ["2", "4a", NOT_STATED]


def test_calipers_on_the_scan_are_seen() -> None:
    made = phantom(3)
    pixels = made.pixels.copy()
    rows, columns = np.nonzero(made.mask)
    middle = int(np.median(rows))
    for column in (columns.min(), columns.max()):
        pixels[middle, column - 6 : column + 7] = 255
        pixels[middle - 6 : middle + 7, column] = 255
    subgroups = Subgroups()
    for picture in (made.pixels, pixels):
        subgroups.add(row(), Frame(picture, "a.png", "0" * 64), made.mask)
    assert Counter(groupings["calipers"] for groupings in subgroups.assigned()) == {
        "no": 1,
        "yes": 1,
    }


def test_share_is_of_the_scan_and_of_the_picture_where_no_scan_is_known() -> None:
    assert share_of_scan(frame(LEFT), drawn(100)) == 100 / 2000
    assert share_of_scan(frame(LEFT, RIGHT), drawn(100)) == 100 / 4000
    assert share_of_scan(frame(), drawn(100)) == 100 / 5000


def test_thirds_keep_equal_shares_together_and_leave_the_empty_out() -> None:
    assert size_thirds([0.1, 0.3, 0.0, 0.2]) == ["small", "large", None, "medium"]
    assert size_thirds([0.2] * 3) == ["small"] * 3
    assert size_thirds([0.0, 0.0]) == [None, None]
    thirds = Counter(size_thirds(np.linspace(0.01, 0.5, 99).tolist()))
    assert thirds == {"small": 33, "medium": 33, "large": 33}


@pytest.mark.parametrize(
    ("age", "band"),
    [
        ("0", "under 40"),
        ("39.9", "under 40"),
        ("040Y", "40–59"),
        (" 60 ", "60 and over"),
        ("120", "60 and over"),
        ("121", NOT_STATED),
        ("999", NOT_STATED),
        ("130M", "under 40"),
        ("-5", NOT_STATED),
        ("u", NOT_STATED),
        ("", NOT_STATED),
        (None, NOT_STATED),
    ],
)
def test_ages(age: str | None, band: str) -> None:
    assert age_band(age) == band


def test_an_image_without_a_grouping_is_left_out_of_it() -> None:
    assert members([{"size": "large"}, {}, {"sex": "male", "size": "small"}]) == {
        "size": {"small": [2], "large": [0]},
        "sex": {"male": [2]},
    }
