from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from nodulens.errors import UnreadableFile
from nodulens.frames.grey import Picture
from nodulens.frames.picture import PictureFile

GREY = np.random.default_rng(0).integers(0, 256, (11, 17), np.uint8)
RGB = np.random.default_rng(1).integers(0, 256, (11, 17, 3), np.uint8)
LUMINANCE = np.array(Image.fromarray(RGB).convert("L"))
DEEP = GREY.astype(np.uint16) * 257


def _bytes(image: Image.Image, kind: str, **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def _pages(content: bytes, kind: str) -> list[Picture]:
    file = PictureFile(io.BytesIO(content), kind, "x.tif")
    return [file.decode(page) for page in range(len(file))]


def _one(content: bytes, kind: str):
    (picture,) = _pages(content, kind)
    assert picture.grey.dtype == np.uint8
    assert picture.grey.flags.c_contiguous
    return picture.grey, picture.notes


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF"])
@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (Image.fromarray(GREY), GREY),
        (Image.fromarray(RGB), LUMINANCE),
        (Image.fromarray(GREY > 127), np.where(GREY > 127, 255, 0)),
        (Image.fromarray(np.stack([GREY] * 3, -1)).quantize(256), GREY),
    ],
    ids=["grey", "colour", "bilevel", "palette"],
)
def test_lossless_formats_keep_every_value(kind, image, expected):
    pixels, _ = _one(_bytes(image, kind), kind)
    assert np.array_equal(pixels, expected)


@pytest.mark.parametrize(
    "image", [Image.fromarray(GREY), Image.fromarray(np.stack([GREY] * 3, -1))]
)
def test_jpeg_is_close(image):
    pixels, notes = _one(_bytes(image, "JPEG", quality=100, subsampling=0), "JPEG")
    assert np.abs(pixels.astype(int) - GREY).max() <= 4
    assert notes == []


def test_cmyk_jpeg():
    smooth = np.linspace(0, 255, 64).astype(np.uint8)[None, :].repeat(64, axis=0)
    image = Image.fromarray(smooth).convert("RGB").convert("CMYK")
    pixels, _ = _one(_bytes(image, "JPEG", quality=98), "JPEG")
    assert np.abs(pixels.astype(int) - smooth).max() <= 4


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize("levels", [DEEP, GREY.astype(np.uint16) * 16])
def test_sixteen_bits(kind, levels):
    pixels, notes = _one(_bytes(Image.fromarray(levels), kind), kind)
    bits = 16 if levels is DEEP else 12
    assert np.abs(pixels.astype(int) - np.rint(levels * (255 / (2**bits - 1)))).max() == 0
    assert notes == [f"{bits}-bit values rescaled to 8 bits"]


def test_sixteen_bits_white_is_zero():
    content = _bytes(Image.fromarray(DEEP), "TIFF", tiffinfo={262: 0})
    assert np.array_equal(_one(content, "TIFF")[0], 255 - GREY)


def _png(
    width: int, height: int, depth: int, colour: int, rows: bytes, extra: bytes = b""
) -> bytes:
    """Build a PNG by hand, for the kinds that Pillow does not write."""
    import struct
    import zlib

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + extra
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def test_sixteen_bit_colour_keeps_its_upper_half():
    deep = RGB.astype(">u2") * 257
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in deep)
    pixels, notes = _one(_png(17, 11, 16, 2, rows), "PNG")
    assert np.array_equal(pixels, LUMINANCE)
    assert "upper 8 bits" in notes[0]


def test_four_bit_grey_spans_the_whole_range():
    pixels, _ = _one(_png(4, 1, 4, 0, b"\0\x05\xaf"), "PNG")
    assert pixels.tolist() == [[0, 85, 170, 255]]


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_transparency_is_laid_over_black(mode):
    image = Image.fromarray(np.full((4, 4), 200, np.uint8)).convert(mode)
    alpha = Image.fromarray(np.array([[255, 255, 128, 0]] * 4, np.uint8))
    image.putalpha(alpha)
    pixels, notes = _one(_bytes(image, "PNG"), "PNG")
    assert pixels[0].tolist() == [200, 200, 100, 0]
    assert notes == ["transparent parts shown over black"]


def test_a_transparent_palette_entry_is_laid_over_black():
    image = Image.new("P", (2, 1))
    image.putpalette([50, 50, 50, 90, 90, 90])
    image.putpixel((1, 0), 1)
    pixels, _ = _one(_bytes(image, "PNG", transparency=0), "PNG")
    assert pixels.tolist() == [[0, 90]]


def test_opaque_alpha_is_not_worth_a_note():
    pixels, notes = _one(_bytes(Image.fromarray(GREY).convert("RGBA"), "PNG"), "PNG")
    assert np.array_equal(pixels, GREY)
    assert notes == []


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
def test_exif_orientation_is_applied(kind, orientation):
    from PIL import ImageOps

    blocks = np.kron(GREY[:4, :5], np.ones((16, 16), np.uint8))
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = _bytes(Image.fromarray(blocks), kind, exif=exif)
    with Image.open(io.BytesIO(content)) as image:
        expected = np.array(ImageOps.exif_transpose(image))
    pixels, _ = _one(content, kind)
    assert pixels.shape == (blocks.T if orientation > 4 else blocks).shape
    assert np.array_equal(pixels, expected)
    if orientation > 1:
        assert not np.array_equal(pixels, blocks)


def test_known_corner_of_orientation_six():
    exif = Image.Exif()
    exif[0x0112] = 6  # "rotate 90° clockwise to show it": the stored left column becomes the top
    pixels, notes = _one(_bytes(Image.fromarray(GREY), "PNG", exif=exif), "PNG")
    assert np.array_equal(pixels[0], GREY[::-1, 0])
    assert notes == ["turned upright (EXIF orientation 6)"]


def test_pages_of_a_tiff_are_frames():
    pages = [Image.fromarray(np.roll(GREY, k, axis=0)) for k in range(3)]
    content = _bytes(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    found = _pages(content, "TIFF")
    assert [picture.notes for picture in found] == [[f"page {k} of 3"] for k in (1, 2, 3)]
    assert all(np.array_equal(a.grey, b) for a, b in zip(found, pages, strict=True))


def test_pages_in_any_order():
    pages = [Image.fromarray(np.roll(GREY, k, axis=0)) for k in range(3)]
    content = _bytes(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    file = PictureFile(io.BytesIO(content), "TIFF", "x.tif")
    for page in (2, 0, 1, 0):
        assert np.array_equal(file.decode(page).grey, pages[page])


def test_colours_are_turned_with_the_grey():
    exif = Image.Exif()
    exif[0x0112] = 5
    (picture,) = _pages(_bytes(Image.fromarray(RGB), "PNG", exif=exif), "PNG")
    assert np.array_equal(picture.colour, RGB.swapaxes(0, 1))
    assert picture.grey.shape == picture.colour.shape[:2]


def test_only_the_first_picture_of_an_animated_png():
    first, second = Image.fromarray(GREY), Image.fromarray(255 - GREY)
    content = _bytes(first, "PNG", save_all=True, append_images=[second])
    pixels, notes = _one(content, "PNG")
    assert np.array_equal(pixels, GREY)
    assert "only the first of 2" in notes[0]


def test_colour_is_noted():
    image = np.zeros((50, 50, 3), np.uint8)
    image[10:20, 10:20] = (255, 0, 0)
    _, notes = _one(_bytes(Image.fromarray(image), "PNG"), "PNG")
    assert notes == ["colour picture reduced to its luminance"]


def test_floating_point_values_are_refused():
    content = _bytes(Image.fromarray(GREY.astype(np.float32)), "TIFF")
    with pytest.raises(UnreadableFile, match="8 or 16 bits"):
        _pages(content, "TIFF")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "TIFF"])
@pytest.mark.parametrize("others_allow_it", [False, True])
def test_every_truncation_is_an_unreadable_file(kind, others_allow_it, monkeypatch):
    # As weasyprint sets it for the whole program when it is imported.
    monkeypatch.setattr("PIL.ImageFile.LOAD_TRUNCATED_IMAGES", others_allow_it)
    content = _bytes(Image.fromarray(np.kron(GREY, np.ones((4, 4), np.uint8))), kind)
    for length in range(4, len(content) - 40, max(1, len(content) // 25)):
        with pytest.raises(UnreadableFile, match="damaged"):
            _pages(content[:length], kind)


def test_the_decoder_is_the_one_that_the_bytes_ask_for():
    with pytest.raises(UnreadableFile):
        _pages(_bytes(Image.fromarray(GREY), "GIF"), "PNG")
