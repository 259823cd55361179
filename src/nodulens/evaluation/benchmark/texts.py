"""Tables as CSV, Markdown and LaTeX; each says of every column which protocol it follows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from nodulens.evaluation.benchmark.tables import Column, Table
from nodulens.finding import NOTICE

_LATEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "%": r"\%",
    "#": r"\#", "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", "–": "--", "−": "$-$",
    "≥": r"$\geq$", "Δ": r"$\Delta$", "×": r"$\times$", "±": r"$\pm$", "Σ": r"$\Sigma$",
}  # fmt: skip


def csv_lines(table: Table) -> list[dict[str, Any]]:
    """Return the lines of the CSV file: six decimals, interval ends in columns of their own.

    A column that holds lower bounds has one more, ``…_at_least``, 0 or 1.
    """
    lines = []
    for line in table.lines:
        record: dict[str, Any] = {"name": line.name, "baseline": int(line.is_baseline)}
        for column in table.columns:
            every = [other.cell(column) for other in table.lines]
            cell = line.cell(column)
            record[column.key] = _rounded(cell.value)
            if any(one.low is not None for one in every):
                record[f"{column.key}_low"] = _rounded(cell.low)
                record[f"{column.key}_high"] = _rounded(cell.high)
            if any(one.at_least for one in every):
                record[f"{column.key}_at_least"] = int(cell.at_least)
        lines.append(record)
    return lines


def csv_legend(table: Table) -> list[dict[str, Any]]:
    """Return the lines of the file that explains the CSV's columns."""
    return [
        {
            "table": table.title,
            "column": column.key,
            "title": column.title,
            "panel": column.panel,
            "protocol": column.protocol,
        }
        for column in table.columns
    ]


def markdown(table: Table) -> str:
    """Return the table in Markdown: a part a panel, the legend and the notes below it."""
    parts = [f"## {_plain(table.title)}"]
    for panel, columns in table.panels().items():
        titles = ["", *(column.title for column in columns)]
        rows = [
            [line.name, *(column.shown(line.cell(column)) for column in columns)]
            for line in table.lines_of(columns)
        ]
        parts.append(f"### {_plain(panel)}")
        parts.append("\n".join([_row(titles), "|---|" + "---:|" * len(columns), *map(_row, rows)]))
        parts.append("\n".join(f"- **{_plain(c.title)}**: {_plain(c.protocol)}" for c in columns))
    parts.append("\n".join(f"- {_plain(note)}" for note in [*table.notes, NOTICE]))
    return "\n\n".join(parts) + "\n"


def latex(table: Table) -> str:
    r"""Return the table in LaTeX, for ``\input`` into a document with the package booktabs."""
    parts = []
    for panel, columns in table.panels().items():
        lines = [
            r"\begin{table*}",
            rf"\caption{{{escape(table.title)}: {escape(_lower(panel))}}}",
            r"\small",
            rf"\begin{{tabular}}{{l{'r' * len(columns)}}}",
            r"\toprule",
            _latex_row(["", *(column.title for column in columns)]),
            r"\midrule",
            *(
                _latex_row([line.name, *(column.shown(line.cell(column)) for column in columns)])
                for line in table.lines_of(columns)
            ),
            r"\bottomrule",
            r"\end{tabular}",
            r"\par\medskip\footnotesize\raggedright",
            *(f"{escape(name)}: {escape(what)}." + r"\par" for name, what in _legend(columns)),
            *(escape(note) + r"\par" for note in [*table.notes, NOTICE]),
            r"\end{table*}",
        ]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def escape(text: str) -> str:
    """Return text that LaTeX sets as it stands."""
    return re.sub("|".join(map(re.escape, _LATEX)), lambda match: _LATEX[match[0]], text)


def _rounded(value: float | None) -> float | None:
    return round(value, 6) if isinstance(value, float) else value


def _legend(columns: Iterable[Column]) -> list[tuple[str, str]]:
    return [(column.title, column.protocol) for column in columns]


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _plain(text: str) -> str:
    """Return text that Markdown shows as it stands."""
    return re.sub(r"([\\`*_\[\]<>|#~])", r"\\\1", text)


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(_plain(cell) for cell in cells) + " |"


def _latex_row(cells: Iterable[str]) -> str:
    # In braces: a row that begins with [ would be read as an argument of the one before.
    return " & ".join(f"{{{escape(cell)}}}" for cell in cells) + r" \\"
