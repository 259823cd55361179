"""Bring somebody else's data set into a folder with a manifest."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from pydantic import BaseModel, Field

from nodulens import frames
from nodulens.data.importers.busi import LICENCE as BUSI_LICENCE
from nodulens.data.importers.busi import read_busi
from nodulens.data.importers.ddti import LICENCE as DDTI_LICENCE
from nodulens.data.importers.ddti import read_ddti
from nodulens.data.importers.folder import LICENCE as FOLDER_LICENCE
from nodulens.data.importers.folder import read_folder
from nodulens.data.importers.labels import with_labels
from nodulens.data.importers.lvit import LICENCE as LVIT_LICENCE
from nodulens.data.importers.lvit import read_lvit
from nodulens.data.importers.source import Importer, Oddity, Polygon, SourceImage
from nodulens.data.importers.tn3k import LICENCE as TN3K_LICENCE
from nodulens.data.importers.tn3k import read_tn3k
from nodulens.data.manifest import MANIFEST, Row, read_manifest, write_manifest
from nodulens.data.pictures import encode_mask, read_mask
from nodulens.errors import BadData, UnreadableFile
from nodulens.files import replacing, sha256_of, write_bytes, write_json

RECORD = "import.json"
"""The report of an import, beside the manifest."""

IMPORTERS: dict[str, tuple[Importer, str]] = {
    "ddti": (read_ddti, DDTI_LICENCE),
    "tn3k": (read_tn3k, TN3K_LICENCE),
    "busi": (read_busi, BUSI_LICENCE),
    "lvit": (read_lvit, LVIT_LICENCE),
    "folder": (read_folder, FOLDER_LICENCE),
}
"""Name of a published layout to its reader and the terms of the set."""


class OddityGroup(BaseModel):
    """Files of the source with the same oddity.

    Attributes:
        what: what is odd, and what was done about it.
        lost: these files should have been imported and could not be.
        files: their paths.
    """

    what: str
    lost: bool
    files: list[str]


class ImportReport(BaseModel):
    """What an import did, or would do.

    Attributes:
        kind: name of the layout, a key of ``IMPORTERS``.
        source, out: the folders, as absolute paths.
        licence: under which terms the images may be used.
        dry_run: nothing was written.
        finished: false while the import runs, and after one that was killed.
        images, masks, empty_masks, texts: how many of each.
        patients: different patients; images without one are not counted.
        splits: publisher's part to number of images.
        labels: label to value to number of images.
        sizes: the commonest picture sizes ("640×480") to number of images, at most ten.
        bytes: of all image files.
        oddities: everything odd, the commonest first.
    """

    kind: str
    source: str
    out: str
    licence: str
    dry_run: bool = False
    finished: bool = False
    images: int = 0
    masks: int = 0
    empty_masks: int = 0
    texts: int = 0
    patients: int = 0
    splits: dict[str, int] = Field(default_factory=dict)
    labels: dict[str, dict[str, int]] = Field(default_factory=dict)
    sizes: dict[str, int] = Field(default_factory=dict)
    bytes: int = 0
    oddities: list[OddityGroup] = Field(default_factory=list)

    @property
    def lost(self) -> int:
        """How many files should have been imported and could not be."""
        return sum(len(group.files) for group in self.oddities if group.lost)


def import_dataset(
    kind: str,
    source: Path,
    out: Path,
    *,
    dry_run: bool = False,
    labels_csv: Path | None = None,
    progress: Callable[[SourceImage], None] | None = None,
) -> ImportReport:
    """Import a published layout into ``out``, or report what an import would do.

    ``out`` gets ``images/`` (copied byte for byte), ``masks/`` (PNG, 0/255), ``manifest.parquet``
    and ``import.json`` (the report). The scale of each image is what :func:`nodulens.frames.read`
    finds. Files that cannot be used are left out and reported, and the rest goes on. To import the
    same source once more brings ``out`` up to date; groups and folds are kept as long as the set is
    the same.

    Args:
        kind: a key of :data:`IMPORTERS`.
        source: the published folder.
        out: a new or empty folder, or the one of an earlier import of the same.
        dry_run: read and check everything, write nothing.
        labels_csv: table of labels, see :func:`nodulens.data.importers.labels.with_labels`.
        progress: called with each image before it is imported.

    Raises:
        BadData: there is no such kind, the source is no such set, ``out`` holds something else,
            or not one image could be imported.
    """
    if kind not in IMPORTERS:
        raise BadData(f"no importer {kind!r}; there are {', '.join(IMPORTERS)}")
    if not source.is_dir():
        raise BadData(f"{source}: no such folder; give the folder of the published set")
    reader, licence = IMPORTERS[kind]
    source, out = source.resolve(), out.resolve()
    report = ImportReport(
        kind=kind, source=str(source), out=str(out), licence=licence, dry_run=dry_run
    )
    _check_out(out, report)
    items = iter(reader(source))
    if labels_csv is not None:
        items = with_labels(items, labels_csv)
    # The reader finds out at its first step whether this is its layout; only then is `out` marked.
    items = _started(items)
    if not dry_run:
        write_json(out / RECORD, report.model_dump())
    earlier = read_manifest(out) if (out / MANIFEST).is_file() else []
    imported = _Imported()
    for item in items:
        if progress is not None and isinstance(item, SourceImage):
            progress(item)
        imported.add(item, licence, None if dry_run else out)
    if not imported.rows:
        first = imported.oddities[0] if imported.oddities else None
        detail = f" (first: {first.path}: {first.what})" if first else ""
        raise BadData(f"{source}: not one image could be imported{detail}")
    rows = _with_earlier(imported.rows, earlier)
    _count(report, rows, imported)
    if not dry_run:
        write_manifest(out, rows)
        report.finished = True
        write_json(out / RECORD, report.model_dump())
    return report


def import_images(
    items: Iterable[SourceImage | Oddity], licence: str, out: Path
) -> tuple[list[Row], list[Oddity]]:
    """Copy images and write masks and the manifest below ``out``.

    Returns:
        The manifest's rows, and everything odd.
    """
    imported = _Imported()
    for item in items:
        imported.add(item, licence, out)
    write_manifest(out, imported.rows)
    return imported.rows, imported.oddities


class _Imported:
    """What has been imported so far."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.oddities: list[Oddity] = []
        self.empty_masks = 0
        self.bytes = 0
        self._ids: set[str] = set()

    def add(self, item: SourceImage | Oddity, licence: str, out: Path | None) -> None:
        """Check one item and, unless ``out`` is None, write its files."""
        if isinstance(item, Oddity):
            self.oddities.append(item)
            return
        try:
            frame, *others = frames.read(item.path)
        except UnreadableFile:
            self._lose(item.path, "cannot be read as a picture; left out")
            return
        if others:
            self._lose(item.path, "holds several frames; left out, save each as a file of its own")
            return
        height, width = frame.pixels.shape
        # A file system may take two names that differ in case for one.
        if item.id.casefold() in self._ids:
            self._lose(item.path, "has the id of another image; left out")
            return
        self._ids.add(item.id.casefold())
        mask = self._mask(item, (width, height))
        notes = list(item.notes)
        if mask is None and (item.mask_files or item.polygons):
            notes.append("its mask could not be used")
        row = Row(
            id=item.id,
            image=f"images/{item.id}{item.path.suffix.lower()}",
            mask=None if mask is None else f"masks/{item.id}.png",
            patient=item.patient,
            group=item.patient or item.id,
            width=width,
            height=height,
            sha256=frame.sha256,
            mm_per_px=frame.scale.mm_per_px,
            scale_from=frame.scale.origin,
            text=item.text,
            labels=item.labels,
            split=item.split,
            licence=licence,
            notes=notes,
        )
        if out is not None:
            _copy(item.path, out / row.image, row.sha256)
            if mask is not None and row.mask is not None:
                write_bytes(out / row.mask, encode_mask(mask))
        self.rows.append(row)
        self.empty_masks += mask is not None and not mask.any()
        self.bytes += item.path.stat().st_size

    def _mask(self, item: SourceImage, size: tuple[int, int]) -> NDArray[np.bool_] | None:
        """Return the union of an image's masks or outlines.

        One mask that cannot be used makes the union wrong: the image is then left without a mask
        rather than with a part of it.
        """
        if item.polygons:
            return _draw(item.polygons, size)
        union: NDArray[np.bool_] | None = None
        for path in item.mask_files:
            try:
                mask = read_mask(path)
            except BadData:
                self._lose(path, "cannot be read as a mask; its image is imported without one")
                return None
            if mask.shape != (size[1], size[0]):
                self._lose(path, "is not of its image's size; the image is imported without a mask")
                return None
            union = mask if union is None else union | mask
        return union

    def _lose(self, path: Path, what: str) -> None:
        self.oddities.append(Oddity(path, what, lost=True))


def _with_earlier(rows: Sequence[Row], earlier: Sequence[Row]) -> list[Row]:
    """Keep the groups and folds of an earlier import if it is of the same set.

    They depend on the whole set: with one image more or less they would be others.
    """

    def identity(row: Row) -> tuple[str, str, str | None]:
        return row.id, row.sha256, row.patient

    before = {identity(row): row for row in earlier}
    if before.keys() != {identity(row) for row in rows}:
        return list(rows)
    olds = [before[identity(row)] for row in rows]
    return [
        row.model_copy(update={"group": old.group, "fold": old.fold})
        for row, old in zip(rows, olds, strict=True)
    ]


def _started(items: Iterator[SourceImage | Oddity]) -> Iterator[SourceImage | Oddity]:
    first = next(items, None)

    def chained() -> Iterator[SourceImage | Oddity]:
        if first is not None:
            yield first
        yield from items

    return chained()


def _check_out(out: Path, report: ImportReport) -> None:
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not out.is_dir():
        raise BadData(f"{out}: is a file; give a folder")
    try:
        earlier = ImportReport.model_validate(json.loads((out / RECORD).read_text("utf-8")))
    except (OSError, ValueError) as error:
        raise BadData(
            f"{out}: is not empty and holds no import; give a new folder or empty this one"
        ) from error
    if (earlier.kind, earlier.source) != (report.kind, report.source):
        raise BadData(
            f"{out}: holds an import of {earlier.kind} from {earlier.source}; give a new folder"
        )


def _copy(source: Path, target: Path, digest: str) -> None:
    if target.is_file() and sha256_of(target) == digest:
        return
    with replacing(target) as stream, source.open("rb") as original:
        shutil.copyfileobj(original, stream)


def _draw(polygons: Sequence[Polygon], size: tuple[int, int]) -> NDArray[np.bool_]:
    canvas = Image.new("1", size)
    draw = ImageDraw.Draw(canvas)
    for polygon in polygons:
        draw.polygon(polygon, fill=1, outline=1)
    return np.asarray(canvas)


def _count(report: ImportReport, rows: Sequence[Row], imported: _Imported) -> None:
    report.images = len(rows)
    report.masks = sum(row.mask is not None for row in rows)
    report.empty_masks = imported.empty_masks
    report.texts = sum(row.text is not None for row in rows)
    report.patients = len({row.patient for row in rows if row.patient is not None})
    report.bytes = imported.bytes
    report.splits = dict(sorted(Counter(row.split for row in rows if row.split).items()))
    report.labels = {
        name: dict(Counter(row.labels[name] for row in rows if name in row.labels).most_common())
        for name in sorted({name for row in rows for name in row.labels})
    }
    report.sizes = dict(Counter(f"{row.width}×{row.height}" for row in rows).most_common(10))
    groups: dict[tuple[str, bool], list[str]] = {}
    for oddity in imported.oddities:
        groups.setdefault((oddity.what, oddity.lost), []).append(str(oddity.path))
    report.oddities = [
        OddityGroup(what=what, lost=lost, files=files)
        for (what, lost), files in sorted(groups.items(), key=lambda item: -len(item[1]))
    ]
