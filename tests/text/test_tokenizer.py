from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer as Inner
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing

from nodulens.errors import BadData
from nodulens.text.tokenizer import Tokenizer

VOCABULARY = {
    word: number
    for number, word in enumerate(
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "thyroid", "nodule", "##s", "left", "lobe", ","]
    )
}
PAD, UNK, CLS, SEP, THYROID, NODULE, S, LEFT = range(8)


@pytest.fixture(scope="module")
def content() -> bytes:
    inner = Inner(WordPiece(VOCABULARY, unk_token="[UNK]"))
    inner.normalizer = BertNormalizer(lowercase=True)
    inner.pre_tokenizer = BertPreTokenizer()
    inner.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", CLS), ("[SEP]", SEP)]
    )
    # As sentence encoders ship theirs: padding and truncation of its own, which must not count.
    inner.enable_padding(length=128)
    inner.enable_truncation(3)
    return inner.to_str().encode()


def test_words_become_numbers(content: bytes) -> None:
    ids, mask = Tokenizer.load(content).encode(["Thyroid nodules", "left"], 16)
    assert ids.dtype == mask.dtype == np.int64
    assert ids.tolist() == [[CLS, THYROID, NODULE, S, SEP], [CLS, LEFT, SEP, PAD, PAD]]
    assert mask.tolist() == [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]]


def test_long_texts_keep_their_ends(content: bytes) -> None:
    tokenizer = Tokenizer.load(content)
    ids, mask = tokenizer.encode(["left " * 5000], 4)
    assert ids.tolist() == [[CLS, LEFT, LEFT, SEP]]
    assert mask.all()
    assert tokenizer.encode(["left " * 50], 40)[0].shape == (1, 40), "no limit is remembered"


@pytest.mark.parametrize("text", ["", "\ud800", "\x00", "結節"])
def test_odd_texts_are_encoded(content: bytes, text: str) -> None:
    ids, _ = Tokenizer.load(content).encode([text], 16)
    assert (ids[0, 0], ids[0, -1]) == (CLS, SEP)


def test_a_file_is_loaded(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_bytes(content)
    assert Tokenizer.load(path).size == len(VOCABULARY)


@pytest.mark.parametrize("wrong", [b"", b"{}", b"\xff\xfe", b'{"model": {"type": "Nothing"}}'])
def test_what_is_none_is_refused(wrong: bytes, tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_bytes(wrong)
    with pytest.raises(BadData, match=r"tokenizer\.json: is no tokenizer"):
        Tokenizer.load(path)
    with pytest.raises(BadData, match="is no tokenizer"):
        Tokenizer.load(wrong)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadData, match=r"gone\.json: cannot be read"):
        Tokenizer.load(tmp_path / "gone.json")


@pytest.mark.parametrize(("texts", "limit"), [([], 8), (["left"], 2)])
def test_room_is_needed(content: bytes, texts: list[str], limit: int) -> None:
    with pytest.raises(BadData, match="special tokens"):
        Tokenizer.load(content).encode(texts, limit)


def test_tokens_are_counted_without_any_limit(content: bytes) -> None:
    tokenizer = Tokenizer.load(content)
    tokenizer.encode(["left"], 4)
    assert tokenizer.count("left " * 50) == 52
