from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from nodulens.data.manifest import Row
from nodulens.evaluation.per_image import score_image, write_table
from nodulens.finding import Frame, Scale

PIXELS = np.zeros((40, 50), dtype=np.uint8)
TRUTH = np.zeros((40, 50), dtype=bool)
TRUTH[10:20, 10:20] = True
PREDICTION = np.zeros((40, 50), dtype=bool)
PREDICTION[14:24, 10:20] = True


def row(**fields: object) -> Row:
    given = {"id": "a", "image": "a.png", "group": "a", "width": 50, "height": 40}
    return Row.model_validate(given | {"sha256": "0" * 64} | fields)


def frame(scale: Scale | None = None) -> Frame:
    return Frame(PIXELS, "a.png", "0" * 64, scale=scale or Scale.unknown())


def test_without_a_scale_there_are_no_millimetres() -> None:
    scores = score_image(row(), frame(), PREDICTION, TRUTH)
    assert scores.dice == pytest.approx(0.6)
    assert scores.hd95_px == pytest.approx(4)
    assert (scores.hd95_mm, scores.surface_dice_mm, scores.area_true_mm2) == (None, None, None)
    assert scores.scale_from == "unknown"
    assert scores.share_of_scan == pytest.approx(100 / 2000)
    assert (scores.nodules_hit, scores.nodules_found) == (0, 1)  # IoU 60/140


def test_the_manifest_s_scale_comes_before_the_frame_s() -> None:
    known = row(mm_per_px=0.1, scale_from="user")
    scores = score_image(known, frame(Scale.known(0.3, 0.3, "depth-ruler")), PREDICTION, TRUTH)
    assert scores.hd95_mm == pytest.approx(0.4)
    assert scores.area_true_mm2 == pytest.approx(1.0)
    assert scores.scale_from == "user"


def test_the_frame_s_scale_may_differ_along_rows_and_columns() -> None:
    scale = Scale.known(x=0.05, y=0.2, origin="dicom-ultrasound-regions")
    scores = score_image(row(), frame(scale), PREDICTION, TRUTH)
    # The shift is four pixels down a column, but an edge elsewhere may be nearer along a row.
    assert scores.hd95_mm == pytest.approx(0.8)
    assert scores.area_true_mm2 == pytest.approx(100 * 0.05 * 0.2)
    assert (scores.mm_per_px_x, scores.mm_per_px_y) == (0.05, 0.2)


def test_table_reads_back(tmp_path: Path) -> None:
    names = ['a,"b"\nc', "=1+1"]
    scores = [score_image(row(id=name), frame(), PREDICTION, TRUTH) for name in names]
    write_table(tmp_path / "t.csv", (score.to_line() for score in scores))
    with (tmp_path / "t.csv").open(newline="", encoding="utf-8") as stream:
        lines = list(csv.DictReader(stream))
    assert [line["id"] for line in lines] == names
    assert float(lines[0]["dice"]) == pytest.approx(0.6)
    assert lines[0]["hd95_mm"] == ""
    assert float(lines[0]["dice_whole_scan_area"]) == pytest.approx(2 * 100 / 2100, abs=1e-6)
