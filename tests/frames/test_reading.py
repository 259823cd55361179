from __future__ import annotations

import contextlib
import hashlib
import struct
import subprocess
import sys
import time
import tracemalloc
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from nodulens.errors import UnreadableFile
from nodulens.frames import FrameFile, limits, read
from nodulens.frames.reading import open_file
from tests.dicom.ultrasound import save, ultrasound
from tests.pictures import scan


def _png_header(width: int, height: int) -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = b"IDAT" + zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part))
        for part in (header, data, b"IEND")
    )


def test_a_screen_is_read_whole(tmp_path, screen, ticks):
    pixels = screen([(87, 8, 385, 300)])
    ticks(pixels, 86, 7, 50.6, 6, large=(0, 5))
    path = tmp_path / "a scan.png"
    Image.fromarray(pixels).save(path)
    (frame,) = read(path)
    assert np.array_equal(frame.pixels, pixels)
    assert frame.source == str(path)
    assert frame.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert frame.index == 0
    assert len(frame.scan_areas) == 1
    assert frame.scale.origin == "depth-ruler"
    assert frame.scale.mm_per_px == pytest.approx(10 / 50.6, rel=0.01)


def test_content_counts_and_not_the_name(tmp_path):
    path = tmp_path / "picture.jpg"
    Image.new("L", (20, 10), 7).save(path, "PNG")
    assert read(str(path))[0].pixels.shape == (10, 20)


def test_pages_are_numbered_from_zero(tmp_path):
    path = tmp_path / "two.tif"
    pages = [Image.new("L", (20, 10), value) for value in (1, 2)]
    pages[0].save(path, save_all=True, append_images=pages[1:])
    assert [(frame.index, frame.pixels[0, 0]) for frame in read(path)] == [(0, 1), (1, 2)]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.png", b"", "empty"),
        ("text.jpg", b"Dear colleague, the picture is attached.\n" * 40, "this is text"),
        ("drawing.png", b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        ("bare.png", b"<svg width='9' height='9'></svg>", "SVG"),
        ("page.png", b"\xef\xbb\xbf<!DOCTYPE html>\n<html><body>404</body></html>", "web page"),
        ("scan.png", b"GIF89a" + bytes(50), "GIF"),
        ("scan.tif", b"%PDF-1.7\n" + bytes(50), "PDF"),
        ("scan.dcm", b"PK\x03\x04" + bytes(50), "ZIP"),
        ("scan.jpg", b"RIFF\x10\0\0\0WEBPVP8 " + bytes(50), "WEBP"),
        ("scan.heic", b"\0\0\0\x18ftypheic" + bytes(50), "HEIF"),
        ("noise.bin", bytes(range(255, 0, -1)), "no known image"),
        ("cut.png", _png_header(64, 64)[:60], "damaged or incomplete"),
        ("cut.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\0", "damaged or incomplete"),
        ("bomb.png", _png_header(30000, 30000), "32 megapixels"),
        ("wide.png", _png_header(2**31 - 1, 2**31 - 1), "pixels"),
        ("zero.png", _png_header(0, 5), "again"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_files_name_the_file_and_the_mend(tmp_path, name, content, says):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UnreadableFile) as caught:
        read(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert says in message
    assert ";" in message


def test_a_bomb_is_refused_from_its_header_without_pillow_s_help(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    path = tmp_path / "bomb.png"
    path.write_bytes(_png_header(30000, 30000))
    tracemalloc.start()
    begin = time.perf_counter()
    with pytest.raises(UnreadableFile, match="30000×30000"):
        read(path)
    assert time.perf_counter() - begin < 1
    assert tracemalloc.get_traced_memory()[1] < 10 * 2**20
    tracemalloc.stop()


def test_pictures_just_inside_the_limit_are_read_without_pillow_s_warning(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "MAX_PIXELS", 5000)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 3000)
    Image.new("L", (70, 70)).save(tmp_path / "in.png")
    Image.new("L", (71, 71)).save(tmp_path / "out.png")
    assert read(tmp_path / "in.png")[0].pixels.shape == (70, 70)
    with pytest.raises(UnreadableFile, match="71×71"):
        read(tmp_path / "out.png")


def test_many_pages_count_together(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "MAX_TOTAL_PIXELS", 500)
    pages = [Image.new("L", (10, 10)) for _ in range(6)]
    pages[0].save(tmp_path / "x.tif", save_all=True, append_images=pages[1:])
    with pytest.raises(UnreadableFile, match="6 frames"):
        read(tmp_path / "x.tif")


@pytest.mark.parametrize(
    ("start", "most"),
    [
        (b"\x89PNG\r\n\x1a\n", limits.MAX_PICTURE_BYTES),
        (bytes(128) + b"DICM", limits.MAX_FILE_BYTES),
    ],
)
def test_a_file_too_large_is_not_even_read(start, most, tmp_path):
    path = tmp_path / "large"
    with path.open("wb") as stream:
        stream.write(start)
        stream.truncate(most + 1)
    with pytest.raises(UnreadableFile, match=f"more than the {most // 2**20} MiB"):
        read(path)


def test_the_kind_of_a_file_is_told_by_how_it_begins(tmp_path):
    path = tmp_path / "called.dcm"
    Image.new("L", (4, 4)).save(path, "BMP")
    stream, kind = open_file(path)
    with stream:
        assert (stream.read(), kind) == (path.read_bytes(), "BMP")
    path.write_bytes(b"\0" * 128 + b"DICM")
    stream, kind = open_file(path)
    stream.close()
    assert kind == "DICOM"
    path.write_text("words", "utf-8")
    with pytest.raises(UnreadableFile, match="this is text"):
        open_file(path)


def test_missing_files_and_folders(tmp_path):
    with pytest.raises(UnreadableFile, match="No such file"):
        read(tmp_path / "nothing.png")
    with pytest.raises(UnreadableFile, match="directory"):
        read(tmp_path)


def _is_read_or_refused(path):
    with contextlib.suppress(UnreadableFile):
        frames = read(path)
        assert frames
        assert all(frame.pixels.dtype == np.uint8 for frame in frames)


@settings(max_examples=150, deadline=None)
@given(
    start=st.sampled_from(
        [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM", b"II*\0", b"MM\0*", b"\x08\0\x08\0CS"]
    ),
    rest=st.binary(max_size=400),
)
def test_no_bytes_bring_anything_but_frames_or_the_one_error(tmp_path_factory, start, rest):
    path = tmp_path_factory.getbasetemp() / "fuzz"
    path.write_bytes(start + rest)
    _is_read_or_refused(path)


@settings(max_examples=150, deadline=None)
@given(data=st.data(), kind=st.sampled_from(["PNG", "JPEG", "BMP", "TIFF"]))
def test_no_damage_brings_anything_but_frames_or_the_one_error(tmp_path_factory, data, kind):
    path = tmp_path_factory.getbasetemp() / "damaged"
    ramp = np.arange(40 * 50, dtype=np.uint16).reshape(40, 50) % 251
    Image.fromarray(ramp.astype(np.uint8)).save(path, kind)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    _is_read_or_refused(path)


def test_importing_the_room_loads_neither_pydicom_nor_torch():
    code = "import sys, nodulens.frames; sys.exit(bool({'pydicom', 'torch'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_frames_are_decoded_when_asked_for_and_in_any_order(tmp_path):
    frames = np.stack([scan((40 + 20 * k, 80, 30, 20)) for k in range(5)])
    path = save(tmp_path / "cine.dcm", ultrasound(frames))
    with FrameFile(path) as file:
        assert len(file) == 5
        assert file.is_cine
        assert file.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert file.header.PatientID == "NL-0001"
        for index in (3, 0, 4, 4, 1, -1):
            assert np.array_equal(file[index].pixels, frames[index])
        assert [frame.index for frame in file[1:3]] == [1, 2]
        with pytest.raises(IndexError):
            file[5]
    with FrameFile(save(tmp_path / "still.dcm", ultrasound(frames[0]))) as file:
        assert not file.is_cine


def test_memory_does_not_grow_with_the_frames(tmp_path):
    frames = np.zeros((60, 400, 600, 3), np.uint8)
    path = save(tmp_path / "cine.dcm", ultrasound(frames))
    del frames
    with FrameFile(path) as file:
        assert file[0].pixels.any() == 0  # imports and caches
        tracemalloc.start()
        for frame in file:
            assert frame.pixels.shape == (400, 600)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert path.stat().st_size > 40 * 2**20
    assert peak < 20 * 2**20
