"""The table of one task: rows of networks and of answers that never look, columns by protocol.

Which columns there are, and what is said of them, stands in ``columns.toml`` beside this file.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from typing import Any, NamedTuple

from nodulens.evaluation.benchmark.collect import Result
from nodulens.evaluation.benchmark.compare import Comparison

_P_VALUE = -1
_PROTOCOLS = "The same outlines under other papers' protocols"


class Cell(NamedTuple):
    """A figure; all None where there is none. ``at_least``: it is a lower bound."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    at_least: bool = False


@dataclass(frozen=True)
class Column:
    """What stands below a header.

    Attributes:
        key: name in the CSV file.
        title: header, for people.
        panel: which part of the table it stands in.
        protocol: how the figure comes about.
        digits: behind the point; -1 for a p value.
    """

    key: str
    title: str
    panel: str
    protocol: str
    digits: int = 3

    def shown(self, cell: Cell) -> str:
        """Return the figure as text, with its interval where it has one."""
        if cell.value is None:
            return "–"
        if self.digits == _P_VALUE:
            return "<0.001" if cell.value < 0.001 else f"{cell.value:.3f}"
        text = f"{'≥ ' if cell.at_least else ''}{number(cell.value, self.digits)}"
        if cell.low is not None and cell.high is not None:
            ends = (number(end, self.digits) for end in (cell.low, cell.high))
            text += f" [{', '.join(ends)}]"
        return text


@dataclass(frozen=True)
class Line:
    """A row: its name, whether it never looks at an image, and its cells by column key."""

    name: str
    is_baseline: bool
    cells: dict[str, Cell]

    def cell(self, column: Column) -> Cell:
        """Return the cell of a column, an empty one where there is none."""
        return self.cells.get(column.key, Cell())


@dataclass(frozen=True)
class Table:
    """Everything about one task.

    Attributes:
        task: ``segmentation`` or ``classification``.
        title: of the table.
        columns: in order; those of a panel stand together.
        lines: rows in order.
        notes: what a reader must know of the rows.
    """

    task: str
    title: str
    columns: list[Column]
    lines: list[Line]
    notes: list[str]

    def panels(self) -> dict[str, list[Column]]:
        """Return the columns of each panel."""
        found: dict[str, list[Column]] = {}
        for column in self.columns:
            found.setdefault(column.panel, []).append(column)
        return found

    def lines_of(self, columns: Sequence[Column]) -> list[Line]:
        """Return the rows that have something to say in any of the columns."""
        return [
            line
            for line in self.lines
            if any(line.cell(column).value is not None for column in columns)
        ]


def build_table(
    task: str,
    title: str,
    results: Sequence[Result],
    comparisons: Mapping[str, Comparison],
    reference: Result,
) -> Table:
    """Return the table of a task; columns that no row has a figure for are left out.

    Args:
        task: ``segmentation`` or ``classification``.
        title: of the table.
        results: of the networks, in order.
        comparisons: as :func:`nodulens.evaluation.benchmark.compare.compare` gives them.
        reference: of the comparisons; the baselines are its, as they depend on the images alone.
    """
    content = tomllib.loads(
        resources.files(__package__).joinpath("columns.toml").read_text("utf-8")
    )
    words = _words(results, reference)
    columns: dict[str, tuple[Column, list[str], float]] = {}
    for entry in [*content[task], *(_protocols(results)), *content["cost"]]:
        column = Column(
            entry["key"],
            entry["title"],
            entry["panel"],
            entry["protocol"].format(**words),
            entry.get("digits", 3),
        )
        columns[column.key] = column, entry["from"], entry.get("factor", 1)
    sources = [
        (result.name, False, _source(result, comparisons.get(result.name))) for result in results
    ] + [(f"{name} (never looks)", True, source) for name, source in _baselines(reference)]
    lines = [
        Line(
            name,
            is_baseline,
            {key: _cell(source, path, factor) for key, (_, path, factor) in columns.items()},
        )
        for name, is_baseline, source in sources
    ]
    seen = [
        column
        for column, *_ in columns.values()
        if any(line.cell(column).value is not None for line in lines)
    ]
    if any(column.key == "hausdorff_95_mm" for column in seen):
        # Pixels of different machines are not the same length.
        seen = [column for column in seen if column.key != "hausdorff_95_px"]
    return Table(task, title, seen, lines, _notes(results, reference))


def judged_on(result: Result) -> str:
    """Say of which models the figures of a result are, and on which rows."""
    configuration = result.metrics["configuration"]
    models = configuration.get("models", [])
    rows = configuration.get("rows", "rows not recorded")
    if rows == "fold":
        rows = f"fold {configuration.get('fold')}"
    elif rows == "all":
        rows = "all images, seen in training or not"
    regions = configuration.get("regions_from")
    text = f"{len(models) or 'unknown'} model{'' if len(models) == 1 else 's'}, {rows}"
    if regions is not None:
        text += f", regions from {regions if isinstance(regions, str) else 'predicted outlines'}"
    return text


def number(value: float, digits: int) -> str:
    """Return a number as people read it; one that rounds to zero has no sign."""
    return f"{round(value, digits) + 0.0:,.{digits}f}".replace("-", "−")


def _source(result: Result, comparison: Comparison | None) -> dict[str, Any]:
    """Return everything about a row that columns name."""
    found = {} if comparison is None else asdict(comparison)
    if comparison is not None:
        found["difference"] = {"value": found["difference"]} | {
            end: found[end] for end in ("low", "high")
        }
    cost = asdict(result.cost)
    if cost["training_at_least"]:
        cost["training_seconds"] = {"value": cost["training_seconds"], "at_least": True}
    return {**result.metrics, "comparison": found, "cost": cost}


def _baselines(reference: Result) -> list[tuple[str, dict[str, Any]]]:
    metrics = reference.metrics
    if metrics["task"] == "segmentation":
        return [(name, {"headline": found}) for name, found in metrics["baselines"].items()]
    names = metrics["metrics"]["auc"]["baselines"]
    return [
        (
            name,
            metrics
            | {"metrics": {key: one["baselines"][name] for key, one in metrics["metrics"].items()}},
        )
        for name in names
    ]


def _cell(source: dict[str, Any], path: Sequence[str], factor: float) -> Cell:
    found: Any = source
    for part in path:
        # Evaluations of older versions lack some.
        found = found.get(part) if isinstance(found, dict) else None
    estimate = found if isinstance(found, dict) else {"value": found}
    value, low, high = (
        None if estimate.get(end) is None else factor * estimate[end]
        for end in ("value", "low", "high")
    )
    return Cell(value, low, high, estimate.get("at_least", False))


def _protocols(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return a column for each figure of each protocol that any of the results has."""
    found: dict[str, dict[str, Any]] = {}
    for result in results:
        for name, protocol in result.metrics.get("protocols", {}).items():
            for key, shown in (("dice", "Dice"), ("iou", "IoU")):
                if key in protocol:
                    found[f"{name}:{key}"] = {
                        "key": f"{name}:{key}",
                        "title": f"{name} {shown}",
                        "panel": _PROTOCOLS,
                        "from": ["protocols", name, key],
                        "protocol": f"{name}: {protocol['description']}",
                    }
    return list(found.values())


def _words(results: Sequence[Result], reference: Result) -> dict[str, Any]:
    """Return what the protocols of ``columns.toml`` leave open."""
    metrics = reference.metrics
    every = metrics.get("headline", metrics)
    every = f"{every['protocol']}: {every['description']}"
    processors = {result.cost.processors for result in results} - {None}
    threads = {result.cost.threads for result in results} - {None}
    return {
        "every": every,
        "reference": reference.name,
        "decided": f"{metrics.get('positive')} against {metrics.get('negative')}, decided at each "
        f"row's own threshold; {every}",
        "bins": metrics.get("calibration", {}).get("bins"),
        "machine": f"{', '.join(map(str, threads))} thread of a machine with "
        f"{', '.join(map(str, processors))} processors, no GPU",
    }


def _notes(results: Sequence[Result], reference: Result) -> list[str]:
    statistics = reference.metrics["statistics"]
    notes = [
        f"Figure [{100 * statistics['level']:.0f} % interval]: {statistics['method']}, "
        f"{statistics['draws']} draws.",
        *(f"{result.name}: {judged_on(result)}." for result in results),
    ]
    if (threshold := reference.metrics.get("threshold")) is not None:
        notes.append(
            f"The answers that never look are decided at the threshold of {reference.name}, "
            f"{threshold:.3f}."
        )
    return notes
