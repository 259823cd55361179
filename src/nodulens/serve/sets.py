"""Data sets in uploads: their masks are no pictures, and what people outlined comes back.

What ``POST /api/exports`` wrote, or any other data set, is known by its manifest. Its masks are
kept with their pictures until an analysis takes them over (:mod:`nodulens.serve.imports`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import ValidationError

from nodulens.data.manifest import MANIFEST, Row
from nodulens.errors import NodulensError
from nodulens.serve.bench import LOOK_SECONDS, Bench, named
from nodulens.serve.exports import LABELS
from nodulens.serve.models import RefusedFile, UserAttributes
from nodulens.serve.problems import raise_if_busy
from nodulens.serve.store import Drawing, NewImage, hashed
from nodulens.serve.uploads import ReceivedFile, shown_name

_PARQUET = b"PAR1"
_ROWS_A_FILE = 4
"""Most rows of a manifest for each file that an upload may have."""
_SHOWN_ITSELF = "depth-ruler"
"""Origin of a scale that the picture shows, and need not be told."""


@dataclass
class Sets:
    """The data sets of an upload.

    Attributes:
        files: of the upload, by name.
        rows: of the manifests, by the name of the picture; masks by their names here.
        not_pictures: names of manifests and masks.
        refused: what cannot be used, and why.
    """

    files: dict[str, ReceivedFile]
    rows: dict[str, list[Row]] = field(default_factory=dict)
    not_pictures: set[str] = field(default_factory=set)
    refused: list[RefusedFile] = field(default_factory=list)

    def refuse(self, name: str, why: str) -> None:
        """Say of a file why it is not kept."""
        self.refused.append(RefusedFile(name=name, why=why))


def find_sets(bench: Bench, files: Sequence[ReceivedFile], folder: Path) -> Sets:
    """Find the data sets in an upload.

    Args:
        bench: whose worker reads manifests.
        files: of the upload, archives unpacked.
        folder: of the upload; manifests are moved in it.
    """
    sets = Sets({file.name: file for file in files})
    for number, file in enumerate(files):
        before, _, name = file.name.rpartition("/")
        if name == MANIFEST and _begins(file.path, _PARQUET):
            sets.not_pictures.add(file.name)
            place = folder / f"{number}.set"
            place.mkdir()
            path = file.path.rename(place / MANIFEST)
            try:
                most = _ROWS_A_FILE * bench.settings.upload_files
                rows = bench.worker.call("rows", place, most, seconds=LOOK_SECONDS)
            except NodulensError as error:
                raise_if_busy(error)
                sets.refuse(file.name, str(named(error, path, file.name)))
            else:
                _add(sets, before, rows)
    return sets


def with_drawings(bench: Bench, sets: Sets, image: NewImage) -> NewImage:
    """Return a picture with the outlines and the scale that its data set has of it."""
    rows = sets.rows.get(image.name, [])
    # What a manifest says of another picture of that name is nothing about this one.
    meant = [row for row in rows if row.sha256 == image.sha256]
    drawings = []
    for row in rows:
        if row.mask is not None and (drawing := _drawing(bench, sets, image, row)) is not None:
            drawings.append(drawing)
    scales = {row.mm_per_px for row in meant if row.scale_from != _SHOWN_ITSELF}
    return replace(
        image,
        drawings=tuple(drawings),
        mm_per_px=scales.pop() if len(scales) == 1 else None,
        patient=image.patient or _patient(bench, meant),
    )


def _add(sets: Sets, before: str, rows: Sequence[Row]) -> None:
    for row in rows:
        # Names to look for among what was received; never paths.
        image, mask = (
            None if name is None else shown_name(f"{before}/{name}")
            for name in (row.image, row.mask)
        )
        assert image is not None
        sets.rows.setdefault(image, []).append(row.model_copy(update={"mask": mask}))
        if mask is not None:
            sets.not_pictures.add(mask)


def _drawing(bench: Bench, sets: Sets, image: NewImage, row: Row) -> Drawing | None:
    assert row.mask is not None
    name, file = row.mask, sets.files.get(row.mask)
    if file is None:
        sets.refuse(name, "the manifest names this mask, and the upload has none of that name")
        return None
    if row.sha256 != image.sha256:
        sets.refuse(name, "its picture is not the one that the manifest means; export it again")
        return None
    try:
        specks = bench.worker.call(
            "look_at_mask", file.path, image.width, image.height, seconds=LOOK_SECONDS
        )
    except NodulensError as error:
        raise_if_busy(error)
        sets.refuse(name, str(named(error, file.path, name)))
        return None
    if specks:
        sets.refuse(name, f"{specks} of its parts are too small for nodules; the rest is kept")
    return Drawing(file.path, _said(sets, name, row))


def _patient(bench: Bench, rows: Sequence[Row]) -> str | None:
    """Return what the patient is called here, so that a further export groups as this one did."""
    name = next((row.patient for row in rows if row.patient), None)
    return None if name is None else hashed(name, bench.store.salt)


def _said(sets: Sets, name: str, row: Row) -> UserAttributes:
    """Return what the labels say, as far as the workbench has words for it."""
    said = UserAttributes()
    for label in LABELS:
        if (value := row.labels.get(label)) is not None:
            try:
                said = UserAttributes.model_validate({**said.model_dump(), label: value})
            except ValidationError:
                sets.refuse(name, f"the label {label}, {value[:80]!r}, is no word of the lexicon")
    return said


def _begins(path: Path, start: bytes) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(start)) == start
