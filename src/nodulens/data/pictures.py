"""Read the pictures and masks of a data set."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from nodulens.errors import BadData

FORMATS = ("PNG", "JPEG", "BMP", "TIFF")
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff"})
MOST_PIXELS = 100_000_000
"""A picture that claims more is refused before it is decoded."""

_MIDDLE_GREY = 127


def grey_pixels(path: Path) -> NDArray[np.uint8]:
    """Read a picture as grey values.

    Returns:
        uint8 array (H, W), EXIF orientation applied. Deeper pictures are scaled so that their
        largest value is 255.

    Raises:
        BadData: the file is missing, is no picture of a known format, is too large or cut off.
    """
    with _opened(path) as picture:
        upright = ImageOps.exif_transpose(picture)
        if upright.mode.startswith(("I", "F")):
            deep = np.nan_to_num(np.asarray(upright, np.float64))
            return np.asarray(np.clip(deep * (255 / max(deep.max(), 1)), 0, 255), np.uint8)
        return np.asarray(upright.convert("L"))


def rgb_pixels(path: Path) -> NDArray[np.uint8]:
    """Read a picture in colour: uint8 array (H, W, 3), EXIF orientation applied.

    Raises:
        BadData: as :func:`grey_pixels`.
    """
    with _opened(path) as picture:
        return np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))


def read_mask(path: Path) -> NDArray[np.bool_]:
    """Read a mask as a boolean array (H, W).

    Values above middle grey are inside, because a mask that was saved as JPEG holds every value;
    in a mask of 0 and 1, as some sets write them, the ones are.

    Raises:
        BadData: as :func:`grey_pixels`.
    """
    with _opened(path) as picture:
        values = np.asarray(ImageOps.exif_transpose(picture).convert("L"))
    return np.asarray(values > (_MIDDLE_GREY if values.max() > 1 else 0))


def encode_mask(mask: NDArray[np.bool_]) -> bytes:
    """Return a boolean mask (H, W) as the bytes of a PNG with values 0 and 255."""
    stream = io.BytesIO()
    Image.fromarray(mask.astype(np.uint8) * 255).save(stream, "PNG", optimize=False)
    return stream.getvalue()


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    try:
        with warnings.catch_warnings():
            # Pillow warns about large pictures, for which our own limit stands below, and about
            # damaged metadata, which nobody asks for.
            warnings.simplefilter("ignore")
            with Image.open(path, formats=FORMATS) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    raise ValueError(f"claims {picture.width} × {picture.height} pixels")
                yield picture
    except Exception as error:  # a decoder fails on a damaged file in every way there is
        # Pillow's words for an unknown format repeat the path.
        reason = "not a PNG, JPEG, BMP or TIFF" if "cannot identify" in str(error) else str(error)
        raise BadData(
            f"{path}: cannot be read as a picture ({reason}); replace it or leave it out"
        ) from error
