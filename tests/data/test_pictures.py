from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from nodulens.data.pictures import encode_mask, grey_pixels, read_mask, rgb_pixels
from nodulens.errors import BadData
from tests.data.conftest import Save


def test_colour_becomes_grey(tmp_path: Path, save: Save) -> None:
    path = save(tmp_path / "x.png", np.full((4, 6, 3), (200, 200, 200), np.uint8))
    assert (grey_pixels(path) == np.full((4, 6), 200)).all()
    assert rgb_pixels(path).shape == (4, 6, 3)


def test_deep_picture_keeps_its_range(tmp_path: Path, save: Save) -> None:
    path = save(tmp_path / "x.png", np.array([[0, 2000], [4000, 1000]], np.uint16))
    assert grey_pixels(path).tolist() == [[0, 127], [255, 63]]


@pytest.mark.parametrize(
    ("values", "inside"),
    [([[0, 255]], [[False, True]]), ([[0, 1]], [[False, True]]), ([[120, 140]], [[False, True]]),
     ([[0, 0]], [[False, False]])],
)  # fmt: skip
def test_mask_threshold(
    tmp_path: Path, save: Save, values: list[list[int]], inside: list[list[bool]]
) -> None:
    assert read_mask(save(tmp_path / "m.png", np.array(values, np.uint8))).tolist() == inside


def test_mask_survives_encoding(disc: np.ndarray) -> None:
    with Image.open(io.BytesIO(encode_mask(disc > 0))) as image:
        assert (np.asarray(image) == disc).all()


def test_size_agrees_with_pixels_however_turned(tmp_path: Path) -> None:
    for orientation in range(1, 9):
        image = Image.fromarray(np.zeros((10, 20), np.uint8))
        exif = image.getexif()
        exif[0x0112] = orientation
        path = tmp_path / f"{orientation}.jpg"
        image.save(path, exif=exif)
        shown = (20, 10) if orientation in (5, 6, 7, 8) else (10, 20)
        assert grey_pixels(path).shape == read_mask(path).shape == shown


def test_other_formats_are_refused_by_content(tmp_path: Path, save: Save) -> None:
    gif = save(tmp_path / "x.gif")
    gif.rename(tmp_path / "x.png")
    with pytest.raises(BadData, match="not a PNG"):
        grey_pixels(tmp_path / "x.png")


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(["PNG", "JPEG", "BMP", "TIFF"]),
    at=st.floats(0, 1, exclude_max=True),
    value=st.integers(0, 255),
    keep=st.floats(0, 1),
)
def test_damaged_file_gives_pixels_or_bad_data(
    tmp_path: Path, kind: str, at: float, value: int, keep: float
) -> None:
    stream = io.BytesIO()
    Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16)).save(stream, kind)
    content = bytearray(stream.getvalue())
    content[int(at * len(content))] = value
    path = tmp_path / "x"
    path.write_bytes(content[: int(keep * len(content))])
    try:
        dimensions = grey_pixels(path).ndim
    except BadData:
        return
    assert dimensions == 2
