"""A finding with two nodules, made by hand."""

from __future__ import annotations

import numpy as np

from nodulens.finding import Area, Finding, Malignancy, ModelIdentity, Nodule, Scale
from nodulens.measure.outline import outline
from nodulens.measure.shape import measure_shape
from nodulens.measure.size import measure_size
from tests.masks import ellipse

SHAPE = (120, 200)


def finding(source: str = "in/scan.png", **changes: object) -> Finding:
    nodules = []
    for number, (x, degrees, probability) in enumerate(((60.0, 0.0, 0.25), (145.0, 90.0, 0.75)), 1):
        mask = ellipse(30, 18, degrees, SHAPE, (x, 60.0))
        size = measure_size(mask, (0.1, 0.1))
        nodules.append(
            Nodule(
                id=number,
                scan_area=0,
                contour=[[(x, y) for x, y in outline(mask).tolist()]],
                **vars(size),
                taller_than_wide=number == 2,
                shape=measure_shape(mask),
                malignancy=Malignancy(
                    probability=probability,
                    decision="suspicious" if probability > 0.5 else "benign",
                    threshold=0.5,
                    meaning="made up",
                ),
                confidence=0.8,
                pixels=mask,
            )
        )
    values: dict[str, object] = {
        "source": source,
        "sha256": "0" * 64,
        "width": SHAPE[1],
        "height": SHAPE[0],
        "scale": Scale.known(0.1, 0.1, "user"),
        "scan_areas": [Area(x=0, y=0, width=SHAPE[1], height=SHAPE[0])],
        "nodules": nodules,
        "confidence": 0.8,
        "models": [ModelIdentity(task="segmentation", name="m", version="1", sha256="1" * 64)],
    }
    return Finding.model_validate({**values, **changes})


def pixels() -> np.ndarray:
    return np.full(SHAPE, 90, np.uint8)
