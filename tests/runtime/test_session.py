from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from nodulens.errors import BadData, NodulensError
from nodulens.runtime.bundle import MODEL, Description, load_bundle, seal_bundle
from nodulens.runtime.odds import log_odds
from nodulens.runtime.session import OnnxClassifier, OnnxModel, OnnxSegmenter


def test_a_segmenter_answers_each_view_at_its_own_size(bundle_store: Path) -> None:
    segmenter = OnnxSegmenter(load_bundle(bundle_store / "bright-blobs"))
    view = np.zeros((90, 200), np.uint8)
    view[20:70, 40:120] = 255
    small, large = segmenter([view[:50, :60], view])
    assert small.shape == (50, 60)
    assert large.shape == (90, 200)
    assert large.dtype == np.float32
    assert large[45, 80] > 0.99
    assert large[5, 180] < 0.01
    assert np.array_equal(segmenter([view])[0], large)


def test_a_classifier_answers_each_region(bundle_store: Path) -> None:
    classifier = OnnxClassifier(load_bundle(bundle_store / "mean-brightness"))
    dark, bright = classifier([np.zeros((30, 30), np.uint8), np.full((50, 60), 255, np.uint8)])
    assert dark.shape == (2,)
    assert dark.sum() == pytest.approx(1)
    assert dark[1] < 0.05 < 0.95 < bright[1]


def test_a_bundle_of_the_other_task_is_refused(bundle_store: Path) -> None:
    with pytest.raises(BadData, match="bright-blobs: a model for segmentation"):
        OnnxClassifier(load_bundle(bundle_store / "bright-blobs"))
    with pytest.raises(BadData, match="mean-brightness: a model for classification"):
        OnnxSegmenter(load_bundle(bundle_store / "mean-brightness"))


def test_a_graph_that_is_none_is_refused(bundle_store: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(bundle_store / "bright-blobs", tmp_path / "b")
    (folder / MODEL).write_bytes(b"not a graph")
    bundle = seal_bundle(folder, load_bundle(bundle_store / "bright-blobs").description)
    with pytest.raises(BadData, match=r"model\.onnx: cannot be loaded"):
        OnnxModel(bundle)


def test_a_graph_of_another_size_than_described_is_refused(
    bundle_store: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(bundle_store / "bright-blobs", tmp_path / "b")
    description = load_bundle(folder).description.model_dump()
    description["input"]["width"] = 96
    bundle = seal_bundle(folder, Description.model_validate(description))
    with pytest.raises(BadData, match=r"takes pixels, uint8 \(B, 1, 64, 96\)"):
        OnnxSegmenter(bundle)


def test_numbers_that_are_no_probabilities_are_not_passed_on(tmp_path: Path) -> None:
    bundles = pytest.importorskip("tests.bundles", exc_type=ImportError)
    broken = bundles.segmenter_bundle(tmp_path / "broken", level=float("nan"))
    with pytest.raises(NodulensError, match="no probabilities"):
        OnnxSegmenter(broken)([np.zeros((20, 20), np.uint8)])


def blobs() -> np.ndarray:
    """Return a view with a bright blob on either side."""
    view = np.zeros((60, 120), np.uint8)
    view[20:40, 15:35] = view[20:40, 85:105] = 255
    return view


def seen(answer: np.ndarray) -> tuple[bool, bool]:
    """Return whether there is a nodule on the left and on the right."""
    return bool(answer[30, 25] > 0.5), bool(answer[30, 95] > 0.5)


def test_words_decide_where_a_guided_network_looks(bundle_store: Path) -> None:
    segmenter = OnnxSegmenter(load_bundle(bundle_store / "told-side"))
    assert seen(segmenter([blobs()])[0]) == (True, True)
    assert seen(segmenter([blobs()], "nodule on the left")[0]) == (True, False)
    assert seen(segmenter([blobs()], "nodule on the right")[0]) == (False, True)
    first, second = segmenter([blobs(), blobs()[:, ::-1]], "left")
    assert seen(first) == seen(second) == (True, False)
    assert np.array_equal(segmenter([blobs()], "")[0], segmenter([blobs()])[0])
    # Words without a side are words.
    assert not np.array_equal(segmenter([blobs()], "thyroid nodule")[0], segmenter([blobs()])[0])


def test_words_are_for_each_picture_of_a_batch(bundle_store: Path) -> None:
    model = OnnxModel(load_bundle(bundle_store / "told-side"))
    assert model.reader is not None
    pixels = np.full((3, 1, *model.size), 255, np.uint8)
    answer = model(pixels, model.reader("left"))
    assert answer.shape == (3, 1, *model.size)
    assert np.array_equal(answer[0], answer[2])
    assert (answer[..., 10] > 0.5).all()
    assert (answer[..., 70] < 0.5).all()
    assert (model(pixels) > 0.5).all()


def test_the_mirror_image_is_told_the_other_side(bundle_store: Path, tmp_path: Path) -> None:
    bundles = pytest.importorskip("tests.bundles", exc_type=ImportError)
    both = OnnxSegmenter(bundles.guided_bundle(tmp_path / "m", name="m", mirror=True))
    alone = OnnxSegmenter(load_bundle(bundle_store / "told-side"))
    # This network treats both sides alike, so the average is the answer itself; with the words
    # as they are for both images, a side would cancel itself out.
    for text in (None, "thyroid nodule", "nodule on the left", "Right nodule"):
        answer, expected = both([blobs()], text)[0], alone([blobs()], text)[0]
        assert answer.dtype == np.float32
        assert np.abs(answer - expected).max() < 1e-4, text
    # A picture that is not the same mirrored, in a letterbox that does not lie in the middle.
    view = blobs()[:51, :117].copy()
    view[25:45, 60:70] = 160
    answer = both([view], "left")[0]
    mirrored = both([view[:, ::-1].copy()], "right")[0]
    assert np.abs(answer - mirrored[:, ::-1]).max() < 0.02


def test_words_move_a_bundle_s_answer_no_farther_than_its_reach(
    bundle_store: Path, tmp_path: Path
) -> None:
    bundles = pytest.importorskip("tests.bundles", exc_type=ImportError)
    free = OnnxSegmenter(load_bundle(bundle_store / "told-side"))
    held = OnnxSegmenter(bundles.guided_bundle(tmp_path / "h", name="h", reach=0.5))
    view = blobs()[: free._model.size[0], : free._model.size[1]].copy()
    (none,), (left,), (near,) = free([view]), free([view], "left"), held([view], "left")
    assert np.abs(log_odds(left) - log_odds(none)).max() > 2
    assert np.abs(log_odds(near) - log_odds(none)).max() < 0.5 + 1e-3
    assert np.array_equal(held([view])[0], none)


def test_words_for_a_network_that_reads_none_are_refused(bundle_store: Path) -> None:
    segmenter = OnnxSegmenter(load_bundle(bundle_store / "bright-blobs"))
    assert segmenter.reader is None
    with pytest.raises(NodulensError, match="bright-blobs: does not read words"):
        segmenter([blobs()], "left")
    words = OnnxSegmenter(load_bundle(bundle_store / "told-side")).reader
    assert words is not None
    with pytest.raises(NodulensError, match="bright-blobs: does not read words"):
        OnnxModel(load_bundle(bundle_store / "bright-blobs"))(
            np.zeros((1, 1, 64, 80), np.uint8), words("left")
        )


def test_a_graph_must_take_words_as_described(bundle_store: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(bundle_store / "told-side", tmp_path / "b")
    description = load_bundle(folder).description.model_dump()
    description["text"]["pooled"] = 5
    bundle = seal_bundle(folder, Description.model_validate(description))
    with pytest.raises(BadData, match=r"pooled float .*\bpooled, float32 \(B, 5\)"):
        OnnxSegmenter(bundle)
    unguided = Description.model_validate({**description, "uses_text": False, "text": None})
    with pytest.raises(BadData, match=r"graph takes pixels, uint8 \(B, 1, 64, 80\), and gives"):
        OnnxSegmenter(seal_bundle(folder, unguided))
