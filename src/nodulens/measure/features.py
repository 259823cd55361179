"""Everything that the random forest may know of a nodule, by name, with unit and definition."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from skimage.measure import moments_central, moments_hu, moments_normalized

from nodulens.finding import Area
from nodulens.measure.boundary import measure_boundary
from nodulens.measure.outline import bounding_box
from nodulens.measure.shape import measure_shape, square_pixels
from nodulens.measure.size import measure_size
from nodulens.measure.texture import (
    LEVELS,
    look_at,
    measure_co_occurrence,
    measure_echo,
    measure_patterns,
    measure_spots,
)

Group = Literal["shape", "texture"]


class Feature(NamedTuple):
    """One number of a nodule.

    Attributes:
        name: of the number.
        group: ``shape`` comes from the mask alone, ``texture`` also from the picture.
        unit: ``1`` where it has none.
        definition: in one sentence.
        concept: what it is a number of, as one would say it; several features share one.
    """

    name: str
    group: Group
    unit: str
    definition: str
    concept: str


_SHAPE: dict[str, str] = {
    "area_share": "area over that of the scan area",
    "long_axis_share": "long axis over the height of the scan area",
    "short_to_long": "short axis over long axis",
    "circularity": "4πA/P² of area and perimeter, 1 for a disc",
    "compactness": "P²/(4πA), 1 for a disc",
    "solidity": "area over that of the convex hull",
    "convexity": "perimeter of the convex hull over the perimeter",
    "eccentricity": "of the ellipse with the same second moments, 0 for a disc",
    "elongation": "1 less short over long axis of the ellipse with the same second moments",
    "extent": "area over that of the upright bounding box",
    "depth_to_width": "height over width of the upright bounding box: above 1, taller than wide",
    "roughness": "deviation of the outline from itself smoothed, over the mean radius",
    "spiculation": "share of the area in parts narrower than two thirds of the mean radius",
    **{
        f"hu_{k}": f"Hu's moment invariant {k} (1962) of the mask, as signed log10"
        for k in range(1, 8)
    },
}
_ECHO: dict[str, str] = {
    "echo_inside": "mean brightness, 0 to 1",
    "echo_around": "mean brightness of the surroundings, 0 to 1",
    "echo_difference": "brightness less that of the surroundings",
    "echo_contrast": "that difference over the standard deviation of both together",
    "echo_deviation": "standard deviation of brightness over that of the surroundings",
    "echo_dark_share": "share darker than the darkest tenth of the surroundings",
    "echo_bright_share": "share brighter than the brightest tenth of the surroundings",
    "echo_rim_difference": "brightness of the rim less that of the rest inside",
    "echo_border_step": "brightness just outside the border less that just inside",
    "echo_border_unevenness": "standard deviation of that step over twelve sectors",
    "echo_below_difference": "brightness below less that beside: negative in a shadow",
}
_CO: dict[str, str] = {
    f"co_{name}_{distance}": f"{name} of the co-occurrence of {LEVELS} grey levels {distance} apart"
    for name in ("contrast", "homogeneity", "energy", "correlation", "entropy")
    for distance in (1, 3)
}
_PATTERNS: dict[str, str] = {
    f"lbp_{k}": f"share of pixels with uniform local binary pattern {k}" for k in range(10)
}
_SPOTS: dict[str, str] = {
    "spots_count": "number of bright spots",
    "spots_share": "share of the area in bright spots",
    "spots_largest": "share of the area in the largest of them",
    "spots_contrast": "greatest brightness above the smoothed picture",
}
_TEXTURE = _ECHO | _CO | _PATTERNS | _SPOTS

_CONCEPTS = {
    "size": ("area_share", "long_axis_share"),
    "orientation": ("depth_to_width",),
    "border": (
        "solidity",
        "convexity",
        "roughness",
        "spiculation",
        "echo_border_step",
        "echo_border_unevenness",
        "echo_rim_difference",
    ),
    "echo pattern": ("echo_deviation", "co_", "lbp_"),
    "bright spots": ("spots_",),
    "shadow": ("echo_below_difference",),
    "brightness": ("echo_",),
    "shape": ("",),
}
"""Concept to how the names of its features begin; the first that fits counts."""


def _concept(name: str) -> str:
    return next(concept for concept, begins in _CONCEPTS.items() if name.startswith(begins))


FEATURES: tuple[Feature, ...] = (
    *(Feature(name, "shape", "1", text, _concept(name)) for name, text in _SHAPE.items()),
    *(
        Feature(name, "texture", "bit" if "entropy" in name else "1", text, _concept(name))
        for name, text in _TEXTURE.items()
    ),
)
"""All features, in the order of :func:`measure_features`. None is in millimetres: the scale of most
pictures is not known."""


def feature_names(groups: Sequence[Group] = ("shape", "texture")) -> list[str]:
    """Return the names of the features of some groups, in order."""
    return [feature.name for feature in FEATURES if feature.group in groups]


def measure_features(
    pixels: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    scan_area: Area,
    mm_per_px: tuple[float, float] | None = None,
    groups: Sequence[Group] = ("shape", "texture"),
) -> dict[str, float]:
    """Measure a nodule.

    Args:
        pixels: uint8 (H, W), grey.
        mask: bool (H, W), not empty, one connected part.
        scan_area: the nodule's.
        mm_per_px: millimetres a pixel along x and y; None for square pixels. Only their ratio
            matters.
        groups: of features to measure.

    Returns:
        Finite values by name, of :data:`FEATURES`.
    """
    found: dict[str, float] = {}
    if "shape" in groups:
        size = scan_area.width, scan_area.height
        found |= _shape(np.packbits(mask).tobytes(), mask.shape, size, mm_per_px)
    if "texture" in groups:
        look = look_at(pixels, mask, scan_area)
        for measure in (measure_echo, measure_co_occurrence, measure_patterns, measure_spots):
            found |= measure(look)
    return {name: found[name] for name in feature_names(groups)}


@lru_cache(maxsize=8)
def _shape(
    packed: bytes,
    shape: tuple[int, ...],
    scan_area: tuple[int, int],
    mm_per_px: tuple[float, float] | None,
) -> dict[str, float]:
    """Measure an outline, given in bits, in a scan area of some width and height.

    Remembered, because where places of a picture are hidden one after the other, the outline stays.
    """
    mask = np.unpackbits(np.frombuffer(packed, np.uint8), count=prod(shape)).reshape(shape) > 0
    width, height = scan_area
    size = measure_size(mask, mm_per_px)
    per_row = mm_per_px[1] if mm_per_px is not None else 1.0
    long_axis = size.long_axis_mm or size.long_axis_px
    short_axis = size.short_axis_mm or size.short_axis_px
    part = np.pad(square_pixels(mask[bounding_box(mask).slices], mm_per_px), 1)
    boundary = measure_boundary(part)
    invariants = moments_hu(moments_normalized(moments_central(part.astype(np.float64))))
    return {
        "area_share": size.area_px / (width * height),
        "long_axis_share": long_axis / (height * per_row),
        "short_to_long": short_axis / long_axis,
        **measure_shape(mask, mm_per_px).model_dump(),
        "roughness": boundary.roughness,
        "spiculation": boundary.spiculation,
        **{
            f"hu_{k}": float(np.sign(value) * -np.log10(max(abs(value), 1e-12)))
            for k, value in enumerate(invariants, 1)
        },
    }
