"""The manifest: what a learning set holds, one Parquet row an image.

Several rows may share an image where their texts mean different parts of it.

A data set is a folder with ``manifest.parquet`` at its top; every path in it is relative to that
folder, so the folder can be moved. In the file each label is a column of its own named
``label_<name>``; in memory they are one dictionary.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nodulens.errors import BadData
from nodulens.files import replacing

MANIFEST = "manifest.parquet"
SCHEMA_VERSION = "1"
_LABEL = "label_"


class Row(BaseModel):
    """One image of a learning set.

    Attributes:
        id: unique in the set; the image's path without its ending, as a rule.
        image: path of the image, relative to the set's folder, with forward slashes.
        mask: path of the mask (PNG, 0/255, the image's size); None where nobody outlined it.
        patient: whose image it is; None where the set does not say.
        group: what must stay on one side of a split: the patient, joined with others through
            duplicate images.
        width, height: of the image, in pixels.
        sha256: of the image file's bytes.
        mm_per_px: stated or measured size of a pixel; None where unknown.
        scale_from: where ``mm_per_px`` comes from, in the words of ``nodulens.finding.Scale``.
        text: words about the image, or about what ``mask`` outlines in it; None where there are
            none.
        labels: label name to value, for instance ``malignancy: suspicious`` or ``tirads: 4a``.
        split: the publisher's own part (``train``, ``val``, ``test``); None without one.
        fold: number of the fold, from 0; None before ``nodulens data split``.
        licence: under which terms the image may be used.
        notes: what the importer found odd about it.
    """

    model_config = ConfigDict(extra="forbid")

    id: str
    image: str
    mask: str | None = None
    patient: str | None = None
    group: str
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    sha256: str = Field(min_length=64, max_length=64)
    mm_per_px: float | None = Field(None, gt=0)
    scale_from: str = "unknown"
    text: str | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    split: str | None = None
    fold: int | None = Field(None, ge=0)
    licence: str = "unknown"
    notes: list[str] = Field(default_factory=list)


_COLUMNS: dict[str, pa.DataType] = {
    "id": pa.string(),
    "image": pa.string(),
    "mask": pa.string(),
    "patient": pa.string(),
    "group": pa.string(),
    "width": pa.int32(),
    "height": pa.int32(),
    "sha256": pa.string(),
    "mm_per_px": pa.float64(),
    "scale_from": pa.string(),
    "text": pa.string(),
    "split": pa.string(),
    "fold": pa.int32(),
    "licence": pa.string(),
    "notes": pa.list_(pa.string()),
}


def identity(rows: Iterable[Row]) -> str:
    """Return a SHA-256 of what learning depends on: images, masks, groups, folds, labels, texts.

    Scales, notes and the Parquet file's own bytes do not count, so that a set imported again by
    another version is still the same set.
    """
    fields = {"id", "mask", "group", "sha256", "text", "labels", "split", "fold"}
    lines = sorted(row.model_dump_json(include=fields) for row in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def write_manifest(folder: Path, rows: Iterable[Row]) -> Path:
    """Write the manifest of the data set in ``folder``, all or nothing, and return its path."""
    rows = list(rows)
    names = sorted({name for row in rows for name in row.labels})
    columns: dict[str, Any] = {
        name: pa.array([getattr(row, name) for row in rows], kind)
        for name, kind in _COLUMNS.items()
    }
    for name in names:
        values = [row.labels.get(name) for row in rows]
        columns[_LABEL + name] = pa.array(values, pa.string())
    table = pa.table(columns).replace_schema_metadata({"nodulens_manifest": SCHEMA_VERSION})
    path = folder / MANIFEST
    with replacing(path) as stream:
        pq.write_table(table, stream)
    return path


def count_rows(folder: Path) -> int:
    """Return how many rows the manifest of the data set in ``folder`` says that it has.

    Raises:
        BadData: it is no Parquet file.
    """
    path = folder / MANIFEST
    try:
        return int(pq.read_metadata(path).num_rows)
    except (pa.ArrowException, OSError) as error:
        raise BadData(f"{path}: not a Parquet file that can be read ({error})") from error


def read_manifest(folder: Path) -> list[Row]:
    """Read the manifest of the data set in ``folder``.

    Raises:
        BadData: there is no manifest, or it does not hold what a manifest must.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise BadData(
            f"{folder}: no {MANIFEST} there; make one with `nodulens data import … --out {folder}`"
        )
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise BadData(f"{path}: not a Parquet file that can be read ({error})") from error
    missing = set(_COLUMNS) - set(table.column_names)
    if missing:
        raise BadData(f"{path}: lacks the columns {', '.join(sorted(missing))}; import it again")
    labels = [name for name in table.column_names if name.startswith(_LABEL)]
    rows = []
    for number, record in enumerate(table.to_pylist()):
        fields = {name: record[name] for name in _COLUMNS}
        fields["labels"] = {
            name.removeprefix(_LABEL): record[name] for name in labels if record[name] is not None
        }
        fields["notes"] = fields["notes"] or []
        try:
            rows.append(Row(**fields))
        except ValidationError as error:
            raise BadData(f"{path}: row {number} is not valid: {error}") from error
    return rows
