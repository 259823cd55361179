"""How a nodule's inside looks, beside the tissue around it.

What each number means stands in :data:`nodulens.measure.features.FEATURES`.

Grey values are of the picture as it is, 0 to 255; nothing is known of the scanner's gain, so that
what compares inside with outside says more than any grey value alone. With r the radius of the disc
of the nodule's area:

- *surroundings*: pixels of the scan area outside the nodule, within r of it;
- *rim*: the outermost r/4 of the nodule;
- *below*: the pixels straight under the nodule, within r of it;
- *beside*: the pixels at the same depth, r to either side of those.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.feature import graycomatrix, graycoprops, local_binary_pattern

from nodulens.finding import Area
from nodulens.measure.outline import bounding_box

LEVELS = 32
"""Grey levels of the co-occurrence matrix, from the darkest to the brightest hundredth of nodule
and surroundings together."""
_DISTANCES = (1, 3)
_ANGLES = (0.0, np.pi / 4, np.pi / 2, 3 * np.pi / 4)
_PATTERNS = 8
_SPOT = 3.0
"""Standard deviations of the nodule's fine detail by which a bright spot stands out."""

Mask = NDArray[np.bool_]


class Look(NamedTuple):
    """A nodule with its surroundings, cut out.

    Attributes:
        grey: brightness, float64 (h, w), 0 to 1.
        inside: the nodule, bool (h, w).
        window: the scan area, bool (h, w).
        away: distance in pixels from the nodule, float64 (h, w), 0 inside.
        radius: of the disc of the nodule's area, in pixels.
    """

    grey: NDArray[np.float64]
    inside: Mask
    window: Mask
    away: NDArray[np.float64]
    radius: float

    @property
    def around(self) -> Mask:
        """The surroundings."""
        return self.window & (self.away > 0) & (self.away <= self.radius)


def look_at(pixels: NDArray[np.uint8], mask: Mask, scan_area: Area) -> Look:
    """Cut out a nodule with its surroundings.

    Args:
        pixels: uint8 (H, W), grey.
        mask: bool (H, W) of one nodule, not empty.
        scan_area: the nodule's.
    """
    box, radius = bounding_box(mask), float(np.sqrt(np.count_nonzero(mask) / np.pi))
    reach = int(2 * radius) + 3
    part = (
        slice(max(0, box.y - reach), box.y + box.height + reach),
        slice(max(0, box.x - reach), box.x + box.width + reach),
    )
    window = np.zeros(mask.shape, bool)
    window[scan_area.slices] = True
    inside = mask[part]
    away = ndimage.distance_transform_edt(~inside)
    return Look(pixels[part] / 255.0, inside, window[part], away, radius)


def measure_echo(look: Look) -> dict[str, float]:
    """Compare the brightness of a nodule with that of the tissue around it."""
    grey, inside, window, away, radius = look
    around = look.around
    depth = ndimage.distance_transform_edt(inside)
    rim = inside & (depth <= max(1.0, radius / 4))
    rest = inside & ~rim
    near = max(2.0, radius / 6)
    outer, inner = around & (away <= near), inside & (depth <= near)
    values, others = grey[inside], grey[around]
    if not others.size:
        others = values
    low, high = np.percentile(others, [10, 90])
    both = float(np.concatenate([values, others]).std())
    steps = _steps(grey, outer, inner)
    return {
        "echo_inside": float(values.mean()),
        "echo_around": float(others.mean()),
        "echo_difference": float(values.mean() - others.mean()),
        "echo_contrast": float(values.mean() - others.mean()) / max(both, 1e-3),
        "echo_deviation": float(values.std()) / max(float(others.std()), 1e-3),
        "echo_dark_share": float((values < low).mean()),
        "echo_bright_share": float((values > high).mean()),
        "echo_rim_difference": _mean(grey, rim) - _mean(grey, rest) if rest.any() else 0.0,
        "echo_border_step": float(steps.mean()) if steps.size else 0.0,
        "echo_border_unevenness": float(steps.std()) if steps.size else 0.0,
        "echo_below_difference": _below(grey, inside, window, radius),
    }


def measure_co_occurrence(look: Look) -> dict[str, float]:
    """Describe texture by the grey-level co-occurrence matrix (Haralick et al. 1973).

    Pairs of pixels inside the nodule, mean over four directions.
    """
    grey, inside = look.grey, look.inside
    seen = grey[inside | look.around]
    low, high = np.percentile(seen, [1, 99])
    levels = np.clip((grey - low) / max(high - low, 1e-6) * LEVELS, 0, LEVELS - 1).astype(np.uint8)
    # Level 0 stands for what is outside; its pairs are left out.
    coded = np.where(inside, levels + 1, 0).astype(np.uint8)
    matrix = graycomatrix(coded, _DISTANCES, _ANGLES, levels=LEVELS + 1, symmetric=True)
    matrix = matrix[1:, 1:].astype(np.float64)
    matrix /= np.maximum(matrix.sum((0, 1), keepdims=True), 1)
    result: dict[str, float] = {}
    for name in ("contrast", "homogeneity", "energy", "correlation"):
        for distance, value in zip(_DISTANCES, graycoprops(matrix, name).mean(1), strict=True):
            result[f"co_{name}_{distance}"] = float(value)
    entropy = -(matrix * np.log2(np.where(matrix > 0, matrix, 1))).sum((0, 1)).mean(1)
    return result | {f"co_entropy_{d}": float(e) for d, e in zip(_DISTANCES, entropy, strict=True)}


def measure_patterns(look: Look) -> dict[str, float]:
    """Describe texture by uniform local binary patterns (Ojala et al. 2002).

    Pattern k of 0 to 8 has k of eight neighbours, 2 pixels away, in one stretch at least as bright;
    pattern 9 has several stretches.
    """
    smooth = ndimage.gaussian_filter(look.grey, 1.0)
    found = local_binary_pattern((smooth * 255).astype(np.uint8), _PATTERNS, 2, "uniform")
    counts = np.bincount(found[look.inside].astype(int), minlength=_PATTERNS + 2)
    return {f"lbp_{k}": float(share) for k, share in enumerate(counts / counts.sum())}


def measure_spots(look: Look) -> dict[str, float]:
    """Count bright spots, which may be calcifications.

    Fine detail is the picture less the picture smoothed; a spot is a connected part of the nodule
    whose detail exceeds three standard deviations of that in the nodule.
    """
    grey, inside, radius = look.grey, look.inside, look.radius
    detail = ndimage.gaussian_filter(grey, 0.7) - ndimage.gaussian_filter(grey, max(2, radius / 6))
    spread = max(float(detail[inside].std()), 1e-3)
    labels, count = ndimage.label(inside & (detail > _SPOT * spread))
    sizes = np.bincount(labels.ravel())[1:] / np.count_nonzero(inside)
    return {
        "spots_count": float(count),
        "spots_share": float(sizes.sum()),
        "spots_largest": float(sizes.max(initial=0)),
        "spots_contrast": float(detail[inside].max()),
    }


def _mean(grey: NDArray[np.float64], where: Mask) -> float:
    return float(grey[where].mean()) if where.any() else 0.0


def _steps(grey: NDArray[np.float64], outer: Mask, inner: Mask) -> NDArray[np.float64]:
    """Return outside less inside at the border, for each sector of the clock that has both."""
    rows, columns = np.nonzero(inner)
    y, x = np.indices(grey.shape)
    angle = np.arctan2(y - rows.mean(), x - columns.mean())
    sector = ((angle + np.pi) / (2 * np.pi) * 12).astype(int) % 12
    return np.asarray(
        [
            _mean(grey, outer & (sector == one)) - _mean(grey, inner & (sector == one))
            for one in range(12)
            if (outer & (sector == one)).any() and (inner & (sector == one)).any()
        ]
    )


def _below(grey: NDArray[np.float64], inside: Mask, window: Mask, radius: float) -> float:
    rows, columns = np.nonzero(inside)
    bottom, left, right = rows.max() + 1, columns.min(), columns.max() + 1
    reach = max(2, round(radius))
    quarter = (right - left) // 4
    band = np.zeros_like(inside)
    band[bottom : bottom + reach] = True
    under, beside = np.zeros_like(inside), np.zeros_like(inside)
    under[:, left + quarter : right - quarter] = True
    beside[:, max(0, left - reach) : left] = True
    beside[:, right : right + reach] = True
    under, beside = (part & band & window & ~inside for part in (under, beside))
    if not under.any() or not beside.any():
        return 0.0
    return _mean(grey, under) - _mean(grey, beside)
