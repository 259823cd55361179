"""Folds for cross-validation that keep a patient, and a picture's copies, on one side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from nodulens.data.duplicates import fingerprint, join, near_pairs
from nodulens.data.manifest import Row
from nodulens.errors import BadData


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
    splitter = StratifiedGroupKFold(n_splits=folds, shuffle=True, random_state=seed)
    result: dict[int, int] = {}
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


def grey_pixels(path: Path) -> np.ndarray:
    """Read an image of an imported set as uint8 (H, W)."""
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("L"))
    except OSError as error:
        raise BadData(f"{path}: cannot be read ({error}); import the set again") from error
