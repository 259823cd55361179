from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from nodulens.evaluation.protocols import PROTOCOLS
from nodulens.evaluation.segmentation import Mask, Overlap


def run(name: str, *pairs: tuple[Mask, Mask]) -> dict[str, float]:
    protocol = PROTOCOLS[name]()
    for prediction, truth in pairs:
        protocol.add(prediction, truth)
    return protocol.result()


def square(side: int, filled: int) -> Mask:
    """Mask of side×side whose first rows, ``filled`` of them, are set."""
    mask = np.zeros((side, side), dtype=bool)
    mask[:filled] = True
    return mask


LARGE = (square(10, 8), square(10, 8))  # perfect
SMALL = (square(10, 1), ~square(10, 9))  # one row each, apart: zero


def test_pixel_global_is_ruled_by_the_large() -> None:
    result = run("pixel-global", LARGE, SMALL)
    assert result["dice"] == pytest.approx(2 * 80 / (90 + 90))
    assert result["iou"] == pytest.approx(80 / 100)
    assert result["images"] == 2
    # The per-image mean of the same pair is one half.
    assert np.mean([Overlap.of(*pair).dice for pair in (LARGE, SMALL)]) == 0.5


def test_two_class_mean_by_hand() -> None:
    # At 352×352 rows map one to one onto tenths: foreground 0, background 8 shared rows of 9 and 9.
    result = run("two-class-mean", (square(352, 32), ~square(352, 320)))
    assert result["dice"] == pytest.approx((0 + 2 * 288 / (320 + 320)) / 2)
    assert result["iou"] == pytest.approx((0 + 288 / 352) / 2)


def test_two_class_mean_resizes_without_keeping_proportions() -> None:
    left = np.zeros((360, 560), dtype=bool)
    left[:, :280] = True
    top = np.zeros((352, 352), dtype=bool)
    top[:, :176] = True
    assert run("two-class-mean", (left, left))["dice"] == 1
    resized = PROTOCOLS["two-class-mean"]()._resized(left)  # type: ignore[attr-defined]
    np.testing.assert_array_equal(resized, top)


def test_two_class_mean_scores_an_absent_class_zero() -> None:
    empty = square(352, 0)
    assert run("two-class-mean", (empty, empty))["dice"] == 0.5


def test_dice_of_mean_iou_by_hand() -> None:
    result = run("2miou/(1+miou)", LARGE, SMALL)
    assert result["iou"] == 0.5
    assert result["dice"] == pytest.approx(2 / 3)


def test_transunet_scores_empties_upside_down() -> None:
    empty, filled = square(10, 0), square(10, 3)
    assert run("transunet", (filled, empty))["dice"] == 1
    assert run("transunet", (empty, empty))["dice"] == 0
    assert run("transunet", (empty, filled))["dice"] == 0
    assert "iou" not in run("transunet", LARGE)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_no_image_gives_no_figure(name: str) -> None:
    result = PROTOCOLS[name]().result()
    assert result["images"] == 0
    assert result["dice"] is None


masks = arrays.arrays(np.bool_, (6, 8))


@given(st.lists(st.tuples(masks, masks), min_size=1, max_size=6))
def test_relations_between_protocols(pairs: list[tuple[Mask, Mask]]) -> None:
    per_image = np.mean([Overlap.of(*pair).dice for pair in pairs])
    for name in PROTOCOLS:
        assert 0 <= run(name, *pairs)["dice"] <= 1 + 1e-12
        assert run(name, *pairs)["images"] == len(pairs)
    # 2m/(1+m) is concave.
    assert run("2miou/(1+miou)", *pairs)["dice"] >= per_image - 1e-12
    if all(truth.any() for _, truth in pairs):
        assert run("transunet", *pairs)["dice"] == pytest.approx(per_image)
    if len(pairs) == 1:
        assert run("pixel-global", *pairs)["dice"] == pytest.approx(per_image)
