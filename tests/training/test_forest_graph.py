from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nodulens.runtime.forest import OnnxForest
from nodulens.training.forest_graph import to_graph

pytestmark = pytest.mark.train


def grown(seed: int = 0) -> tuple[dict[str, object], np.ndarray]:
    from sklearn.ensemble import RandomForestClassifier

    rng = np.random.default_rng(seed)
    features = rng.normal(size=(200, 5)).astype(np.float32)
    label = np.where(features[:, 0] + 0.3 * rng.normal(size=200) > -0.8, "b", "a")
    kind = np.where(features[:, 1] > 0.5, "x", np.where(features[:, 2] > 0, "y", "z"))
    forests = {
        "probability": RandomForestClassifier(
            20, min_samples_leaf=3, class_weight="balanced", random_state=0
        ).fit(features, label),
        "kind": RandomForestClassifier(10, random_state=0).fit(features, kind),
    }
    return forests, features


@pytest.mark.parametrize("classes", [["a", "b"], ["b", "a"]])
@pytest.mark.parametrize("balance", [True, False])
def test_the_graph_says_what_the_forests_say(classes: list[str], balance: bool) -> None:
    forests, features = grown()
    counts = {"a": 30, "b": 170}
    content = to_graph(forests, classes, counts, balance)
    said = OnnxForest(Path("f.onnx"), content, list("12345"), ["kind"])(features)
    order = [sorted(classes).index(name) for name in classes]
    expected = forests["probability"].predict_proba(features)[:, order]  # type: ignore[attr-defined]
    if balance:
        # What was weighed alike in training gets the share of each class back.
        expected = expected * [counts[name] for name in classes]
        expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(said["probability"], expected, atol=1e-5)
    np.testing.assert_allclose(
        said["kind"],
        forests["kind"].predict_proba(features),  # type: ignore[attr-defined]
        atol=1e-5,
    )


def test_values_on_a_threshold_fall_to_the_same_side() -> None:
    from sklearn.ensemble import RandomForestClassifier

    features = np.repeat(np.arange(6, dtype=np.float32)[:, None], 5, axis=1) / 3
    label = np.asarray(["a", "a", "a", "b", "b", "b"])
    forest = RandomForestClassifier(5, bootstrap=False, random_state=0).fit(features, label)
    content = to_graph({"probability": forest}, ["a", "b"], {"a": 3, "b": 3}, True)
    middle = np.full((1, 5), (features[2, 0] + features[3, 0]) / 2, np.float32)
    said = OnnxForest(Path("f.onnx"), content, list("12345"))(np.vstack([features, middle]))
    np.testing.assert_allclose(
        said["probability"], forest.predict_proba(np.vstack([features, middle])), atol=1e-6
    )
