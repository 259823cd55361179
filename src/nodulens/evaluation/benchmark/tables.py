"""The table of one task: rows of networks and of answers that never look, columns by protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from nodulens.evaluation.benchmark.collect import Cost, Result
from nodulens.evaluation.benchmark.compare import Comparison
from nodulens.evaluation.classification import SENSITIVITY

COST = "What it costs"


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
        digits: behind the point; None for a p value.
    """

    key: str
    title: str
    panel: str
    protocol: str
    digits: int | None = 3

    def shown(self, cell: Cell) -> str:
        """Return the figure as text, with its interval where it has one."""
        if cell.value is None:
            return "–"
        if self.digits is None:
            return "<0.001" if cell.value < 0.001 else f"{cell.value:.3f}"
        text = f"{'≥ ' if cell.at_least else ''}{self._number(cell.value)}"
        if cell.low is not None and cell.high is not None:
            text += f" [{self._number(cell.low)}, {self._number(cell.high)}]"
        return text

    def _number(self, value: float) -> str:
        # A difference that rounds to zero has no sign.
        return f"{round(value, self.digits) + 0.0:,.{self.digits}f}"


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


def segmentation_table(
    title: str,
    results: Sequence[Result],
    comparisons: Mapping[str, Comparison],
    reference: Result,
) -> Table:
    """Return the table of outlines.

    Args:
        title: of the table.
        results: of the networks, in order.
        comparisons: as :func:`nodulens.evaluation.benchmark.compare.compare` gives them.
        reference: of the comparisons; the baselines are its, as they depend on the images alone.
    """
    headline = reference.metrics["headline"]
    agreement = "Agreement with the drawn outlines"
    per_image = f"{headline['protocol']}: {headline['description']}"
    columns = [
        Column("images", "Images", agreement, "images that were evaluated", 0),
        Column("groups", "Groups", agreement, "patients, joined through duplicate images", 0),
        Column("dice", "Dice", agreement, per_image),
        Column("iou", "IoU", agreement, per_image),
        Column(
            "hausdorff_95_mm",
            "HD95, mm",
            agreement,
            "95 % Hausdorff distance of each image, mean over images whose scale is known and whose "
            "masks both hold something",
            2,
        ),
        Column(
            "hausdorff_95_px",
            "HD95, px",
            agreement,
            "the same in pixels of the native picture, whatever their size in millimetres",
            1,
        ),
        Column(
            "long_axis_error",
            "Long axis off, %",
            agreement,
            "absolute error of the long axis of the largest drawn nodule as a share of the true "
            "one, mean over images where something was predicted for it",
            1,
        ),
        *_difference("dice", "Dice", reference, agreement, "paired permutation of signs by group"),
    ]
    for name, protocol in _protocols(results).items():
        panel = "The same outlines under other papers' protocols"
        for key, shown in (("dice", "Dice"), ("iou", "IoU")):
            if key in protocol:
                columns.append(
                    Column(
                        f"{name}:{key}", f"{name} {shown}", panel, f"{name}: {protocol['description']}"
                    )
                )
    lines = []
    for result in results:
        metrics = result.metrics
        cells = {
            "images": Cell(metrics["headline"]["images"]),
            "groups": Cell(metrics["headline"]["groups"]),
            "dice": _cell(metrics["headline"]["dice"]),
            "iou": _cell(metrics["headline"]["iou"]),
            "hausdorff_95_mm": _cell(metrics["metrics"]["hausdorff_95_mm"]),
            "hausdorff_95_px": _cell(metrics["metrics"]["hausdorff_95_px"]),
            # Evaluations of older versions have none.
            "long_axis_error": _cell(metrics.get("long_axis", {}).get("absolute_error"), 100),
        }
        for name, protocol in metrics["protocols"].items():
            for key in {"dice", "iou"} & protocol.keys():
                cells[f"{name}:{key}"] = _cell(protocol[key])
        lines.append(Line(result.name, False, cells | _compared("dice", result, comparisons)))
    for name, found in reference.metrics["baselines"].items():
        cells = {key: _cell(found[key]) for key in ("dice", "iou")}
        cells |= {key: Cell(found[key]) for key in ("images", "groups")}
        lines.append(Line(f"{name} (never looks)", True, cells))
    return _with_costs(Table("segmentation", title, columns, lines, []), results)


def classification_table(
    title: str,
    results: Sequence[Result],
    comparisons: Mapping[str, Comparison],
    reference: Result,
) -> Table:
    """Return the table of probabilities; arguments as for :func:`segmentation_table`."""
    metrics = reference.metrics
    every = f"{metrics['protocol']}: {metrics['description']}"
    positive = f"{metrics['positive']} against {metrics['negative']}"
    order, decide = "How the images are ordered", "Decisions at the threshold, and probabilities"
    at_90 = f"specificity_at_sensitivity_{SENSITIVITY:.2f}"
    decision = f"{every}; {positive}, decided at each row's own threshold"
    columns = [
        Column("images", "Images", order, "images that were evaluated", 0),
        Column("groups", "Groups", order, "patients, joined through duplicate images", 0),
        Column("auc", "AUC", order, f"area under the ROC curve, ties count half; {every}"),
        Column(
            "average_precision",
            "Average precision",
            order,
            f"area under precision and recall without interpolation; {every}",
        ),
        Column(
            at_90,
            f"Specificity at sensitivity {SENSITIVITY:.2f}",
            order,
            "at the highest threshold that reaches it, found on the same images, which flatters; "
            f"{every}",
        ),
        *_difference("auc", "AUC", reference, order, "DeLong's test for images in groups"),
        Column("balanced_accuracy", "Balanced accuracy", decide, decision),
        Column("mcc", "MCC", decide, f"Matthews correlation; {decision}"),
        Column("f1", "F1", decide, f"of {metrics['positive']}; {decision}"),
        Column("sensitivity", "Sensitivity", decide, decision),
        Column("specificity", "Specificity", decide, decision),
        Column("brier", "Brier", decide, f"mean squared error of the probability; {every}"),
        Column(
            "calibration_error",
            "Calibration error",
            decide,
            f"expected calibration error over {metrics['calibration']['bins']} bins of equal mass; "
            f"{every}; its interval leans upwards",
        ),
    ]
    lines = []
    shared = {"images": Cell(metrics["images"]), "groups": Cell(metrics["groups"])}
    for result in results:
        cells = {name: _cell(figure) for name, figure in result.metrics["metrics"].items()}
        cells |= shared | _compared("auc", result, comparisons)
        lines.append(Line(result.name, False, cells))
    for name in metrics["metrics"]["auc"]["baselines"]:
        cells = {key: _cell(found["baselines"][name]) for key, found in metrics["metrics"].items()}
        lines.append(Line(f"{name} (never looks)", True, cells | shared))
    table = Table("classification", title, columns, lines, [])
    table.notes.append(
        f"The answers that never look are decided at the threshold of {reference.name}, "
        f"{metrics['threshold']:.3f}."
    )
    return _with_costs(table, results)


def _protocols(results: Sequence[Result]) -> dict[str, Any]:
    """Return the protocols that any of the results has."""
    found: dict[str, Any] = {}
    for result in results:
        for name, protocol in result.metrics["protocols"].items():
            found.setdefault(name, protocol)
    return found


def _cell(estimate: Mapping[str, Any] | None, factor: float = 1) -> Cell:
    if estimate is None:
        return Cell()
    value, low, high = (
        None if estimate[end] is None else factor * estimate[end] for end in Cell._fields[:3]
    )
    return Cell(value, low, high)


def _difference(
    key: str, title: str, reference: Result, panel: str, test: str
) -> list[Column]:
    paired = f"{title} less that of {reference.name} on the same images"
    return [
        Column(f"{key}_difference", f"Δ {title}", panel, f"{paired}, with its 95 % interval"),
        Column(f"{key}_p", "p", panel, f"two-sided, of no difference: {test}", None),
        Column(
            f"{key}_p_holm",
            "p (Holm)",
            panel,
            "the same, adjusted after Holm for all comparisons of this table",
            None,
        ),
    ]


def _compared(
    key: str, result: Result, comparisons: Mapping[str, Comparison]
) -> dict[str, Cell]:
    found = comparisons.get(result.name)
    if found is None:
        return {}
    return {
        f"{key}_difference": Cell(found.difference, found.low, found.high),
        f"{key}_p": Cell(found.p_value),
        f"{key}_p_holm": Cell(found.adjusted),
    }


def _with_costs(table: Table, results: Sequence[Result]) -> Table:
    """Add what is known of the costs, leave out columns without a figure, and say what rows are."""
    for line, result in zip(table.lines, results, strict=False):
        line.cells.update(_costs(result.cost))
    columns = [*table.columns, *_cost_columns([result.cost for result in results])]
    table.columns[:] = [
        column
        for column in columns
        if any(line.cell(column).value is not None for line in table.lines)
    ]
    statistics = results[0].metrics["statistics"]
    table.notes.append(
        f"Figure [{100 * statistics['level']:.0f} % interval]: {statistics['method']}, "
        f"{statistics['draws']} draws."
    )
    table.notes.extend(f"{result.name}: {judged_on(result)}." for result in results)
    return table


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


def _costs(cost: Cost) -> dict[str, Cell]:
    seconds = cost.training_seconds
    return {
        "trainable_parameters": Cell(cost.trainable),
        "frozen_parameters": Cell(cost.frozen),
        "training_minutes": Cell(
            None if seconds is None else seconds / 60, at_least=cost.training_at_least
        ),
        "latency_ms": Cell(
            None if cost.latency_seconds is None else 1000 * cost.latency_seconds
        ),
        "memory_mb": Cell(cost.memory_mb),
    }


def _cost_columns(costs: Sequence[Cost]) -> list[Column]:
    threads = sorted({cost.threads for cost in costs if cost.threads is not None})
    processors = sorted({cost.processors for cost in costs if cost.processors is not None})
    machine = (
        f"{' or '.join(map(str, threads))} thread of a machine with "
        f"{' or '.join(map(str, processors))} processors, no GPU"
    )
    return [
        Column(
            "trainable_parameters", "Trainable parameters", COST, "numbers that learn, of one run", 0
        ),
        Column(
            "frozen_parameters",
            "Frozen parameters",
            COST,
            "numbers that stay as they are, a backbone's among them",
            0,
        ),
        Column(
            "training_minutes",
            "Training, min",
            COST,
            "wall time of all runs together, as each wrote it down; ≥: a run was interrupted, or may "
            "have been, and knows the time since it went on alone",
            1,
        ),
        Column(
            "latency_ms",
            "An image, ms",
            COST,
            "median over frames already read, after a warm-up: from the frame to the mask of its "
            f"nodules, or to the probabilities of its regions; {machine}",
            1,
        ),
        Column(
            "memory_mb",
            "Memory, MB",
            COST,
            f"most that the process ever held while doing so, torch included; {machine}",
            0,
        ),
    ]
