from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from nodulens.analysis.evidence import find_evidence, say
from nodulens.runtime.bundle import Forest

NAMES = ["area_share", "roughness", "spiculation", "echo_inside"]
BACKGROUND = [[0.1, 0.0, 0.2, 0.5], [0.3, 0.2, 0.0, 0.3]]


def forest() -> Forest:
    deciles = np.linspace(0, 1, 11).tolist()
    return Forest.model_validate(
        {
            "features": [{"name": name, "deciles": deciles} for name in NAMES],
            "background": BACKGROUND,
        }
    )


def odds(features: NDArray[np.float32]) -> NDArray[np.float64]:
    """Rises with both features of the border, falls with brightness, and does not mind size."""
    weights = np.asarray([0.0, 2.0, 1.0, -3.0])
    return features.astype(np.float64) @ weights


def test_concepts_are_weighed_against_the_other_nodules() -> None:
    nodule = np.asarray([0.9, 0.8, 0.6, 0.9], np.float32)
    border, brightness, size = sorted(
        find_evidence(forest(), nodule, odds, 0.5, "suspicious"), key=lambda one: one.concept
    )
    # Of a linear answer, exactly the difference from the others' mean.
    assert border.log_odds == pytest.approx(0.5 * (2 * (0.8 - 0.1) + (0.6 - 0.1)), abs=1e-4)
    assert brightness.log_odds == pytest.approx(0.5 * -3 * (0.9 - 0.4), abs=1e-4)
    assert (border.speaks, brightness.speaks, size.speaks) == ("for", "against", "neither")
    assert border.feature is not None
    assert (border.feature.name, border.feature.percentile) == ("roughness", 80.0)
    assert "higher than in 80 %" in border.words
    assert border.words.endswith("; for suspicious")
    assert size.words.endswith("; says little about suspicious")


def test_the_strongest_comes_first() -> None:
    nodule = np.asarray([0.9, 0.8, 0.6, 0.9], np.float32)
    found = find_evidence(forest(), nodule, odds, 1.0, "suspicious")
    assert [one.concept for one in found] == ["border", "brightness", "size"]


@pytest.mark.parametrize(
    ("value", "percentile"), [(-1.0, 0.0), (0.0, 0.0), (0.25, 25.0), (1.0, 100.0), (7.0, 100.0)]
)
def test_ranks_lie_between_the_deciles(value: float, percentile: float) -> None:
    nodule = np.asarray([value, 0.1, 0.1, 0.4], np.float32)
    (size,) = (e for e in find_evidence(forest(), nodule, odds, 1.0, "x") if e.concept == "size")
    assert size.feature is not None
    assert size.feature.percentile == pytest.approx(percentile, abs=0.1)


def test_many_alike_have_the_rank_of_their_middle() -> None:
    known = forest()
    flat = known.features[0].model_copy(update={"deciles": [0.0] * 7 + [0.5, 0.6, 0.7, 1.0]})
    known = known.model_copy(update={"features": [flat, *known.features[1:]]})
    nodule = np.asarray([0.0, 0.1, 0.1, 0.4], np.float32)
    (size,) = (e for e in find_evidence(known, nodule, odds, 1.0, "x") if e.concept == "size")
    assert size.feature is not None
    assert size.feature.percentile == 30.0


def test_what_is_faint_does_not_speak() -> None:
    assert say("size", "small", 0.04, "suspicious").speaks == "neither"
    assert say("size", "small", -0.06, "suspicious").speaks == "against"
