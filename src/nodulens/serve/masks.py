"""Outlines that people draw: rings and PNG to masks, and back."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from skimage.draw import polygon

from nodulens.analysis.segment import label_parts
from nodulens.finding import Area
from nodulens.measure.outline import bounding_box, outline
from nodulens.serve.problems import Refusal

Rings = Sequence[Sequence[tuple[float, float]]]

_LEAST = 16
"""Pixels of a nodule; fewer cannot be measured in any sense."""
_MIDDLE_GREY = 127
THUMBNAIL = 256
"""Longer side of a thumbnail in pixels."""


def draw_rings(rings: Rings, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Fill closed outlines.

    Args:
        rings: of points (x, y); a pixel is inside if its centre is.
        shape: height and width of the frame; what lies outside of it is left out.

    Returns:
        bool (H, W): inside of an odd number of rings. Drawing what
        :func:`nodulens.measure.outline.outline` traced gives the mask back.
    """
    mask = np.zeros(shape, np.bool_)
    for ring in rings:
        points = np.asarray(ring, np.float64)
        mask[polygon(points[:, 1], points[:, 0], shape)] ^= True
    return mask


def trace_rings(mask: NDArray[np.bool_]) -> list[list[tuple[float, float]]]:
    """Return the outer outline of a mask of one part, as :func:`draw_rings` takes it."""
    return [[(x, y) for x, y in outline(mask).tolist()]]


def decode_mask(content: str, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Decode a mask.

    Args:
        content: base64 of a PNG of one channel or of equal ones, inside above 127.
        shape: height and width that it must have.

    Returns:
        bool (H, W).

    Raises:
        Refusal: it is no such thing.
    """
    todo = f"send a PNG of {shape[1]}×{shape[0]} pixels, 0 outside and 255 inside, in base64"
    try:
        data = base64.b64decode(content, validate=True)
        with Image.open(io.BytesIO(data), formats=("PNG",)) as picture:
            # Before anything is decoded: a few bytes can claim gigapixels.
            if picture.size != shape[::-1]:
                raise Refusal(422, f"the mask has {picture.width}×{picture.height} pixels", todo)
            return np.asarray(picture.convert("L")) > _MIDDLE_GREY
    except Refusal:
        raise
    except (binascii.Error, Exception) as error:  # Pillow raises nearly anything
        raise Refusal(422, "the mask is no PNG in base64", todo) from error


class Part(NamedTuple):
    """A drawn nodule.

    Attributes:
        scan_area: index of the one that has most of it.
        mask: bool (H, W), one part without holes.
        areas: the scan areas, that one extended to hold all of it.
    """

    scan_area: int
    mask: NDArray[np.bool_]
    areas: list[Area]


def as_nodule(mask: NDArray[np.bool_], scan_areas: Sequence[Area]) -> Part:
    """Make a drawn mask a nodule's: in one part, without holes.

    Scan areas are found by a rule, and a person knows better: what is drawn beyond one counts.

    Args:
        mask: bool (H, W).
        scan_areas: of the frame.

    Returns:
        Its largest part; specks beside it are dropped.

    Raises:
        Refusal: there is next to nothing, or there are several parts of size.
    """
    labels, kept = label_parts(ndimage.binary_fill_holes(mask), 0.0)
    sizes = [int((labels == number).sum()) for number in kept]
    if not sizes or sizes[0] < _LEAST:
        raise Refusal(
            422,
            f"the outline covers fewer than {_LEAST} pixels of the frame",
            "draw it inside of the frame, and larger",
        )
    if len(sizes) > 1 and sizes[1] > max(_LEAST, 0.05 * sizes[0]):
        raise Refusal(
            422,
            "the outline has several parts",
            "draw one nodule, and add the other parts as nodules of their own",
        )
    nodule = np.asarray(labels == kept[0])
    index = int(np.argmax([nodule[area.slices].sum() for area in scan_areas]))
    areas = list(scan_areas)
    areas[index] = joined(areas[index], bounding_box(nodule))
    return Part(index, nodule, areas)


def separate(mask: NDArray[np.bool_]) -> tuple[list[NDArray[np.bool_]], int]:
    """Take a mask of several nodules apart.

    Args:
        mask: bool (H, W).

    Returns:
        Its parts, the largest first, bool (H, W) each; and how many specks were left out, which
        are too small to be measured.
    """
    labels, kept = label_parts(mask, 0.0)
    parts = [part for number in kept if (part := labels == number).sum() >= _LEAST]
    return parts, len(kept) - len(parts)


def joined(one: Area, other: Area) -> Area:
    """Return the smallest rectangle that holds two."""
    x, y = min(one.x, other.x), min(one.y, other.y)
    right = max(one.x + one.width, other.x + other.width)
    bottom = max(one.y + one.height, other.y + other.height)
    return Area(x=x, y=y, width=right - x, height=bottom - y)


def encode_grey(values: NDArray[np.uint8], level: int = 1) -> bytes:
    """Return uint8 (H, W) as the bytes of a PNG; ``level`` of compression from 0 to 9."""
    stream = io.BytesIO()
    Image.fromarray(values).save(stream, "PNG", compress_level=level)
    return stream.getvalue()


def small(pixels: NDArray[np.uint8]) -> bytes:
    """Return uint8 (H, W) as a PNG whose longer side has :data:`THUMBNAIL` pixels at most."""
    picture = Image.fromarray(pixels)
    picture.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.BILINEAR)
    return encode_grey(np.asarray(picture), 6)
