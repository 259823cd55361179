from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from nodulens.data.manifest import Row
from nodulens.errors import BadData
from nodulens.evaluation.benchmark.collect import Result
from nodulens.evaluation.benchmark.compare import compare


def test_dice_against_a_computation_of_its_own(outline: Callable[..., Result]) -> None:
    first, second, third = outline("a", 0), outline("b", 4), outline("c", 12)
    found = compare("segmentation", [first, second, third], first)
    assert set(found) == {"b", "c"}
    own = {}
    for result in (second, third):
        difference = np.array([*result.numbers("dice").values()]) - np.array(
            [*first.numbers("dice").values()]
        )
        by_patient = difference.reshape(4, 2).sum(axis=1)
        changed = [abs(np.dot(s, by_patient)) for s in product((1, -1), repeat=4)]
        own[result.name] = float(np.mean(np.array(changed) >= abs(by_patient.sum()) - 1e-9))
        assert found[result.name].difference == pytest.approx(difference.mean())
        assert found[result.name].p_value == pytest.approx(own[result.name])
    # Both are as small as four patients allow: Holm doubles the smaller and keeps the order.
    assert own == {"b": 2 / 16, "c": 2 / 16}
    assert [found[name].adjusted for name in "bc"] == [0.25, 0.25]
    assert found["c"].low < found["c"].difference < found["c"].high < 0


def test_auc_against_scikit_learn(answer: Callable[..., Result]) -> None:
    first, second, third = answer("a", 0.1), answer("b", 0.3), answer("c", 0.6)
    found = compare("classification", [first, second, third], first)
    truth = [line["label"] == "suspicious" for line in first.images.values()]

    def auc(result: Result) -> float:
        return float(roc_auc_score(truth, [*result.numbers("probability").values()]))

    for result in (second, third):
        assert found[result.name].difference == pytest.approx(auc(result) - auc(first))
    smaller, larger = sorted(found.values(), key=lambda comparison: comparison.p_value)
    assert smaller.adjusted == pytest.approx(2 * smaller.p_value)
    assert larger.adjusted == pytest.approx(max(larger.p_value, smaller.adjusted))


def test_other_images_are_refused(outline: Callable[..., Result], rows: list[Row]) -> None:
    first, fewer = outline("a", 0), outline("b", 0, rows=rows[:-1])
    with pytest.raises(BadData, match=r"not of the same images, 1 are in one alone.*image_7"):
        compare("segmentation", [first, fewer], first)
    moved = [row.model_copy(update={"group": "q" + row.group}) for row in rows]
    with pytest.raises(BadData, match="group of image image_0 is qp0 in one and p0"):
        compare("segmentation", [first, outline("c", 0, rows=moved)], first)
    redrawn = [rows[0].model_copy(update={"mask": rows[5].mask}), *rows[1:]]
    with pytest.raises(BadData, match="area_true_px of image image_0"):
        compare("segmentation", [first, outline("d", 0, rows=redrawn)], first)


def test_other_labels_are_refused(answer: Callable[..., Result]) -> None:
    labels = ["suspicious"] + ["suspicious" if i % 3 else "benign" for i in range(1, 60)]
    with pytest.raises(BadData, match="label of image 0_1 is suspicious in one and benign"):
        compare(
            "classification", [answer("a", 0.1), answer("b", 0.1, labels=labels)], answer("a", 0.1)
        )
