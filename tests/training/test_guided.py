from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from nodulens.data.manifest import read_manifest
from nodulens.errors import BadData
from nodulens.files import sha256_of
from nodulens.models.checkpoint import load_network
from nodulens.models.feature_cache import FeatureCache
from nodulens.models.guided import GuidedNetwork
from nodulens.text.place import place_of
from nodulens.training.guided import in_scan
from nodulens.training.recipe import Recipe, read_recipe
from nodulens.training.train import train
from tests.models.fake_backbone import fake_backbones

pytestmark = [pytest.mark.train, pytest.mark.usefixtures("fake_backbones")]
__all__ = ["fake_backbones"]

GUIDED = """
name = "tiny-guided"
task = "segmentation"

[network]
name = "tgc-net"

[network.options]
backbone = "fake"
width = 16
pyramid = [8, 12, 16, 24]

[input]
height = 64
width = 96

[words]
source = "labels"
silent = 0.3
fixed = 0.1
distractors = 0.4
exposures = 0.3

[objective]
attributes = ["composition"]

[training]
epochs = 3
batch_size = 4
learning_rate = 3e-3
average = 0.8
precision = "float32"
views = 2
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Any:
    path = tmp_path / "guided.toml"
    path.write_text(GUIDED, "utf-8")

    def read(*settings: str) -> Recipe:
        return read_recipe(path, settings)

    return read


def losses(run: Path) -> list[float]:
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [line["train_loss"] for line in lines if "train_loss" in line]


def test_with_and_without_the_cache_it_is_the_same_training(
    tmp_path: Path, phantoms: Path, recipe: Any
) -> None:
    folder = tmp_path / "features"
    kept, fresh, again = (tmp_path / name for name in ("kept", "fresh", "again"))
    train(recipe(), phantoms, kept, 0, FeatureCache(folder, 10**9))
    files = sum(1 for path in folder.rglob("*") if path.is_file())
    assert files > 20
    train(recipe(), phantoms, fresh, 0)
    train(recipe(), phantoms, again, 0, FeatureCache(folder, 10**9))
    assert losses(kept) == losses(fresh) == losses(again)
    weights = {sha256_of(run / "model.safetensors") for run in (kept, fresh, again)}
    assert len(weights) == 1


def test_a_run_knows_its_words_and_what_was_frozen(
    tmp_path: Path, phantoms: Path, recipe: Any
) -> None:
    run = train(recipe(), phantoms, tmp_path / "run", 0)
    assert run["parameters"]["frozen"] > 0
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    scores = [json.loads(line) for line in lines if "val_dice_words" in line]
    assert len(scores) == 3
    assert all({"val_dice", "val_dice_none"} <= score.keys() for score in scores)
    network = load_network(tmp_path / "run")
    assert isinstance(network, GuidedNetwork)
    assert not any("kernels" in name for name in network.state_dict())
    assert network.attributes is not None
    values = {row.labels["composition"] for row in read_manifest(phantoms)}
    assert set(network.attributes.values["composition"]) <= values


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        (["network.name=unet", "network.options={encoder='resnet10t', pretrained=false}",
          "objective.attributes=[]"], "does not read words"),
        (["network.name=unet", "network.options={encoder='resnet10t', pretrained=false}"],
         "names no attributes"),
        (["objective.attributes=['tirads']"], "no two values of tirads"),
        (["words.visual=true"], "different spaces"),
        (["task=distillation", "input.fit=crop"], "is for segmentation"),
    ],
)  # fmt: skip
def test_recipes_that_cannot_be_are_refused(
    tmp_path: Path, phantoms: Path, recipe: Any, settings: list[str], match: str
) -> None:
    with pytest.raises(BadData, match=match):
        train(recipe(*settings), phantoms, tmp_path / "run", 0)
    assert not (tmp_path / "run").exists()


def test_a_network_that_reads_does_no_other_task(
    tmp_path: Path, phantoms: Path, recipe: Any
) -> None:
    with pytest.raises(BadData, match="no stages"):
        train(recipe("task=distillation"), phantoms, tmp_path / "run", 0)
    assert not (tmp_path / "run").exists()


def test_visual_prompts_change_what_is_learned(
    tmp_path: Path, phantoms: Path, recipe: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.models.fake_backbone import FakeBackbone

    monkeypatch.setattr(FakeBackbone, "joint", True)
    settings = [
        "training.epochs=1",
        "words.distractors=0",
        "words.exposures=0",
        "objective.attributes=[]",
    ]
    plain = train(recipe(*settings), phantoms, tmp_path / "plain", 0)
    visual = train(recipe(*settings, "words.visual=true"), phantoms, tmp_path / "visual", 0)
    assert plain["finished"]
    assert visual["finished"]
    assert losses(tmp_path / "plain") != losses(tmp_path / "visual")


@pytest.mark.parametrize("name", ["distractors", "exposures"])
def test_a_second_picture_changes_what_is_learned(
    tmp_path: Path, phantoms: Path, recipe: Any, name: str
) -> None:
    settings = ["training.epochs=1", "words.distractors=0", "words.exposures=0", "words.silent=0"]
    train(recipe(*settings), phantoms, tmp_path / "alone", 0)
    train(recipe(*settings, f"words.{name}=1"), phantoms, tmp_path / "two", 0)
    assert losses(tmp_path / "alone") != losses(tmp_path / "two")


def test_views_cut_from_whole_scans_train(tmp_path: Path, phantoms: Path, recipe: Any) -> None:
    run = train(
        recipe("input.fit=crop", "input.width=64", "training.epochs=1"), phantoms, tmp_path / "r", 0
    )
    assert run["finished"]


def test_a_last_view_alone_is_left_out(tmp_path: Path, phantoms: Path, recipe: Any) -> None:
    count = train(recipe("training.epochs=1"), phantoms, tmp_path / "r", 0)["items"]["training"]
    run = train(
        recipe("training.epochs=1", f"training.batch_size={count - 1}"),
        phantoms,
        tmp_path / "alone",
        0,
    )
    assert run["finished"]
    assert losses(tmp_path / "alone")


def test_iterations_are_whole_epochs(tmp_path: Path, phantoms: Path, recipe: Any) -> None:
    content = (tmp_path / "guided.toml").read_text().replace("epochs = 3", "iterations = 4")
    (tmp_path / "guided.toml").write_text(content)
    run = train(recipe(), phantoms, tmp_path / "run", 0)
    steps = -(-run["items"]["training"] // 4)
    assert run["epochs_run"] == -(-4 // steps)


def test_words_of_place_and_size_are_of_the_scan_not_of_its_margins() -> None:
    image, mask = torch.zeros(1, 40, 100), torch.zeros(1, 40, 100)
    image[:, 5:35, 50:90] = 0.4
    mask[:, 10:30, 52:68] = 1
    whole, scan = place_of(mask[0].numpy() > 0), place_of(in_scan(image, mask))
    assert (whole.horizontal, whole.size) == ("right", "medium")
    assert (scan.horizontal, scan.size) == ("left", "large")
    assert in_scan(torch.zeros(1, 40, 100), mask).shape == (40, 100)


def test_words_decide_which_of_two_is_meant() -> None:
    """After some steps on pasted pairs alone, the outline follows the words."""
    from nodulens.models.tgc_net import tgc_net
    from tests.models.fake_backbone import FakeBackbone, read

    torch.manual_seed(0)
    network = tgc_net(FakeBackbone(), width=16, pyramid=(8, 12, 16, 24)).train()
    image = torch.zeros(2, 3, 64, 96)
    image[:, :, 20:44, 12:36] = image[:, :, 20:44, 60:84] = 1.0
    masks = torch.zeros(2, 1, 64, 96)
    masks[0, :, 20:44, 12:36] = masks[1, :, 20:44, 60:84] = 1.0
    text = read(network, ["the left nodule", "the right nodule"])
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3)
    for _ in range(60):
        loss = torch.nn.functional.binary_cross_entropy_with_logits(network(image, text), masks)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    network.eval()
    with torch.no_grad():
        chosen = network(image, text) > 0
    for place in range(2):
        assert chosen[place][masks[place] > 0].float().mean() > 0.8
        assert chosen[place][masks[1 - place] > 0].float().mean() < 0.2
