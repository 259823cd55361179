from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from nodulens import frames
from nodulens.errors import BadData, NodulensError
from nodulens.runtime.bundle import load_bundle
from nodulens.runtime.session import OnnxClassifier, OnnxSegmenter
from nodulens.training import export
from nodulens.training.evaluate import evaluate
from nodulens.training.recipe import read_recipe
from nodulens.training.run import load_run
from nodulens.training.train import train
from tests.training.test_guided import GUIDED

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory, phantoms: Path, runs: list[Path]) -> Path:
    out = tmp_path_factory.mktemp("bundles") / "tiny"
    figures = tmp_path_factory.mktemp("figures") / "out-of-fold"
    evaluate([str(run) for run in runs], phantoms, figures)
    worst = export.export_run(
        runs[0],
        out,
        phantoms,
        name="tiny",
        version="0.1",
        metrics=[figures / "metrics.json"],
        notes=["Learned from inventions."],
    )
    assert worst < export.PARITY
    return out


def test_the_bundle_says_what_the_run_says(bundle: Path, phantoms: Path, runs: list[Path]) -> None:
    exported = OnnxSegmenter(load_bundle(bundle))
    trained = load_run(runs[0]).segmenter()
    for image in sorted((phantoms / "images").iterdir())[:3]:
        (frame, *_) = frames.read(image)
        views = [frame.pixels[area.slices] for area in frame.scan_areas]
        for mine, theirs in zip(exported(views), trained(views), strict=True):
            assert mine.shape == theirs.shape
            # The bundle's weights are rounded to float16, the run's are not.
            np.testing.assert_allclose(mine, theirs, atol=5e-3)


def test_weights_are_stored_in_half_and_computed_in_full(bundle: Path) -> None:
    import onnx

    graph = onnx.load(bundle / "model.onnx").graph
    sizes = {onnx.TensorProto.FLOAT: 0, onnx.TensorProto.FLOAT16: 0}
    for tensor in graph.initializer:
        if tensor.data_type in sizes:
            sizes[tensor.data_type] += int(np.prod(tensor.dims))
    assert sizes[onnx.TensorProto.FLOAT16] > 10 * sizes[onnx.TensorProto.FLOAT]
    assert graph.output[0].type.tensor_type.elem_type == onnx.TensorProto.FLOAT


def test_the_graph_tells_nothing_of_the_machine_it_was_made_on(bundle: Path) -> None:
    content = (bundle / "model.onnx").read_bytes()
    assert str(Path(export.__file__).parents[1]).encode() not in content
    assert b"site-packages" not in content


def test_the_bundle_carries_its_figures_and_its_origin(bundle: Path, runs: list[Path]) -> None:
    description = load_bundle(bundle).description
    assert "dice" in description.metrics["out-of-fold"]["headline"]
    assert description.training.recipe == "tiny"
    assert description.training.images == load_run(runs[0]).record["images"]["training"]
    card = (bundle / "MODEL_CARD.md").read_text("utf-8")
    assert "Research use only" in card
    assert "- Learned from inventions." in card
    assert "95 % interval" in card


def test_a_classifier_is_exported_with_its_temperature(
    tmp_path: Path, phantoms: Path, classifier_runs: list[Path]
) -> None:
    path = tmp_path / "calibration.json"
    path.write_text(json.dumps({"temperature": 2.5}))
    out = tmp_path / "classifier"
    export.export_run(
        classifier_runs[0], out, phantoms, name="tiny-c", version="1", calibration=path
    )
    bundle = load_bundle(out)
    assert bundle.description.calibration.temperature == 2.5
    region = np.full((20, 20), 90, np.uint8)
    (heated,) = OnnxClassifier(bundle)([region])
    (plain,) = load_run(classifier_runs[0]).classifier()([region])
    log_odds = np.log(plain[1] / plain[0])
    assert heated[1] == pytest.approx(1 / (1 + np.exp(-log_odds / 2.5)), abs=5e-3)


def test_a_graph_that_differs_is_not_written(
    tmp_path: Path, phantoms: Path, runs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "PARITY", -1.0)
    with pytest.raises(NodulensError, match="nothing was written"):
        export.export_run(runs[0], tmp_path / "out", phantoms, name="tiny", version="1")
    assert not (tmp_path / "out").exists()


def test_another_data_set_is_refused(tmp_path: Path, runs: list[Path]) -> None:
    from nodulens.data.phantom_set import write_phantoms

    write_phantoms(2, tmp_path / "other", seed=99, width=320, height=240)
    with pytest.raises(BadData, match="is not the data set"):
        export.export_run(runs[0], tmp_path / "out", tmp_path / "other", name="x", version="1")


def test_a_segmentation_has_no_temperature(
    tmp_path: Path, phantoms: Path, runs: list[Path]
) -> None:
    path = tmp_path / "calibration.json"
    path.write_text(json.dumps({"temperature": 2.5}))
    with pytest.raises(BadData, match="not calibrated"):
        export.export_run(
            runs[0], tmp_path / "out", phantoms, name="x", version="1", calibration=path
        )


def test_a_converted_run_does_not_pretend_to_know_its_training_data(
    tmp_path: Path, phantoms: Path, runs: list[Path]
) -> None:
    folder, out = tmp_path / "converted", tmp_path / "bundle"
    shutil.copytree(runs[0], folder)
    record = json.loads((folder / "run.json").read_text("utf-8"))
    record["data"]["identity"] = None
    record["converted"] = {"file": "tnseg.pth", "sha256": "ab" * 32, "clip_sha256": "cd" * 32}
    (folder / "run.json").write_text(json.dumps(record), "utf-8")
    export.export_run(folder, out, phantoms, name="tiny", version="1", notes=["A note."])
    training = load_bundle(out).description.training
    assert "not known" in training.data
    assert "not known" in training.licence
    assert training.images is None
    assert any("tnseg.pth" in note and "abab" in note for note in training.notes)
    assert "A note." in training.notes


def test_a_network_that_reads_goes_along_with_its_words(tmp_path: Path, phantoms: Path) -> None:
    recipe = tmp_path / "guided.toml"
    recipe.write_text(GUIDED.replace('backbone = "fake"', 'backbone = "lite"'))
    train(
        read_recipe(recipe, ["training.epochs=1", "training.views=0"]),
        phantoms,
        tmp_path / "run",
        0,
    )
    worst = export.export_run(
        tmp_path / "run", tmp_path / "told", phantoms, name="told", version="1.0.0"
    )
    assert worst < export.PARITY
    bundle = load_bundle(tmp_path / "told")
    assert bundle.description.uses_text
    assert bundle.description.text is not None
    assert bundle.description.text.knowledge
    assert {"size", "horizontal", "composition"} <= set(bundle.description.text.understands)
    assert "sentence encoder" in (tmp_path / "told" / "MODEL_CARD.md").read_text("utf-8")
    segmenter = OnnxSegmenter(bundle)
    run = load_run(tmp_path / "run").guided()
    (frame, *_) = frames.read(next((phantoms / "images").iterdir()))
    view = frame.pixels
    for text in (None, "Small nodule in the left upper part."):
        (own,), (exact,) = segmenter([view], text), run([view], text)
        # The words come through rounded weights.
        assert np.abs(own - exact).max() < 0.05
