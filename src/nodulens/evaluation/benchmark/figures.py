"""The figures of a table as SVG that stands in the page: no file, no font and no address outside.

Lines and letters take the page's own ink, light or dark. The same results give the same text.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nodulens.evaluation.benchmark.collect import Result
from nodulens.evaluation.benchmark.tables import number
from nodulens.evaluation.curves import roc_points
from nodulens.evaluation.report import PREDICTION_COLOUR, TRUTH_COLOUR

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawing

# Okabe and Ito's palette without black and yellow, which one of light and dark swallows.
COLOURS = (TRUTH_COLOUR, PREDICTION_COLOUR, "#009e73", "#d55e00", "#0072b2", "#cc79a7")
_INK = "#010203"  # a colour that nothing else has; the page's own takes its place
_MANY = 3000  # points beyond this are a picture of their own, so that the page stays small


@dataclass(frozen=True)
class Figure:
    """A figure of the page: its title, what it shows in words, and the SVG element."""

    title: str
    caption: str
    svg: str


def segmentation_figures(results: Sequence[Result]) -> list[Figure]:
    """Return the distribution of Dice and, where long axes were measured, Bland–Altman plots."""
    return [dice_distribution(results), *bland_altman(results)]


def classification_figures(results: Sequence[Result]) -> list[Figure]:
    """Return the ROC curves and the reliability diagram."""
    return [roc_curves(results), reliability_diagram(results)]


def dice_distribution(results: Sequence[Result]) -> Figure:
    """Return a box of the quartiles, whiskers from 5 to 95 %, the mean, and a point an image."""
    drawing = _drawing(6.4, 0.9 + 0.62 * len(results))
    axes = drawing.subplots()
    generator, ink = np.random.default_rng(0), {"color": _INK}
    for place, result in enumerate(results):
        dice = np.array([*result.numbers("dice").values()])
        up = place + generator.uniform(-0.3, 0.3, dice.size)
        axes.plot(
            dice,
            up,
            ".",
            color=_colour(place),
            alpha=0.45,
            markersize=3,
            rasterized=len(dice) > _MANY,
        )
        axes.plot(dice.mean(), place, "D", color=_INK, markersize=4)
        axes.boxplot(
            dice,
            positions=[place],
            orientation="horizontal",
            widths=0.7,
            whis=(5, 95),
            showfliers=False,
            boxprops=ink,
            whiskerprops=ink,
            capprops=ink,
            medianprops=ink,
        )
    axes.set_yticks(range(len(results)), [result.name for result in results])
    axes.set_ylim(len(results) - 0.5, -0.5)
    axes.set_xlim(-0.02, 1.02)
    axes.set_xlabel("Dice of an image")
    return Figure(
        "Dice of all images",
        "A point an image; boxes are the quartiles, whiskers reach from 5 to 95 % of the images, "
        "the diamond is the mean. "
        + " ".join(
            f"{result.name}: median {np.median([*result.numbers('dice').values()]):.3f}, "
            f"{sum(value < 0.5 for value in result.numbers('dice').values())} of "
            f"{len(result.images)} images below 0.5."
            for result in results
        ),
        _svg(drawing, "dice"),
    )


def bland_altman(results: Sequence[Result]) -> list[Figure]:
    """Return one figure with a plot a network, or none where no long axis was measured.

    In millimetres where any is known, else in pixels.
    """
    pairs = {}
    unit = "mm" if any(_axes(result, "mm").size for result in results) else "px"
    for result in results:
        if (found := _axes(result, unit)).size:
            pairs[result.name] = found
    if not pairs:
        return []
    columns = min(3, len(pairs))
    rows = -(-len(pairs) // columns)
    drawing = _drawing(3.2 * columns + 0.4, 3.0 * rows)
    grid = drawing.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    told = []
    for place, (axes, (name, axis)) in enumerate(zip(grid.flat, pairs.items(), strict=False)):
        true, predicted = axis
        difference = predicted - true
        bias, reach = difference.mean(), 1.96 * difference.std(ddof=min(1, difference.size - 1))
        axes.plot(
            (true + predicted) / 2,
            difference,
            ".",
            color=_colour([result.name for result in results].index(name)),
            alpha=0.6,
            markersize=4,
            rasterized=difference.size > _MANY,
        )
        for height, style in ((bias, "-"), (bias - reach, "--"), (bias + reach, "--")):
            axes.axhline(height, color=_INK, linestyle=style, linewidth=1)
        axes.set_title(name, fontsize=10)
        if place % columns == 0:
            axes.set_ylabel(f"predicted less true, {unit}")
        axes.set_xlabel(f"mean of both, {unit}")
        told.append(
            f"{name}: {difference.size} nodules, bias {number(bias, 2)} {unit}, limits "
            f"{number(bias - reach, 2)} to {number(bias + reach, 2)} {unit}."
        )
    for axes in grid.flat[len(pairs) :]:
        axes.set_visible(False)
    return [
        Figure(
            "Long axis: predicted against drawn",
            "After Bland and Altman, of the largest drawn nodule and what was predicted for it, "
            f"where {'the scale is known and ' if unit == 'mm' else ''}something was. Lines: bias "
            "and limits of agreement, bias ± 1.96 standard deviations. " + " ".join(told),
            _svg(drawing, "axes"),
        )
    ]


def roc_curves(results: Sequence[Result]) -> Figure:
    """Return the ROC curves and the diagonal on which every constant answer lies."""
    drawing = _drawing(4.6, 4.4)
    axes = drawing.subplots()
    for place, result in enumerate(results):
        positive = [line["label"] == result.metrics["positive"] for line in result.images.values()]
        answers = np.array([*result.numbers("probability").values()])
        false, true = roc_points(np.array(positive), answers)
        axes.plot(false, true, color=_colour(place), label=result.name)
    _diagonal(axes, "constant answers")
    axes.set_xlabel("1 − specificity")
    axes.set_ylabel("sensitivity")
    return Figure(
        "ROC",
        "Every image counts once. An answer that never looks at an image lies on the diagonal. "
        + " ".join(
            f"{result.name}: AUC {result.metrics['metrics']['auc']['value']:.3f}."
            for result in results
        ),
        _svg(drawing, "roc"),
    )


def reliability_diagram(results: Sequence[Result]) -> Figure:
    """Return the share of positives against the mean probability, bin by bin."""
    drawing = _drawing(4.6, 4.4)
    axes = drawing.subplots()
    for place, result in enumerate(results):
        bins = result.metrics["calibration"]["reliability"]
        axes.plot(
            [line["mean_probability"] for line in bins],
            [line["share_positive"] for line in bins],
            "o-",
            color=_colour(place),
            markersize=4,
            label=result.name,
        )
    _diagonal(axes, "calibrated")
    axes.set_xlabel("mean probability of a bin")
    axes.set_ylabel("share of positives in it")
    return Figure(
        "Calibration",
        "Bins of equal mass. On the diagonal a probability is as often right as it says. "
        + " ".join(
            f"{result.name}: expected calibration error "
            f"{result.metrics['metrics']['calibration_error']['value']:.3f}."
            for result in results
        ),
        _svg(drawing, "calibration"),
    )


def _axes(result: Result, unit: str) -> Any:
    """Return true and predicted long axes, (2, n), of the images that have both."""
    true = result.numbers(f"long_axis_true_{unit}")
    predicted = result.numbers(f"long_axis_predicted_{unit}")
    both = [id_ for id_ in true if id_ in predicted]
    return np.array([[true[id_] for id_ in both], [predicted[id_] for id_ in both]])


def _colour(place: int) -> str:
    return COLOURS[place % len(COLOURS)]


def _diagonal(axes: Axes, label: str) -> None:
    axes.plot([0, 1], [0, 1], "--", color=_INK, linewidth=1, label=label)
    axes.set_aspect("equal")
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(-0.01, 1.01)
    axes.legend(loc="best", frameon=False, fontsize=9)


def _drawing(width: float, height: float) -> Drawing:
    from matplotlib.figure import Figure as Drawing

    # Without pyplot: nothing global is changed, and no window system is asked for.
    return Drawing(figsize=(width, height), layout="constrained")


def _svg(drawing: Drawing, name: str) -> str:
    from matplotlib import rc_context

    stream = io.StringIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        _ink(drawing)
        drawing.savefig(stream, format="svg", transparent=True, metadata=nothing, dpi=200)
    text = stream.getvalue()
    text = text[text.index("<svg") :].replace(_INK, "currentColor")
    # HTML knows what SVG is without the names' addresses.
    text = re.sub(r' xmlns(:\w+)?="[^"]*"', "", text)
    # Several drawings stand in one page: each has marks of its own.
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r'href="#', f'href="#{name}-', text)
    return re.sub(r"url\(#", f"url(#{name}-", text).strip()


def _ink(drawing: Drawing) -> None:
    """Draw letters, ticks and frames in the page's ink, and letters as they stand."""
    from matplotlib.text import Text

    for axes in drawing.axes:
        axes.tick_params(color=_INK, labelcolor=_INK)
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color(_INK)
    for text in drawing.findobj(Text):
        assert isinstance(text, Text)
        text.set_color(_INK)
        text.set_parse_math(False)  # a name may hold a dollar sign
        text.set_fontfamily("sans-serif")
