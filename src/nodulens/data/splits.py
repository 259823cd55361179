"""Folds for cross-validation that keep a patient, and a picture's copies, on one side."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydantic import BaseModel

from nodulens.data.duplicates import fingerprint, join, near_pairs
from nodulens.data.manifest import Row, read_manifest, write_manifest
from nodulens.data.pictures import grey_pixels
from nodulens.errors import BadData
from nodulens.files import write_json

SPLITS = "splits.json"
"""How the folds were dealt, beside the manifest."""
TRAINING_PART = "train"
"""``split`` of the rows that a publisher meant to be trained on."""


class Fold(BaseModel):
    """What one fold holds out.

    Attributes:
        fold: its number, from 0.
        images, groups, masks: how many of each.
        malignancy: label to number of images; ``none`` where there is no label.
    """

    fold: int
    images: int
    groups: int
    masks: int
    malignancy: dict[str, int]


class Splits(BaseModel):
    """How a data set was divided, as ``splits.json`` records it.

    Attributes:
        seed: of the deal; None where the publisher's parts were taken.
        images, groups: in the whole set.
        patients: different patients; images without one are not counted.
        joined: groups that hold more than one patient, or several images without one, because
            pictures of theirs are copies of each other.
        largest_group: number of images in the largest group.
        folds: what each fold holds out.
    """

    seed: int | None
    images: int
    groups: int
    patients: int
    joined: dict[str, list[str]]
    largest_group: int
    folds: list[Fold]


def split_dataset(folder: Path, folds: int = 5, seed: int = 0) -> Splits:
    """Group the images of an imported set, deal the groups into folds and record it.

    Writes ``group`` and ``fold`` into the manifest and ``splits.json`` beside it.

    Raises:
        BadData: there is no manifest, a picture cannot be read, ``folds`` is less than 2 or there
            are fewer groups than folds.
    """
    if folds < 2:
        raise BadData(f"{folds} folds hold nothing out; ask for --folds 2 or more")
    rows = assign_folds(folder, group_rows(folder, read_manifest(folder)), folds, seed)
    return _record(folder, rows, seed)


def hold_out_published(folder: Path) -> Splits:
    """Make the parts that the publisher holds out fold 0, so that nothing trains on them.

    Groups that reach into a held-out part are held out whole; evaluation tells the parts apart
    again (``by_split``).

    Raises:
        BadData: there is no manifest, a picture cannot be read, or the set was published undivided.
    """
    rows = group_rows(folder, read_manifest(folder))
    held_out = {row.group for row in rows if row.split not in (None, TRAINING_PART)}
    rows = [row.model_copy(update={"fold": 0 if row.group in held_out else None}) for row in rows]
    if not held_out or all(row.fold == 0 for row in rows):
        raise BadData(
            f"{folder}: its publisher did not divide it into a part to train on and others; deal "
            "folds with --folds"
        )
    return _record(folder, rows, None)


def without_fold(rows: Sequence[Row], fold: int | None) -> list[Row]:
    """Return the rows of the other folds; all rows, where no fold is named.

    Raises:
        BadData: a fold is named and the rows have none, or none of that number.
    """
    if fold is not None:
        known = {row.fold for row in rows if row.fold is not None}
        if not known:
            raise BadData("the data set has no folds; run `nodulens data split` on it first")
        if fold not in known:
            there = ", ".join(str(number) for number in sorted(known))
            raise BadData(f"the data set has no fold {fold}; it has {there}")
    return [row for row in rows if fold is None or row.fold != fold]


def _record(folder: Path, rows: Sequence[Row], seed: int | None) -> Splits:
    sizes = Counter(row.group for row in rows)
    joined: dict[str, set[str]] = {}
    for row in rows:
        joined.setdefault(row.group, set()).add(row.patient or row.id)
    result = Splits(
        seed=seed,
        images=len(rows),
        groups=len(sizes),
        patients=len({row.patient for row in rows if row.patient is not None}),
        joined={name: sorted(owners) for name, owners in joined.items() if len(owners) > 1},
        largest_group=max(sizes.values()),
        folds=[
            _fold(number, rows)
            for number in sorted({row.fold for row in rows if row.fold is not None})
        ],
    )
    write_manifest(folder, rows)
    write_json(folder / SPLITS, result.model_dump())
    return result


def _fold(number: int, rows: Sequence[Row]) -> Fold:
    held_out = [row for row in rows if row.fold == number]
    return Fold(
        fold=number,
        images=len(held_out),
        groups=len({row.group for row in held_out}),
        masks=sum(row.mask is not None for row in held_out),
        malignancy=dict(
            sorted(Counter(row.labels.get("malignancy", "none") for row in held_out).items())
        ),
    )


def group_rows(folder: Path, rows: Sequence[Row]) -> list[Row]:
    """Return the rows with ``group`` set to what must stay together.

    Images of one patient, and images whose scans are copies of each other
    (:mod:`nodulens.data.duplicates`), are joined, and so on transitively. A group is named after
    its first patient, or its first image where no patient is known.
    """
    prints = [fingerprint(grey_pixels(folder / row.image)) for row in rows]
    pairs = [(first, second) for first, second, _ in near_pairs(prints)]
    first_of: dict[str, int] = {}
    for number, row in enumerate(rows):
        if row.patient is not None:
            pairs.append((first_of.setdefault(row.patient, number), number))
    roots = join(len(rows), pairs)
    names = [rows[root].patient or rows[root].id for root in roots]
    return [row.model_copy(update={"group": name}) for row, name in zip(rows, names, strict=True)]


def assign_folds(folder: Path, rows: Sequence[Row], folds: int, seed: int) -> list[Row]:
    """Return the grouped rows with ``fold`` set from 0 to ``folds`` − 1.

    Groups are dealt whole (scikit-learn's ``StratifiedGroupKFold``) so that each fold has its share
    of each malignancy label and of small, medium and large masks.

    Raises:
        BadData: there are fewer groups than folds.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    groups = [row.group for row in rows]
    if len(set(groups)) < folds:
        raise BadData(
            f"{folder}: {len(set(groups))} groups cannot fill {folds} folds; "
            f"ask for --folds {max(2, len(set(groups)))} or fewer"
        )
    strata = _strata(folder, rows)
    if max(Counter(strata).values()) < folds:
        # In so small a set no stratum can be in each fold, which scikit-learn refuses.
        strata = ["all"] * len(rows)
    splitter = StratifiedGroupKFold(n_splits=folds, shuffle=True, random_state=seed)
    result: dict[int, int] = {}
    with warnings.catch_warnings():
        # A stratum with fewer images than folds cannot be in each of them, and need not be.
        warnings.filterwarnings("ignore", "The least populated class in y", UserWarning)
        for fold, (_, held_out) in enumerate(splitter.split(np.zeros(len(rows)), strata, groups)):
            result.update({int(number): fold for number in held_out})
    return [row.model_copy(update={"fold": result[n]}) for n, row in enumerate(rows)]


def _strata(folder: Path, rows: Sequence[Row]) -> list[str]:
    shares = np.array([_mask_share(folder, row) for row in rows])
    outlined = shares[shares > 0]
    bounds = np.quantile(outlined, [1 / 3, 2 / 3]) if outlined.size else np.zeros(2)
    sizes = np.where(shares > 0, np.searchsorted(bounds, shares) + 1, 0)
    return [
        f"{row.labels.get('malignancy', 'none')}/{size}"
        for row, size in zip(rows, sizes, strict=True)
    ]


def _mask_share(folder: Path, row: Row) -> float:
    if row.mask is None:
        return 0.0
    return float((grey_pixels(folder / row.mask) > 127).mean())
