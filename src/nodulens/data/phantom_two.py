"""Synthetic frames with two nodules, and words that decide which of them is meant.

What a network must have read to outline the right one: each frame asks twice, once for each nodule,
so that nothing but the words tells the two questions apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from nodulens.data.phantom import (
    Choices,
    Echogenicity,
    Phantom,
    Screen,
    Side,
    Spot,
    choose,
    draw_size,
    labels_of,
)
from nodulens.errors import BadData

ToldBy = Literal["place", "size", "echogenicity"]

CLEARLY_LARGER = 1.6
"""Ratio of two areas from which the words "smaller" and "larger" are used."""
_PLAIN: tuple[Echogenicity, ...] = ("anechoic", "very hypoechoic", "hypoechoic", "hyperechoic")
"""Isoechoic nodules are left out: they are seen by their border alone."""
_DIFFERENT: tuple[tuple[Echogenicity, Echogenicity], ...] = (
    ("anechoic", "hypoechoic"),
    ("anechoic", "hyperechoic"),
    ("very hypoechoic", "hyperechoic"),
    ("hypoechoic", "hyperechoic"),
)
"""Two steps or more apart."""
_OFF_MIDDLE = 0.14
"""Share of the scan's width that the middle of a nodule is at least away from the scan's."""

_PLACE_WORDS = (
    "The {word} nodule.",
    "The nodule on the {word}.",
    "The {word} one of the two nodules.",
    "The nodule on the {word} side of the picture.",
    "{size}odule in the {word} part of the picture.",
)
_SIZE_WORDS = (
    "The {word} nodule.",
    "The {word} of the two nodules.",
    "The {word} one of the two.",
    "Two nodules; the {word} one is meant.",
)
_ECHO_WORDS = (
    "The {word} nodule.",
    "The {word} one of the two nodules.",
    "The nodule that is {word}.",
)


def two_nodules(
    seed: int,
    *,
    told_by: ToldBy | None = None,
    side: Side | None = None,
    width: int = 640,
    height: int = 480,
) -> tuple[Phantom, Phantom]:
    """Make one frame with two nodules side by side: the left one's phantom and the right one's.

    Both have the same ``pixels``; mask, labels and text are of the one that is meant. The text is a
    sentence that is true of it and not of the other: by its place in the picture (never the
    patient's side), by its size (areas differ at least 1.6-fold) or by its echogenicity (two steps
    or more apart) and composition. The labels have further names: ``told_by``; ``place``, which is
    ``left`` or ``right``; and ``relative_size``, ``smaller`` or ``larger``, where the areas differ
    1.6-fold. What is not chosen is drawn at random.

    A network that does not read gives one answer to both texts of a frame. Its mean IoU cannot
    exceed 1/2, and its mean Dice not :func:`best_dice_without_text`, which is at most 2/3.

    Args:
        seed: the same seed and choices give the same frame.
        told_by: what the two texts tell the nodules apart by.
        side: of the neck.
        width: of the picture in pixels, 320 or more, and 1.2 times the height or more.
        height: of the picture in pixels, 240 or more.

    Raises:
        BadData: a choice is not among the possible ones.
    """
    if width < 320 or height < 240 or width < 1.2 * height:
        raise BadData(
            f"two nodules side by side do not fit into {width}×{height} pixels; ask for 320×240 or "
            "more, at least 1.2 times as wide as high"
        )
    if told_by is not None and told_by not in get_args(ToldBy):
        known = ", ".join(get_args(ToldBy))
        raise BadData(f"phantom: nodules are not told apart by {told_by!r}; choose from: {known}")
    rng = np.random.default_rng(seed)
    drawn = rng.choice(get_args(ToldBy)), rng.choice(get_args(Side))
    told_by = told_by or drawn[0].item()
    side = side or drawn[1].item()
    common = {"side": side, "depth_mm": float(rng.uniform(36, 46)), "split_screen": False}
    left, right = (choose(rng, common | its_own) for its_own in _contrast(rng, told_by))
    screen = Screen(left.depth_mm, width, height, views=1)
    spots = _side_by_side(rng, (left, right), screen.columns * screen.mm)
    masks = screen.lay(rng, 0, spots)
    screen.decorate(side)
    ratio = masks[1].sum() / masks[0].sum()
    sizes = ("smaller", "larger") if ratio > 1 else ("larger", "smaller")
    distinct = told_by == "size" or max(ratio, 1 / ratio) >= CLEARLY_LARGER
    labels: list[dict[str, str]] = [
        labels_of(spot.choices)
        | {"told_by": told_by, "place": place}
        | ({"relative_size": size} if distinct else {})
        for spot, place, size in zip(spots, ("left", "right"), sizes, strict=True)
    ]
    made = [
        Phantom(
            pixels=screen.pixels,
            mask=mask,
            mm_per_px=screen.mm,
            labels=meant,
            text=_sentence(rng, meant, other),
        )
        for mask, meant, other in zip(masks, labels, reversed(labels), strict=True)
    ]
    return made[0], made[1]


def best_dice_without_text(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    """Return the highest mean Dice of one answer that is compared with both masks in turn.

    For masks of a and b pixels that do not overlap it is that of outlining both,
    a / (2a + b) + b / (a + 2b): 2/3 where they are equal, less where they differ, never less than
    1/2, which outlining either of them gives. No other answer does better: pixels outside both
    only cost, and as more pixels of one mask are taken, the mean may fall at first but rises in the
    end, so that all or none of them is best. In the same way the mean IoU is at most 1/2, whatever
    the answer.
    """
    a, b = int(first.sum()), int(second.sum())
    return a / (2 * a + b) + b / (a + 2 * b)


def _nodule(rng: np.random.Generator) -> dict[str, Any]:
    """Draw a nodule that is seen well."""
    return {
        "echogenicity": str(rng.choice(_PLAIN)),
        "composition": "mixed" if rng.random() < 0.2 else "solid",
        "foci": "punctate" if rng.random() < 0.2 else "none",
        "long_axis_mm": float(rng.uniform(6.5, 11.5)),
    }


def _contrast(rng: np.random.Generator, told_by: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what is chosen for the left and for the right nodule."""
    first, second = (_nodule(rng) for _ in range(2))
    if told_by == "size":
        # Nodules differ in shape, too: this much in length is 1.6-fold in area whatever the shapes.
        first["long_axis_mm"] = float(rng.uniform(5, 6.8))
        second["long_axis_mm"] = first["long_axis_mm"] * float(rng.uniform(1.75, 2.1))
    if told_by == "echogenicity":
        levels = _DIFFERENT[rng.integers(len(_DIFFERENT))]
        for nodule, level in zip((first, second), levels, strict=True):
            nodule |= {"echogenicity": level, "composition": "solid", "foci": "none"}
    for nodule in (first, second):
        if nodule["echogenicity"] == "anechoic":
            nodule |= {"composition": "cystic", "foci": "none"}
        # Where it ends must be seen: by a wall or a halo, or else by the contrast.
        irregular = rng.random() < 0.5 and nodule["echogenicity"] == "very hypoechoic"
        nodule["margin"] = "lobulated or irregular" if irregular else "smooth"
    return (first, second) if rng.random() < 0.5 else (second, first)


def _side_by_side(
    rng: np.random.Generator, nodules: tuple[Choices, Choices], scan_mm: float
) -> tuple[Spot, Spot]:
    """Place the nodules to the left and to the right of the scan's middle, with gland between."""
    left, right = (draw_size(rng, nodule) for nodule in nodules)
    middle, gap = float(rng.uniform(-1, 1)), float(rng.uniform(3.5, 5))
    least = _OFF_MIDDLE * scan_mm
    return (
        Spot(nodules[0], left, min(middle - gap / 2 - left[0] / 2, -least)),
        Spot(nodules[1], right, max(middle + gap / 2 + right[0] / 2, least)),
    )


def _sentence(rng: np.random.Generator, meant: Mapping[str, str], other: Mapping[str, str]) -> str:
    """Return words that are true of the meant nodule and not of the other."""
    told_by = meant["told_by"]
    if told_by == "place":
        size = f"{meant['relative_size'].capitalize()} n" if "relative_size" in meant else "N"
        return str(rng.choice(_PLACE_WORDS)).format(word=meant["place"], size=size)
    if told_by == "size":
        return str(rng.choice(_SIZE_WORDS)).format(word=meant["relative_size"])
    echo, kind = meant["echogenicity"], meant["composition"]
    words = [echo, f"{echo} and {kind}"]
    if kind != other["composition"]:
        words.append(kind)
    return str(rng.choice(_ECHO_WORDS)).format(word=rng.choice(words))
