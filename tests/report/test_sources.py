from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from nodulens.errors import NodulensError
from nodulens.report.sources import collect_sources


def touch(root: Path, *names: str, content: bytes = b"x") -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)


def names(tmp_path: Path, *inputs: str) -> list[str]:
    found = collect_sources([tmp_path / entry for entry in inputs], tmp_path / "out")
    return [source.name for source in found.files]


def test_folders_are_searched_in_order_and_other_files_left_out(tmp_path: Path) -> None:
    touch(tmp_path, "in/b/2.png", "in/b/10.JPG", "in/a.dcm", "in/notes.txt", "in/.hidden.png")
    touch(tmp_path, "in/.cache/x.png")
    touch(tmp_path, "in/1.2.840.7", content=bytes(128) + b"DICM")
    touch(tmp_path, "in/DICOMDIR", content=bytes(128) + b"DICM")
    found = collect_sources([tmp_path / "in"], tmp_path / "out")
    assert [source.name for source in found.files] == ["1.2.840", "a", "b/10", "b/2"]
    assert found.files[1].shown == str(tmp_path / "in" / "a.dcm")
    assert found.left_out == 2


def test_masks_beside_their_image_are_left_out_and_others_taken(tmp_path: Path) -> None:
    touch(tmp_path, "in/benign (1).png", "in/benign (1)_mask.png", "in/benign (1)_mask_1.png")
    touch(tmp_path, "in/b.jpg", "in/b_MASK.png", "in/c_mask.png", "in/_mask.png", "in/notes.txt")
    # Beside it means in the same folder.
    touch(tmp_path, "in/other/b_mask.png", "in/v1.2.png", "in/v1.2_mask.png", "in/v1_mask.png")
    found = collect_sources([tmp_path / "in"], tmp_path / "out")
    assert [source.name for source in found.files] == [
        "_mask", "b", "benign (1)", "c_mask", "other/b_mask", "v1.2", "v1_mask",
    ]  # fmt: skip
    assert (found.masks, found.left_out) == (4, 5)
    # What is named is taken.
    assert names(tmp_path, "in/b_MASK.png", "in/b.jpg") == ["b_MASK", "b"]


def test_equal_stems_keep_their_endings_whatever_the_case(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.png", "in/A.jpg", "in/b.png", "in/c/a.png")
    assert names(tmp_path, "in") == ["A.jpg", "a.png", "b", "c/a"]


def test_of_several_folders_each_is_named(tmp_path: Path) -> None:
    touch(tmp_path, "one/a.png", "two/a.png", "three/one/a.png")
    assert names(tmp_path, "two", "one", "three/one") == ["two/a", "one/a.png", "one/a.png-2"]


def test_a_file_counts_once_and_is_taken_whatever_it_is(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.png", "in/notes.txt")
    assert names(tmp_path, "in/notes.txt", "in", "in/a.png") == ["notes", "a"]


def test_results_are_not_inputs(tmp_path: Path) -> None:
    touch(tmp_path, "a.png", "out/masks/a.png", "old/run.json", "old/findings.jsonl", "old/x.png")
    assert names(tmp_path, ".") == ["a"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_links_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    touch(tmp_path, "elsewhere/b.png", "in/a.png")
    (tmp_path / "in" / "self").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "other").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "in" / "broken.png").symlink_to(tmp_path / "nowhere")
    assert names(tmp_path, "in") == ["a", "broken", "other/b"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_a_name_that_is_no_unicode_can_be_written_down(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / os.fsdecode(b"\xe9.png")).write_bytes(b"x")
    (source,) = collect_sources([tmp_path / "in"], tmp_path / "out").files
    assert source.path.read_bytes() == b"x"
    assert source.shown.encode("utf-8").endswith(rb"\udce9.png")


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NodulensError, match="no such file"):
        names(tmp_path, "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(NodulensError, match="no PNG, JPEG"):
        names(tmp_path, "empty")
