from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from nodulens.errors import BadData
from nodulens.files import sha256_of
from nodulens.training.recipe import read_recipe

pytestmark = pytest.mark.train

COMMAND = "from nodulens.cli import main; main()"


def weights(run: Path) -> str:
    return sha256_of(run / "model.safetensors")


def test_a_run_is_complete_and_says_what_it_did(runs: list[Path]) -> None:
    run = runs[0]
    record = json.loads((run / "run.json").read_text("utf-8"))
    assert record["finished"] is True
    assert record["fold"] == 0
    assert record["images"]["training"] + record["images"]["validation"] < 24
    assert len(record["data"]["identity"]) == 64
    assert record["versions"]["torch"]
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines if "val_dice" in line] == [0, 1, 2]
    best = max(line["val_dice"] for line in lines if "val_dice" in line)
    assert record["best"]["value"] == pytest.approx(best, abs=1e-5)
    assert list((run / "tensorboard").rglob("events.*"))
    assert not (run / "checkpoints").exists()


def test_training_learns(tmp_path: Path, phantoms: Path, tiny: Path) -> None:
    from nodulens.training.train import train

    settings = [
        "training.epochs=8",
        "training.average=0.5",
        "network.options.encoder=efficientnet_lite0",
        "network.options.pretrained=true",
    ]
    recipe = read_recipe(tiny, settings)
    train(recipe, phantoms, tmp_path / "run")
    lines = [json.loads(x) for x in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    losses = [line["train_loss"] for line in lines if "train_loss" in line]
    dice = [line["val_dice"] for line in lines if "val_dice" in line]
    assert losses[-1] < 0.8 * losses[0]
    assert max(dice) > 0.4


def test_the_resolved_recipe_repeats_the_run(
    tmp_path: Path, phantoms: Path, runs: list[Path]
) -> None:
    from nodulens.training.train import train

    train(read_recipe(runs[0] / "recipe.toml"), phantoms, tmp_path / "again", 0)
    assert weights(tmp_path / "again") == weights(runs[0])


def test_a_finished_run_is_not_trained_again(phantoms: Path, tiny: Path, runs: list[Path]) -> None:
    from nodulens.training.train import train

    before = (runs[0] / "model.safetensors").stat().st_mtime_ns
    record = train(read_recipe(tiny), phantoms, runs[0], 0)
    assert record["finished"] is True
    assert (runs[0] / "model.safetensors").stat().st_mtime_ns == before


def test_a_finished_run_of_an_older_version_is_understood(
    tmp_path: Path, phantoms: Path, tiny: Path, runs: list[Path]
) -> None:
    from nodulens.training.train import train

    older = tmp_path / "older"
    shutil.copytree(runs[0], older)
    record = json.loads((older / "run.json").read_text("utf-8"))
    record["parameters"] = 1234  # one number, before anything could be frozen
    del record["recipe"]["words"]
    (older / "run.json").write_text(json.dumps(record), "utf-8")
    counts = train(read_recipe(tiny), phantoms, older, 0)["parameters"]
    assert counts == {"trainable": 1234, "frozen": 0, "full_fine_tuning": 1234}


def test_killed_and_resumed_gives_the_same_weights(
    tmp_path: Path, phantoms: Path, tiny: Path, runs: list[Path]
) -> None:
    out = tmp_path / "killed"
    arguments = ["train", str(tiny), "--data", str(phantoms), "--fold", "0", "--out", str(out)]
    command = [sys.executable, "-c", COMMAND, *arguments]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    checkpoint = out / "checkpoints" / "last.ckpt"
    deadline = time.monotonic() + 300
    while not checkpoint.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert checkpoint.exists()
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert json.loads((out / "run.json").read_text())["finished"] is False
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    assert weights(out) == weights(runs[0])
    epochs = [
        json.loads(line)["epoch"]
        for line in (out / "metrics.jsonl").read_text().splitlines()
        if "val_dice" in line
    ]
    assert epochs == [0, 1, 2]


def test_a_run_of_a_version_with_fewer_settings_is_the_same_run(
    tmp_path: Path, phantoms: Path, tiny: Path, runs: list[Path]
) -> None:
    from nodulens.training.train import train

    older = json.loads((runs[0] / "run.json").read_text())
    del older["recipe"]["training"]["keep"]
    (tmp_path / "run.json").write_text(json.dumps(older))
    assert train(read_recipe(tiny), phantoms, tmp_path, 0)["finished"] is True


@pytest.mark.parametrize(("keep", "epoch"), [("best", 0), ("last", 2)])
def test_the_state_of_every_epoch_is_kept_though_none_is_better(
    tmp_path: Path,
    phantoms: Path,
    tiny: Path,
    monkeypatch: pytest.MonkeyPatch,
    keep: str,
    epoch: int,
) -> None:
    from nodulens.training.tasks import SegmentationTask
    from nodulens.training.train import train

    seen = []

    def worse_and_worse(task: SegmentationTask, batch: object, number: int) -> None:
        task.log("val_dice", 1 / (1 + task.current_epoch), batch_size=1)
        state = tmp_path / "run" / "checkpoints" / "last.ckpt"
        if number == 0:
            seen.append(torch.load(state, weights_only=True)["epoch"] if state.is_file() else None)

    monkeypatch.setattr(SegmentationTask, "validation_step", worse_and_worse)
    record = train(read_recipe(tiny, [f"training.keep={keep}"]), phantoms, tmp_path / "run", 0)
    assert record["kept_epoch"] == epoch
    # What a kill in epoch 1 or 2 would go on from.
    assert seen == [None, 0, 1]


def test_another_recipe_does_not_overwrite_a_run(
    phantoms: Path, tiny: Path, runs: list[Path]
) -> None:
    from nodulens.training.train import train

    with pytest.raises(BadData, match="another recipe"):
        train(read_recipe(tiny, ["training.seed=9"]), phantoms, runs[0], 0)
    with pytest.raises(BadData, match="another fold"):
        train(read_recipe(tiny), phantoms, runs[0], 1)


def test_a_start_from_another_run(
    tmp_path: Path, phantoms: Path, tiny: Path, runs: list[Path]
) -> None:
    from nodulens.training.train import train

    settings = [f"network.start_from={runs[1]}", "training.epochs=1"]
    train(read_recipe(tiny, settings), phantoms, tmp_path / "warm", 0)
    cold = read_recipe(tiny, ["training.epochs=1"])
    train(cold, phantoms, tmp_path / "cold", 0)
    assert weights(tmp_path / "warm") != weights(tmp_path / "cold")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["network.name=resnet18"], "does classification"),
        (["network.name=unett"], "did you mean unet"),
    ],
)
def test_a_recipe_that_does_not_fit_is_refused(
    tmp_path: Path, phantoms: Path, tiny: Path, settings: list[str], message: str
) -> None:
    from nodulens.errors import NodulensError
    from nodulens.training.train import train

    recipe = read_recipe(tiny, settings)
    if recipe.network.name == "resnet18":
        recipe.network.options.clear()
    with pytest.raises(NodulensError, match=message):
        train(recipe, phantoms, tmp_path / "run", 0)


def test_a_fold_that_is_not_there(tmp_path: Path, phantoms: Path, tiny: Path) -> None:
    from nodulens.training.train import train

    with pytest.raises(BadData, match="no fold 7; it has 0, 1"):
        train(read_recipe(tiny), phantoms, tmp_path / "run", 7)


def test_a_classifier_counts_its_labels(classifier_runs: list[Path]) -> None:
    record = json.loads((classifier_runs[0] / "run.json").read_text("utf-8"))
    assert next(iter(record["labels"])) == "malignancy"
    assert "composition" in record["labels"]
    assert sum(record["label_counts"].values()) == record["items"]["training"]
