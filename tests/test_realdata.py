"""The shipped bundles on real pictures, where those are present."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nodulens.data.imports import import_dataset
from nodulens.data.manifest import read_manifest
from nodulens.finding import Finding
from nodulens.report.batch import Settings, analyze_files

pytestmark = pytest.mark.realdata


def analyze(pictures: list[Path], out: Path) -> list[Finding]:
    counts = analyze_files(pictures, out, Settings())
    assert counts.errors == 0
    lines = (out / "findings.jsonl").read_text("utf-8").splitlines()
    return [Finding.from_json_line(line) for line in lines]


def test_ddti_is_outlined_measured_and_judged(shared_data: Path, tmp_path: Path) -> None:
    import_dataset("ddti", shared_data / "ddti", tmp_path / "set")
    rows = [row for row in read_manifest(tmp_path / "set") if row.mask][::20]
    findings = analyze([tmp_path / "set" / row.image for row in rows], tmp_path / "out")
    assert len(findings) == len(rows)
    by_name = {Path(finding.source).stem: finding for finding in findings}
    overlaps = []
    for row in rows:
        finding = by_name[Path(row.image).stem]
        assert (finding.width, finding.height) == (row.width, row.height)
        assert finding.mask is not None
        predicted = np.asarray(Image.open(tmp_path / "out" / finding.mask)) > 127
        drawn = np.asarray(Image.open(tmp_path / "set" / str(row.mask))) > 127
        overlaps.append(2 * (predicted & drawn).sum() / max(1, predicted.sum() + drawn.sum()))
        for nodule in finding.nodules:
            assert nodule.malignancy is not None
            if finding.scale.mm_per_px is not None:
                assert nodule.long_axis_mm is not None
                assert 2 < nodule.long_axis_mm < 80
    # Seen in training: this says that the bundle is wired rightly, not how good it is.
    assert np.mean(overlaps) > 0.8
    assert np.mean([finding.scale.origin == "depth-ruler" for finding in findings]) > 0.8


def test_breast_ultrasound_goes_through_though_no_figure_is_promised(
    shared_data: Path, tmp_path: Path
) -> None:
    pictures = sorted((shared_data / "busi").rglob("benign (*).png"))
    pictures = [picture for picture in pictures if "_mask" not in picture.name][:12]
    findings = analyze(pictures, tmp_path / "out")
    assert len(findings) == 12
    # BUSI's pictures carry neither a depth ruler nor a stated scale.
    assert {finding.scale.origin for finding in findings} == {"unknown"}
    assert all(nodule.area_mm2 is None for finding in findings for nodule in finding.nodules)


@pytest.mark.train
def test_breast_ultrasound_is_evaluated_as_another_world(shared_data: Path, tmp_path: Path) -> None:
    import json

    from nodulens.training.evaluate import evaluate

    import_dataset("busi", shared_data / "busi", tmp_path / "set")
    evaluate(["ddti-unet-lite0"], tmp_path / "set", tmp_path / "out", every=True)
    metrics = json.loads((tmp_path / "out" / "metrics.json").read_text("utf-8"))
    assert metrics["images"]["evaluated"] == 80
    # The pictures without a nodule count: an outline there scores 0.
    assert metrics["by_label"]["malignancy"] is not None
    assert 0.1 < metrics["headline"]["dice"]["value"] < 0.9
