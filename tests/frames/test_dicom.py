from __future__ import annotations

import importlib.util
import io
import tracemalloc
import zlib
from pathlib import Path

import data_store
import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
    UltrasoundImageStorage,
)

from nodulens.errors import UnreadableFile
from nodulens.frames import FrameFile, limits, read
from nodulens.frames.dicom import DicomFile, read_header

GREY = np.random.default_rng(0).integers(0, 256, (12, 18), np.uint8)
RGB = np.random.default_rng(1).integers(0, 256, (12, 18, 3), np.uint8)
STORE = Path(data_store.__file__).parent / "data"
"""What ships inside pydicom-data."""
LUMINANCE = np.array(Image.fromarray(RGB).convert("L"))


def ultrasound(values=GREY, photometric="MONOCHROME2", bits=None, **elements) -> Dataset:
    """Build an ultrasound image; ``values`` is (H, W), (H, W, 3) or has frames before."""
    colour = photometric in {"RGB", "YBR_FULL"}
    shape = values.shape[:-1] if colour else values.shape
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = UltrasoundImageStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = UltrasoundImageStorage
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID
    dataset.Modality = "US"
    dataset.Rows, dataset.Columns = shape[-2:]
    if len(shape) == 3:
        dataset.NumberOfFrames = shape[0]
    dataset.SamplesPerPixel = 3 if colour else 1
    if colour:
        dataset.PlanarConfiguration = 0
    dataset.PhotometricInterpretation = photometric
    dataset.BitsAllocated = values.dtype.itemsize * 8
    dataset.BitsStored = bits or dataset.BitsAllocated
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(values.dtype.kind == "i")
    content = values.tobytes()
    dataset.PixelData = content + bytes(len(content) % 2)
    dataset["PixelData"].VR = "OW" if dataset.BitsAllocated == 16 else "OB"
    for name, value in elements.items():
        setattr(dataset, name, value)
    return dataset


def saved(dataset: Dataset, path, syntax=None):
    if syntax is not None:
        dataset.file_meta.TransferSyntaxUID = syntax
    dataset.save_as(path, enforce_file_format=True)
    return path


@pytest.fixture
def file(tmp_path):
    return tmp_path / "image.dcm"


def shipped(name: str) -> str:
    """Path of a file that comes inside the pydicom package."""
    path = get_testdata_file(name, download=False)
    assert path is not None
    return path


def test_grey_is_kept(file):
    (frame,) = read(saved(ultrasound(), file))
    assert np.array_equal(frame.pixels, GREY)
    assert frame.notes == []


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_other_encodings_of_the_same(file, syntax):
    dataset = ultrasound()
    implicit, little = syntax == ImplicitVRLittleEndian, syntax != ExplicitVRBigEndian
    dataset.file_meta.TransferSyntaxUID = syntax
    pydicom.dcmwrite(
        file, dataset, enforce_file_format=True, implicit_vr=implicit, little_endian=little
    )
    assert np.array_equal(read(file)[0].pixels, GREY)


def test_monochrome1_is_inverted(file):
    assert np.array_equal(
        read(saved(ultrasound(photometric="MONOCHROME1"), file))[0].pixels, 255 - GREY
    )


def test_rgb_becomes_luminance(file):
    (frame,) = read(saved(ultrasound(RGB, "RGB"), file))
    assert np.array_equal(frame.pixels, LUMINANCE)
    assert frame.notes[0] == "colour picture reduced to its luminance"


def test_colour_by_plane(file):
    dataset = ultrasound(RGB, "RGB", PlanarConfiguration=1)
    dataset.PixelData = np.moveaxis(RGB, 2, 0).tobytes()
    assert np.array_equal(read(saved(dataset, file))[0].pixels, LUMINANCE)


def test_ybr_full(file):
    ybr = np.array(Image.fromarray(RGB).convert("YCbCr"))
    pixels = read(saved(ultrasound(ybr, "YBR_FULL"), file))[0].pixels
    # Colours at the edge of the cube are clipped on the way, which moves their luminance.
    inside = ((RGB > 20) & (RGB < 235)).all(axis=2)
    assert np.abs(pixels.astype(int) - LUMINANCE)[inside].max() <= 2


@pytest.mark.parametrize("bits", [8, 16])
def test_palette(file, bits):
    table = np.random.default_rng(2).integers(0, 256, (256, 3), np.uint8)
    dataset = ultrasound(photometric="PALETTE COLOR")
    for name, column in zip(("Red", "Green", "Blue"), table.T, strict=True):
        setattr(dataset, f"{name}PaletteColorLookupTableDescriptor", [256, 0, bits])
        data = column.tobytes() if bits == 8 else (column.astype("<u2") << 8).tobytes()
        setattr(dataset, f"{name}PaletteColorLookupTableData", data)
    expected = np.array(Image.fromarray(table[GREY]).convert("L"))
    assert np.array_equal(read(saved(dataset, file))[0].pixels, expected)


def test_rle(file):
    dataset = ultrasound(RGB, "RGB")
    dataset.compress(RLELossless, generate_instance_uid=False)
    assert np.array_equal(read(saved(dataset, file))[0].pixels, LUMINANCE)


def _coded(image: np.ndarray, kind: str, **options) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, kind, **options)
    return encapsulate([stream.getvalue()])


def test_jpeg_baseline(file):
    smooth = np.kron(GREY[:4, :6] // 2 + 60, np.ones((8, 8), np.uint8))
    dataset = ultrasound(smooth, PixelData=_coded(smooth, "JPEG", quality=98))
    dataset["PixelData"].is_undefined_length = True
    pixels = read(saved(dataset, file, JPEGBaseline8Bit))[0].pixels
    assert np.abs(pixels.astype(int) - smooth).max() <= 4


def test_jpeg_2000_with_its_own_colours(file):
    dataset = ultrasound(RGB, "RGB", PixelData=_coded(RGB, "JPEG2000", no_jp2=True, mct=1))
    dataset.PhotometricInterpretation = "YBR_RCT"
    dataset["PixelData"].is_undefined_length = True
    assert np.array_equal(read(saved(dataset, file, JPEG2000Lossless))[0].pixels, LUMINANCE)


def test_sixteen_bits_without_a_window(file):
    deep = GREY.astype(np.uint16) * 16
    (frame,) = read(saved(ultrasound(deep, bits=12), file))
    assert np.array_equal(frame.pixels, np.rint(deep * (255 / 4095)))
    assert frame.notes == ["12-bit values rescaled to 8 bits"]


def test_window(file):
    values = np.array([[0, 100, 200, 300, 400]], np.uint16)
    dataset = ultrasound(values, WindowCenter=["200.5", "7"], WindowWidth=["201", "7"])
    (frame,) = read(saved(dataset, file))
    assert frame.pixels.tolist() == [[0, 0, 128, 255, 255]]
    assert "window (centre 200.5, width 201)" in frame.notes[0]


def test_the_window_of_the_whole_range_changes_nothing(file):
    dataset = ultrasound(WindowCenter=128, WindowWidth=256)
    assert np.array_equal(read(saved(dataset, file))[0].pixels, GREY)


@pytest.mark.parametrize(
    ("function", "expected"),
    [("LINEAR_EXACT", [0, 64, 128, 191, 255]), ("SIGMOID", [30, 69, 128, 186, 225])],
)
def test_other_window_functions(file, function, expected):
    values = np.array([[100, 150, 200, 250, 300]], np.uint16)
    dataset = ultrasound(values, WindowCenter=200, WindowWidth=200, VOILUTFunction=function)
    assert read(saved(dataset, file))[0].pixels.tolist() == [expected]


@pytest.mark.parametrize("width", ["0", "-5"])
def test_an_impossible_window_is_ignored_and_noted(file, width):
    (frame,) = read(saved(ultrasound(WindowCenter=10, WindowWidth=width), file))
    assert np.array_equal(frame.pixels, GREY)
    assert "impossible" in frame.notes[0]


def test_rescale_comes_before_the_window(file):
    values = np.array([[0, 50, 100]], np.int16)
    dataset = ultrasound(
        values, RescaleSlope=2, RescaleIntercept=-100, WindowCenter=0.5, WindowWidth=201
    )
    assert read(saved(dataset, file))[0].pixels.tolist() == [[0, 128, 255]]


def test_signed_values_without_a_window_are_stretched_and_it_is_said(file):
    (frame,) = read(saved(ultrasound(np.array([[-100, 20, 100]], np.int16)), file))
    assert frame.pixels.tolist() == [[0, 153, 255]]
    assert "from its lowest (-100) to its highest value (100)" in frame.notes[0]


def test_voi_table(file):
    table = Dataset()
    table.add_new("LUTDescriptor", "US", [256, 0, 16])
    table.add_new("LUTData", "US", [(255 - value) * 257 for value in range(256)])
    (frame,) = read(saved(ultrasound(VOILUTSequence=[table]), file))
    assert np.array_equal(frame.pixels, 255 - GREY)
    assert "VOI table" in frame.notes[0]


def test_every_frame_of_a_cine(file):
    frames = np.stack([np.roll(GREY, k, axis=0) for k in range(4)])
    found = read(saved(ultrasound(frames), file))
    assert [frame.index for frame in found] == [0, 1, 2, 3]
    assert all(np.array_equal(a.pixels, b) for a, b in zip(found, frames, strict=True))
    assert found[1].notes == ["frame 2 of 4"]


@pytest.mark.parametrize(
    "syntax",
    [RLELossless, JPEGLSLossless, JPEG2000Lossless, ImplicitVRLittleEndian, ExplicitVRLittleEndian],
)
@pytest.mark.parametrize("colour", [False, True])
def test_a_cine_in_every_lossless_encoding_that_can_be_written(file, syntax, colour):
    # Eight times as large: JPEG 2000 halves a picture five times.
    grey = np.kron(LUMINANCE if colour else GREY, np.ones((8, 8), np.uint8))
    still = np.kron(RGB, np.ones((8, 8, 1), np.uint8)) if colour else grey
    frames = np.stack([np.roll(still, k, axis=0) for k in range(4)])
    dataset = ultrasound(frames, "RGB" if colour else "MONOCHROME2")
    if syntax.is_compressed:
        dataset.compress(syntax, generate_instance_uid=False)
        saved(dataset, file)
    else:
        dataset.file_meta.TransferSyntaxUID = syntax
        pydicom.dcmwrite(file, dataset, enforce_file_format=True)
    found = read(file)
    expected = [np.roll(grey, k, axis=0) for k in range(4)]
    assert all(np.array_equal(a.pixels, b) for a, b in zip(found, expected, strict=True))


def test_a_stated_encoding_that_is_not_the_written_one(file):
    content = saved(ultrasound(), file).read_bytes()
    assert content.count(b"1.2.840.10008.1.2.1\0") == 1
    # Says implicit, is explicit.
    file.write_bytes(content.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2\0\0\0"))
    assert np.array_equal(read(file)[0].pixels, GREY)


def test_lossless_jpeg_of_a_scanner(file):
    path = STORE / "JPGLosslessP14SV1_1s_1f_8b.dcm"
    (frame,) = read(path)
    assert frame.pixels.shape == (768, 1024)
    assert frame.scale.mm_per_px == pytest.approx(0.2548, abs=1e-4)
    assert np.percentile(frame.pixels, 99) > 50


def test_values_as_stored_and_as_shown(file):
    for values, photometric, seen in (
        (RGB, "RGB", RGB),
        (GREY, "MONOCHROME2", GREY),
        (GREY, "MONOCHROME1", 255 - GREY),
    ):
        with saved(ultrasound(values, photometric), file).open("rb") as stream:
            image = DicomFile(stream, "x.dcm")
            assert np.array_equal(image.stored(0), values)
            shown = image.show(image.stored(0))
            assert np.array_equal(shown.grey if shown.colour is None else shown.colour, seen)
            assert np.array_equal(image.show(values[:3]).grey, image.decode(0).grey[:3])


def test_the_header_of_what_has_no_pixels(file):
    dataset = ultrasound()
    del dataset.PixelData
    with saved(dataset, file).open("rb") as stream:
        assert read_header(stream, "x.dcm")[1].Modality == "US"


def test_a_file_without_preamble(file):
    dataset = ultrasound()
    with io.BytesIO() as stream:
        del dataset.file_meta
        pydicom.dcmwrite(stream, dataset, implicit_vr=True, little_endian=True)
        file.write_bytes(stream.getvalue())
    assert np.array_equal(read(file)[0].pixels, GREY)


def test_another_modality_is_noted(file):
    assert "modality CT" in read(saved(ultrasound(Modality="CT"), file))[0].notes[0]


@pytest.mark.parametrize("bad", ["nan", "0", "-1", "1e9", "wide"])
def test_an_impossible_spacing_leaves_the_scale_unknown(file, bad):
    content = saved(ultrasound(PixelSpacing=["0.12345678", "0.12345678"]), file).read_bytes()
    assert b"0.12345678" in content
    file.write_bytes(content.replace(b"0.12345678", bad.encode().ljust(10)))
    (frame,) = read(file)
    assert np.array_equal(frame.pixels, GREY)
    assert frame.scale.mm_per_px_xy is None
    assert frame.scale.note


# What cannot be read.


def _says(path, *words: str) -> str:
    with pytest.raises(UnreadableFile) as caught:
        read(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "libjpeg" not in message.replace("pylibjpeg pylibjpeg-openjpeg", "")
    for word in words:
        assert word in message
    return message


def test_without_pixels(file):
    dataset = ultrasound()
    del dataset.PixelData
    _says(saved(dataset, file), "without pixels")


@pytest.mark.parametrize("drop", ["Rows", "BitsAllocated", "PhotometricInterpretation"])
def test_without_a_needed_element(file, drop):
    dataset = ultrasound()
    delattr(dataset, drop)
    _says(saved(dataset, file))


@pytest.mark.parametrize("rows", [0, 65535])
def test_a_size_that_is_not_the_pixels_own(file, rows):
    _says(saved(ultrasound(Rows=rows), file))


def test_the_pixel_limit_comes_before_decoding(file):
    _says(saved(ultrasound(Rows=60000, Columns=60000), file), "60000×60000", "32 megapixels")


def test_the_pixel_limit_counts_all_frames(file):
    _says(saved(ultrasound(Rows=5000, Columns=5000, NumberOfFrames=200), file), "200 frames")


@pytest.mark.parametrize("frames", [2, 3, 4096])
def test_more_frames_promised_than_held(file, frames):
    _says(saved(ultrasound(NumberOfFrames=frames), file), "promises", "holds 216")
    coded = _coded(GREY, "JPEG")
    dataset = ultrasound(NumberOfFrames=frames, PixelData=encapsulate([coded]))
    dataset["PixelData"].is_undefined_length = True
    _says(saved(dataset, file, JPEGBaseline8Bit), f"promises {frames} compressed frames", "holds 1")


def test_a_huge_picture_inside_a_small_data_set(file):
    coded = _coded(np.zeros((3000, 4000), np.uint8), "JPEG")
    dataset = ultrasound(PixelData=coded)
    dataset["PixelData"].is_undefined_length = True
    path = saved(dataset, file, JPEGBaseline8Bit)
    tracemalloc.start()
    _says(path, "4000×3000", "18×12")
    assert tracemalloc.get_traced_memory()[1] < 5 * 2**20
    tracemalloc.stop()


def test_jpeg_ls_is_held_to_its_stated_size(file):
    dataset = pydicom.dcmread(shipped("MR_small_jpeg_ls_lossless.dcm"))
    dataset.Rows = 32
    dataset.save_as(file)
    _says(file, "64×64", "64×32")


def _deflated(dataset: Dataset, path, times: int = 1):
    """Write a deflated file whose pixels are repeated ``times`` times."""
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.DeflatedExplicitVRLittleEndian
    dataset.PixelData = dataset.PixelData * times
    return saved(dataset, path)


def test_deflated_is_read(file):
    assert np.array_equal(read(_deflated(ultrasound(), file))[0].pixels, GREY)


def test_deflated_is_inflated_no_further_than_the_limit(file, monkeypatch):
    path = _deflated(ultrasound(np.zeros((1000, 1000), np.uint8)), file, times=20)
    assert path.stat().st_size < 100_000
    monkeypatch.setattr("nodulens.frames.dicom.MAX_INFLATED_BYTES", 2**20)
    tracemalloc.start()
    _says(path, "inflates")
    assert tracemalloc.get_traced_memory()[1] < 5 * 2**20
    tracemalloc.stop()
    assert limits.MAX_INFLATED_BYTES < 2**28


@pytest.mark.parametrize("length", [133, 200, 400, -200, -1])
def test_truncated(file, length):
    whole = saved(ultrasound(), file).read_bytes()
    file.write_bytes(whole[:length])
    _says(file)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_damage_brings_anything_but_frames_or_the_one_error(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "damaged.dcm"
    content = bytearray(saved(ultrasound(PixelSpacing=[0.1, 0.1]), path).read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(132, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        frames = read(path)
    except UnreadableFile:
        return
    assert all(frame.pixels.dtype == np.uint8 for frame in frames)


# What ships inside pydicom.


@pytest.mark.parametrize(
    ("name", "shape", "frames"),
    [
        ("examples_rgb_color.dcm", (240, 320), 1),
        ("examples_ybr_color.dcm", (240, 320), 30),
        ("examples_palette.dcm", (350, 800), 1),
        ("examples_jpeg2k.dcm", (480, 640), 1),
    ],
)
def test_real_ultrasound(name, shape, frames):
    found = read(shipped(name))
    assert len(found) == frames
    assert all(frame.pixels.shape == shape for frame in found)
    assert all(np.percentile(frame.pixels, 99) > 10 for frame in found)
    assert not any("not marked as ultrasound" in note for frame in found for note in frame.notes)


@pytest.mark.parametrize(
    ("name", "frames", "shape", "b_mode", "mm_per_px"),
    [
        ("OBXXXX1A.dcm", 1, (600, 800), None, 0.2623),
        ("OBXXXX1A_rle.dcm", 1, (600, 800), None, 0.2623),
        ("OBXXXX1A_expb.dcm", 1, (600, 800), None, 0.2623),
        ("OBXXXX1A_2frame.dcm", 2, (600, 800), None, 0.2623),
        ("OBXXXX1A_rle_2frame.dcm", 2, (600, 800), None, 0.2623),
        ("OBXXXX1A_expb_2frame.dcm", 2, (600, 800), None, 0.2623),
        ("US1_UNCR.dcm", 1, (480, 640), False, None),
        ("US1_UNCI.dcm", 1, (480, 640), False, None),
        ("US1_J2KR.dcm", 1, (480, 640), False, None),
        ("US1_J2KI.dcm", 1, (480, 640), False, None),
        ("color-px.dcm", 1, (120, 256), False, None),
        ("color-pl.dcm", 1, (120, 256), False, None),
        ("gdcm-US-ALOKA-16.dcm", 1, (480, 640), True, 0.3827),
        ("gdcm-US-ALOKA-16_big.dcm", 1, (480, 640), True, 0.3827),
        ("color3d_jpeg_baseline.dcm", 120, (480, 640), True, 0.5105),
        ("ExplVR_BigEnd.dcm", 1, (60, 80), False, None),
    ],
)
def test_real_ultrasound_of_many_makers(name, frames, shape, b_mode, mm_per_px):
    # OBXXXX1A is nearly black but for its coloured title, so whether it is B-mode is left open.
    path = get_testdata_file(name, download=False) or next(STORE.rglob(name))
    with FrameFile(path) as file:
        assert len(file) == frames
        for frame in (file[0], file[-1]):
            assert frame.pixels.shape == shape
            assert np.percentile(frame.pixels, 99) > 10
            assert b_mode is None or frame.b_mode is b_mode
            assert frame.scale.mm_per_px == (
                None if mm_per_px is None else pytest.approx(mm_per_px, abs=1e-4)
            )


def test_one_picture_of_a_scanner_in_four_encodings():
    lossless, compressed = (
        read(next(STORE.rglob(f"US1_{name}.dcm")))[0].pixels for name in ("UNCR", "J2KR")
    )
    assert np.array_equal(lossless, compressed)


@pytest.mark.parametrize(
    "name",
    [
        "SC_rgb_rle.dcm",
        "SC_rgb_dcmtk_+eb+cr.dcm",
        "SC_rgb_dcmtk_+eb+cy+np.dcm",
        "SC_rgb_dcmtk_+eb+cy+n1.dcm",
        "SC_rgb_dcmtk_+eb+cy+s4.dcm",
        "SC_rgb_jpeg_lossy_gdcm.dcm",
        "SC_rgb_jls_lossy_line.dcm",
        "SC_rgb_gdcm_KY.dcm",
        "SC_rgb_rle_16bit.dcm",
        "SC_rgb_rle_2frame.dcm",
        "SC_ybr_full_422_uncompressed.dcm",
        "SC_rgb_jpeg_gdcm.dcm",
    ],
)
def test_one_picture_in_many_encodings(name):
    # The same colour bars: black at the right of the top stripe, white at the foot.
    expected = read(shipped("SC_rgb_jpeg_dcmtk.dcm"))[0].pixels.astype(int)
    assert np.abs(read(shipped(name))[0].pixels - expected).mean() < 3


def test_one_slice_in_many_encodings():
    expected = read(shipped("MR_small.dcm"))[0].pixels
    for name in ("bigendian", "implicit", "jp2klossless", "jpeg_ls_lossless", "RLE", "padded"):
        assert np.array_equal(read(shipped(f"MR_small_{name}.dcm"))[0].pixels, expected), name


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("JPGExtended.dcm", ["12-bit"]),
        ("MR_truncated.dcm", ["damaged"]),
        ("rtplan.dcm", ["without pixels"]),
        ("reportsi.dcm", ["without pixels"]),
        ("rtdose.dcm", ["32 bits a value"]),
        ("liver_1frame.dcm", ["1 bits a value"]),
        ("badVR.dcm", ["damaged"]),
        ("JPEG2000-embedded-sequence-delimiter.dcm", ["damaged"]),
        ("zipMR.gz", ["gzip"]),
    ],
)
def test_what_cannot_be_read_says_why(name, words):
    _says(shipped(name), *words)


@pytest.mark.parametrize("name", ["SC_rgb_jpeg_gdcm.dcm", "JPGExtended.dcm"])
def test_a_decoder_that_is_not_installed_is_named(name, monkeypatch):
    from pydicom.pixels.decoders.base import Decoder

    found = importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name: None if name == "gdcm" else found(name)
    )
    if name == "SC_rgb_jpeg_gdcm.dcm":
        monkeypatch.setattr(Decoder, "is_available", property(lambda self: False))
        _says(shipped(name), "no decoder for JPEG Lossless")
    _says(shipped(name), "pip install python-gdcm")


def test_video_is_named_as_such(file):
    dataset = ultrasound(PixelData=encapsulate([bytes(16)]))
    dataset["PixelData"].is_undefined_length = True
    _says(saved(dataset, file, pydicom.uid.MPEG4HP41), "a video", "still frames")


def test_inflating_needs_the_whole_stream(file):
    whole = _deflated(ultrasound(), file).read_bytes()
    file.write_bytes(whole[:-20])
    _says(file, "incomplete")
    assert zlib.crc32(whole)
