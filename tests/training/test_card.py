from __future__ import annotations

from pathlib import Path

import pytest

from nodulens.runtime.bundle import Deferral, load_bundle
from nodulens.training.card import model_card

pytestmark = pytest.mark.train


def test_a_card_says_what_goes_in_and_what_it_means(bundle_store: Path) -> None:
    description = load_bundle(bundle_store / "both").description
    card = model_card(description, 3e-6)
    assert card.startswith("# both 1.0\n")
    assert "Research use only" in card
    assert "one grey picture, letterboxed to" in card
    assert "2 features of the outlined nodule" in card
    assert "weights of the log-odds: network 0.5, forest 0.5" in card
    assert "The probability means: the region is brighter than 40 % grey." in card
    assert "3.0e-06" in card
    assert "None measured." in card


@pytest.mark.parametrize(
    ("limits", "words"),
    [((0.7, 0.4), "below 0.400 or above 0.700"), ((0.4, 0.7), "at most 0.400 or at least 0.700")],
)
def test_deferral_is_said_as_it_is_done(
    bundle_store: Path, limits: tuple[float, float], words: str
) -> None:
    deferral = Deferral(error=0.1, negative=limits[0], positive=limits[1])
    description = load_bundle(bundle_store / "both").description
    card = model_card(description.model_copy(update={"deferral": deferral}), 0.0)
    assert words in card
    inside, outside = 0.5, 0.8
    assert deferral.defers(inside)
    assert not deferral.defers(outside)


def test_figures_stand_with_their_intervals(bundle_store: Path) -> None:
    metrics = {"out-of-fold": {"auc": {"value": 0.7, "low": 0.6, "high": 0.8}, "n": 3}}
    description = load_bundle(bundle_store / "mean-brightness").description
    card = model_card(description.model_copy(update={"metrics": metrics}), 0.0)
    assert "| out-of-fold auc | 0.700 | 0.600 … 0.800 |" in card
