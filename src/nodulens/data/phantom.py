"""Synthetic thyroid frames with a known nodule.

A frame is made the way a scanner makes one, in the simplest form that looks right: tissue is a map
of scatterer strength and of attenuation; random scatterers are blurred by a point spread that
widens away from the focus, which gives fully developed (Rayleigh) speckle; attenuation is summed
along each beam, so that shadows behind calcium and air and the enhancement behind fluid come out by
themselves; the envelope is log-compressed. Around the scan stand a depth ruler, a grey bar and
machine text, as on a saved screen.

Phantoms serve demonstrations and tests. They are not a substitute for patients: no figure on them
says anything about real images.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from scipy import ndimage

from nodulens.errors import BadData

Composition = Literal["solid", "cystic", "mixed", "spongiform"]
Echogenicity = Literal["anechoic", "hyperechoic", "isoechoic", "hypoechoic", "very hypoechoic"]
Margin = Literal["smooth", "lobulated or irregular", "ill-defined"]
Orientation = Literal["wider than tall", "taller than wide"]
Foci = Literal["none", "punctate", "macrocalcification", "peripheral rim"]
Side = Literal["right", "left"]

Array = NDArray[np.floating[Any]]

_LEVEL = {
    "anechoic": 0.012,
    "hyperechoic": 1.75,
    "isoechoic": 1.0,
    "hypoechoic": 0.5,
    "very hypoechoic": 0.27,
}
"""Scatterer strength of the nodule's solid part, as a multiple of the gland's."""
_FLUID = _LEVEL["anechoic"]
_GLAND, _MUSCLE, _FAT, _SKIN = 0.75, 0.3, 0.36, 1.1
_DYNAMIC_RANGE = 55.0
"""In dB, between black and white."""
_WHITE = 4.5
"""Amplitude shown white."""

_POINTS = {
    "cystic": 0, "spongiform": 0, "mixed": 1, "solid": 2,
    "anechoic": 0, "hyperechoic": 1, "isoechoic": 1, "hypoechoic": 2, "very hypoechoic": 3,
    "wider than tall": 0, "taller than wide": 3,
    "smooth": 0, "ill-defined": 0, "lobulated or irregular": 2,
    "none": 0, "macrocalcification": 1, "peripheral rim": 2, "punctate": 3,
}  # fmt: skip
"""ACR TI-RADS 2017 (Tessler et al., JACR 14:587)."""
_SUSPICIOUS = 4
"""Points of TR4, from which the label ``malignancy`` is ``suspicious``."""


class Choices(BaseModel):
    """What a phantom shows; lengths in millimetres."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    composition: Composition
    echogenicity: Echogenicity
    margin: Margin
    orientation: Orientation
    foci: Foci
    side: Side
    depth_mm: float = Field(ge=25, le=70)
    long_axis_mm: float = Field(ge=4, le=30)
    split_screen: bool


@dataclass(frozen=True)
class Phantom:
    """A synthetic frame and everything that is known about it.

    Attributes:
        pixels: uint8 array (H, W), grey, the whole screen.
        mask: boolean array (H, W), the nodule; both views of it on a split screen.
        mm_per_px: exact size of a pixel, the same both ways.
        labels: ``composition``, ``echogenicity``, ``margin``, ``shape`` and ``echogenic_foci`` in
            the words of ACR TI-RADS, ``side``, and ``malignancy``: ``suspicious`` from 4 points
            (TR4) on, else ``benign``.
        text: the same as a sentence, with the diameters.
    """

    pixels: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    mm_per_px: float
    labels: dict[str, str]
    text: str


def phantom(
    seed: int,
    *,
    composition: Composition | None = None,
    echogenicity: Echogenicity | None = None,
    margin: Margin | None = None,
    orientation: Orientation | None = None,
    foci: Foci | None = None,
    side: Side | None = None,
    long_axis_mm: float | None = None,
    depth_mm: float | None = None,
    split_screen: bool = False,
    width: int = 640,
    height: int = 480,
) -> Phantom:
    """Make one synthetic thyroid frame; what is not chosen is drawn at random.

    Args:
        seed: the same seed and choices give the same frame.
        composition: cystic nodules are anechoic, and only they are.
        echogenicity: of the solid part.
        margin: an ill-defined border fades over some 2 mm; the mask ends in its middle.
        orientation: depth above width or not.
        foci: echogenic foci; macrocalcification and rim cast shadows.
        side: of the neck; the trachea lies on the other side of the lobe than the carotid.
        long_axis_mm: largest diameter, 4 to 30.
        depth_mm: of the scan, 25 to 70.
        split_screen: two views side by side, the second along the lobe.
        width: of the picture in pixels, 320 or more.
        height: of the picture in pixels, 240 or more.

    Raises:
        BadData: a choice is not among the possible ones, or two contradict each other.
    """
    if width < 320 or height < 240:
        raise BadData(f"a phantom of {width}×{height} pixels has no room; ask for 320×240 or more")
    rng = np.random.default_rng(seed)
    choices = choose(
        rng,
        {
            "composition": composition,
            "echogenicity": echogenicity,
            "margin": margin,
            "orientation": orientation,
            "foci": foci,
            "side": side,
            "long_axis_mm": long_axis_mm,
            "depth_mm": depth_mm,
            "split_screen": split_screen,
        },
    )
    return _screen(rng, choices, width, height)


def choose(rng: np.random.Generator, chosen: Mapping[str, Any]) -> Choices:
    """Draw what was not chosen; everything is drawn, so that no choice changes the others.

    Args:
        rng: to draw from.
        chosen: values of :class:`Choices` by name; those that are None or absent are drawn.

    Raises:
        BadData: a choice is not among the possible ones, or two contradict each other.
    """
    depth = float(rng.uniform(34, 48))
    drawn: dict[str, Any] = {
        "composition": str(rng.choice(get_args(Composition), p=[0.55, 0.12, 0.21, 0.12])),
        "echogenicity": str(rng.choice(get_args(Echogenicity)[1:], p=[0.15, 0.3, 0.37, 0.18])),
        "margin": str(rng.choice(get_args(Margin), p=[0.5, 0.3, 0.2])),
        "orientation": str(rng.choice(get_args(Orientation), p=[0.78, 0.22])),
        "foci": str(rng.choice(get_args(Foci), p=[0.55, 0.2, 0.17, 0.08])),
        "side": str(rng.choice(get_args(Side))),
        "depth_mm": depth,
        "long_axis_mm": float(np.clip(rng.lognormal(np.log(13), 0.4), 5, 0.5 * depth)),
    }
    given = {name: value for name, value in chosen.items() if value is not None}
    # Fluid is anechoic, and nothing else is: one of the two words decides the other. And what is
    # all fluid is round, unless asked for otherwise.
    if given.get("echogenicity") == "anechoic":
        drawn["composition"] = "cystic"
    elif "echogenicity" in given and drawn["composition"] == "cystic":
        drawn["composition"] = "solid"
    if (drawn | given)["composition"] == "cystic":
        drawn["echogenicity"] = "anechoic"
        drawn["margin"] = "smooth"
    try:
        choices = Choices(**(drawn | given))
    except ValidationError as error:
        first = error.errors()[0]
        raise BadData(f"phantom: {first['loc'][0]} = {first['input']!r}: {first['msg']}") from error
    if (choices.composition == "cystic") != (choices.echogenicity == "anechoic"):
        raise BadData(
            f"phantom: a {choices.composition} nodule is not {choices.echogenicity}; "
            "cystic nodules are anechoic, and only they are"
        )
    if choices.long_axis_mm > 0.55 * choices.depth_mm:
        raise BadData(
            f"phantom: {choices.long_axis_mm} mm do not fit into {choices.depth_mm} mm of depth; "
            "choose a smaller nodule or a deeper scan"
        )
    return choices


def _screen(rng: np.random.Generator, choices: Choices, width: int, height: int) -> Phantom:
    """Lay the scan, or two, on a screen."""
    screen = Screen(choices.depth_mm, width, height, views=2 if choices.split_screen else 1)
    size = draw_size(rng, choices)
    (mask,) = screen.lay(rng, 0, [Spot(choices, size)])
    extent = _extent(mask, screen.mm)
    if choices.split_screen:
        # Along the lobe the same nodule is as deep, and somewhat longer than it is wide.
        size = min(size[0] * float(rng.uniform(1, 1.3)), 32), size[1]
        mask |= screen.lay(rng, 1, [Spot(choices, size)])[0]
    screen.decorate(choices.side)
    return Phantom(
        pixels=screen.pixels,
        mask=mask,
        mm_per_px=screen.mm,
        labels=labels_of(choices),
        text=_text(choices, extent),
    )


def draw_size(rng: np.random.Generator, choices: Choices) -> tuple[float, float]:
    """Return the width and the height in millimetres of a nodule of the chosen long axis."""
    short = choices.long_axis_mm * float(rng.uniform(0.62, 0.88))
    tall = choices.orientation == "taller than wide"
    return (short, choices.long_axis_mm) if tall else (choices.long_axis_mm, short)


@dataclass(frozen=True)
class Spot:
    """A nodule in a scan.

    Attributes:
        choices: what it is like.
        size: width and height of its ellipse in millimetres.
        x: place of its middle in millimetres right of the scan's; None draws it, up to 3 away.
    """

    choices: Choices
    size: tuple[float, float]
    x: float | None = None

    @property
    def half_width(self) -> float:
        """In millimetres."""
        return self.size[0] / 2

    @property
    def half_height(self) -> float:
        """In millimetres."""
        return self.size[1] / 2

    @property
    def radius(self) -> float:
        """The smaller of the two, in millimetres."""
        return min(self.size) / 2

    def reach(self, toward: int) -> float:
        """How far from the scan's middle nothing else may lie, in mm; to the right is 1, left -1.

        Some millimetre more than the nodule takes up, wherever it is drawn.
        """
        return self.half_width + 4 if self.x is None else toward * self.x + self.half_width + 2.5


class Screen:
    """A saved screen with room for one or two scans side by side.

    Attributes:
        pixels: uint8 array (H, W), black at first.
        mm: size of a pixel in millimetres.
        rows, columns: of each scan, in pixels.
    """

    def __init__(self, depth_mm: float, width: int, height: int, *, views: int) -> None:
        self.views = views
        self.pixels = np.zeros((height, width), np.uint8)
        self.rows = round(0.8 * height)
        self.mm = depth_mm / self.rows
        self.columns = min(round(42 / self.mm), round(0.72 * width / views))
        self._top, self._left = round(0.05 * height), round(0.12 * width)

    def lay(
        self, rng: np.random.Generator, view: int, spots: Sequence[Spot]
    ) -> list[NDArray[np.bool_]]:
        """Draw a scan with these nodules and return their masks, each of the screen's size.

        Args:
            rng: to draw all else from.
            view: 0 for the scan across the lobe, 1 for the one along it, to its right.
            spots: one or more nodules, all in the lobe of the first one's side.
        """
        shape = self.rows, self.columns
        scan, outlines = _View(rng, spots, shape, self.mm, along=view == 1).render()
        left = self._left + view * self.columns
        part = slice(self._top, self._top + self.rows), slice(left, left + self.columns)
        self.pixels[part] = scan
        masks = []
        for outline in outlines:
            mask = np.zeros(self.pixels.shape, bool)
            mask[part] = outline
            masks.append(mask)
        return masks

    def decorate(self, side: Side) -> None:
        """Draw ruler, grey bar and words around the scans."""
        scans = self._top, self._left, self.rows, self.columns * self.views
        _decorate(self.pixels, side, self.views, scans, self.mm)


class _View:
    """One scan: maps of scatterer strength, mirror-like echoes and attenuation, then the image.

    ``x`` runs across from the middle, ``z`` down from the skin, both in millimetres.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        spots: Sequence[Spot],
        shape: tuple[int, int],
        mm: float,
        *,
        along: bool,
    ) -> None:
        self.rng, self.spots, self.mm, self.along = rng, spots, mm, along
        self.side = spots[0].choices.side
        self.shape = rows, columns = shape
        self.depth = (np.arange(rows, dtype=np.float32) * mm)[:, None]
        self.edge = columns / 2 * mm
        # Nothing in a neck is an ellipse: the coordinates in which things are drawn are warped.
        across = (np.arange(columns, dtype=np.float32) * mm - self.edge)[None, :]
        self.x = across + 0.28 * self._waves(14)
        self.z = self.depth + 0.28 * self._waves(14) * np.clip(self.depth / 8, 0, 1)
        self.strength = np.zeros(self.shape, np.float32)
        self.mirror = np.zeros(self.shape, np.float32)
        # In dB a millimetre, there and back, beyond what the scanner makes up for.
        self.attenuation = np.full(self.shape, 0.1, np.float32)
        self.streaks = self._noise(0.22, 3.0)
        self.grain = self._waves(2.2) + 0.7 * self._waves(6)

    def render(self) -> tuple[NDArray[np.uint8], list[NDArray[np.bool_]]]:
        """Return the scan as uint8 and each nodule's mask, all (rows, columns)."""
        self._layers()
        self._lobe()
        if not self.along:
            self._vessel()
            self._trachea()
        masks = [self._nodule(spot) for spot in self.spots]
        return self._image(), masks

    def _waves(self, length_mm: float) -> Array:
        """Return slow noise of mean 0 and spread near 1 with waves of about the given length."""
        rows, columns = (int(2 * side * self.mm / length_mm) + 4 for side in self.shape)
        grid = Image.fromarray(self.rng.standard_normal((rows, columns), np.float32))
        size = (self.shape[1], self.shape[0])
        box = (0.5, 0.5, columns - 0.5, rows - 0.5)
        return np.asarray(grid.resize(size, Image.Resampling.BICUBIC, box=box)) * np.float32(1.4)

    def _noise(self, across_mm: float, along_mm: float) -> Array:
        """Return smooth noise of mean 0 and spread 1; widths down and along the picture."""
        white = self.rng.standard_normal(self.shape, np.float32)
        smooth = ndimage.gaussian_filter(
            white, (across_mm / self.mm, along_mm / self.mm), mode="wrap", truncate=3
        )
        return np.asarray(smooth / smooth.std(), np.float32)

    def _curve(self, height_mm: float, amplitude: float, length: float = 9.0) -> Array:
        """Return a gently waving line, one height in millimetres for each column."""
        white = self.rng.standard_normal(self.shape[1] * 3).astype(np.float32)
        smooth = ndimage.gaussian_filter1d(white, length / self.mm)[self.shape[1] : -self.shape[1]]
        wave = smooth / max(float(np.abs(smooth).max()), 1e-6)
        return np.asarray(height_mm + amplitude * wave, np.float32)[None, :]

    def _fascia(self, line: Array, strength: float, width: float = 0.16) -> None:
        """Draw a mirror-like layer along a line; it is never equally bright all along."""
        patchy = np.clip(0.55 + 0.45 * self._curve(0, 1, 2.5), 0.05, None)
        self.mirror += strength * patchy * np.exp(-(((self.z - line) / width) ** 2))

    def _layers(self) -> None:
        rng, z = self.rng, self.z
        skin = self._curve(rng.uniform(1.0, 1.5), 0.1)
        fat = self._curve(rng.uniform(2.6, 4.2), 0.4)
        # The lobe lies at once behind the strap muscles; a large nodule pushes them forward.
        top = rng.uniform(6.0, 8.5)
        self.surface = self._curve(top, 0.5, 14) + 0.012 * self.x**2 * (not self.along)
        self.strength[:] = _MUSCLE * np.exp(0.55 * self.streaks)
        self.strength[:] = np.where(z < fat, _FAT * np.exp(0.75 * self.streaks), self.strength)
        self.strength[:] = np.where(z < skin, _SKIN, self.strength)
        self._fascia(skin, 1.5)
        self._fascia(fat, 2.4)
        self._fascia(self._curve(float(fat.mean()) * 0.5 + top * 0.5, 0.3), 1.3)

    def _lobe(self) -> None:
        rng = self.rng
        half = rng.uniform(7.0, 9.5)
        wide = 60.0 if self.along else max(*self._reaches(), rng.uniform(15, 19))
        self.lobe_width = wide
        half = max(half, *((s.half_height + 1.8) / self._lobe_height(s) for s in self.spots))
        self.middle = float(self.surface.min()) + half + 0.4
        self.behind = self.middle + half
        rho = np.hypot(self.x / wide, (self.z - self.middle) / half)
        inside = rho < 1
        tissue = _GLAND * np.exp(0.16 * self.grain + 0.08 * self.streaks)
        self.strength[:] = np.where(inside, tissue, self.strength)
        distance = (rho - 1) * half
        patchy = np.clip(0.6 + 0.5 * self._curve(0, 1, 3), 0.05, None)
        self.mirror += 1.6 * patchy * np.exp(-((distance / 0.18) ** 2))
        # Behind the lobe: muscle on the spine, then a bright surface, then little.
        deep = self._curve(self.behind + rng.uniform(3, 6), 1.2)
        self._fascia(deep, 2.2, 0.35)
        self._fascia(self._curve(self.behind + 1.2, 0.6), 1.4, 0.22)
        self.attenuation += np.where(self.depth > deep, 0.5, 0).astype(np.float32)

    def _reaches(self) -> list[float]:
        return [spot.reach(toward) for spot in self.spots for toward in (-1, 1)]

    def _lobe_height(self, spot: Spot) -> float:
        """Return the lobe's height where the nodule lies, as a share of its largest."""
        return float(np.sqrt(1 - ((spot.x or 0) / self.lobe_width) ** 2))

    def _vessel(self) -> None:
        """The common carotid artery, to the side of the lobe."""
        rng = self.rng
        toward = -1 if self.side == "right" else 1
        radius = rng.uniform(2.6, 3.4)
        x = toward * self._clear_of_nodules(
            min(self.lobe_width + radius * 0.5, self.edge - 1.5), radius, toward
        )
        z = self.middle + rng.uniform(-1, 4)
        rho = np.hypot(self.x - x, (self.z - z) * 1.08) / radius
        inside = rho < 1
        self.strength[:] = np.where(inside, _FLUID * 1.5, self.strength)
        self.attenuation[:] = np.where(inside, -0.45, self.attenuation)
        steep = ((self.z - z) / radius) ** 2
        self.mirror *= ~inside
        self.mirror += (0.5 + 1.6 * np.clip(steep, 0, 1)) * np.exp(
            -(((rho - 1.05) * radius / 0.2) ** 2)
        )
        self._edge_shadow(x, z, radius, 2.5)

    def _trachea(self) -> None:
        """A ring of cartilage full of air: bright in front, dark behind."""
        rng = self.rng
        toward = 1 if self.side == "right" else -1
        radius = rng.uniform(7.5, 9)
        x = toward * self._clear_of_nodules(self.edge + rng.uniform(-1, 2), radius, toward)
        z = self.middle - rng.uniform(0, 2) + radius * 0.55
        rho = np.hypot(self.x - x, self.z - z) / radius
        inside = rho < 1
        self.strength[:] = np.where(inside, 0.08, self.strength)
        self.mirror *= ~inside
        front = np.clip((z - self.z) / radius, 0, 1)
        self.mirror += 3.2 * front**1.5 * np.exp(-(((rho - 0.97) * radius / 0.3) ** 2))
        # Echoes between air and probe come back as fading bows.
        for echo in (0.75, 0.55):
            self.mirror += 0.35 * echo * front * np.exp(-(((rho - echo) * radius / 0.3) ** 2))
        self.attenuation += np.where(inside & (rho > 0.85), 5.0, 0).astype(np.float32)

    def _clear_of_nodules(self, wanted: float, radius: float, toward: int) -> float:
        return max(wanted, *(spot.reach(toward) + radius for spot in self.spots))

    def _nodule(self, spot: Spot) -> NDArray[np.bool_]:
        rng, choices = self.rng, spot.choices
        half = (self.behind - self.middle) * self._lobe_height(spot)
        room = max(0.0, half - spot.half_height - 1.2)
        z = self.middle + float(rng.uniform(-room, room)) * 0.8
        x = float(rng.uniform(-3, 3)) if spot.x is None else spot.x
        dx, dz = self.x - x, self.z - z
        angle = np.arctan2(dz / spot.half_height, dx / spot.half_width)
        rho = np.hypot(dx / spot.half_width, dz / spot.half_height) / self._border(choices, angle)
        outward = (rho - 1) * spot.radius
        mask = np.asarray(rho < 1)
        fade = 1.1 if choices.margin == "ill-defined" else 0.12
        weight = (0.5 - 0.5 * np.tanh(outward / fade)).astype(np.float32)
        fluid = self._fluid(spot, rho)
        level = _LEVEL[choices.echogenicity]
        # Tissue of any brightness is a little uneven.
        solid = _GLAND * level * np.exp(0.22 * self.grain + 0.1 * self.streaks)
        inner = solid * (1 - fluid) + _FLUID * fluid
        self.strength[:] = self.strength * (1 - weight) + inner * weight
        self.mirror *= 1 - weight
        net = 0.12 * (1 - fluid) - 0.55 * fluid
        self.attenuation[:] = self.attenuation * (1 - weight) + net * weight
        if choices.margin == "smooth":
            self._capsule(outward, dz / spot.half_height, level)
            self._edge_shadow(x, z, spot.half_width, 3.0)
        self._foci(spot, dx, dz, outward)
        return mask

    def _border(self, choices: Choices, angle: Array) -> Array:
        """Return the radius in each direction, as a multiple of the ellipse's."""
        rng = self.rng
        phases = rng.uniform(0, 2 * np.pi, 8)
        waves = 0.025 * np.sin(2 * angle + phases[0]) + 0.02 * np.sin(3 * angle + phases[1])
        if choices.margin == "lobulated or irregular":
            lobes = int(rng.integers(5, 9))
            # Lobes bulge outwards and meet in notches.
            waves = waves + 0.13 * (np.abs(np.sin(lobes / 2 * angle + phases[2])) - 0.64)
            for number, phase in zip((9, 13, 17), phases[3:6], strict=True):
                waves = waves + 0.025 * np.sin(number * angle + phase)
        return np.asarray(1 + waves, np.float32)

    def _fluid(self, spot: Spot, rho: Array) -> Array:
        """Return the share of fluid in each place, 0 to 1."""
        composition = spot.choices.composition
        if composition == "cystic":
            return np.ones_like(rho)
        if composition == "solid":
            return np.zeros_like(rho)
        if composition == "mixed":
            blobs = self._noise(spot.radius / 3.2, spot.radius / 2.8)
            kept, share = rho < 0.88, 0.42
        else:
            blobs = self._noise(0.28, 0.36)
            kept, share = rho < 0.95, 0.55
        bound = np.quantile(blobs[kept], 1 - share) if kept.any() else 0.0
        return np.asarray(kept / (1 + np.exp(-np.clip((blobs - bound) * 14, -60, 60))), np.float32)

    def _capsule(self, outward: Array, height: Array, level: float) -> None:
        """A dark halo where the nodule is as bright as the gland; else a fine bright wall."""
        if level >= 1:
            self.strength *= 1 - 0.72 * np.exp(-(((outward - 0.1) / 0.45) ** 2))
            return
        steep = np.clip(np.abs(height), 0, 1) ** 3
        self.mirror += 1.1 * steep * np.exp(-(((outward - 0.12) / 0.15) ** 2))

    def _edge_shadow(self, x: float, z: float, half_width: float, loss_db: float) -> None:
        """A round smooth side bends the beam away: a thin shadow below each edge."""
        beside = np.exp(-(((np.abs(self.x - x) - half_width) / 0.45) ** 2))
        at = np.exp(-(((self.z - z) / 0.6) ** 2)) / (0.6 * np.sqrt(np.pi))
        self.attenuation += (loss_db * beside * at).astype(np.float32)

    def _foci(self, spot: Spot, dx: Array, dz: Array, outward: Array) -> None:
        rng, foci = self.rng, spot.choices.foci
        if foci == "punctate":
            for _ in range(int(rng.integers(7, 16))):
                x, z = self._place(spot, 0.78)
                size = rng.uniform(0.17, 0.26)
                speck = np.exp(-((np.square(dx - x) + np.square(dz - z)) / size**2))
                self.mirror += rng.uniform(5.5, 9) * speck
        elif foci == "macrocalcification":
            for _ in range(int(rng.integers(1, 3))):
                x, z = self._place(spot, 0.5)
                half = min(rng.uniform(1.2, 2.4), 0.45 * spot.half_width)
                across = np.exp(-(((dx - x) / half) ** 4))
                bow = dz - z - 0.12 * np.square(dx - x)
                self.mirror += 6.5 * across * np.exp(-((bow / 0.3) ** 2))
                self.attenuation += 22 * across * np.exp(-(((bow - 0.4) / 0.4) ** 2))
        elif foci == "peripheral rim":
            broken = np.clip(0.75 + 0.6 * self._curve(0, 1, 2), 0.0, 1)
            ring = broken * np.exp(-(((outward + 0.15) / 0.26) ** 2))
            self.mirror += 4.5 * ring
            self.attenuation += 6 * ring

    def _place(self, spot: Spot, reach: float) -> tuple[float, float]:
        """Draw a place in the nodule, at most ``reach`` of the way to its border."""
        angle, way = self.rng.uniform(0, 2 * np.pi), reach * np.sqrt(self.rng.uniform(0, 1))
        return spot.half_width * way * np.cos(angle), spot.half_height * way * np.sin(angle)

    def _image(self) -> NDArray[np.uint8]:
        """Scatter, blur, attenuate, compress."""
        loss = np.cumsum(self.attenuation, axis=0) * self.mm
        loss = ndimage.gaussian_filter1d(loss, 0.35 / self.mm, axis=1)
        through = (10 ** (-np.clip(loss, -9, 70) / 20)).astype(np.float32)
        mirror = ndimage.gaussian_filter(
            self.mirror * through, (0.07 / self.mm, 0.3 / self.mm), truncate=3
        )
        # Two looks from different angles are added without phase, as compounding scanners do.
        power = sum(self._look(self.strength * through, mirror) for _ in range(2)) / 2
        gain = float(np.clip(self.rng.normal(-5, 1.5), -9, -1))
        level = 1 + (10 * np.log10(power / _WHITE**2 + 1e-9) + gain) / _DYNAMIC_RANGE
        shown = np.clip(level, 0.02, 1) ** 1.5
        return np.asarray(np.round(ndimage.gaussian_filter(shown, 0.5) * 255), np.uint8)

    def _look(self, strength: Array, mirror: Array) -> Array:
        """Return the echo's power for one set of random scatterers."""
        power = np.zeros(self.shape, np.float32)
        # What the amplifier adds grows with the depth that it makes up for.
        noise = 0.04 * (0.6 + self.depth / 30)
        for part in (mirror, np.float32(0)):
            random = self.rng.standard_normal(self.shape, np.float32) * np.float32(np.sqrt(0.5))
            power += np.square(part + self._focused(strength * random) + noise * random[::-1])
        return power

    def _focused(self, scatterers: Array) -> Array:
        """Blur by the point spread: short down, wider across, widest far from the focus."""
        down, narrow, wide = 0.072 / self.mm, 0.2 / self.mm, 0.42 / self.mm
        near, far = (
            # The factor keeps the mean power of the speckle.
            ndimage.gaussian_filter(scatterers, (down, across), truncate=3)
            * np.float32(np.sqrt(4 * np.pi * down * across))
            for across in (narrow, wide)
        )
        share = np.clip(np.abs(self.depth - 14) / 26, 0, 1)
        # Both come from the same scatterers and are alike, so shares add up and not their squares.
        return np.asarray(near * (1 - share) + far * share, np.float32)


def _decorate(
    pixels: NDArray[np.uint8], side: Side, views: int, scan: tuple[int, int, int, int], mm: float
) -> None:
    """Draw ruler, grey bar and words around the scan (top, left, rows, columns), in place."""
    top, left, rows, columns = scan
    height, width = pixels.shape
    image = Image.fromarray(pixels)
    draw = ImageDraw.Draw(image)
    small = ImageFont.load_default(max(9, round(height / 44)))
    large = ImageFont.load_default(max(11, round(height / 32)))
    edges = [left - 5] + ([left + columns + 4] if views == 2 else [])
    for edge in edges:
        for centimetre in range(int(rows * mm / 10) + 1):
            y = top + round(centimetre * 10 / mm)
            draw.rectangle((edge - 1, y - 1, edge, y), fill=255)
            if centimetre % 5 == 0:
                draw.text((edge - 14, y - 6), str(centimetre), fill=230, font=small)
    for centimetre in range(int(columns * mm / 10) + 1):
        x = left + round(centimetre * 10 / mm)
        draw.point((x, top - 5), fill=255)
    bar_top, bar_bottom = top + round(0.35 * rows), top + round(0.75 * rows)
    bar = np.linspace(255, 0, bar_bottom - bar_top)[:, None].repeat(round(0.018 * width), axis=1)
    image.paste(Image.fromarray(bar.astype(np.uint8)), (round(0.02 * width), bar_top))
    lines = ("SYNTHETIC", "L12-5", f"{rows * mm / 10:.1f} cm", f"DR {_DYNAMIC_RANGE:.0f}", "G 62")
    for number, words in enumerate(lines):
        at = (width - 6, top + number * round(height / 34))
        draw.text(at, words, fill=215, font=small, anchor="ra")
    view = "TRANS + LONG" if views == 2 else "TRANS"
    below = (left, top + rows + round(0.04 * height))
    draw.text(below, f"{side.upper()} LOBE {view}", fill=235, font=large)
    pixels[:] = np.asarray(image)


def _extent(mask: NDArray[np.bool_], mm: float) -> tuple[float, float]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return float(np.ptp(columns) + 1) * mm, float(np.ptp(rows) + 1) * mm


def labels_of(choices: Choices) -> dict[str, str]:
    """Return the labels of :class:`Phantom`."""
    words = (
        choices.composition, choices.echogenicity, choices.orientation, choices.margin, choices.foci
    )  # fmt: skip
    # ACR TI-RADS stops at spongiform: nothing else counts then.
    points = 0 if choices.composition == "spongiform" else sum(_POINTS[word] for word in words)
    return {
        "composition": choices.composition,
        "echogenicity": choices.echogenicity,
        "margin": choices.margin,
        "shape": choices.orientation,
        "echogenic_foci": choices.foci,
        "side": choices.side,
        "malignancy": "suspicious" if points >= _SUSPICIOUS else "benign",
    }


def _text(choices: Choices, size: tuple[float, float]) -> str:
    margin = f"{'an' if choices.margin[0] == 'i' else 'a'} {choices.margin} margin"
    foci = {
        "none": "no echogenic foci",
        "punctate": "punctate echogenic foci",
        "macrocalcification": "macrocalcification with shadow",
        "peripheral rim": "peripheral rim calcification",
    }[choices.foci]
    echo = "" if choices.composition == "cystic" else f"{choices.echogenicity}, "
    kind = "mixed cystic and solid" if choices.composition == "mixed" else choices.composition
    sentence = (
        f"{kind}, {echo}{choices.orientation.replace(' ', '-')} nodule with {margin} and {foci} "
        f"in the {choices.side} lobe, {size[0]:.0f} × {size[1]:.0f} mm (width × depth)."
    )
    return sentence[0].upper() + sentence[1:]
