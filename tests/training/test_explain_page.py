from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from nodulens.evaluation.importance import explain_features
from nodulens.finding import NOTICE
from nodulens.training.explain_page import write_explanation


@pytest.fixture
def page(tmp_path: Path) -> str:
    """Of features alone, as an answer without a network has it."""
    generator = np.random.default_rng(0)
    features, labels = generator.normal(size=(40, 2)), np.arange(40) % 2 == 0
    importance = explain_features(
        features + labels[:, None],
        labels,
        [str(i) for i in range(40)],
        lambda x: x[:, 1],
        ["area", "<b>echo</b>"],
        {"how <bright>": ["<b>"]},
        draws=3,
    )
    write_explanation(tmp_path, {"configuration": {"model": "a"}, "importance": importance})
    assert json.loads((tmp_path / "explain.json").read_text("utf-8"))["importance"] == importance
    return (tmp_path / "explain.html").read_text("utf-8")


def test_importance_has_its_tables_without_any_region(page: str) -> None:
    assert NOTICE in page
    assert page.count("<table>") == 2
    assert "over 40 images" in page
    assert "<img" not in page
    assert "Do the maps" not in page


def test_names_are_escaped_and_the_important_one_stands_first(page: str) -> None:
    assert "<b>" not in page
    assert page.index("how &lt;bright&gt;") < page.index(">&lt;b&gt;echo&lt;/b&gt;<")
    assert page.index(">&lt;b&gt;echo&lt;/b&gt;<") < page.index(">area<")
