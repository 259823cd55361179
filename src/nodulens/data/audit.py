"""Look a data set over for what would make training or evaluation wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from nodulens.data.burned_in import TextLine, coloured_share, find_text
from nodulens.data.duplicates import fingerprint, join, near_pairs
from nodulens.data.manifest import Row, read_manifest
from nodulens.data.pictures import grey_pixels, read_mask, rgb_pixels
from nodulens.errors import BadData
from nodulens.files import sha256_of
from nodulens.finding import Area
from nodulens.frames.scan_area import find_scan_areas

NEAR = 24
"""Differing bits of 143 up to which two scans count as copies; the same that groups are made with.
Copies with other words or other compression differ in some 20, strangers in 40 and more."""
_OFF_SCAN = 0.1
"""Share of a mask outside the scan from which it is reported."""
_COLOURED = 1e-4

Severity = Literal["error", "warning", "note"]


class Case(BaseModel):
    """One or more images that a check found something about.

    Attributes:
        ids: of the images.
        detail: what exactly.
        boxes: where in the (first) picture; empty where that says nothing.
    """

    ids: list[str]
    detail: str = ""
    boxes: list[Area] = Field(default_factory=list)


class Check(BaseModel):
    """One thing that was looked for.

    Attributes:
        name: in the JSON form.
        title: for people.
        why: why it matters, and what can be done.
        severity: ``error`` makes results wrong, ``warning`` may, ``note`` is good to know.
        cases: where it was found; empty is good.
    """

    name: str
    title: str
    why: str
    severity: Severity
    cases: list[Case] = Field(default_factory=list)


class Audit(BaseModel):
    """What a data set holds and what is odd about it.

    Attributes:
        folder: the set.
        images, masks, texts, patients, groups: how many of each.
        folds: number of folds; None before `nodulens data split`.
        checks: everything that was looked for.
        labels: label to value to number of images.
        labels_by_fold: the same for ``malignancy`` alone, by fold.
        mask_share: smallest, quartiles and largest share of the picture that is outlined, over
            the masks that are not empty; None without masks.
    """

    folder: str
    images: int
    masks: int
    texts: int
    patients: int
    groups: int
    folds: int | None
    checks: list[Check]
    labels: dict[str, dict[str, int]]
    labels_by_fold: dict[str, dict[str, int]]
    mask_share: tuple[float, float, float, float, float] | None

    @property
    def errors(self) -> int:
        """Number of cases that make results wrong."""
        return sum(len(check.cases) for check in self.checks if check.severity == "error")


@dataclass
class _Look:
    """What one image shows."""

    problems: dict[str, str] = field(default_factory=dict)
    print_: NDArray[np.bool_] | None = None
    lines: list[TextLine] = field(default_factory=list)
    coloured: float = 0.0
    mask_share: float | None = None


def audit_dataset(folder: Path, progress: Callable[[int, int], None] | None = None) -> Audit:
    """Check the imported set in ``folder``.

    Args:
        folder: with a manifest.
        progress: called with the number of images looked at and of all images.

    Raises:
        BadData: there is no manifest.
    """
    rows = read_manifest(folder)
    looks = []
    for number, row in enumerate(rows):
        looks.append(_look(folder, row))
        if progress is not None:
            progress(number + 1, len(rows))
    shares = [look.mask_share for look in looks if look.mask_share]
    folds = {row.fold for row in rows if row.fold is not None}
    return Audit(
        folder=str(folder),
        images=len(rows),
        masks=sum(row.mask is not None for row in rows),
        texts=sum(row.text is not None for row in rows),
        patients=len({row.patient for row in rows if row.patient is not None}),
        groups=len({row.group for row in rows}),
        folds=len(folds) or None,
        checks=[*_file_checks(rows, looks), *_copies(folder, rows, looks), *_words(rows, looks)],
        labels=count_labels(rows),
        labels_by_fold={
            str(fold): count_labels([row for row in rows if row.fold == fold]).get("malignancy", {})
            for fold in sorted(folds)
        },
        mask_share=_quartiles(shares),
    )


def count_labels(rows: Iterable[Row]) -> dict[str, dict[str, int]]:
    """Return label to value to number of images, the commonest value first."""
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        for name, value in row.labels.items():
            counts.setdefault(name, Counter())[value] += 1
    return {name: dict(counts[name].most_common()) for name in sorted(counts)}


def _quartiles(shares: Sequence[float]) -> tuple[float, float, float, float, float] | None:
    if not shares:
        return None
    low, first, middle, third, high = map(float, np.quantile(shares, [0, 0.25, 0.5, 0.75, 1]))
    return low, first, middle, third, high


def _look(folder: Path, row: Row) -> _Look:
    look = _Look()
    path = folder / row.image
    try:
        pixels = grey_pixels(path)
        colours = rgb_pixels(path)
        digest = sha256_of(path)
    except (BadData, OSError) as error:
        look.problems["unreadable"] = str(error)
        return look
    if digest != row.sha256:
        look.problems["changed"] = "the image is not the one that was imported"
    areas = find_scan_areas(pixels)
    look.print_ = fingerprint(pixels, areas)
    look.lines = find_text(pixels, areas)
    look.coloured = coloured_share(colours, areas)
    if row.mask is None:
        look.problems["no-mask"] = ""
    else:
        _look_at_mask(folder / row.mask, pixels.shape, areas, look)
    return look


def _look_at_mask(path: Path, shape: tuple[int, ...], areas: Sequence[Area], look: _Look) -> None:
    try:
        mask = read_mask(path)
        values = np.unique(grey_pixels(path))
    except BadData as error:
        look.problems["unreadable"] = str(error)
        return
    if mask.shape != shape:
        look.problems["mask-size"] = (
            f"mask {mask.shape[1]}×{mask.shape[0]}, image {shape[1]}×{shape[0]}"
        )
        return
    if not set(values.tolist()) <= {0, 255}:
        look.problems["mask-values"] = f"{len(values)} different values"
    look.mask_share = float(mask.mean())
    if not mask.any():
        look.problems["empty-mask"] = ""
        return
    scan = np.zeros(shape, bool)
    for area in areas:
        scan[area.slices] = True
    outside = float((mask & ~scan).sum() / mask.sum())
    if outside > _OFF_SCAN:
        look.problems["mask-off-scan"] = f"{outside:.0%} of the outline lies outside the scan"


_FILE_CHECKS: tuple[tuple[str, str, str, Severity], ...] = (
    (
        "unreadable",
        "Files that cannot be read",
        "Training stops at them. Import the set again, or leave them out.",
        "error",
    ),
    (
        "changed",
        "Images that changed after the import",
        "Labels and masks may no longer belong to them. Import the set again.",
        "error",
    ),
    (
        "mask-size",
        "Masks of another size than their image",
        "It is not known which part of the image they show. Mend them at the source.",
        "error",
    ),
    (
        "mask-values",
        "Masks with values other than 0 and 255",
        "Where the border runs depends on the threshold.",
        "warning",
    ),
    (
        "mask-off-scan",
        "Outlines that leave the scan",
        "A shifted or foreign outline, or one drawn on a view that the scan area misses. Part of "
        "such a nodule is cut away when only the scan is shown to a network.",
        "warning",
    ),
    (
        "empty-mask",
        "Empty masks",
        "Right for an image without a nodule; otherwise the outline was lost.",
        "note",
    ),
    ("no-mask", "Images without a mask", "Not used for segmentation.", "note"),
)


def _file_checks(rows: Sequence[Row], looks: Sequence[_Look]) -> list[Check]:
    return [
        Check(
            name=name,
            title=title,
            why=why,
            severity=severity,
            cases=[
                Case(ids=[row.id], detail=look.problems[name])
                for row, look in zip(rows, looks, strict=True)
                if name in look.problems
            ],
        )
        for name, title, why, severity in _FILE_CHECKS
    ]


def _copies(folder: Path, rows: Sequence[Row], looks: Sequence[_Look]) -> list[Check]:
    seen = [number for number, look in enumerate(looks) if look.print_ is not None]
    prints = [look.print_ for look in looks if look.print_ is not None]
    pairs = [(seen[i], seen[j], bits) for i, j, bits in near_pairs(prints, NEAR)]
    same: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        same.setdefault(row.sha256, []).append(number)
    repeated = [members for members in same.values() if len(members) > 1]
    told_apart = [m for m in repeated if _told_apart([rows[number] for number in m])]
    exact = [members for members in repeated if members not in told_apart]
    roots = join(len(rows), [(i, j) for i, j, _ in pairs])
    clusters = _gather(range(len(rows)), roots)
    near = [members for members in clusters if len({rows[n].sha256 for n in members}) > 1]
    apart = {(i, j): bits for i, j, bits in pairs}

    def ids(members: Sequence[int]) -> list[str]:
        return [rows[number].id for number in members]

    def widest(members: Sequence[int]) -> str:
        most = max(apart.get((i, j), 0) for i in members for j in members if i < j)
        return f"up to {most} of 143 bits differ"

    copies = [*exact, *(members for members in near if members not in exact)]
    conflicts = [
        Case(ids=ids(members), detail=detail)
        for members in copies
        if (detail := _conflict([rows[number] for number in members]))
    ]
    together = [*copies, *told_apart]
    return [
        Check(
            name="exact-duplicates",
            title="The same file more than once",
            why="Counts twice, and tells the answer where one copy is trained on and the other "
            "tested. nodulens data split keeps copies together.",
            severity="warning",
            cases=[Case(ids=ids(members)) for members in exact],
        ),
        Check(
            name="near-duplicates",
            title="Scans that are nearly the same",
            why="The same frame with other words or compression, or neighbours in a cine loop. "
            "nodulens data split keeps them together.",
            severity="warning",
            cases=[Case(ids=ids(members), detail=widest(members)) for members in near],
        ),
        Check(
            name="conflicting-labels",
            title="Copies whose labels differ",
            why="At least one of them is wrong.",
            severity="warning",
            cases=conflicts,
        ),
        Check(
            name="conflicting-masks",
            title="The same file with different outlines",
            why="Shows how far two readers agree; one of the copies is enough for training.",
            severity="warning",
            cases=[
                Case(ids=ids(members), detail=detail)
                for members in exact
                if (detail := _other_outlines(folder, [rows[number] for number in members]))
            ],
        ),
        Check(
            name="told-apart",
            title="One picture, asked about in several texts",
            why="Each text means another part of it. A network that ignores the text cannot be "
            "right about all of them. nodulens data split keeps them together.",
            severity="note",
            cases=[Case(ids=ids(members)) for members in told_apart],
        ),
        _across_folds(rows, together),
        _across_splits(rows, together),
    ]


def _told_apart(rows: Sequence[Row]) -> bool:
    """Whether rows of the same picture are meant to be several: one file, a text of its own each.

    Rows that share a file were made so on purpose; copies come as several files.
    """
    texts = {row.text for row in rows}
    return len({row.image for row in rows}) == 1 and None not in texts and len(texts) == len(rows)


def _across_folds(rows: Sequence[Row], copies: Sequence[list[int]]) -> Check:
    cases = []
    for what, names in (
        ("group", [row.group for row in rows]),
        ("patient", [row.patient for row in rows]),
    ):
        for members in _gather(range(len(rows)), names):
            if names[members[0]] is not None:
                cases += _crossing(rows, members, "fold", f"{what} {names[members[0]]}")
    for members in copies:
        cases += _crossing(rows, members, "fold", "copies")
    return Check(
        name="across-folds",
        title="A group, patient or copy in more than one fold",
        why="Test results of these folds are too good. Run nodulens data split (again).",
        severity="error",
        cases=cases,
    )


def _across_splits(rows: Sequence[Row], copies: Sequence[list[int]]) -> Check:
    cases = []
    for members in _gather(range(len(rows)), [row.patient for row in rows]):
        if rows[members[0]].patient is not None:
            cases += _crossing(rows, members, "split", f"patient {rows[members[0]].patient}")
    for members in copies:
        cases += _crossing(rows, members, "split", "copies")
    return Check(
        name="across-splits",
        title="A patient or copy in more than one of the publisher's parts",
        why="Figures on the published split are too good; say so where they are quoted.",
        severity="warning",
        cases=cases,
    )


def _crossing(
    rows: Sequence[Row], members: Sequence[int], part: Literal["fold", "split"], what: str
) -> list[Case]:
    parts = {getattr(rows[number], part) for number in members} - {None}
    if len(parts) < 2:
        return []
    listed = ", ".join(str(name) for name in sorted(parts))
    return [Case(ids=[rows[number].id for number in members], detail=f"{what}: {part}s {listed}")]


def _gather(numbers: Iterable[int], keys: Sequence[object]) -> list[list[int]]:
    clusters: dict[object, list[int]] = {}
    for number in numbers:
        clusters.setdefault(keys[number], []).append(number)
    return [members for members in clusters.values() if len(members) > 1]


def _conflict(rows: Sequence[Row]) -> str:
    differing = []
    for name in sorted({name for row in rows for name in row.labels}):
        values = {row.labels[name] for row in rows if name in row.labels}
        if len(values) > 1:
            differing.append(f"{name}: {' / '.join(sorted(values))}")
    return "; ".join(differing)


def _other_outlines(folder: Path, rows: Sequence[Row]) -> str:
    masks = []
    for row in rows:
        try:
            masks.append(None if row.mask is None else read_mask(folder / row.mask))
        except BadData:
            return ""
    drawn = [mask for mask in masks if mask is not None]
    if len({mask.shape for mask in drawn}) > 1:
        return ""
    remarks = []
    if 0 < len(drawn) < len(masks):
        remarks.append(f"{len(masks) - len(drawn)} of {len(masks)} have none")
    overlaps = [_dice(a, b) for number, a in enumerate(drawn) for b in drawn[:number]]
    if overlaps and min(overlaps) < 1:
        remarks.append(f"Dice between them from {min(overlaps):.2f}")
    return "; ".join(remarks)


def _dice(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    total = int(first.sum() + second.sum())
    return 2 * int((first & second).sum()) / total if total else 1.0


def _words(rows: Sequence[Row], looks: Sequence[_Look]) -> list[Check]:
    def where(choose: Callable[[TextLine], bool]) -> list[Case]:
        cases = []
        for row, look in zip(rows, looks, strict=True):
            if lines := [line for line in look.lines if choose(line)]:
                cases.append(Case(ids=[row.id], boxes=[line.box for line in lines]))
        return cases

    return [
        Check(
            name="grade-burned-in",
            title="A TI-RADS grade is burned into the picture",
            why="A network that sees it learns to read instead of to look. Show it the scan area "
            "alone. Found by the shape of the word TIRADS; a grade in other words is not.",
            severity="warning",
            cases=where(lambda line: line.word == "grade"),
        ),
        Check(
            name="text-on-scan",
            title="Words are burned into the scan itself",
            why="Cropping to the scan does not remove them.",
            severity="warning",
            cases=where(lambda line: line.inside),
        ),
        Check(
            name="colour-on-scan",
            title="Colour on the scan",
            why="Calipers, drawn outlines or colour Doppler; calipers show where the nodule is.",
            severity="warning",
            cases=[
                Case(ids=[row.id], detail=f"{look.coloured:.2%} of the scan")
                for row, look in zip(rows, looks, strict=True)
                if look.coloured > _COLOURED
            ],
        ),
        Check(
            name="text-beside-scan",
            title="Other words beside the scan",
            why="Machine settings, side and place; perhaps a diagnosis or a name. They are not "
            "read: look at some of them.",
            severity="note",
            cases=where(lambda line: not line.inside and line.word == "text"),
        ),
    ]
