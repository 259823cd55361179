"""Files made to hurt: each is read or refused, quickly and in little memory, never more."""

from __future__ import annotations

import io
import struct
import time
import tracemalloc
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    RLELossless,
)

from nodulens.errors import UnreadableFile
from nodulens.frames import FrameFile
from tests.dicom.ultrasound import save, ultrasound
from tests.pictures import scan

SECONDS, MEBIBYTES = 5, 200
GREY = scan((90, 80, 30, 20))


def _file(dataset: Dataset) -> bytes:
    stream = io.BytesIO()
    # What is wrong is meant.
    with warnings.catch_warnings(action="ignore"):
        dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def _patched(old: bytes, new: bytes, **changes: object) -> bytes:
    content = _file(ultrasound(GREY, **changes))
    assert old in content
    return content.replace(old, new)


def _spacing(text: str) -> bytes:
    return _patched(b"0.12345678", text.encode().ljust(10), SequenceOfUltrasoundRegions=None,
                    PixelSpacing=["0.12345678"] * 2)  # fmt: skip


def _delta(value: float) -> bytes:
    mark = struct.pack("<d", 0.01)
    return _patched(mark, struct.pack("<d", value))


def _nested(depth: int) -> bytes:
    """Sequences in sequences, without lengths, as deep as the file is long."""
    head = _file(ultrasound(GREY))
    at = head.index(struct.pack("<HH", 0x0018, 0x6011))
    begin = struct.pack("<HH2sHL", 0x0018, 0x6011, b"SQ", 0, 0xFFFFFFFF)
    item = struct.pack("<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF)
    return head[:at] + (begin + item) * depth


def _bomb() -> bytes:
    """300 KB that inflate to 300 MB."""
    dataset = ultrasound(GREY)
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    whole = _file(dataset)
    length = 12 + struct.unpack("<L", whole[140:144])[0] + 132
    body = zlib.decompressobj(-zlib.MAX_WBITS).decompress(whole[length:])
    deflater = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    content = deflater.compress(body) + b"".join(
        deflater.compress(bytes(2**20)) for _ in range(300)
    )
    return whole[:length] + content + deflater.flush()


def _palette() -> bytes:
    """A table of two colours, for pixels that ask for 256."""
    dataset = ultrasound(GREY, PhotometricInterpretation="PALETTE COLOR")
    for name in ("Red", "Green", "Blue"):
        setattr(dataset, f"{name}PaletteColorLookupTableDescriptor", [2, 300, 16])
        setattr(dataset, f"{name}PaletteColorLookupTableData", b"\0\0\xff\xff")
    return _file(dataset)


def _coded(syntax: str, frames: list[bytes], **changes: object) -> bytes:
    dataset = ultrasound(GREY, **changes)
    dataset.PixelData = encapsulate(frames)
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = syntax
    return _file(dataset)


def _endless_item() -> bytes:
    content = _coded(RLELossless, [bytes(64)])
    at = content.index(struct.pack("<HHL", 0xFFFE, 0xE000, 64))
    return content[: at + 4] + b"\xff\xff\xff\xff" + content[at + 8 :]


HOSTILE: dict[str, Callable[[], bytes]] = {
    "a frame of 65535×65535": lambda: _file(ultrasound(GREY, Rows=65535, Columns=65535)),
    "65535×65535 in colour": lambda: _file(
        ultrasound(GREY, Rows=65535, Columns=65535, SamplesPerPixel=3, PlanarConfiguration=0,
                   PhotometricInterpretation="RGB")
    ),
    "two thousand million frames": lambda: _file(ultrasound(GREY, NumberOfFrames=2**31 - 1)),
    "a negative number of frames": lambda: _file(ultrasound(GREY, NumberOfFrames=-3)),
    "frames in words": lambda: _patched(b"12345678", b"a couple", NumberOfFrames=12345678),
    "frames that lie": lambda: _file(ultrasound(GREY, NumberOfFrames=40)),
    "no rows": lambda: _file(ultrasound(GREY, Rows=0)),
    "no bits": lambda: _file(ultrasound(GREY, BitsAllocated=0, BitsStored=0)),
    "more bits than there are": lambda: _file(ultrasound(GREY, BitsStored=12)),
    "four colours": lambda: _file(ultrasound(GREY, SamplesPerPixel=4)),
    "spacing NaN": lambda: _spacing("nan"),
    "spacing infinity": lambda: _spacing("inf"),
    "spacing 0": lambda: _spacing("0"),
    "spacing -1": lambda: _spacing("-1"),
    "spacing in words": lambda: _spacing("one tenth"),
    "delta NaN": lambda: _delta(float("nan")),
    "delta infinity": lambda: _delta(float("inf")),
    "delta 0": lambda: _delta(0),
    "delta -1": lambda: _delta(-1),
    "sequences in sequences": lambda: _nested(3000),
    "sequences in sequences in sequences": lambda: _nested(100_000),
    "a deflate bomb": _bomb,
    "palette indices out of range": _palette,
    "an item without an end": _endless_item,
    "an RLE header of lies": lambda: _coded(RLELossless, [struct.pack("<16L", 15, *[2**31] * 15)]),
    "JPEG that is none": lambda: _coded(JPEGBaseline8Bit, [b"\xff\xd8\xff" + bytes(99)]),
    "JPEG 2000 that is none": lambda: _coded(JPEG2000Lossless, [b"\xff\x4f\xff\x51" + bytes(96)]),
    "no frame at all": lambda: _coded(JPEGBaseline8Bit, []),
    "an offset table of lies": lambda: _file(
        ultrasound(
            np.stack([GREY, GREY]), ExtendedOffsetTable=struct.pack("<2Q", 2**62, 2**63),
            ExtendedOffsetTableLengths=struct.pack("<2Q", 2**62, 1),
        )
    ),
    "a window of text": lambda: _patched(b"1234.5", b"middle", WindowCenter="1234.5",
                                         WindowWidth="100"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_read_or_refused_quickly_and_in_little_memory(name, tmp_path):
    path = tmp_path / "hostile.dcm"
    path.write_bytes(HOSTILE[name]())
    begin = time.perf_counter()
    tracemalloc.start()
    refusal = None
    try:
        with FrameFile(path) as file:
            for frame in file:
                assert frame.pixels.shape == GREY.shape
                assert frame.scale.mm_per_px_xy is None or "spacing" not in name
                assert frame.scale.mm_per_px_xy is None or "delta" not in name
    except UnreadableFile as error:
        refusal = str(error)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert refusal is None or refusal.startswith(f"{path}: ")
    assert time.perf_counter() - begin < SECONDS
    assert peak < MEBIBYTES * 2**20


@pytest.mark.parametrize(
    "name",
    [
        "a frame of 65535×65535", "frames that lie", "frames in words", "a deflate bomb",
        "sequences in sequences in sequences", "no frame at all", "an RLE header of lies",
    ],
)  # fmt: skip
def test_what_is_no_picture_is_refused(name, tmp_path):
    path = tmp_path / "hostile.dcm"
    path.write_bytes(HOSTILE[name]())
    with pytest.raises(UnreadableFile), FrameFile(path) as file:
        file[0]


def test_a_large_element_before_the_pixels_is_not_read(tmp_path):
    path = tmp_path / "fat.dcm"
    dataset = ultrasound(GREY)
    block = dataset.private_block(0x0009, "FAT", create=True)
    block.add_new(1, "OB", bytes(65 * 2**20))
    save(path, dataset)
    tracemalloc.start()
    with pytest.raises(UnreadableFile, match="65 MiB"):
        FrameFile(path)
    assert tracemalloc.get_traced_memory()[1] < 5 * 2**20
    tracemalloc.stop()


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.1.98", "1.2.3", ImplicitVRLittleEndian])
def test_a_transfer_syntax_that_is_unknown_or_a_lie(syntax, tmp_path):
    content = bytearray(_file(ultrasound(GREY)))
    at = content.index(b"1.2.840.10008.1.2.1\0")
    path = Path(tmp_path / "x.dcm")
    # As long as the old one, or the lengths before it would not hold.
    content[at : at + 20] = syntax[:20].encode().ljust(20, b"\0")
    path.write_bytes(content)
    try:
        with FrameFile(path) as file:
            assert np.array_equal(file[0].pixels, GREY)
    except UnreadableFile:
        pass
