from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from nodulens.evaluation.segmentation import (
    Mask,
    Overlap,
    SurfaceDistances,
    count_hits,
    nodule_iou,
)

EMPTY = np.zeros((6, 7), dtype=bool)


def box(top: int, left: int, bottom: int, right: int, shape: tuple[int, int] = (12, 14)) -> Mask:
    mask = np.zeros(shape, dtype=bool)
    mask[top:bottom, left:right] = True
    return mask


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Mask, Mask]:
    shape = draw(st.tuples(st.integers(1, 9), st.integers(1, 9)))
    masks = arrays.arrays(np.bool_, shape)
    return draw(masks), draw(masks)


def brute_outline(mask: Mask) -> NDArray[np.int_]:
    points = []
    for y, x in np.argwhere(mask):
        around = [(y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)]
        inside = [
            0 <= b < mask.shape[0] and 0 <= a < mask.shape[1] and mask[b, a] for b, a in around
        ]
        if not all(inside):
            points.append((y, x))
    return np.array(points, dtype=int).reshape(-1, 2)


def brute_distances(
    start: Mask, target: Mask, spacing: tuple[float, float] = (1.0, 1.0)
) -> list[float]:
    others = brute_outline(target)
    return [
        min(
            (math.hypot((y - b) * spacing[0], (x - a) * spacing[1]) for b, a in others),
            default=math.inf,
        )
        for y, x in brute_outline(start)
    ]


def test_overlap_by_hand() -> None:
    # 4×4 against 4×4 shifted by two columns: 8 shared pixels of 16 and 16.
    counts = Overlap.of(box(2, 2, 6, 6), box(2, 4, 6, 8))
    assert (counts.both, counts.predicted, counts.true) == (8, 16, 16)
    assert counts.dice == pytest.approx(0.5)
    assert counts.iou == pytest.approx(1 / 3)
    assert counts.precision == pytest.approx(0.5)
    assert counts.recall == pytest.approx(0.5)


def test_precision_and_recall_are_not_swapped() -> None:
    counts = Overlap.of(prediction=box(0, 0, 4, 4), truth=box(0, 0, 2, 2))
    assert counts.recall == 1
    assert counts.precision == pytest.approx(0.25)


@pytest.mark.parametrize("metric", ["dice", "iou", "precision", "recall"])
def test_empties(metric: str) -> None:
    filled = box(1, 1, 3, 3, EMPTY.shape)
    assert getattr(Overlap.of(EMPTY, EMPTY), metric) == 1
    assert getattr(Overlap.of(filled, EMPTY), metric) == 0
    assert getattr(Overlap.of(EMPTY, filled), metric) == 0


def test_overlap_refuses_what_is_no_pair_of_masks() -> None:
    with pytest.raises(ValueError, match="boolean"):
        Overlap.of(EMPTY.astype(np.uint8), EMPTY)
    with pytest.raises(ValueError, match="shapes"):
        Overlap.of(EMPTY, EMPTY.T)


@given(pairs())
def test_overlap_bounds_symmetry_and_identity(pair: tuple[Mask, Mask]) -> None:
    a, b = pair
    forth, back = Overlap.of(a, b), Overlap.of(b, a)
    assert 0 <= forth.iou <= forth.dice <= 1
    assert forth.dice == back.dice
    assert forth.iou == back.iou
    assert forth.precision == back.recall
    assert forth.dice == pytest.approx(2 * forth.iou / (1 + forth.iou))
    assert Overlap.of(a, a).dice == 1


@given(pairs(), st.integers(0, 4), st.integers(0, 4))
def test_metrics_do_not_depend_on_where_in_the_picture(
    pair: tuple[Mask, Mask], down: int, right: int
) -> None:
    # The border is kept free: a mask cut by the picture's edge is another mask.
    a, b = (np.pad(mask, 1) for mask in pair)
    moved_a, moved_b = (np.pad(mask, ((down, 2), (right, 3))) for mask in (a, b))
    assert Overlap.of(moved_a, moved_b) == Overlap.of(a, b)
    np.testing.assert_array_equal(nodule_iou(moved_a, moved_b), nodule_iou(a, b))
    here, there = SurfaceDistances.between(a, b), SurfaceDistances.between(moved_a, moved_b)
    assert here.hausdorff_95() == there.hausdorff_95()
    assert here.dice(1) == there.dice(1)


@given(pairs(), st.sampled_from([(1.0, 1.0), (0.1, 0.1), (0.2, 0.07)]))
def test_surface_distances_against_brute_force(
    pair: tuple[Mask, Mask], spacing: tuple[float, float]
) -> None:
    a, b = pair
    measured = SurfaceDistances.between(a, b, spacing)
    forth, back = brute_distances(a, b, spacing), brute_distances(b, a, spacing)
    np.testing.assert_allclose(measured.from_prediction, forth, atol=1e-12)
    np.testing.assert_allclose(measured.from_truth, back, atol=1e-12)
    if forth and back:
        expected = max(np.percentile(forth, 95), np.percentile(back, 95))
        assert measured.hausdorff_95() == pytest.approx(expected)
    else:
        assert measured.hausdorff_95() is None
    turned = SurfaceDistances.between(b, a, spacing)
    assert measured.hausdorff_95() == turned.hausdorff_95()
    assert measured.dice(0.15) == turned.dice(0.15)
    assert 0 <= measured.dice(0.15) <= measured.dice(0.3) <= 1


def test_hausdorff_and_surface_dice_by_hand() -> None:
    # Two one-pixel-high bars, three rows apart: every distance is 3 pixels.
    distances = SurfaceDistances.between(box(2, 2, 3, 12), box(5, 2, 6, 12))
    assert distances.hausdorff_95() == pytest.approx(3)
    assert distances.dice(2.9) == 0
    assert distances.dice(3.0) == 1
    in_mm = SurfaceDistances.between(box(2, 2, 3, 12), box(5, 2, 6, 12), (0.2, 0.1))
    assert in_mm.hausdorff_95() == pytest.approx(0.6)
    assert distances.times(0.2).hausdorff_95() == pytest.approx(0.6)


def test_hausdorff_95_ignores_a_speck_that_the_maximum_would_not() -> None:
    truth = box(10, 10, 50, 50, (100, 100))
    speck = truth.copy()
    speck[90, 90] = True
    distances = SurfaceDistances.between(speck, truth)
    assert distances.from_prediction.max() > 50
    assert distances.hausdorff_95() == 0


def test_surfaces_of_empty_masks() -> None:
    filled = box(1, 1, 3, 3, EMPTY.shape)
    assert SurfaceDistances.between(EMPTY, EMPTY).hausdorff_95() is None
    assert SurfaceDistances.between(filled, EMPTY).hausdorff_95() is None
    assert SurfaceDistances.between(EMPTY, filled).hausdorff_95() is None
    assert SurfaceDistances.between(EMPTY, EMPTY).dice(5) == 1
    assert SurfaceDistances.between(filled, EMPTY).dice(5) == 0
    assert SurfaceDistances.between(EMPTY, filled).dice(5) == 0


def test_nodule_iou_by_hand() -> None:
    truth = box(1, 1, 5, 5) | box(7, 8, 11, 12)
    prediction = box(1, 1, 5, 3) | box(0, 12, 1, 14)
    # Numbered in reading order: the corner speck comes first.
    assert nodule_iou(prediction, truth).tolist() == [[0, 0], [0.5, 0]]
    assert nodule_iou(EMPTY, EMPTY).shape == (0, 0)
    assert nodule_iou(box(0, 0, 1, 1, EMPTY.shape), EMPTY).shape == (1, 0)


def test_diagonal_neighbours_are_one_nodule() -> None:
    assert nodule_iou(np.eye(4, dtype=bool), np.eye(4, dtype=bool)).tolist() == [[1]]


def test_hits_need_the_bound() -> None:
    assert count_hits(np.array([[0.5]]), 0.5) == 1
    assert count_hits(np.array([[0.5]]), 0.51) == 0
    assert count_hits(np.empty((0, 3)), 0.5) == 0


def test_a_prediction_that_covers_two_nodules_finds_one() -> None:
    truth = box(1, 1, 5, 5) | box(1, 6, 5, 10)
    iou = nodule_iou(box(1, 1, 5, 10), truth)
    assert (iou > 0.3).all()
    assert count_hits(iou, 0.3) == 1


def test_two_halves_of_a_prediction_find_a_nodule_once() -> None:
    iou = nodule_iou(box(0, 0, 10, 4) | box(0, 5, 10, 10), box(0, 0, 10, 10))
    assert (iou > 0.1).all()
    assert count_hits(iou, 0.1) == 1


@given(pairs(), st.floats(0.05, 1))
def test_hits_are_bounded_and_do_not_depend_on_the_direction(
    pair: tuple[Mask, Mask], bound: float
) -> None:
    iou = nodule_iou(*pair)
    assert count_hits(iou, bound) <= min(iou.shape)
    np.testing.assert_array_equal(nodule_iou(pair[1], pair[0]), iou.T)
    if bound > 0.5:
        # Then no nodule can match two, so every pair above the bound is a hit.
        assert count_hits(iou, bound) == np.count_nonzero(iou >= bound)


@pytest.mark.train
@pytest.mark.filterwarnings("ignore:.*always_return_as_numpy:FutureWarning")
def test_monai_agrees() -> None:
    pytest.importorskip("torch")
    import torch
    from monai.metrics import (
        compute_dice,
        compute_hausdorff_distance,
        compute_iou,
        compute_surface_dice,
    )

    generator = np.random.default_rng(3)
    rows, columns = np.mgrid[:80, :100]
    for _ in range(20):
        a, b = (
            ((rows - y) / r) ** 2 + ((columns - x) / s) ** 2 < 1
            for y, x, r, s in generator.uniform((25, 30, 6, 6), (55, 70, 24, 28), (2, 4))
        )
        first, second = (torch.from_numpy(mask[None, None].astype(np.float32)) for mask in (a, b))
        counts = Overlap.of(a, b)
        assert counts.dice == pytest.approx(float(compute_dice(first, second)), abs=1e-6)
        assert counts.iou == pytest.approx(float(compute_iou(first, second)), abs=1e-6)
        spacing = (0.11, 0.09)
        distances = SurfaceDistances.between(a, b, spacing)
        hausdorff = compute_hausdorff_distance(first, second, percentile=95, spacing=spacing)
        assert distances.hausdorff_95() == pytest.approx(float(hausdorff), abs=1e-4)
        surface = compute_surface_dice(first, second, [0.5], spacing=spacing, use_subvoxels=False)
        assert distances.dice(0.5) == pytest.approx(float(surface), abs=1e-4)
