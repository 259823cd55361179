"""Explain what runs of a classifier look at, and check whether the explanation means anything.

    nodulens explain fold0 fold1 fold2 fold3 fold4 --data DATA --out explanation

Runs are asked about images that they have not seen, as in :mod:`nodulens.training.evaluate`. What
the figures mean is in ``docs/how-to/explain-a-classifier.md``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.stats import spearmanr

from nodulens.analysis.occlusion import CELLS, forward_passes, occlusion_map
from nodulens.analysis.region import cut_region, judged_together, region_of_interest
from nodulens.analysis.segment import nodule_parts
from nodulens.data.manifest import Row, identity, read_manifest
from nodulens.data.pairs import read_pair
from nodulens.errors import BadData
from nodulens.evaluation.bootstrap import group_interval, in_words
from nodulens.models.deploy import DeployedClassifier, TorchModel
from nodulens.models.heat import ANSWER, GradCam, occlusion_sensitivity
from nodulens.models.randomised import EVERYTHING, randomised
from nodulens.training.evaluate import (
    Model,
    Progress,
    assign,
    open_model,
    open_segmenters,
    outlined,
)
from nodulens.training.explain_forest import explain_forests
from nodulens.training.explain_page import write_explanation

Map = NDArray[np.float32]

METHODS = ("grad_cam", "occlusion")
SANITY: dict[str, tuple[str, ...]] = {
    "same network": (),
    "answer randomised": ANSWER,
    "all randomised": EVERYTHING,
}
"""Networks whose maps are compared with the run's, by the parts of it that are drawn anew."""
_COMMON = (32, 32)
"""Size at which maps of different regions are compared."""


@dataclass(frozen=True)
class Seen:
    """One region with what its classifier looked at.

    Attributes:
        row: of the manifest.
        number: of the region in its image, from 0.
        pixels: uint8 (h, w).
        inside: the outline, bool (h, w).
        model: that judged it.
        probability: of the last label, by this region alone.
        maps: by method, float32 (h, w).
        figures: what is averaged over the regions, by path; None where it is undefined.
    """

    row: Row
    number: int
    pixels: NDArray[np.uint8]
    inside: NDArray[np.bool_]
    model: Model
    probability: float
    maps: dict[str, Map]
    figures: dict[tuple[str, ...], float | None]


def explain(
    sources: Sequence[str],
    data: Path,
    out: Path,
    *,
    fold: int | None = None,
    images: int = 12,
    segmenters: Sequence[str] = (),
    progress: Progress | None = None,
) -> list[str]:
    """Write ``explain.json`` and ``explain.html``.

    Args:
        sources: folders of runs of a classifier: of a ResNet-18 over regions, or of a forest, whose
            features are weighed by permutation instead.
        data: folder of a data set.
        out: folder for the explanation.
        fold: explain on this fold.
        images: how many, evenly spread over those that have an outline and a label; the figures are
            over these. A forest is asked about all.
        segmenters: runs or a bundle whose outlines give the regions; drawn ones, if none.
        progress: called with the number of images done and of all images.

    Returns:
        Lines that sum up what was found.

    Raises:
        BadData: a source is no run of a ResNet-18 over regions, or nothing is left to look at.
    """
    models = [open_model(source) for source in sources]
    for source, model in zip(sources, models, strict=True):
        if (model.run is None and model.forest is None) or model.task != "classification":
            raise BadData(f"{source}: explain takes runs of classifiers; this is none")
    if len({model.forest is None for model in models}) > 1:
        raise BadData("forests and networks are explained one after the other, not together")
    rows = read_manifest(data)
    judge = assign(models, rows, fold, every=False)
    if models[0].forest is not None:
        return _forests(models, judge, rows, data, out, segmenters)
    outlines = open_segmenters(segmenters)
    masks = assign(outlines, rows, fold, every=False) if outlines else {}
    labelled = _labelled(rows, judge)
    chosen = [
        labelled[round(place)]
        for place in np.linspace(0, len(labelled) - 1, min(images, len(labelled)))
    ]
    eyes = {id(model): _Eye.of(model) for model in models}
    seen: list[Seen] = []
    for done, row in enumerate(chosen):
        if progress is not None:
            progress(done, len(chosen))
        model = judge[row.id]
        found = _regions(data, row, model, masks.get(row.id))
        for number, (pixels, inside) in enumerate(found):
            eye, draw = eyes[id(model)], len(seen)
            seen.append(_look(eye, model, row, number, pixels, inside, draw))
    if not seen:
        raise BadData(
            f"{data}: of the images that these runs may judge, {len(labelled)} have a mask "
            f"and a label that they know, and nothing is outlined in the {len(chosen)} looked at; "
            "take more --images, or another --segmenter"
        )
    result = {
        "configuration": {
            "models": [model.identity for model in models],
            "data": {"identity": identity(rows)},
            "regions_from": [model.identity for model in outlines] or "drawn outlines",
            "images": len(chosen),
            "images_without_outline": len(chosen) - len({one.row.id for one in seen}),
            "regions": len(seen),
            "occlusion": {"cells": CELLS, "forward_passes": forward_passes()},
        },
        **_summary(seen),
        "regions": [
            {
                "id": one.row.id,
                "region": one.number,
                "label": one.model.objective.class_of(one.row.labels),
                "probability": round(one.probability, 6),
                "threshold": one.model.threshold,
            }
            for one in seen
        ],
    }
    write_explanation(out, result, seen)
    return [
        *(f"{name}: {_line(result['sanity'][name])}" for name in result["sanity"]),
        f"Grad-CAM and occlusion agree by {_value(result['agreement']['Grad-CAM, occlusion'])}",
        f"rank correlations over {len(seen)} regions; see {out}",
    ]


def _labelled(rows: Sequence[Row], judge: Mapping[str, Model]) -> list[Row]:
    """Return the rows with an outline and a label that their model knows."""
    return [
        row
        for row in rows
        if row.id in judge
        and row.mask is not None
        and judge[row.id].objective.class_of(row.labels) is not None
    ]


def _forests(
    models: Sequence[Model],
    judge: Mapping[str, Model],
    rows: Sequence[Row],
    data: Path,
    out: Path,
    segmenters: Sequence[str],
) -> list[str]:
    if segmenters:
        raise BadData("forests are explained on drawn outlines; leave --segmenter out")
    forests = {id_: model.forest for id_, model in judge.items() if model.forest is not None}
    importance = explain_forests(forests, _labelled(rows, judge), data)
    configuration = {
        "models": [model.identity for model in models],
        "data": {"identity": identity(rows)},
        "outlines": "drawn",
    }
    write_explanation(out, {"configuration": configuration, "importance": importance})
    return [
        *(f"{one['name']}: {in_words(one['drop'])}" for one in importance["concepts"]),
        f"area under the ROC curve lost, of {importance['auc']:.3f}; see {out}",
    ]


class _Eye:
    """A deployed classifier with what explains it."""

    def __init__(self, module: DeployedClassifier, size: tuple[int, int]) -> None:
        self.module = module
        self.size = size
        self.classify = TorchModel(module, size).classify
        self._grad_cam = GradCam(module, size)

    @classmethod
    def of(cls, model: Model) -> _Eye:
        assert model.run is not None  # only runs are explained
        return cls(model.run.deployed_classifier(), model.run.size)

    def maps(self, pixels: NDArray[np.uint8]) -> dict[str, Map]:
        return {
            "grad_cam": self._grad_cam(pixels),
            "occlusion": occlusion_map(self.classify, pixels),
        }


def _regions(
    data: Path, row: Row, model: Model, segmenter: Model | None
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.bool_]]]:
    """Yield each region of an image and its outline."""
    frame, mask = read_pair(data, row)
    if segmenter is not None:
        mask = outlined(segmenter, frame)
    assert model.run is not None  # only runs are explained
    region = model.run.recipe.region
    for index, part in judged_together(nodule_parts(mask, frame.scan_areas), region):
        area = frame.scan_areas[index]
        box = region_of_interest(part, area, region)
        pixels = cut_region(frame.pixels, part, area, region)
        yield pixels, part[box.slices]


def _look(
    eye: _Eye,
    model: Model,
    row: Row,
    number: int,
    pixels: NDArray[np.uint8],
    inside: NDArray[np.bool_],
    draw: int,
) -> Seen:
    maps = eye.maps(pixels)
    reference = occlusion_sensitivity(eye.module, eye.size, pixels, cells=CELLS)
    figures: dict[tuple[str, ...], float | None] = {
        ("agreement", "Grad-CAM, occlusion"): _correlation(maps["grad_cam"], maps["occlusion"]),
        ("agreement", "occlusion, MONAI's occlusion"): _correlation(maps["occlusion"], reference),
        ("inside", "area"): float(inside.mean()),
    }
    for name, parts in SANITY.items():
        # Each region has a draw of its own, so that the mean is over draws, too.
        other = _Eye(randomised(eye.module, draw, parts), eye.size).maps(pixels)
        for method in METHODS:
            figures["sanity", name, method] = _correlation(maps[method], other[method])
    for method in METHODS:
        heat = np.abs(maps[method])
        share = float(heat[inside].sum() / heat.sum()) if heat.any() else None
        figures["inside", method] = share
        figures["inside", f"{method} less area"] = None if share is None else share - inside.mean()
    (answer,) = eye.classify([pixels])
    return Seen(row, number, pixels, inside, model, float(answer[-1]), maps, figures)


def _summary(seen: Sequence[Seen]) -> dict[str, Any]:
    """Return every figure's mean with its interval by groups, at its path."""
    groups = [one.row.group for one in seen]
    columns = {path: [one.figures[path] for one in seen] for path in seen[0].figures}
    for method in METHODS:
        # How alike are maps that have nothing in common but where regions lie in them?
        small = [_resized(one.maps[method]) for one in seen]
        columns["sanity", "another region", method] = [
            _correlation(own, other) if len(seen) > 1 else None
            for own, other in zip(small, small[1:] + small[:1], strict=True)
        ]
    result: dict[str, Any] = {}
    for path, values in columns.items():
        place = result
        for step in path[:-1]:
            place = place.setdefault(step, {})
        estimate = group_interval(values, groups).to_json()
        if path[0] == "sanity":
            # A map turned upside down is as much like the first as the same: signs cancel out.
            sizes = [None if value is None else abs(value) for value in values]
            estimate["without_sign"] = group_interval(sizes, groups).to_json()["value"]
        place[path[-1]] = estimate
    return result


def _correlation(one: Map, other: Map) -> float | None:
    """Return Spearman's rank correlation of two maps of the same size; None for a flat one."""
    if not (np.ptp(one) and np.ptp(other)):
        return None
    return float(spearmanr(one, other, axis=None).statistic)


def _resized(heat: Map) -> Map:
    return np.asarray(Image.fromarray(heat).resize(_COMMON, Image.Resampling.BILINEAR))


def _line(figures: dict[str, Any]) -> str:
    return f"Grad-CAM {_value(figures['grad_cam'])}, occlusion {_value(figures['occlusion'])}"


def _value(estimate: dict[str, Any]) -> str:
    return "not defined" if estimate["value"] is None else f"{estimate['value']:.2f}"
