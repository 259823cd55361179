from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from nodulens.analysis.agreement import agree, distance, wanted
from nodulens.text.descriptors import Descriptors, LungArea
from nodulens.text.place import place_of

Map = NDArray[np.float32]


def cone(x: int, y: int, radius: int, peak: float = 0.98) -> Map:
    """Probabilities that fall from the peak, a half at the radius."""
    rows, columns = np.ogrid[:120, :160]
    away = np.hypot(rows - y, columns - x)
    odds = np.log(peak / (1 - peak)) * (1 - away / radius)
    return (1 / (1 + np.exp(-odds))).astype(np.float32)


def both() -> Map:
    return np.maximum(cone(40, 60, 22), cone(120, 60, 22))


@pytest.mark.parametrize(("word", "x"), [("left", 40), ("right", 120)])
def test_of_two_nodules_the_one_that_is_meant_stays(word: str, x: int) -> None:
    found = agree(both(), Descriptors(horizontal=word), 0.5, 0.003)
    assert found.outcome == "changed"
    outlined = found.probability >= 0.5
    assert outlined[60, x]
    assert not outlined[60, 160 - x]
    assert np.array_equal(outlined, (both() >= 0.5) & (np.abs(np.arange(160) - x) < 40))
    # Inside the outline nothing is surer or less sure than it was.
    assert np.array_equal(found.probability[outlined], both()[outlined])


@pytest.mark.parametrize("word", ["very small", "small", "medium", "large"])
def test_the_outline_grows_or_shrinks_to_the_size_that_is_told(word: str) -> None:
    probability = cone(80, 50, 27)
    assert place_of(probability >= 0.5).size == "medium"
    found = agree(probability, Descriptors(size=word), 0.5, 0.003)
    assert found.outcome == ("agrees" if word == "medium" else "changed")
    assert place_of(found.probability >= 0.5).size == word


def test_the_least_change_is_taken() -> None:
    probability = cone(80, 50, 27)
    found = agree(probability, Descriptors(size="small"), 0.5, 0.003).probability >= 0.5
    # Against levels that are a tenth of the odds apart: no larger outline is small.
    odds = np.log(probability / (1 - probability))
    largest = next(
        odds >= level for level in np.arange(0, 3, 0.1) if place_of(odds >= level).size == "small"
    )
    assert found.sum() <= largest.sum()
    assert found.sum() > 0.6 * largest.sum()


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7])
def test_it_holds_at_the_models_own_threshold(threshold: float) -> None:
    probability = np.maximum(cone(40, 60, 20), cone(120, 60, 26))
    found = agree(probability, Descriptors(horizontal="left"), threshold, 0.003)
    assert place_of(found.probability >= threshold).horizontal == "left"
    assert found.probability.dtype == np.float32
    assert 0 <= found.probability.min() <= found.probability.max() <= 1


def test_what_a_network_that_reads_has_moved_is_moved_less_far() -> None:
    probability = np.full((100, 160), 0.001, np.float32)
    probability[30:70, 10:50] = 0.06  # a shift of 2.75 would outline it
    probability[30:70, 110:150] = 0.9
    told = Descriptors(horizontal="left")
    assert agree(probability, told, 0.5, 0.003).outcome == "changed"
    assert agree(probability, told, 0.5, 0.003, already=1.0).outcome == "nothing agrees"
    probability[30:70, 10:50] = 0.12  # and this one of 2
    assert agree(probability, told, 0.5, 0.003, already=1.0).outcome == "changed"


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        (Descriptors(), "nothing said"),
        (Descriptors(composition="solid", side="left", pole="upper"), "nothing said"),
        (Descriptors(target="infection", size="small"), "nothing said"),
        (Descriptors(vertical="upper"), "nothing agrees"),
        (Descriptors(horizontal="right", vertical="upper"), "nothing agrees"),
    ],
)
def test_otherwise_the_map_stays_as_it_is(told: Descriptors, outcome: str) -> None:
    probability = both()
    found = agree(probability, told, 0.5, 0.003)
    assert found.outcome == outcome
    assert found.probability is probability


def test_where_nothing_is_outlined_nothing_is_invented() -> None:
    empty = np.full((60, 80), 1e-4, np.float32)
    assert agree(empty, Descriptors(size="small"), 0.5, 0.003).outcome == "nothing agrees"
    exact = np.zeros((60, 80), np.float32)
    exact[20:30, 20:30] = 1
    assert agree(exact, Descriptors(horizontal="left"), 0.5, 0.0).outcome == "agrees"


def test_specks_are_no_nodules() -> None:
    probability = cone(120, 60, 26)
    probability[60, 10] = 0.99
    found = agree(probability, Descriptors(horizontal="left"), 0.5, 0.003)
    assert found.outcome == "nothing agrees"


def test_an_outline_that_is_nearly_right_agrees() -> None:
    # Centred at 44 % of the width: "centre" begins at 45 %, "right" at 55 %.
    probability = cone(70, 60, 24)
    near = agree(probability, Descriptors(horizontal="centre"), 0.5, 0.003)
    assert near.outcome == "agrees"
    assert near.probability is probability
    assert agree(probability, Descriptors(horizontal="right"), 0.5, 0.003).outcome == (
        "nothing agrees"
    )


@pytest.mark.parametrize(
    ("words", "away"),
    [
        ({"size": "small"}, 0.0),
        ({"horizontal": "left", "vertical": "upper"}, 0.0),
        ({"size": "medium"}, np.log(0.08 / 0.05)),
        ({"size": "very small"}, np.log(0.05 / 0.03)),
        ({"horizontal": "right"}, 8 * (0.55 - 0.25)),
        ({"vertical": "middle", "size": "large"}, 8 * (0.35 - 0.25) + np.log(0.17 / 0.05)),
    ],
)
def test_how_far_words_are(words: dict[str, str], away: float) -> None:
    mask = np.zeros((100, 100), np.bool_)
    mask[20:30, 0:50] = True
    assert distance(place_of(mask), words) == pytest.approx(away)


def three() -> Map:
    """A large one on the left and above, on the right a middling one and, deeper, a small one."""
    return np.maximum.reduce([cone(35, 45, 24), cone(95, 40, 14), cone(135, 90, 9)])


@pytest.mark.parametrize(
    ("told", "middle"),
    [
        ({"relative_size": "smaller"}, (135, 90)),
        ({"relative_size": "larger"}, (35, 45)),
        ({"relative_size": "larger", "horizontal": "right"}, (95, 40)),
        ({"relative_size": "smaller", "horizontal": "right"}, (135, 90)),
        ({"relative_depth": "deeper"}, (135, 90)),
        ({"relative_depth": "shallower", "relative_size": "larger"}, (35, 45)),
        ({"relative_depth": "shallower", "horizontal": "right"}, (95, 40)),
    ],
)
def test_words_that_compare_choose_one_of_several(
    told: dict[str, str], middle: tuple[int, int]
) -> None:
    found = agree(three(), Descriptors(**told), 0.5, 0.003)
    assert found.outcome == "changed"
    x, y = middle
    # That one to the pixel, and nothing else.
    near = np.hypot(*(np.ogrid[:120, :160][at] - (y, x)[at] for at in (0, 1))) < 26
    assert np.array_equal(found.probability >= 0.5, (three() >= 0.5) & near)


def test_with_one_nodule_there_is_nothing_to_compare() -> None:
    alone = cone(80, 50, 20)
    for told in ({"relative_size": "smaller"}, {"relative_depth": "deeper", "size": "medium"}):
        found = agree(alone, Descriptors(**told), 0.5, 0.003)
        assert found.outcome == "agrees"
        assert found.probability is alone


@pytest.mark.parametrize("told", [("smaller", "left"), ("larger", "right"), ("larger", "centre")])
def test_a_comparison_that_is_wrong_changes_nothing(told: tuple[str, str]) -> None:
    two = np.maximum(cone(35, 60, 24), cone(130, 60, 14))
    found = agree(two, Descriptors(relative_size=told[0], horizontal=told[1]), 0.5, 0.003)
    assert found.outcome == "nothing agrees"
    assert found.probability is two


def test_a_nodule_that_was_missed_is_found_where_the_words_say() -> None:
    probability = np.maximum(cone(35, 60, 24), 0.4 * cone(130, 60, 14))
    told = Descriptors(relative_size="smaller", horizontal="right")
    found = agree(probability, told, 0.5, 0.003)
    assert found.outcome == "changed"
    assert place_of(found.probability >= 0.5).horizontal == "right"


def test_what_is_wanted_is_size_and_place_in_the_picture() -> None:
    told = Descriptors(size="small", vertical="upper", side="right", composition="solid", count=2)
    assert wanted(told) == {"size": "small", "vertical": "upper"}
    which = Descriptors(horizontal="right", relative_size="smaller")
    assert list(wanted(which).values()) == ["smaller", "right"]
    lungs = Descriptors(target="infection", areas=(LungArea(side="left", levels=("upper",)),))
    assert wanted(lungs) == {}
