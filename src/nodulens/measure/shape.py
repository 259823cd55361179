"""Dimensionless shape of a nodule.

With area A and perimeter P (Crofton's formula in four directions, which is right on average for
every orientation), of the mask alone unless said otherwise:

- circularity: 4πA/P², 1 for a disc; cut off at 1, which small masks exceed by rounding;
- compactness: P²/(4πA), its reciprocal;
- solidity: A over the area of the convex hull;
- convexity: perimeter of the convex hull over P, cut off at 1;
- eccentricity: of the ellipse with the same second moments, 0 for a disc;
- elongation: 1 − minor/major axis of that ellipse, 0 for a disc;
- extent: A over the area of the bounding box along the picture's axes;
- depth_to_width: height of that box over its width.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage.measure import perimeter_crofton, regionprops

from nodulens.finding import Shape
from nodulens.measure.outline import bounding_box


def measure_shape(mask: NDArray[np.bool_], mm_per_px: tuple[float, float] | None = None) -> Shape:
    """Describe the shape of a nodule.

    Args:
        mask: bool (H, W), not empty, one connected part.
        mm_per_px: millimetres a pixel along x and y; None for square pixels. Only their ratio
            matters: the mask is shrunk until its pixels are square.

    Returns:
        The descriptors as this module defines them.
    """
    part = np.pad(square_pixels(mask[bounding_box(mask).slices], mm_per_px), 1)
    properties = regionprops(part.astype(np.uint8))[0]
    hull = np.pad(properties.image_convex, 1)
    area, perimeter = float(properties.area), float(perimeter_crofton(part))
    circularity = min(1.0, 4 * np.pi * area / perimeter**2)
    major, minor = properties.axis_major_length, properties.axis_minor_length
    return Shape(
        circularity=circularity,
        compactness=1 / circularity,
        solidity=min(1.0, float(properties.solidity)),
        convexity=min(1.0, float(perimeter_crofton(hull)) / perimeter),
        eccentricity=min(1.0, float(properties.eccentricity)),
        elongation=1 - float(minor / major) if major > 0 else 0.0,
        extent=float(properties.extent),
        depth_to_width=depth_to_width(mask, mm_per_px),
    )


def depth_to_width(mask: NDArray[np.bool_], mm_per_px: tuple[float, float] | None = None) -> float:
    """Return a nodule's extent down the picture over its extent across it."""
    box = bounding_box(mask)
    x, y = mm_per_px if mm_per_px is not None else (1.0, 1.0)
    return box.height * y / (box.width * x)


def is_taller_than_wide(
    mask: NDArray[np.bool_], mm_per_px: tuple[float, float] | None = None
) -> bool:
    """Tell whether a nodule's depth exceeds its width.

    ACR TI-RADS (Tessler et al., JACR 2017, 14:587) asks this of the transverse view, with depth
    measured parallel to the beam and width perpendicular to it: along the picture's axes here.
    """
    return depth_to_width(mask, mm_per_px) > 1


def square_pixels(
    part: NDArray[np.bool_], mm_per_px: tuple[float, float] | None
) -> NDArray[np.bool_]:
    """Shrink the finer direction until pixels are as high as they are wide."""
    if mm_per_px is None or mm_per_px[0] == mm_per_px[1]:
        return part
    # Shrunk, not stretched: repeated rows make steps, which lengthen the perimeter by a sixth.
    x, y = mm_per_px
    height, width = part.shape
    size = (max(1, round(width * x / max(x, y))), max(1, round(height * y / max(x, y))))
    grey = Image.fromarray(part.astype(np.float32)).resize(size, Image.Resampling.BOX)
    share = np.asarray(grey)
    # Half of the peak, which is 1 except in nodules thinner than a pixel.
    return share > share.max() / 2
