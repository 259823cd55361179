from __future__ import annotations

import pytest

from nodulens.text.grammar import find_pieces, grammar
from nodulens.text.statements import statements_in, without_idle_comparisons
from nodulens.text.words import read_words


def stated(text: str) -> list[str]:
    words, _ = read_words(text, grammar().speller)
    return [f"{mark.field}={mark.value}" for mark in statements_in(text, words, find_pieces(words))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("left lobe", ["side=left"]),
        ("left part of the image", ["horizontal=left"]),
        ("left half of the picture", ["horizontal=left"]),
        ("lower part of the left lobe", ["side=left"]),
        ("upper pole of the left lobe", ["pole=upper", "side=left"]),
        ("left upper", ["side=left", "pole=upper"]),
        ("top right", ["vertical=upper", "horizontal=right"]),
        ("in the centre", ["horizontal=centre"]),
        ("central", []),
        ("right upper part of the thyroid nodule",
         ["horizontal=right", "vertical=upper", "present=nodule"]),
        ("left upper lobe", ["side=left", "pole=upper"]),
        ("left upper lobe pneumonia", ["areas=upper left lung", "present=infection"]),
        ("upper and middle left lung, right lung",
         ["areas=upper middle left lung", "areas=right lung"]),
        ("left lung and right lung", ["areas=left lung", "areas=right lung"]),
        ("two small solid thyroid nodules",
         ["count=2", "size=small", "composition=solid", "present=nodule"]),
        ("12 nodules", ["count=12", "present=nodule"]),
        ("100 nodules", ["present=nodule"]),
        ("one of three mm", []),
        ("3 x 4 mm", ["size_mm=3 x 4 mm"]),
        ("0.4 by 0.3 by 0.2 cm", ["size_mm=4 x 3 x 2 mm"]),
        ("4 mm from the capsule, 0 mm, 300 mm, 12", []),
        ("TR4, 2024-01-02, 10 MHz", []),
        ("isthmus 3 mm", ["side=isthmus"]),
        ("small calcifications", ["foci=unspecified"]),
    ],
)  # fmt: skip
def test_words_become_statements(text: str, expected: list[str]) -> None:
    assert stated(text) == expected


@pytest.mark.parametrize(
    ("text", "chooses"),
    [
        ("the smaller nodule", True),
        ("a smaller, solid nodule", True),
        ("has become smaller, nodule", False),
        ("the smaller left nodule", True),
        ("the smaller", True),
        ("the smaller in the picture", True),
        ("the smaller of these two nodules", True),
        ("the smaller of the lobes", False),
        ("the smaller vessel", False),
        ("smaller nodules", False),
        ("the smaller mass", True),
        ("smaller nodule than before", False),
        ("smaller than before", False),
    ],
)
def test_what_compares_is_read_where_it_chooses_a_nodule(text: str, chooses: bool) -> None:
    words, _ = read_words(text, grammar().speller)
    kept = without_idle_comparisons(words, find_pieces(words))
    assert any(("relative_size", "smaller") in piece.readings for piece in kept) is chooses
