"""Outlines that agree with what was said: "small", "in the left upper part".

A probability map holds many outlines: one for each threshold, and of each any of its parts. Where
the usual one contradicts the words of size and place, the one that comes nearest to them is taken.
Nothing is learned for this, and it needs no network that reads: it is also what such a network has
to beat.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nodulens.analysis.segment import label_parts
from nodulens.finding import Outcome
from nodulens.runtime.odds import log_odds, probability_of
from nodulens.text.descriptors import Descriptors
from nodulens.text.grammar import COMPARED
from nodulens.text.place import ACROSS, DOWN, SIZES, Place, place_of

_SHIFTS = (0.0, 0.4, -0.4, 0.8, -0.8, 1.4, -1.4, 2.2, -2.2, 3.0, -3.0)
"""By how much the log-odds are moved, least first. Against a threshold of one half, 3 takes what
has a probability of 5 %, or leaves out what has 95 %."""
_FARTHEST = 3.2
"""The most that words may move log-odds in all, by being read and by choosing."""
_NEAR = 0.6
"""The furthest from the words that an outline still agrees with them; see :func:`distance`."""
_SIDE = 8.0
"""What a shift by the whole width or height counts, where an e-fold of the area counts 1."""

_Borders = Sequence[tuple[float, str]]
_WORDS: dict[str, _Borders] = {"size": SIZES, "horizontal": ACROSS, "vertical": DOWN}


class Agreement(NamedTuple):
    """A probability map, and what the words had to say about it.

    Attributes:
        probability: of nodule, float32 (h, w), 0 to 1.
        outcome: ``nothing said`` of size or place; the usual outline ``agrees``; it was
            ``changed``; or ``nothing agrees``, and the usual outline stays.
    """

    probability: NDArray[np.float32]
    outcome: Outcome


def wanted(told: Descriptors) -> dict[str, str]:
    """Return the words of size and place in the picture, by field; none of other than nodules.

    Those that compare a nodule with others come first: "smaller", "right".
    """
    if told.target != "nodule":
        return {}
    names = (*COMPARED, *_WORDS)
    return {name: value for name in names if (value := getattr(told, name)) is not None}


def distance(place: Place, words: Mapping[str, str]) -> float:
    """Tell how far an outline is from words of size and place; 0 where all of them are true.

    The sum of how far each is outside what the word stands for: of size, the natural logarithm of
    the ratio of areas; of place, eight times the share of the width or height.

    Args:
        place: of an outline that is not empty.
        words: as :func:`wanted` returns them; those that compare say nothing of one outline alone.
    """
    assert place.centroid is not None
    away = 0.0
    for name, word in words.items():
        if name in COMPARED:
            continue
        low, high = _bounds(_WORDS[name], word)
        if name == "size":
            above = math.log(place.share / high)
            below = math.log(low / place.share) if low else -math.inf
            away += max(0.0, above, below)
        else:
            middle = place.centroid[0 if name == "horizontal" else 1]
            away += _SIDE * max(0.0, low - middle, middle - high)
    return away


def _bounds(borders: _Borders, word: str) -> tuple[float, float]:
    low = 0.0
    for high, one in borders:
        if one == word:
            return low, high
        low = high
    raise ValueError(word)


def agree(
    probability: NDArray[np.float32],
    told: Descriptors,
    threshold: float,
    minimum_share: float,
    already: float | None = None,
) -> Agreement:
    """Change a map so that what is outlined agrees with the words of size and place.

    The whole map is moved in log-odds, and parts that are not meant fall below the threshold. Words
    have borders that nobody keeps to the pixel, so that the nearest outline agrees if it is near
    enough. Where none is, the words may be wrong, and the picture holds.

    Words that compare ("the smaller nodule on the right") choose among the nodules of one outline:
    of those that agree with the other words, the one that comes first in that order. It must not
    come last among all of them. Where one nodule alone is outlined there is nothing to choose.

    Args:
        probability: of nodule in one scan area, float32 (h, w), 0 to 1.
        told: words as of the picture, never the patient; see ``nodulens.text.place``.
        threshold: least probability of a pixel that is nodule, above 0 and below 1.
        minimum_share: of the scan area that a nodule must cover.
        already: the most by which the network that read the words has moved log-odds already; None
            where it read none, or may go as far as it likes.
    """
    words = wanted(told)
    if not words:
        return Agreement(probability, "nothing said")
    odds, border = log_odds(probability), log_odds(threshold)
    shifts = [shift for shift in _SHIFTS if abs(shift) <= _FARTHEST - (already or 0.0)]
    if any(name in words for name in COMPARED):
        nearest, by, usual = _compared(odds - border, words, shifts, minimum_share)
    else:
        nearest, by, usual = _nearest(odds - border, words, shifts, minimum_share)
    if nearest is None:
        return Agreement(probability, "nothing agrees")
    if usual:
        return Agreement(probability, "agrees")
    below = np.nextafter(np.float32(threshold), np.float32(0))
    moved = probability_of(odds + by).astype(np.float32)
    moved = np.where(nearest, moved.clip(min=threshold), moved.clip(max=below))
    return Agreement(moved, "changed")


class _Found(NamedTuple):
    """An outline that agrees, None where none does; by which shift, and whether it is the usual."""

    outline: NDArray[np.bool_] | None
    shift: float = 0.0
    usual: bool = False


def _nearest(
    odds: NDArray[np.float64],
    words: Mapping[str, str],
    shifts: Sequence[float],
    minimum_share: float,
) -> _Found:
    """Return the outline that comes nearest to the words; ``odds`` are 0 at its border."""
    found, best = _Found(None), math.inf
    for shift in shifts:
        for number, outlined in enumerate(_outlines(odds + shift >= 0, minimum_share)):
            away = distance(place_of(outlined), words)
            if away < best:
                found, best = _Found(outlined, shift, shift == number == 0), away
        if best == 0:
            break
    return found if best <= _NEAR else _Found(None)


def _compared(
    odds: NDArray[np.float64],
    words: Mapping[str, str],
    shifts: Sequence[float],
    minimum_share: float,
) -> _Found:
    """Return the nodule that is meant among those of the first outline with one that may be."""
    for shift in shifts:
        labels, parts = label_parts(odds + shift >= 0, minimum_share)
        places = [place_of(labels == number) for number in parts]
        away = [distance(place, words) for place in places]
        if not any(one <= _NEAR for one in away):
            continue
        if len(parts) == 1:
            return _Found(labels == parts[0], shift, usual=shift == 0)
        ranks = [_ranks(places, name, words[name]) for name in COMPARED if name in words]
        # Those that agree to the letter go before those that nearly do.
        for border in (min(away), _NEAR):
            those = [at for at, one in enumerate(away) if one <= border]
            chosen = min(those, key=lambda at: sum(ranking[at] for ranking in ranks))
            if all(ranking[chosen] < len(parts) - 1 for ranking in ranks):
                return _Found(labels == parts[chosen], shift)
        break
    return _Found(None)


def _ranks(places: Sequence[Place], name: str, word: str) -> list[int]:
    """Return for each nodule how many come before it in the order that a word speaks of."""
    if name == "relative_size":
        values = [place.share for place in places]
    else:
        values = [place.centroid[1] for place in places if place.centroid is not None]
    sign = -1 if word in ("larger", "deeper") else 1
    return [sum(sign * other < sign * value for other in values) for value in values]


def _outlines(inside: NDArray[np.bool_], minimum_share: float) -> Iterator[NDArray[np.bool_]]:
    """Yield all nodules of a mask together, then each alone, the largest first; no specks."""
    labels, parts = label_parts(inside, minimum_share)
    if parts:
        yield np.isin(labels, parts)
    if len(parts) > 1:
        for number in parts:
            yield labels == number
