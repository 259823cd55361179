from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from tokenizers import Tokenizer

from nodulens.errors import BadData
from nodulens.models.backbones.lite import Lite
from nodulens.training.export_words import write_text_tower
from tests.models.fake_backbone import FakeBackbone

pytestmark = pytest.mark.train

TEXTS = [
    "thyroid nodule",
    "Small hypoechoic nodule in the left upper part, taller than wide.",
    "Large solid nodule with microcalcifications in the right lower part",
]


@pytest.fixture(scope="module")
def backbone() -> Lite:
    return Lite()


@pytest.fixture(scope="module")
def tower(tmp_path_factory: pytest.TempPathFactory, backbone: Lite) -> Path:
    folder = tmp_path_factory.mktemp("tower")
    assert write_text_tower(backbone, folder) == 256
    return folder


def test_the_exported_tower_reads_as_the_frozen_one(tower: Path, backbone: Lite) -> None:
    assert sorted(path.name for path in tower.iterdir()) == ["text.onnx", "tokenizer.json"]
    # A byte for each weight: the tower's 22 million would be 87 MB in float32.
    assert (tower / "text.onnx").stat().st_size < 23e6
    tokenizer = Tokenizer.from_file(str(tower / "tokenizer.json"))
    session = onnxruntime.InferenceSession(tower / "text.onnx")
    read = []
    for text in TEXTS:
        found = tokenizer.encode(text)
        feed = {"ids": np.array([found.ids]), "attention": np.array([found.attention_mask])}
        tokens, pooled = session.run(["tokens", "pooled"], feed)
        expected = backbone.encode_text([text])
        assert tokens.shape == tuple(expected.tokens.shape)
        read.append((pooled[0], expected.pooled[0].numpy()))
    for own, exact in read:
        assert np.linalg.norm(own - exact) < 0.07 * np.linalg.norm(exact)
        distances = [np.linalg.norm(own - other) for _, other in read]
        assert np.linalg.norm(own - exact) == min(distances)


def test_the_tokenizer_knows_english_and_calls_the_rest_unknown(tower: Path) -> None:
    tokenizer = Tokenizer.from_file(str(tower / "tokenizer.json"))
    vocabulary = json.loads((tower / "tokenizer.json").read_text("utf-8"))["model"]["vocab"]
    assert sorted(vocabulary.values()) == list(range(len(vocabulary)))
    assert tokenizer.encode("left").tokens == ["[CLS]", "left", "[SEP]"]
    assert tokenizer.encode("結節").tokens == ["[CLS]", "[UNK]", "[UNK]", "[SEP]"]


def test_other_backbones_cannot_go_along(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="lite"):
        write_text_tower(FakeBackbone(), tmp_path)
