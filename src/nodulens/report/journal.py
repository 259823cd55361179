"""``findings.jsonl`` while a batch runs: lines are only ever added, so that a kill loses none.

Other batches keep their journals the same way, with lines of another model.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType

from pydantic import BaseModel, ValidationError

from nodulens.files import replacing
from nodulens.finding import Finding


class Journal:
    """The findings of a batch in the order of their coming.

    A source's findings are added together, after its files were written. Opening the journal of a
    batch that was killed drops a line that was cut off and whatever else was said about the last
    source, of which some frames may be missing.

    Memory holds the places of the lines, not the lines.

    Args:
        path: of the file; it is made if it is not there.
        kind: what the lines are; it has a field ``source``.
    """

    def __init__(self, path: Path, kind: type[BaseModel] = Finding) -> None:
        self.path = path
        self._kind = kind
        self._places: dict[str, list[tuple[int, int]]] = {}
        end = self._recover() if path.exists() else 0
        self._stream = path.open("r+b" if path.exists() else "w+b")
        self._stream.truncate(end)
        self._stream.seek(end)

    def __enter__(self) -> Journal:
        """Return the journal."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the file."""
        self._stream.close()

    def __contains__(self, source: str) -> bool:
        """Tell whether there are findings of a source."""
        return source in self._places

    def add(self, source: str, lines: Iterable[str]) -> None:
        """Add the findings of a source, one line of JSON each; earlier ones no longer count."""
        places = []
        place = self._stream.seek(0, 2)
        content = b""
        for line in lines:
            encoded = line.encode("utf-8") + b"\n"
            places.append((place + len(content), len(encoded)))
            content += encoded
        self._stream.write(content)
        self._stream.flush()
        self._places[source] = places

    def findings(self, source: str) -> Iterator[Finding]:
        """Read the findings of a source, frame by frame."""
        for line in self.lines(source):
            yield Finding.from_json_line(line.decode("utf-8"))

    def rewrite(self, sources: Iterable[str]) -> None:
        """Put the findings of these sources, in this order, in place of the file; then close it."""
        with replacing(self.path) as stream:
            for source in sources:
                stream.writelines(self.lines(source))
            # Before it is replaced: some systems do not replace a file that is open.
            self._stream.close()

    def lines(self, source: str) -> Iterator[bytes]:
        """Read the lines of a source as they were added."""
        for place, length in self._places[source]:
            self._stream.seek(place)
            yield self._stream.read(length)

    def _recover(self) -> int:
        """Find the lines of an earlier run; return where the file is to go on."""
        place, last = 0, None
        with self.path.open("rb") as stream:
            for line in stream:
                source = _source_of(line, self._kind)
                if source is None:
                    break
                # A source that comes again was done again: then only its later lines count.
                if source != last:
                    self._places[source] = []
                self._places[source].append((place, len(line)))
                place, last = place + len(line), source
        if last is None:
            return 0
        return self._places.pop(last)[0][0]


def read_findings(path: Path) -> Iterator[Finding]:
    """Read a finished ``findings.jsonl`` line by line."""
    with path.open(encoding="utf-8") as stream:
        for line in stream:
            yield Finding.from_json_line(line)


def _source_of(line: bytes, kind: type[BaseModel]) -> str | None:
    if not line.endswith(b"\n"):
        return None
    try:
        source = getattr(kind.model_validate_json(line), "source", None)
    except ValidationError:
        return None
    return source if isinstance(source, str) else None
