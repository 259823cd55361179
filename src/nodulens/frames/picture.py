"""Pictures: PNG, JPEG, BMP and TIFF, decoded by Pillow under our own limits."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from nodulens.errors import UnreadableFile
from nodulens.frames.grey import Picture, eight_bit
from nodulens.frames.limits import MAX_PIXELS, check_size, refuse_truncated

_ORIENTATION = 0x0112
_PHOTOMETRIC = 0x0106
_WHITE_IS_ZERO = 0
_TURNS: dict[int, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: pixels[::-1, ::-1].swapaxes(0, 1),
    8: lambda pixels: np.rot90(pixels),
}
"""What makes a picture of each EXIF orientation upright."""
_MODES = {"1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr"}
"""Pillow's names for values of 8 bits that it can turn into RGB."""


class PictureFile:
    """A picture file whose pages are decoded when they are asked for.

    16-bit grey is scaled as :func:`nodulens.frames.grey.eight_bit` says; 16-bit colour keeps its
    upper 8 bits; colour becomes luminance; transparency is laid over black; the EXIF orientation is
    applied. Every page of a TIFF is a picture; of an animated PNG, only the first.

    Args:
        stream: of the file's bytes; it must stay open.
        kind: Pillow's name of its format: ``PNG``, ``JPEG``, ``BMP`` or ``TIFF``.
        source: path of the file, for messages.

    Raises:
        UnreadableFile: it is damaged, or too large.
    """

    def __init__(self, stream: BinaryIO, kind: str, source: str) -> None:
        self._kind, self._source = kind, source
        with self._guarded():
            self._image = Image.open(stream, formats=(kind,))
            check_size(source, *self._image.size)
            self._stored = getattr(self._image, "n_frames", 1)
            self._pages = self._stored if kind == "TIFF" else 1
            check_size(source, *self._image.size, self._pages)

    def __len__(self) -> int:
        """Return the number of pages."""
        return self._pages

    def decode(self, index: int) -> Picture:
        """Decode a page, counted from 0.

        Raises:
            UnreadableFile: it is damaged, too large, or holds values that are no picture.
        """
        notes = []
        with self._guarded():
            if self._pages > 1:
                self._image.seek(index)
                check_size(self._source, *self._image.size, self._pages)
                notes.append(f"page {index + 1} of {self._pages}")
            elif self._stored > 1:
                notes.append(f"only the first of {self._stored} pictures in this file was read")
            return _decode(self._image, self._source, notes)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Turn whatever Pillow raises into the one error that names the file."""
        refuse_truncated()
        try:
            # Pillow warns where it can go on; what matters of that is said in the notes.
            with warnings.catch_warnings(action="ignore"):
                yield
        except UnreadableFile:
            raise
        except Image.DecompressionBombError as error:
            raise UnreadableFile(
                f"{self._source}: far more than the {MAX_PIXELS // 10**6} megapixels a frame may "
                "have; scale it down or cut out the scan"
            ) from error
        # Pillow's decoders raise nearly anything on damaged input: OSError, SyntaxError,
        # ValueError, struct.error, even ZeroDivisionError.
        except Exception as error:
            raise UnreadableFile(
                f"{self._source}: this {self._kind} is damaged or incomplete ({error}); copy or "
                "export it again"
            ) from error


def _decode(image: ImageFile.ImageFile, source: str, notes: list[str]) -> Picture:
    """Decode the current page to grey, upright."""
    # Known before decoding only: Pillow itself drops the lower half of 16-bit colour.
    deep = ";16" in str(image.tile)
    image.load()
    if image.mode.startswith("I"):
        picture = _deep_grey(image, source, notes)
    else:
        if deep:
            notes.append("16-bit colour or transparency: the upper 8 bits were used")
        picture = _grey(image, source, notes)
    return _upright(image, picture)


def _deep_grey(image: Image.Image, source: str, notes: list[str]) -> Picture:
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
    return Picture(pixels, None, notes)


def _grey(image: Image.Image, source: str, notes: list[str]) -> Picture:
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
        return Picture(np.array(image.convert("L")), None, notes)
    return Picture.of_rgb(np.asarray(image.convert("RGB")), notes)


def _upright(image: Image.Image, picture: Picture) -> Picture:
    """Turn and mirror a picture as the EXIF orientation (1 to 8) asks."""
    try:
        orientation = image.getexif().get(_ORIENTATION, 1)
    # EXIF is a TIFF of its own and breaks in as many ways; the picture does not need it.
    except Exception:
        picture.notes.append("its EXIF data cannot be read; shown as stored")
        return picture
    turn = _TURNS.get(orientation)
    if turn is None:
        return picture
    notes = [*picture.notes, f"turned upright (EXIF orientation {orientation})"]
    colour = None if picture.colour is None else turn(picture.colour)
    return Picture(np.ascontiguousarray(turn(picture.grey)), colour, notes)
