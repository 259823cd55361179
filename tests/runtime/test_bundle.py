from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from nodulens.errors import BadData
from nodulens.files import sha256_of
from nodulens.runtime.bundle import (
    DESCRIPTION,
    FOREST,
    MODEL,
    TEXT_ENCODER,
    TOKENIZER,
    Deferral,
    load_bundle,
    seal_bundle,
)


@pytest.fixture
def folder(bundle_store: Path, tmp_path: Path) -> Path:
    return shutil.copytree(bundle_store / "mean-brightness", tmp_path / "mean-brightness")


TEXT = {
    "limit": 64, "width": 3, "pooled": 2, "fixed": "thyroid nodule", "understands": [],
    "domain": "thyroid ultrasound",
}  # fmt: skip


def edit(folder: Path, **changes: Any) -> None:
    path = folder / DESCRIPTION
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_a_sealed_bundle_loads_and_says_which_model_it_is(folder: Path) -> None:
    bundle = load_bundle(folder)
    assert set(bundle.description.files) == {MODEL, "MODEL_CARD.md"}
    assert bundle.identity.model_dump() == {
        "task": "classification",
        "name": "mean-brightness",
        "version": "1.0",
        "sha256": sha256_of(folder / DESCRIPTION),
    }


def test_what_a_finding_says_of_a_bundle_changes_with_any_of_its_files(folder: Path) -> None:
    before = load_bundle(folder)
    with (folder / "MODEL_CARD.md").open("a") as card:
        card.write("more\n")
    after = seal_bundle(folder, before.description)
    assert after.identity.sha256 != before.identity.sha256
    edit(folder, version="1.1")
    assert load_bundle(folder).identity.sha256 != after.identity.sha256


@pytest.mark.parametrize("name", [MODEL, "MODEL_CARD.md"])
def test_one_changed_byte_in_any_file_is_refused(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(bytes(content))
    with pytest.raises(BadData, match=f"{name}: its SHA-256 is not"):
        load_bundle(folder)


def test_a_model_changed_after_loading_is_not_read(folder: Path) -> None:
    bundle = load_bundle(folder)
    (folder / MODEL).write_bytes(b"other")
    with pytest.raises(BadData, match="changed"):
        bundle.read(MODEL)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / MODEL).unlink()
    with pytest.raises(BadData, match=r"model\.onnx: missing"):
        load_bundle(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema_version": "2"}, "schema version '2' is not known"),
        ({"task": "detection"}, "task"),
        ({"threshold": 1.5}, "threshold"),
        ({"labels": ["one"]}, "two labels"),
        ({"region": None}, "region"),
        ({"uses_text": True}, "text: needed where uses_text is true"),
        ({"text": TEXT}, "text: needed where uses_text is true, and nowhere else"),
        ({"uses_text": True, "text": TEXT}, "only a segmentation can be told words"),
        ({"uses_text": True, "text": {**TEXT, "limit": 2}}, r"text\.limit"),
        ({"surprise": 1}, "surprise"),
        ({"files": {}}, r"does not list model\.onnx"),
        ({"files": {"../secret": "0" * 64}}, "plain file name"),
        ({"name": "../up"}, "name"),
    ],
)
def test_a_wrong_description_is_refused_by_name(
    folder: Path, changes: dict[str, Any], message: str
) -> None:
    edit(folder, **changes)
    with pytest.raises(BadData, match=message):
        load_bundle(folder)


@pytest.mark.parametrize("content", ["", "{", "[]", "\xff", "[" * 100_000])
def test_what_is_not_a_description_is_refused(folder: Path, content: str) -> None:
    (folder / DESCRIPTION).write_text(content, "latin-1")
    with pytest.raises(BadData, match=r"bundle\.json"):
        load_bundle(folder)


def test_a_folder_without_a_bundle(tmp_path: Path) -> None:
    with pytest.raises(BadData, match=r"no bundle\.json"):
        load_bundle(tmp_path)


def test_a_guided_bundle_says_how_it_is_told_words(bundle_store: Path) -> None:
    bundle = load_bundle(bundle_store / "told-side")
    text = bundle.description.text
    assert text is not None
    assert (text.encoder, text.tokenizer) == (TEXT_ENCODER, TOKENIZER)
    assert {TEXT_ENCODER, TOKENIZER} < set(bundle.description.files)
    assert not text.mirror
    assert text.default == "none"


@pytest.mark.parametrize("name", [TEXT_ENCODER, TOKENIZER])
def test_a_guided_bundle_needs_its_text_tower(
    bundle_store: Path, tmp_path: Path, name: str
) -> None:
    folder = shutil.copytree(bundle_store / "told-side", tmp_path / "told-side")
    bundle = load_bundle(folder)
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content + b" ")
    with pytest.raises(BadData, match=f"{name}: its SHA-256 is not"):
        load_bundle(folder)
    with pytest.raises(BadData, match=f"{name}: its SHA-256 is not"):
        bundle.read(name)
    (folder / name).unlink()
    with pytest.raises(BadData, match=f"{name}: cannot be read"):
        bundle.read(name)
    with pytest.raises(BadData, match=f"does not list {name}; export the bundle again"):
        seal_bundle(folder, bundle.description)


def test_bundles_from_before_words_are_read(bundle_store: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(bundle_store / "bright-blobs", tmp_path / "old")
    content = json.loads((folder / DESCRIPTION).read_text())
    del content["text"]
    (folder / DESCRIPTION).write_text(json.dumps(content))
    assert load_bundle(folder).description.text is None


def test_a_forest_belongs_to_what_is_checked(bundle_store: Path, tmp_path: Path) -> None:
    both = shutil.copytree(bundle_store / "both", tmp_path / "both")
    assert load_bundle(both).description.parts == ["network", "forest"]
    (both / FOREST).unlink()
    with pytest.raises(BadData, match=r"forest\.onnx: missing"):
        load_bundle(both)
    alone = load_bundle(bundle_store / "bright-forest").description
    assert (alone.parts, alone.has_network, alone.input) == (["forest"], False, None)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"stack": None}, "stack: needed where"),
        ({"stack": {"weights": {"forest": 1}, "usual": {"forest": 0}, "bias": 0}}, "needed for"),
        ({"stack": {"weights": {"forest": 1}, "usual": {}, "bias": 0}}, "the same parts"),
        ({"region": None, "forest": None}, "a region or a forest"),
        ({"input": None}, "input: needed for a network"),
        ({"labels": ["a", "b", "c"]}, "only for two labels"),
        ({"task": "segmentation"}, "only of a classification"),
    ],
)
def test_parts_and_their_weights_must_fit(
    bundle_store: Path, tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    both = shutil.copytree(bundle_store / "both", tmp_path / "both")
    edit(both, **changes)
    with pytest.raises(BadData, match=message):
        load_bundle(both)


def test_deferral_is_both_labels_or_neither() -> None:
    both = Deferral(error=0.1, negative=0.7, positive=0.4)
    assert [both.defers(p) for p in (0.3, 0.4, 0.7, 0.8)] == [False, True, True, False]
    neither = Deferral(error=0.1, negative=0.4, positive=0.7)
    assert [neither.defers(p) for p in (0.4, 0.5, 0.7)] == [False, True, False]
    assert both.undecided == neither.undecided == (0.4, 0.7)
