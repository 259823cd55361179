from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nodulens.errors import BadData
from nodulens.runtime.bundle import (
    MODEL,
    TEXT_ENCODER,
    TOKENIZER,
    Bundle,
    Description,
    load_bundle,
    seal_bundle,
)
from nodulens.runtime.text_encoder import TextEncoder


@pytest.fixture(scope="module")
def encoder(bundle_store: Path) -> TextEncoder:
    return TextEncoder(load_bundle(bundle_store / "told-side"))


def resealed(bundle_store: Path, folder: Path, files: dict[str, bytes], **text: Any) -> Bundle:
    """Copy the guided bundle with other files and another description of its text."""
    shutil.copytree(bundle_store / "told-side", folder)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    description = load_bundle(bundle_store / "told-side").description.model_dump()
    description["text"].update(text)
    return seal_bundle(folder, Description.model_validate(description))


def test_words_become_vectors(encoder: TextEncoder) -> None:
    words = encoder("Nodule on the LEFT")
    assert words.tokens.shape == (1, 6, 3)
    assert words.tokens.dtype == words.pooled.dtype == np.float32
    assert words.mask.dtype == np.bool_
    assert words.mask.all()
    # The file of the tokenizer asks for padding and for 4 tokens; the bundle's word goes.
    assert words.tokens[0, :, 0].tolist() == [0, 0, 0, 0, -1, 0]
    assert words.pooled.tolist() == [[-1, 6]]


def test_no_words_are_zeros_that_are_masked(encoder: TextEncoder) -> None:
    none = encoder.no_words()
    assert none.tokens.shape == (1, 1, 3)
    assert not none.tokens.any()
    assert not none.pooled.any()
    assert none.mask.tolist() == [[False]]


def test_a_text_is_encoded_once(encoder: TextEncoder) -> None:
    first = encoder("small nodule")
    assert encoder("small nodule") is first
    with pytest.raises(ValueError, match="read-only"):
        first.pooled[0, 0] = 7


def test_what_is_too_long_is_cut_at_the_limit(encoder: TextEncoder) -> None:
    fits, longer = "solid " * 6, "solid " * 6 + "left"
    assert not encoder.is_too_long(fits)
    assert encoder.is_too_long(longer)
    assert encoder(longer).tokens.shape == (1, 8, 3)
    # The mark at the end is kept, the word before it is not.
    assert np.array_equal(encoder(longer).pooled, encoder(fits).pooled)
    assert encoder.is_too_long("left " * 100_000)


def test_a_bundle_without_words_has_no_encoder(bundle_store: Path) -> None:
    with pytest.raises(BadData, match="bright-blobs: reads no words"):
        TextEncoder(load_bundle(bundle_store / "bright-blobs"))


def test_files_that_are_none_are_named(bundle_store: Path, tmp_path: Path) -> None:
    no_tokenizer = resealed(bundle_store, tmp_path / "a", {TOKENIZER: b"words"})
    with pytest.raises(BadData, match=r"tokenizer\.json: no tokenizer that can be read"):
        TextEncoder(no_tokenizer)
    no_graph = resealed(bundle_store, tmp_path / "b", {TEXT_ENCODER: b"words"})
    with pytest.raises(BadData, match=r"text\.onnx: cannot be loaded"):
        TextEncoder(no_graph)
    model = (bundle_store / "told-side" / MODEL).read_bytes()
    other_graph = resealed(bundle_store, tmp_path / "c", {TEXT_ENCODER: model})
    with pytest.raises(BadData, match=r"text\.onnx: takes pixels uint8 .* takes ids and attention"):
        TextEncoder(other_graph)


def test_a_changed_file_is_not_read(bundle_store: Path, tmp_path: Path) -> None:
    bundle = resealed(bundle_store, tmp_path / "a", {})
    content = (tmp_path / "a" / TOKENIZER).read_text("utf-8")
    (tmp_path / "a" / TOKENIZER).write_text(content.replace("left", "lift"), "utf-8")
    with pytest.raises(BadData, match=r"tokenizer\.json: its SHA-256 is not"):
        TextEncoder(bundle)


def test_vectors_of_another_width_are_refused(bundle_store: Path, tmp_path: Path) -> None:
    encoder = TextEncoder(resealed(bundle_store, tmp_path / "a", {}, width=4))
    with pytest.raises(BadData, match=r"gives \(\(1, 3, 3\), \(1, 2\)\) where"):
        encoder("left")


def test_a_tokenizer_of_another_encoder_is_noticed(bundle_store: Path, tmp_path: Path) -> None:
    content = (bundle_store / "told-side" / TOKENIZER).read_text("utf-8")
    foreign = content.replace('"left":4', '"left":4000').replace('"left": 4', '"left": 4000')
    bundle = resealed(bundle_store, tmp_path / "a", {TOKENIZER: foreign.encode()})
    encoder = TextEncoder(bundle)
    with pytest.raises(BadData, match=r"fails on the tokens of 'left nodule'"):
        encoder("left nodule")
