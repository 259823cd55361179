from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nodulens.data.manifest import Row
from nodulens.evaluation.benchmark.collect import Result, read_result
from nodulens.evaluation.evaluate import evaluate_classification, evaluate_segmentation
from nodulens.evaluation.segmentation import Mask
from nodulens.finding import Frame

IMAGES = 8


def ellipse(x: float, y: float, width: float, height: float) -> Mask:
    rows, columns = np.mgrid[:120, :180]
    inside = ((columns - x) / (width / 2)) ** 2 + ((rows - y) / (height / 2)) ** 2 <= 1
    return np.asarray(inside, dtype=np.bool_)


@pytest.fixture
def rows(add_image: Callable[..., Row]) -> list[Row]:
    """Eight images of four patients in two folds, half of them of known scale."""
    return [
        add_image(
            f"image_{n}",
            ellipse(90, 60, 50 + 2 * n, 40),
            group=f"p{n // 2}",
            fold=n // 4,
            licence="none & all",
            **({"mm_per_px": 0.1, "scale_from": "user"} if n % 2 else {}),
        )
        for n in range(IMAGES)
    ]


@pytest.fixture
def outline(
    rows: list[Row], folder: Path, tmp_path: Path, plain_reader: None
) -> Callable[..., Result]:
    """Evaluate outlines that lie beside the drawn ones by so many pixels, n more for image n."""

    def evaluate(name: str, away: float, **changes: Any) -> Result:
        def segment(row: Row, frame: Frame) -> Mask:
            number = int(row.id.rpartition("_")[2])
            return ellipse(90 + away + number * (away > 0), 60, 50, 40)

        evaluate_segmentation(
            folder,
            changes.pop("rows", rows),
            segment,
            tmp_path / name,
            configuration={"models": [{"run": name}], "rows": "out of fold"},
            draws=200,
        )
        return read_result(name, tmp_path / name, "segmentation", **changes)

    return evaluate


@pytest.fixture
def answer(tmp_path: Path) -> Callable[..., Result]:
    """Evaluate made-up probabilities of 60 images of 30 patients; the noise says how good."""

    def evaluate(name: str, noise: float, **changes: Any) -> Result:
        generator = np.random.default_rng(7)
        suspicious = np.arange(60) % 3 > 0
        given: dict[str, Any] = {
            "ids": [f"{i}_1" for i in range(60)],
            "groups": [str(i // 2) for i in range(60)],
            "labels": ["suspicious" if is_so else "benign" for is_so in suspicious],
            "probabilities": np.clip(
                0.35 + 0.3 * suspicious + noise * generator.normal(size=60), 0, 1
            ).round(6),
            "configuration": {"models": [], "rows": "all", "regions_from": "drawn outlines"},
            "draws": 200,
        }
        evaluate_classification(**(given | changes), out=tmp_path / name)
        return read_result(name, tmp_path / name, "classification")

    return evaluate
