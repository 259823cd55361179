"""A table of labels and texts beside a set: one row an image."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from nodulens.data.importers.source import Oddity, SourceImage
from nodulens.errors import BadData

_NOT_LABELS = ("file", "text", "patient", "split")


def read_labels(path: Path) -> dict[str, dict[str, str]]:
    """Read a CSV with the column ``file`` and any others, separated by commas or semicolons.

    Returns:
        For each ``file``, as written, its cells that are not empty, by column.

    Raises:
        BadData: the table cannot be read, lacks ``file``, or names a file twice.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadData(f"{path}: cannot be read as a CSV in UTF-8 ({error})") from error
    first = text.partition("\n")[0]
    separator = ";" if first.count(";") > first.count(",") else ","
    reader = csv.DictReader(text.splitlines(), delimiter=separator)
    if "file" not in (reader.fieldnames or ()):
        raise BadData(f"{path}: lacks a column called file; its first row must name the columns")
    table: dict[str, dict[str, str]] = {}
    for row in reader:
        name = (row.pop("file") or "").strip()
        if not name:
            continue
        if name in table:
            raise BadData(f"{path}: names {name} twice; keep one of the rows")
        table[name] = {
            column: value.strip()
            for column, value in row.items()
            if column and isinstance(value, str) and value.strip()
        }
    return table


def with_labels(
    items: Iterable[SourceImage | Oddity], path: Path
) -> Iterator[SourceImage | Oddity]:
    """Add the rows of a table to the images that they name.

    ``file`` may be an image's id, its path below the set's folder, its file name or its stem; the
    last two only while no other image of the set has the same. ``text``, ``patient`` and ``split``
    go to the fields of that name, every other column becomes a label.
    """
    table = read_labels(path)
    listed = list(items)
    images = [item for item in listed if isinstance(item, SourceImage)]
    known = _names(images)
    cells: dict[str, dict[str, str]] = {}
    unknown = []
    for name, row in table.items():
        owner = known.get(str(PurePosixPath(name.replace("\\", "/"))))
        if owner is None:
            unknown.append(name)
        else:
            cells.setdefault(owner, {}).update(row)
    for item in listed:
        if isinstance(item, SourceImage):
            row = cells.get(item.id, {})
            if not row:
                yield Oddity(item.path, "has no row in the table of labels")
            else:
                item.text = row.get("text", item.text)
                item.patient = row.get("patient", item.patient)
                item.split = row.get("split", item.split)
                item.labels = item.labels | {
                    column: value for column, value in row.items() if column not in _NOT_LABELS
                }
        yield item
    for name in unknown:
        yield Oddity(path, f"names {name}, which is no image of the set, or is several")


def _names(images: list[SourceImage]) -> dict[str, str | None]:
    """Return the id of the image that a name means; None where it means several."""
    names: dict[str, str | None] = {}
    for image in images:
        parts = image.path.as_posix().split("/")
        tails = {"/".join(parts[-depth:]) for depth in range(1, 6)}
        for name in {*tails, image.path.stem}:
            names[name] = None if name in names else image.id
    return names | {image.id: image.id for image in images}
