from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from nodulens.evaluation.bootstrap import GroupBootstrap
from nodulens.evaluation.protocols import PROTOCOLS, _reduced
from nodulens.evaluation.segmentation import Mask, Overlap


def run(name: str, *pairs: tuple[Mask, Mask]) -> dict[str, float]:
    """Return the values alone; each pair is an image of a patient of its own."""
    protocol = PROTOCOLS[name]
    bootstrap = GroupBootstrap([str(number) for number in range(len(pairs))], draws=50)
    result = protocol.result([protocol.terms(*pair) for pair in pairs], bootstrap)
    return {key: result[key]["value"] for key in ("dice", "iou") if key in result}


def square(side: int, filled: int) -> Mask:
    """Mask of side×side whose first rows, ``filled`` of them, are set."""
    mask = np.zeros((side, side), dtype=bool)
    mask[:filled] = True
    return mask


LARGE = (square(10, 8), square(10, 8))  # perfect
SMALL = (square(10, 1), ~square(10, 9))  # one row each, apart: zero


def test_pixel_global_is_ruled_by_the_large() -> None:
    result = run("pixel-global", LARGE, SMALL)
    assert result["dice"] == pytest.approx(2 * 80 / (90 + 90), abs=1e-6)
    assert result["iou"] == pytest.approx(80 / 100)
    # The per-image mean of the same pair is one half.
    assert np.mean([Overlap.of(*pair).dice for pair in (LARGE, SMALL)]) == 0.5


def test_two_class_mean_by_hand() -> None:
    # At 352×352 rows map one to one onto tenths: foreground 0, background 8 shared rows of 9 and 9.
    result = run("two-class-mean", (square(352, 32), ~square(352, 320)))
    assert result["dice"] == pytest.approx((0 + 2 * 288 / (320 + 320)) / 2, abs=1e-6)
    assert result["iou"] == pytest.approx((0 + 288 / 352) / 2, abs=1e-6)


def test_two_class_mean_resizes_without_keeping_proportions() -> None:
    left = np.zeros((360, 560), dtype=bool)
    left[:, :280] = True
    top = np.zeros((352, 352), dtype=bool)
    top[:, :176] = True
    assert run("two-class-mean", (left, left))["dice"] == 1
    np.testing.assert_array_equal(_reduced(left), top)


def test_two_class_mean_scores_an_absent_class_zero() -> None:
    empty = square(352, 0)
    assert run("two-class-mean", (empty, empty))["dice"] == 0.5


def test_dice_of_mean_iou_by_hand() -> None:
    result = run("2miou/(1+miou)", LARGE, SMALL)
    assert result["iou"] == 0.5
    assert result["dice"] == pytest.approx(2 / 3, abs=1e-6)


def test_transunet_scores_empties_upside_down() -> None:
    empty, filled = square(10, 0), square(10, 3)
    assert run("transunet", (filled, empty))["dice"] == 1
    assert run("transunet", (empty, empty))["dice"] == 0
    assert run("transunet", (empty, filled))["dice"] == 0
    assert "iou" not in run("transunet", LARGE)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_interval_is_by_patient(name: str) -> None:
    protocol = PROTOCOLS[name]
    terms = [protocol.terms(*pair) for pair in (LARGE, SMALL) * 5]
    apart = protocol.result(terms, GroupBootstrap([str(number) for number in range(10)]))
    assert apart["images"] == 10
    assert 0 <= apart["dice"]["low"] < apart["dice"]["value"] < apart["dice"]["high"] <= 1
    # One patient with all images: there is nothing to draw.
    assert protocol.result(terms, GroupBootstrap(["a"] * 10))["dice"]["low"] is None


def test_empty_masks_everywhere_pool_to_one() -> None:
    assert run("pixel-global", (square(10, 0), square(10, 0))) == {"dice": 1, "iou": 1}


masks = arrays.arrays(np.bool_, (6, 8))


@given(st.lists(st.tuples(masks, masks), min_size=1, max_size=6))
def test_relations_between_protocols(pairs: list[tuple[Mask, Mask]]) -> None:
    per_image = np.mean([Overlap.of(*pair).dice for pair in pairs])
    for name in PROTOCOLS:
        assert 0 <= run(name, *pairs)["dice"] <= 1
    # 2m/(1+m) is concave.
    assert run("2miou/(1+miou)", *pairs)["dice"] >= per_image - 1e-6
    if all(truth.any() for _, truth in pairs):
        assert run("transunet", *pairs)["dice"] == pytest.approx(per_image, abs=1e-6)
    if len(pairs) == 1:
        assert run("pixel-global", *pairs)["dice"] == pytest.approx(per_image, abs=1e-6)
