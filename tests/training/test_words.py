from __future__ import annotations

import random
from collections import Counter
from typing import Any

import numpy as np
import pytest

from nodulens.data.manifest import Row
from nodulens.errors import BadData
from nodulens.text.parse import parse_report
from nodulens.training.recipe import Words
from nodulens.training.words import Mask, Teller, describe

pytestmark = pytest.mark.train


def row(**fields: Any) -> Row:
    return Row(
        **{
            "id": "a",
            "image": "a.png",
            "group": "a",
            "width": 60,
            "height": 40,
            "sha256": "0" * 64,
            "labels": {"composition": "solid", "margin": "smooth", "age": "40"},
            **fields,
        }
    )


def outline(x: int, y: int, side: int = 8) -> Mask:
    mask = np.zeros((40, 60), np.bool_)
    mask[y : y + side, x : x + side] = True
    return mask


def test_labels_place_and_size_become_words() -> None:
    told = describe({"composition": "solid"}, outline(2, 2))
    assert (told.composition, told.horizontal, told.vertical) == ("solid", "left", "upper")
    assert describe({"composition": "solid"}, outline(0, 0, 0)).present is False


def test_the_oracle_says_what_can_be_understood_again() -> None:
    words = Teller(Words(source="labels")).oracle(row(), outline(45, 28))
    understood = parse_report(words).descriptors
    assert understood == describe(row().labels, outline(45, 28))


def test_shares_of_silence_and_of_the_fixed_prompt_are_kept() -> None:
    teller = Teller(Words(source="labels", silent=0.3, fixed=0.2))
    chance = random.Random(0)
    told = [
        teller.in_training(teller.draw(chance), row(), outline(2, 2), False, chance)
        for _ in range(2000)
    ]
    counts = Counter(told)
    assert 0.26 < counts[""] / 2000 < 0.34
    assert 0.17 < counts["thyroid nodule"] / 2000 < 0.24
    assert len(counts) > 20  # many wordings of the rest


def test_a_network_that_is_told_nothing_hears_nothing() -> None:
    teller = Teller(Words())
    chance = random.Random(0)
    assert {teller.draw(chance) for _ in range(50)} == {"silent"}
    assert teller.in_training("silent", row(), outline(2, 2), False, chance) == ""


def test_own_texts_swap_their_sides_with_the_picture() -> None:
    teller = Teller(Words(source="rows", silent=0, fixed=0))
    told = row(text="Upper left lung and lower right lung.")
    chance = random.Random(0)
    assert teller.in_training("told", told, outline(0, 0), False, chance) == told.text
    mirrored = teller.in_training("told", told, outline(0, 0), True, chance)
    assert mirrored == "Upper right lung and lower left lung."
    assert teller.oracle(told, outline(0, 0)) == told.text
    with pytest.raises(BadData, match="no text"):
        teller.oracle(row(), outline(0, 0))


def test_of_two_nodules_the_words_are_true_of_one() -> None:
    teller = Teller(Words(source="labels"))
    left, right = outline(2, 15), outline(48, 15)
    chance = random.Random(0)
    meant = Counter()
    for _ in range(200):
        chosen = teller.of_two([(row(), left), (row(), right)], chance)
        assert chosen is not None
        words, which = chosen
        meant[which] += 1
        assert parse_report(words).descriptors.horizontal == ("left", "right")[which]
    assert min(meant.values()) > 70


def test_of_two_that_lie_alike_no_words_are_true_of_one() -> None:
    teller = Teller(Words(source="labels"))
    assert (
        teller.of_two([(row(), outline(2, 25)), (row(), outline(3, 26))], random.Random(0)) is None
    )


def test_images_of_the_same_words_share_a_phrase() -> None:
    teller = Teller(Words(source="labels"))
    assert teller.phrase(row()) == teller.phrase(row(id="b", labels=row().labels | {"age": "60"}))
    assert teller.phrase(row()) != teller.phrase(row(labels={"composition": "cystic"}))
    assert Teller(Words(source="rows")).phrase(row(text="Left lung.")) == "Left lung."
