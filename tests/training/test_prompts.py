from __future__ import annotations

import json
from pathlib import Path

import pytest

from nodulens.data.manifest import read_manifest
from nodulens.errors import BadData
from nodulens.frames.calipers import Mark
from nodulens.training.evaluate import evaluate
from nodulens.training.prompts import KINDS, OF_READERS, PROMPTS
from nodulens.training.recipe import read_recipe
from nodulens.training.train import train
from tests.models.fake_backbone import fake_backbones
from tests.training.test_guided import GUIDED

pytestmark = [pytest.mark.train, pytest.mark.usefixtures("fake_backbones")]
__all__ = ["fake_backbones"]


def guided_run(folder: Path, data: Path, *settings: str) -> Path:
    recipe = folder / "guided.toml"
    recipe.write_text(GUIDED, "utf-8")
    train(read_recipe(recipe, ["training.epochs=1", *settings]), data, folder / "run", 0)
    return folder / "run"


def test_every_kind_is_judged_on_the_same_images(
    tmp_path: Path, phantoms: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[object] = []

    def find(pixels: object, areas: object) -> list[Mark]:
        looked.append(pixels)
        return []

    monkeypatch.setattr("nodulens.evaluation.subgroups.find_calipers", find)
    run = guided_run(tmp_path, phantoms)
    lines = evaluate([str(run)], phantoms, tmp_path / "out", prompts=True)
    result = json.loads((tmp_path / "out" / PROMPTS).read_text("utf-8"))["prompts"]
    assert list(result) == list(KINDS)
    assert len(lines) == len(KINDS) + 1
    images = sum(row.fold == 0 for row in read_manifest(phantoms))
    # Once, not once a kind.
    assert len(looked) == images
    for kind, entry in result.items():
        metrics = json.loads((tmp_path / "out" / kind / "metrics.json").read_text("utf-8"))
        assert metrics["images"]["evaluated"] == images
        assert metrics["configuration"]["prompt"] == kind
        assert metrics["headline"]["dice"] == entry["dice"]
        assert ("gain_over_none" in entry) == (kind != "none")
        if kind != "none":
            gain = entry["dice"]["value"] - result["none"]["dice"]["value"]
            assert entry["gain_over_none"]["value"] == pytest.approx(gain, abs=2e-6)
    assert result["oracle"]["example"] != result["shuffled"]["example"]
    assert len(result["overlong"]["example"]) > 500


def test_without_attributes_a_network_has_no_words_of_its_own(
    tmp_path: Path, phantoms: Path
) -> None:
    run = guided_run(tmp_path, phantoms, "objective.attributes=[]")
    evaluate([str(run)], phantoms, tmp_path / "out", prompts=True)
    result = json.loads((tmp_path / "out" / PROMPTS).read_text("utf-8"))["prompts"]
    assert set(KINDS) - set(result) == {"predicted"}


def test_a_network_that_reads_nothing_is_what_others_have_to_beat(
    tmp_path: Path, phantoms: Path, runs: list[Path]
) -> None:
    evaluate([str(runs[0])], phantoms, tmp_path / "out", prompts=True)
    result = json.loads((tmp_path / "out" / PROMPTS).read_text("utf-8"))["prompts"]
    assert set(KINDS) - set(result) == set(OF_READERS)


def test_bundles_are_not_asked(tmp_path: Path, phantoms: Path) -> None:
    with pytest.raises(BadData, match="judges runs"):
        evaluate(["ddti-unet-lite0"], phantoms, tmp_path / "out", every=True, prompts=True)
