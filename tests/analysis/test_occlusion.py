from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from nodulens.analysis.occlusion import forward_passes, occlusion_map
from nodulens.runtime.odds import log_odds

REGION = np.full((70, 105), 60, np.uint8)
REGION[:20, :30] = 220
"""A bright corner at the top left."""


class Corner:
    """Answers by how bright one corner is, and counts what it is asked."""

    def __init__(self, sign: float = 1.0) -> None:
        self.sign = sign
        self.asked: list[int] = []

    def __call__(self, regions: Sequence[np.ndarray]) -> list[np.ndarray]:
        self.asked.append(len(regions))
        odds = [self.sign * (region[:20, :30].mean() / 255 - 0.5) * 8 for region in regions]
        return [np.array([1 / (1 + np.exp(x)), 1 / (1 + np.exp(-x))], np.float32) for x in odds]


def test_the_place_that_decides_is_found_and_the_others_are_not() -> None:
    heat = occlusion_map(Corner(), REGION)
    assert heat.shape == REGION.shape
    assert heat.dtype == np.float32
    row, column = np.unravel_index(heat.argmax(), heat.shape)
    assert row < 20
    assert column < 30
    assert heat.max() > 0.5
    # No window that reaches here touches the corner.
    assert np.abs(heat[50:, :]).max() == 0
    assert np.abs(heat[:, 75:]).max() == 0


def test_what_speaks_against_is_negative_and_the_other_label_sees_it_the_other_way() -> None:
    heat = occlusion_map(Corner(), REGION)
    assert np.allclose(occlusion_map(Corner(-1), REGION), -heat, atol=1e-4)
    assert np.allclose(occlusion_map(Corner(), REGION, label=0), -heat, atol=1e-4)


def test_the_loss_is_in_log_odds() -> None:
    # One cell hides everything: what is left is the answer to a region of the mean grey.
    (usual,) = log_odds(np.asarray(Corner()([REGION]))[:, -1])
    flat = np.full_like(REGION, round(REGION.mean()))
    (without,) = log_odds(np.asarray(Corner()([flat]))[:, -1])
    heat = occlusion_map(Corner(), REGION, cells=1)
    assert heat[35, 52] == pytest.approx(usual - without, rel=1e-4)


@pytest.mark.parametrize("cells", [1, 3, 7])
def test_it_costs_what_it_says(cells: int) -> None:
    corner = Corner()
    occlusion_map(corner, REGION, cells=cells)
    assert sum(corner.asked) == forward_passes(cells)
    assert max(corner.asked) <= 16


def test_the_same_twice_and_a_region_smaller_than_its_grid() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (40, 50)).astype(np.uint8)
    assert np.array_equal(occlusion_map(Corner(), noise), occlusion_map(Corner(), noise))
    assert np.isfinite(occlusion_map(Corner(), noise[:3, :2])).all()
