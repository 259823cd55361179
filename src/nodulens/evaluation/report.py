"""The page of worst cases: where a segmenter fails is seen faster than read off a table."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from nodulens.evaluation.per_image import ImageScores
from nodulens.evaluation.segmentation import Mask
from nodulens.files import write_text
from nodulens.finding import NOTICE
from nodulens.pages import data_address, load_template

# Sky blue and orange of Okabe and Ito's palette: told apart by every kind of colour vision.
TRUTH_COLOUR = "#56b4e9"
PREDICTION_COLOUR = "#e69f00"

_SIDE = 480  # longer side of a thumbnail, in pixels
_FINER = 2  # lines are drawn on a larger canvas and reduced, which smooths them
_BINS = 20


@dataclass(frozen=True)
class Case:
    """One image on the page.

    Attributes:
        scores: of the image.
        thumbnail: ``data:`` address of the picture with both outlines.
        width, height: of the thumbnail, in pixels.
    """

    scores: ImageScores
    thumbnail: str
    width: int
    height: int


class WorstCases:
    """The images of lowest Dice so far; memory is bounded by their number.

    Args:
        limit: how many to keep, at least one.
    """

    def __init__(self, limit: int = 24) -> None:
        self._limit = limit
        self._seen = 0
        # Best kept case first; of equals the later one, so that the earlier stays.
        self._heap: list[tuple[float, int, Case]] = []

    def add(
        self, scores: ImageScores, pixels: NDArray[np.uint8], prediction: Mask, truth: Mask
    ) -> None:
        """Take in one image; it is drawn only if it is among the worst so far.

        Args:
            scores: of this image.
            pixels: uint8 array (H, W), grey.
            prediction: boolean mask (H, W).
            truth: boolean mask (H, W).
        """
        self._seen += 1
        if len(self._heap) == self._limit and -scores.dice <= self._heap[0][0]:
            return
        picture = draw_outlines(pixels, prediction, truth)
        case = Case(scores, data_address(picture, 85), picture.width, picture.height)
        heapq.heappush(self._heap, (-scores.dice, -self._seen, case))
        if len(self._heap) > self._limit:
            heapq.heappop(self._heap)

    def cases(self) -> list[Case]:
        """Return the kept cases, worst first."""
        return [case for _, _, case in sorted(self._heap, reverse=True)]


def draw_outlines(pixels: NDArray[np.uint8], prediction: Mask, truth: Mask) -> Image.Image:
    """Return an RGB thumbnail with the truth outlined in sky blue and the prediction in orange.

    Args:
        pixels: uint8 array (H, W), grey.
        prediction: boolean mask (H, W).
        truth: boolean mask (H, W).
    """
    from skimage.measure import find_contours

    scale = _SIDE / max(pixels.shape)
    height, width = (max(1, round(side * scale)) for side in pixels.shape)
    size = width * _FINER, height * _FINER
    canvas = Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC).convert("RGB")
    draw = ImageDraw.Draw(canvas)
    stretch = np.array(size) / pixels.shape[::-1]
    for mask, colour in ((truth, TRUTH_COLOUR), (prediction, PREDICTION_COLOUR)):
        # Padding closes outlines at the picture's edge; contours count from pixel centres.
        for contour in find_contours(np.pad(mask, 1).astype(np.float32), 0.5):
            points = (contour[:, ::-1] - 0.5) * stretch
            # A line on the very edge of the picture would be half cut off.
            points = points.clip(_FINER, np.array(size) - 1 - _FINER)
            draw.line([*map(tuple, points)], fill=colour, width=2 * _FINER, joint="curve")
    return canvas.resize((width, height), Image.Resampling.LANCZOS)


def write_worst_cases(
    path: Path, metrics: dict[str, Any], dices: Sequence[float], cases: Sequence[Case]
) -> None:
    """Write the page: one HTML file that refers to nothing outside itself.

    Args:
        path: of the page.
        metrics: what ``evaluate_segmentation`` returns.
        dices: Dice of every image, for the histogram.
        cases: to show, worst first.
    """
    counts, _ = np.histogram(dices, bins=_BINS, range=(0, 1))
    write_page(
        path,
        "worst_cases.html",
        metrics=metrics,
        histogram=counts.tolist(),
        cases=cases,
        truth_colour=TRUTH_COLOUR,
        prediction_colour=PREDICTION_COLOUR,
    )


def write_page(path: Path, template: str, **values: Any) -> None:
    """Write a page of this room: one HTML file that refers to nothing outside itself.

    Args:
        path: of the page.
        template: name of one of the room's templates, which extends ``base.html``.
        values: what it shows, escaped; the notice is always there.
    """
    page = load_template(Path(__file__).parent / "templates" / template)
    write_text(path, page.render(notice=NOTICE, **values))
