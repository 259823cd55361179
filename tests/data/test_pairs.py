from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nodulens import frames
from nodulens.data.manifest import Row
from nodulens.data.pairs import read_frame, read_pair
from nodulens.errors import BadData, UnreadableFile


def row(mask: str | None = "mask.png", image: str = "image.png") -> Row:
    return Row(id="a", image=image, mask=mask, group="a", sha256="0" * 64, width=120, height=90)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    deep = np.zeros((90, 120), np.uint16)
    deep[20:80, 20:100] = np.random.default_rng(0).integers(1000, 30000, (60, 80))
    Image.fromarray(deep).save(tmp_path / "image.png")
    mask = np.zeros((90, 120), np.uint8)
    mask[40:60, 40:70] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    return tmp_path


def test_pixels_are_those_that_analyze_sees(folder: Path) -> None:
    frame, mask = read_pair(folder, row())
    (seen,) = frames.read(folder / "image.png")
    np.testing.assert_array_equal(frame.pixels, seen.pixels)
    assert frame.scan_areas == seen.scan_areas
    assert mask.dtype == np.bool_
    assert mask.sum() == 20 * 30


def test_sizes_must_agree(folder: Path) -> None:
    Image.new("L", (119, 90)).save(folder / "mask.png")
    with pytest.raises(BadData, match=r"mask\.png: is 119×90 where the image is 120×90"):
        read_pair(folder, row())


def test_a_stack_is_no_row(folder: Path) -> None:
    first, second = Image.new("L", (60, 60), 90), Image.new("L", (60, 60), 120)
    first.save(folder / "stack.tif", save_all=True, append_images=[second])
    with pytest.raises(BadData, match=r"stack\.tif: holds 2 frames"):
        read_frame(folder, row(image="stack.tif"))


def test_missing_files_are_named(folder: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"gone\.png"):
        read_frame(folder, row(image="gone.png"))
    with pytest.raises(BadData, match=r"gone\.png"):
        read_pair(folder, row(mask="gone.png"))
    with pytest.raises(ValueError, match="no mask"):
        read_pair(folder, row(mask=None))
