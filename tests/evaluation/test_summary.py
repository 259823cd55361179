from __future__ import annotations

from typing import Any

import pytest

from nodulens.evaluation.per_image import ImageScores
from nodulens.evaluation.segmentation import Overlap
from nodulens.evaluation.summary import Summary


def scores(**fields: Any) -> ImageScores:
    given: dict[str, Any] = {
        "id": "a",
        "group": "a",
        "fold": None,
        "split": None,
        "width": 100,
        "height": 100,
        "dice": 0.5,
        "iou": 1 / 3,
        "precision": 0.5,
        "recall": 0.5,
        "hd95_px": None,
        "hd95_mm": None,
        "surface_dice_px": 0.5,
        "surface_dice_mm": None,
        "nodules_true": 1,
        "nodules_predicted": 1,
        "nodules_hit": 0,
        "nodules_found": 1,
        "area_true_px": 100,
        "area_predicted_px": 100,
        "share_of_scan": 0.01,
        "area_true_mm2": None,
        "area_predicted_mm2": None,
        "long_axis_true_px": 40.0,
        "long_axis_predicted_px": 44.0,
        "long_axis_true_mm": None,
        "long_axis_predicted_mm": None,
        "long_axis_error": 0.1,
        "mm_per_px_x": None,
        "mm_per_px_y": None,
        "scale_from": "unknown",
        "baselines": {"empty": Overlap(0, 0, 100)},
    }
    return ImageScores(**(given | fields))


def test_each_image_weighs_the_same_whatever_its_patient_has() -> None:
    part = [scores(group="a", dice=1.0)] * 3 + [scores(group="b", dice=0.0)]
    result = Summary(draws=200).overlap(part)
    assert (result["images"], result["groups"]) == (4, 2)
    assert result["dice"]["value"] == 0.75
    assert (result["dice"]["low"], result["dice"]["high"]) == (0, 1)
    assert Summary(draws=200).baseline(part, "empty")["dice"]["value"] == 0


def test_distance_counts_the_images_that_have_one() -> None:
    part = [scores(hd95_px=4.0), scores(hd95_px=None, group="b"), scores(hd95_px=8.0, group="c")]
    result = Summary(draws=50).of(part, "hd95_px")
    assert (result["value"], result["images"], result["groups"]) == (6, 2, 2)
    assert Summary(draws=50).of(part, "hd95_mm")["value"] is None


def test_long_axes_count_where_a_nodule_is_drawn() -> None:
    part = [
        scores(),
        scores(long_axis_error=-0.3, group="b"),
        scores(long_axis_error=None, group="c"),
        scores(area_true_px=0, long_axis_error=None, group="d"),
    ]
    result = Summary(draws=50).long_axis(part)
    assert result["absolute_error"]["value"] == pytest.approx(0.2)
    assert result["bias"]["value"] == pytest.approx(-0.1)
    assert result["missed"] == 1


def test_detection_pools_nodules() -> None:
    part = [
        scores(nodules_true=3, nodules_predicted=4, nodules_hit=1, nodules_found=3),
        scores(nodules_true=1, nodules_predicted=1, nodules_hit=1, nodules_found=1, group="b"),
        scores(nodules_true=0, nodules_predicted=2, nodules_hit=0, nodules_found=0, group="c"),
    ]
    result = Summary(draws=200).detection(part)
    assert (result["nodules_true"], result["nodules_predicted"]) == (4, 7)
    assert result["iou>=0.5"]["hits"] == 2
    assert result["iou>=0.5"]["rate"]["value"] == 0.5
    assert result["iou>=0.5"]["false_positives_per_image"]["value"] == pytest.approx(
        5 / 3, abs=1e-6
    )
    assert result["iou>=0.1"]["rate"]["value"] == 1
    # Draws of nothing but the third patient have no nodule to find.
    assert result["iou>=0.5"]["rate"]["undefined_draws"] > 0


def test_sizes_are_thirds_by_share_of_the_scan() -> None:
    part = [
        scores(area_true_px=area, share_of_scan=area / 8000, dice=area / 1000)
        for area in range(100, 1000, 100)
    ]
    # As many pixels as the largest, but of a scan a hundred times as large: small.
    part.append(scores(area_true_px=900, share_of_scan=9e-4, width=1000, height=1000, dice=0.0))
    part.append(scores(area_true_px=0, share_of_scan=0.0))
    result = Summary(draws=20).by_size(part)
    assert [result[name]["images"] for name in ("small", "medium", "large")] == [4, 3, 3]
    assert result["small"]["share_of_picture"] == [0.0009, 0.03]
    assert result["small"]["share_of_scan"] == [0.0009, 0.0375]
    assert result["large"]["area_px"] == [700, 900]
    assert result["large"]["dice"]["value"] == pytest.approx(0.8)
    assert Summary(draws=20).by_size([scores(share_of_scan=0.0)]) == {}


def test_equal_sizes_stay_together() -> None:
    result = Summary(draws=20).by_size([scores()] * 5)
    assert {name: part["images"] for name, part in result.items()} == {"small": 5}


def test_labels_are_broken_down_where_they_have_few_values() -> None:
    part = [scores(dice=i / 20) for i in range(20)]
    labels = [{"age": str(i), "kind": "a" if i < 5 else "b"} for i in range(19)] + [{}]
    result = Summary(draws=20).by_label(part, labels)
    assert result["age"] == {"not_broken_down": "19 different values"}
    assert [result["kind"][value]["images"] for value in ("a", "b")] == [5, 14]
    assert result["kind"]["a"]["dice"]["value"] == pytest.approx(0.1)


def test_subgroups_are_the_overlap_of_their_images() -> None:
    part = [scores(group=str(i), dice=i / 10) for i in range(6)]
    assigned = [{"sex": "male" if i % 2 else "female", "size": "small"} for i in range(5)] + [{}]
    result = Summary(draws=50).subgroups(part, assigned)
    assert result["sex"]["male"] == Summary(draws=50).overlap(part[1:5:2])
    assert result["sex"]["female"]["dice"]["value"] == pytest.approx(0.2)
    assert result["size"]["small"]["images"] == 5


def test_folds_in_order_of_their_number() -> None:
    part = [scores(fold=fold) for fold in (10, 2, None, 2)]
    result = Summary(draws=20).by(part, [score.fold for score in part])
    assert {key: value["images"] for key, value in result.items()} == {"2": 2, "10": 1}
    assert list(result) == ["2", "10"]
