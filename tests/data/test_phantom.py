from __future__ import annotations

import subprocess
import sys
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nodulens.data.phantom import (
    Composition,
    Echogenicity,
    Foci,
    Margin,
    Orientation,
    Phantom,
    phantom,
)
from nodulens.errors import BadData
from nodulens.frames.scan_area import find_scan_areas

SOLID = {"composition": "solid", "echogenicity": "isoechoic", "margin": "smooth", "foci": "none"}


def make(seed: int, **choices: object) -> Phantom:
    return phantom(seed, width=400, height=300, **choices)  # type: ignore[arg-type]


def inside_to_gland(seed: int, **choices: object) -> float:
    """Mean grey of the nodule as a multiple of the tissue around it."""
    from scipy import ndimage

    made = make(seed, depth_mm=40, long_axis_mm=12, **choices)
    core = ndimage.binary_erosion(made.mask, iterations=6)
    # Beside it, at the same depth, so that attenuation does not matter.
    rows = np.flatnonzero(core.any(axis=1))
    band = np.zeros_like(core)
    band[rows[0] : rows[-1]] = True
    around = ndimage.binary_dilation(made.mask, iterations=22) & band
    around &= ~ndimage.binary_dilation(made.mask, iterations=10)
    return float(made.pixels[core].mean() / made.pixels[around].mean())


@settings(deadline=None, max_examples=20)
@given(
    seed=st.integers(0, 2**31),
    split_screen=st.booleans(),
    margin=st.sampled_from(get_args(Margin)),
    foci=st.sampled_from(get_args(Foci)),
)
def test_every_phantom_is_whole(seed: int, split_screen: bool, margin: Margin, foci: Foci) -> None:
    made = make(seed, split_screen=split_screen, margin=margin, foci=foci)
    assert made.pixels.shape == made.mask.shape == (300, 400)
    assert made.pixels.dtype == np.uint8
    assert 0.003 < made.mask.mean() < 0.35
    assert 0.05 < made.mm_per_px < 0.4
    assert made.labels["margin"] == margin
    assert made.labels["echogenic_foci"] == foci
    scan = np.zeros(made.mask.shape, bool)
    for area in find_scan_areas(made.pixels):
        scan[area.slices] = True
    assert (made.mask & ~scan).sum() == 0
    assert 30 < made.pixels[scan].mean() < 150


def test_seed_decides_everything() -> None:
    first, again, other = make(5), make(5), make(6)
    assert (first.pixels == again.pixels).all()
    assert (first.mask == again.mask).all()
    assert (first.labels, first.text) == (again.labels, again.text)
    assert (first.pixels != other.pixels).any()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_echogenicity_orders_the_grey(seed: int) -> None:
    grey = [
        inside_to_gland(seed, composition="solid", margin="smooth", foci="none", echogenicity=level)
        for level in ("hyperechoic", "isoechoic", "hypoechoic", "very hypoechoic")
    ]
    assert grey == sorted(grey, reverse=True)
    assert grey[0] > 1.1
    assert grey[3] < 0.65
    assert inside_to_gland(seed, composition="cystic", foci="none") < 0.4


@pytest.mark.parametrize("seed", range(6))
def test_orientation(seed: int) -> None:
    for orientation in get_args(Orientation):
        mask = make(seed, orientation=orientation).mask
        depth = np.ptp(np.flatnonzero(mask.any(axis=1)))
        width = np.ptp(np.flatnonzero(mask.any(axis=0)))
        assert (depth > width) == (orientation == "taller than wide")


@pytest.mark.parametrize("seed", range(3))
def test_size_is_true_to_the_scale(seed: int) -> None:
    made = make(seed, long_axis_mm=14, **SOLID | {"orientation": "wider than tall"})
    width = (np.ptp(np.flatnonzero(made.mask.any(axis=0))) + 1) * made.mm_per_px
    assert width == pytest.approx(14, rel=0.15)
    assert f"{width:.0f} × " in made.text


def below(made: Phantom) -> float:
    """Mean grey behind the nodule as a multiple of that at its sides."""
    columns = np.flatnonzero(made.mask.any(axis=0))
    bottom = np.flatnonzero(made.mask.any(axis=1))[-1]
    middle = slice(columns[len(columns) // 3], columns[2 * len(columns) // 3])
    band = made.pixels[bottom + 8 : bottom + 40].astype(float)
    sides = np.r_[band[:, columns[0] - 22 : columns[0] - 8],]
    return float(band[:, middle].mean() / sides.mean())


def test_fluid_enhances_and_calcium_shadows() -> None:
    common = {"long_axis_mm": 14.0, "depth_mm": 42.0}
    cysts = [below(make(seed, composition="cystic", foci="none", **common)) for seed in range(6)]
    solids = [below(make(seed, **SOLID | common)) for seed in range(6)]
    rims = [below(make(seed, **SOLID | common | {"foci": "peripheral rim"})) for seed in range(6)]
    assert np.median(cysts) > 1.15 * np.median(solids)
    assert np.median(rims) < 0.85 * np.median(solids)


def test_lobulated_border_is_longer_than_a_smooth_one() -> None:
    from skimage.measure import perimeter

    def roundness(margin: str) -> float:
        mask = make(3, margin=margin, long_axis_mm=18, composition="solid").mask
        return float(4 * np.pi * mask.sum() / perimeter(mask) ** 2)

    assert roundness("lobulated or irregular") < 0.85 * roundness("smooth")


def test_split_screen_shows_the_nodule_twice() -> None:
    from scipy import ndimage

    made = make(2, split_screen=True)
    assert ndimage.label(made.mask)[1] == 2
    assert len(find_scan_areas(made.pixels)) == 2


def test_words_name_what_is_there() -> None:
    made = make(0, **SOLID | {"foci": "punctate", "side": "left"})
    assert made.text.startswith("Solid, isoechoic, ")
    assert "punctate echogenic foci in the left lobe" in made.text
    # Solid 2, isoechoic 1, punctate 3: TR4 or more.
    assert made.labels["malignancy"] == "suspicious"
    assert make(0, composition="spongiform", foci="punctate").labels["malignancy"] == "benign"


@pytest.mark.parametrize(
    ("choices", "match"),
    [
        ({"composition": "cystic", "echogenicity": "hypoechoic"}, "anechoic"),
        ({"composition": "solid", "echogenicity": "anechoic"}, "anechoic"),
        ({"composition": "stone"}, "composition"),
        ({"long_axis_mm": 29.0, "depth_mm": 30.0}, "do not fit"),
        ({"depth_mm": float("nan")}, "depth_mm"),
        ({"width": 100}, "320×240"),
    ],
)
def test_choices_that_cannot_be(choices: dict[str, object], match: str) -> None:
    with pytest.raises(BadData, match=match):
        phantom(0, **choices)  # type: ignore[arg-type]


def test_one_word_decides_the_other() -> None:
    for seed in range(8):
        for level in get_args(Echogenicity):
            composition = make(seed, echogenicity=level).labels["composition"]
            assert (composition == "cystic") == (level == "anechoic")
    for composition in get_args(Composition):
        assert make(1, composition=composition).labels["composition"] == composition


def test_core_install_is_enough() -> None:
    code = (
        "import sys; from nodulens.data.phantom_set import write_phantoms; "
        "from nodulens.data.phantom import phantom; phantom(0); "
        "print([m for m in ('torch', 'sklearn', 'pandas', 'matplotlib') if m in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert run.stdout.strip() == "[]"
