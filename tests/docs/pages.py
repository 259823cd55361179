"""The documentation's pages and the snippets in them.

A snippet is a fenced block. On the line before it may stand markers that a reader of the rendered
page does not see:

- ``<!-- not executed: why -->`` — real data, the network or hours would be needed;
- ``<!-- train -->`` — needs torch;
- ``<!-- exit status 3 -->`` — the last command of the block ends so; 0 otherwise;
- ``<!-- file: name -->`` — the block is the content of that file, for the snippets after it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

_FENCE = re.compile(r"^```(\w*)\s*$")
_MARKER = re.compile(r"^<!-- (not executed|train|exit status|file)(?:[: ] ?(.+?))? -->$")


@dataclass(frozen=True)
class Command:
    """A line after ``$ `` with its continuations, and the output that the page shows for it."""

    line: str
    output: str


@dataclass(frozen=True)
class Snippet:
    """A fenced block.

    Attributes:
        page: that it stands in.
        number: of the line where its text begins.
        language: after the fence, or nothing.
        text: without the fences.
        markers: name to what stands behind it.
    """

    page: Path
    number: int
    language: str
    text: str
    markers: dict[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        return f"{name_of(self.page)}:{self.number}"

    @property
    def is_executed(self) -> bool:
        runnable = self.language in ("console", "python")
        return runnable and "not executed" not in self.markers and "file" not in self.markers

    def commands(self) -> list[Command]:
        """Return the commands of a console block."""
        commands: list[tuple[list[str], list[str]]] = []
        goes_on = False
        for line in self.text.splitlines():
            if goes_on:
                commands[-1][0].append(line)
            elif line.startswith("$ "):
                commands.append(([line[2:]], []))
            else:
                assert commands, f"{self.place}: output before any command; commands begin with $"
                commands[-1][1].append(line)
                continue
            goes_on = line.endswith("\\")
        return [Command("\n".join(line), "\n".join(output)) for line, output in commands]


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def snippets(page: Path) -> list[Snippet]:
    """Return the fenced blocks of a page, in their order."""
    found: list[Snippet] = []
    markers: dict[str, str] = {}
    inside: tuple[str, int] | None = None
    text: list[str] = []
    for number, line in enumerate(page.read_text("utf-8").splitlines(), 1):
        fence = _FENCE.match(line)
        if inside is not None:
            if line == "```":
                language, start = inside
                found.append(Snippet(page, start, language, "\n".join(text) + "\n", markers))
                inside, markers, text = None, {}, []
            else:
                text.append(line)
        elif fence:
            inside = fence[1], number + 1
        elif marker := _MARKER.match(line):
            markers[marker[1]] = marker[2] or ""
        elif line.strip():
            markers = {}
    assert inside is None, f"{name_of(page)}: a fence is not closed"
    return found
