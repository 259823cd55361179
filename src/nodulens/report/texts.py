"""A table of words about pictures: a row a file, as a CSV."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nodulens.analysis.words import LONGEST_TEXT
from nodulens.errors import BadData
from nodulens.report.sources import Source

FILE_COLUMNS = ("file", "filename", "file name", "image", "image name", "path", "name")
TEXT_COLUMNS = ("text", "description", "report", "findings", "words")
"""What the two columns may be called; capitals, ``_`` and ``-`` do not matter."""

_LARGEST = 64 << 20


@dataclass(frozen=True)
class Told:
    """The files of a batch with their words.

    Attributes:
        files: with the words that the table has for them.
        without: number of the files that it has none for.
        unused: number of its rows for files that are not in the batch.
    """

    files: list[Source]
    without: int
    unused: int


def read_texts(path: Path) -> dict[str, str]:
    """Read a table of words.

    Args:
        path: of a CSV in UTF-8, separated by commas, semicolons or tabs, whose first row names the
            columns: one of :data:`FILE_COLUMNS` and one of :data:`TEXT_COLUMNS`; others are left
            out.

    Returns:
        The words by file, as the table names it with forward slashes; rows without words are left
        out.

    Raises:
        BadData: it cannot be read, lacks a column, names a file twice, or a row is broken.
    """
    content = _read(path)
    first = content.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=separator, strict=True)
    table: dict[str, str] = {}
    try:
        header = [cell.strip().casefold().replace("_", " ").replace("-", " ") for cell in
                  next(reader, [])]  # fmt: skip
        file, text = (_column(path, header, names) for names in (FILE_COLUMNS, TEXT_COLUMNS))
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) > len(header):
                raise BadData(
                    f"{path}, line {reader.line_num}: more cells than columns; put a text with a "
                    f"{separator!r} in it into double quotes"
                )
            cells = [cell.strip() for cell in row] + [""] * len(header)
            name, words = _normalised(cells[file]), cells[text]
            if not name:
                raise BadData(f"{path}, line {reader.line_num}: names no file")
            if name in table:
                raise BadData(f"{path}, line {reader.line_num}: {name} again; keep one of its rows")
            if len(words) > LONGEST_TEXT:
                raise BadData(
                    f"{path}, line {reader.line_num}: a text of {len(words)} characters; give "
                    f"{LONGEST_TEXT} at most"
                )
            table[name] = words
    except csv.Error as error:
        raise BadData(
            f"{path}, line {reader.line_num}: not a row of a CSV ({error}); save the table again"
        ) from error
    return {name: words for name, words in table.items() if words}


def tell(sources: Sequence[Source], path: Path) -> Told:
    """Give each file the words that a table has for it.

    A row may name a file by its path, by the end of it, or by its name with or without its ending,
    as long as no other file of the batch is meant as well.

    Args:
        sources: of the batch.
        path: of the table.

    Raises:
        BadData: as :func:`read_texts`; or a row means several files, several rows mean one, or no
            row means any.
    """
    table = read_texts(path)
    if not table:
        raise BadData(f"{path}: has no row with words")
    owners: dict[str, list[Source]] = defaultdict(list)
    meant = set()
    for source in sources:
        names = [name for name in _names(source.path) if name in table]
        meant.update(names)
        if names:
            # The most exact of them: "b/1.png" before "1.png", which then means another file.
            owners[names[0]].append(source)
    for name, several in owners.items():
        if len(several) > 1:
            shown = " and ".join(source.shown for source in several[:3])
            raise BadData(
                f"{path}: {name} may mean {shown}; write as much of the path as tells them apart"
            )
    if twice := sorted(meant - owners.keys()):
        raise BadData(f"{path}: {twice[0]} is a file that another row names, too; keep one of them")
    if not owners:
        raise BadData(
            f"{path}: none of its files is among the {len(sources)} to analyze; it names "
            f"{next(iter(table))}, they are like {sources[0].shown}"
        )
    words = {several[0].path: table[name] for name, several in owners.items()}
    files = [
        replace(source, text=words[source.path], text_from="file")
        if source.path in words
        else source
        for source in sources
    ]
    return Told(files, len(sources) - len(words), len(table) - len(owners))


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST:
            raise BadData(f"{path}: larger than any table of words ({_LARGEST >> 20} MB)")
        content = path.read_bytes()
    except OSError as error:
        raise BadData(f"{path}: cannot be read ({error.strerror}); check the path") from error
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise BadData(f"{path}: a spreadsheet; save it as CSV (UTF-8) and give that")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadData(
            f"{path}: cannot be read as UTF-8 ({error}); save it as CSV (UTF-8)"
        ) from error


def _column(path: Path, header: list[str], names: tuple[str, ...]) -> int:
    found = [number for number, cell in enumerate(header) if cell in names]
    if len(found) != 1:
        problem = "lacks a column" if not found else f"has {len(found)} columns"
        raise BadData(
            f"{path}: {problem} called {', '.join(names[:-1])} or {names[-1]}; its first row must "
            "name one column of files and one of texts"
        )
    return found[0]


def _normalised(name: str) -> str:
    # Some systems write an accent as a sign of its own.
    plain = unicodedata.normalize("NFC", name.replace("\\", "/"))
    return plain.removeprefix("./").rstrip("/")


def _names(path: Path) -> list[str]:
    """Return all that a row may call a file, the most exact first."""
    parts = _normalised(path.absolute().as_posix()).split("/")
    tails = ["/".join(parts[start:]) for start in range(len(parts))]
    stem = parts[-1].rpartition(".")[0]
    bare = ["/".join([*parts[start:-1], stem]) for start in range(len(parts))] if stem else []
    return [*tails, *bare]
