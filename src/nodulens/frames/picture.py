"""Pictures: PNG, JPEG, BMP and TIFF, decoded by Pillow under our own limits."""

from __future__ import annotations

import io
import warnings

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from nodulens.errors import UnreadableFile
from nodulens.frames.grey import COLOUR_NOTE, eight_bit, is_coloured, luminance
from nodulens.frames.limits import MAX_PIXELS, check_size

_ORIENTATION = 0x0112
_PHOTOMETRIC = 0x0106
_WHITE_IS_ZERO = 0
_MODES = {"1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr"}
"""Pillow's names for values of 8 bits that it can turn into RGB."""


def read_picture(
    content: bytes, kind: str, source: str, *, colour: bool = False
) -> list[tuple[NDArray[np.uint8], list[str]]]:
    """Decode a picture file.

    16-bit grey is scaled as :func:`nodulens.frames.grey.eight_bit` says; 16-bit colour keeps its
    upper 8 bits; colour becomes luminance; transparency is laid over black; the EXIF orientation is
    applied. Every page of a TIFF is a frame; of an animated PNG, only the first picture.

    Args:
        content: the file's bytes.
        kind: Pillow's name of its format: ``PNG``, ``JPEG``, ``BMP`` or ``TIFF``.
        source: path of the file, for messages.
        colour: leave pictures that are stored in colour in colour.

    Returns:
        For each page its uint8 pixels, (H, W) or, in colour, RGB (H, W, 3), and notes.

    Raises:
        UnreadableFile: it is damaged, too large, or holds values that are no picture.
    """
    try:
        # Pillow warns where it can go on; what matters of that is said in the notes.
        with warnings.catch_warnings(action="ignore"):
            return _pages(content, kind, source, colour)
    except UnreadableFile:
        raise
    except Image.DecompressionBombError as error:
        raise UnreadableFile(
            f"{source}: far more than the {MAX_PIXELS // 10**6} megapixels a frame may have; scale "
            "it down or cut out the scan"
        ) from error
    # Pillow's decoders raise nearly anything on damaged input: OSError, SyntaxError, ValueError,
    # struct.error, even ZeroDivisionError.
    except Exception as error:
        raise UnreadableFile(
            f"{source}: this {kind} is damaged or incomplete ({error}); copy or export it again"
        ) from error


def _pages(
    content: bytes, kind: str, source: str, colour: bool
) -> list[tuple[NDArray[np.uint8], list[str]]]:
    with Image.open(io.BytesIO(content), formats=(kind,)) as image:
        check_size(source, *image.size)
        stored = getattr(image, "n_frames", 1)
        pages = stored if kind == "TIFF" else 1
        check_size(source, *image.size, pages)
        decoded = []
        for page in range(pages):
            notes = []
            if pages > 1:
                image.seek(page)
                check_size(source, *image.size, pages)
                notes.append(f"page {page + 1} of {pages}")
            elif stored > 1:
                notes.append(f"only the first of {stored} pictures in this file was read")
            decoded.append((_decode(image, source, notes, colour), notes))
        return decoded


def _decode(
    image: ImageFile.ImageFile, source: str, notes: list[str], colour: bool
) -> NDArray[np.uint8]:
    """Decode the current page, upright; add what was noticed to ``notes``."""
    # Known before decoding only: Pillow itself drops the lower half of 16-bit colour.
    deep = ";16" in str(image.tile)
    image.load()
    if image.mode.startswith("I"):
        pixels = _deep_grey(image, source, notes)
    else:
        if deep:
            notes.append("16-bit colour or transparency: the upper 8 bits were used")
        pixels = _eight_bit(image, source, notes, colour)
    return _upright(image, pixels, notes)


def _deep_grey(image: Image.Image, source: str, notes: list[str]) -> NDArray[np.uint8]:
    values = np.asarray(image)
    if values.min() < 0 or values.max() > 65535:
        raise UnreadableFile(
            f"{source}: 32-bit values from {values.min()} to {values.max()} have no agreed black "
            "and white; save it with 8 or 16 bits"
        )
    pixels, note = eight_bit(values)
    notes.append(note)
    transparent = image.info.get("transparency")
    if isinstance(transparent, int):
        pixels[values == transparent] = 0
        notes.append("transparent parts shown over black")
    # Pillow turns white-is-zero round for 8 bits, not for 16.
    tags = getattr(image, "tag_v2", {})
    if tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO:
        pixels = 255 - pixels
    return pixels


def _eight_bit(
    image: Image.Image, source: str, notes: list[str], colour: bool
) -> NDArray[np.uint8]:
    if image.mode not in _MODES:
        raise UnreadableFile(
            f"{source}: values of the kind {image.mode!r} are no grey or colour picture; save it "
            "with 8 or 16 bits"
        )
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        if np.asarray(layer)[..., 3].min() < 255:
            notes.append("transparent parts shown over black")
        image = Image.alpha_composite(Image.new("RGBA", layer.size, "black"), layer)
    if image.mode in {"1", "L"}:
        return np.array(image.convert("L"))
    rgb = np.array(image.convert("RGB"))
    if colour:
        return rgb
    if is_coloured(rgb):
        notes.append(COLOUR_NOTE)
    return luminance(rgb)


def _upright(image: Image.Image, pixels: NDArray[np.uint8], notes: list[str]) -> NDArray[np.uint8]:
    """Turn and mirror ``pixels`` as the EXIF orientation (1 to 8) asks."""
    try:
        orientation = image.getexif().get(_ORIENTATION, 1)
    # EXIF is a TIFF of its own and breaks in as many ways; the picture does not need it.
    except Exception:
        notes.append("its EXIF data cannot be read; shown as stored")
        return pixels
    turned = {
        2: lambda: pixels[:, ::-1],
        3: lambda: pixels[::-1, ::-1],
        4: lambda: pixels[::-1],
        5: lambda: pixels.swapaxes(0, 1),
        6: lambda: np.rot90(pixels, -1),
        7: lambda: pixels[::-1, ::-1].swapaxes(0, 1),
        8: lambda: np.rot90(pixels),
    }.get(orientation)
    if turned is None:
        return pixels
    notes.append(f"turned upright (EXIF orientation {orientation})")
    return np.ascontiguousarray(turned())
