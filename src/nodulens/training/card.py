"""``MODEL_CARD.md``: what a bundle is, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nodulens.finding import NOTICE
from nodulens.runtime.bundle import Deferral, Description


def model_card(description: Description, worst: float) -> str:
    """Return the card of a bundle.

    Args:
        description: of the bundle.
        worst: largest difference in probability between its graphs and what they were made from.
    """
    training = description.training
    lines = [
        f"# {description.name} {description.version}",
        "",
        f"**{NOTICE}**",
        "",
        f"Task: {description.task}. {_inputs(description)}",
        "",
        "## Training",
        "",
        f"- Recipe `{training.recipe}`, seed {training.seed}",
        f"- {training.images} images of {training.groups} patient groups ({training.data})",
        f"- Terms of the data: {training.licence}",
        *(f"- {note}" for note in training.notes),
        f"- Largest difference between what is exported and what was trained, on real frames: "
        f"{worst:.1e}",
        "",
        "## Figures",
        "",
    ]
    figures = list(_figures(description.metrics))
    if figures:
        lines += ["| figure | value | 95 % interval |", "|---|---|---|", *figures]
    else:
        lines.append("None measured.")
    lines += [
        "",
        "## Use",
        "",
        f"Threshold {description.threshold:.3g}; calibration: {_calibration(description)}.",
        "",
    ]
    if (deferral := description.deferral) is not None:
        lines += [
            f"Defers, at an error rate of {deferral.error:.0%} for each label, unless the "
            f"probability is {_decided(deferral)}.",
            "",
        ]
    if description.meaning:
        lines += [f"The probability means: {description.meaning}.", ""]
    return "\n".join(lines)


def _figures(metrics: dict[str, Any], prefix: str = "") -> Sequence[str]:
    rows: list[str] = []
    for name, value in metrics.items():
        label = f"{prefix} {name}".strip()
        if not isinstance(value, dict):
            continue
        if isinstance(value.get("value"), float) and "low" in value:
            low, high = value["low"], value["high"]
            interval = "" if low is None else f"{low:.3f} … {high:.3f}"
            rows.append(f"| {label} | {value['value']:.3f} | {interval} |")
        else:
            rows += _figures(value, label)
    return rows


def _inputs(description: Description) -> str:
    inputs = []
    if description.input is not None:
        inputs.append(
            f"one grey picture, letterboxed to {description.input.height} × "
            f"{description.input.width}; normalisation and everything after it is inside the graph"
        )
    if description.forest is not None:
        inputs.append(
            f"{len(description.forest.features)} features of the outlined nodule, which "
            "`nodulens` measures"
        )
    return f"Input: {'; and '.join(inputs)}."


def _calibration(description: Description) -> str:
    if description.stack is None:
        return description.calibration.method
    weights = ", ".join(f"{name} {value:.3g}" for name, value in description.stack.weights.items())
    return f"logistic, on out-of-fold answers (weights of the log-odds: {weights})"


def _decided(deferral: Deferral) -> str:
    sure = min(deferral.negative, deferral.positive), max(deferral.negative, deferral.positive)
    if deferral.positive > deferral.negative:
        # Between the two neither label is possible; outside, exactly one is.
        return f"at most {sure[0]:.3f} or at least {sure[1]:.3f}"
    return f"below {sure[0]:.3f} or above {sure[1]:.3f}"
