from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from nodulens.finding import Malignancy
from nodulens.serve import reports
from nodulens.serve.models import ReportedNodule
from nodulens.serve.problems import Refusal
from nodulens.serve.reports import as_text, make_pdf, make_report, rows_of
from tests.dicom.ultrasound import save, ultrasound
from tests.pictures import scan
from tests.serve.place import analyzed, corrected, png, ring
from tests.serve.test_bench import bench_of


def test_a_report_is_in_the_radiologists_order(client: TestClient) -> None:
    asked = '{"text": "nodule in the left lobe, upper pole", "mm_per_px": 0.2}'
    analysis, _, frame = analyzed(client, asked=asked)
    report = client.get(f"/api/analyses/{analysis}/report").json()
    (nodule,) = report["nodules"]
    assert nodule["site"] == "left lobe, upper pole"
    assert nodule["size"].endswith("mm in this plane")
    assert nodule["shape"] == "wider than tall"
    names = [name for name, _ in rows_of(ReportedNodule(**nodule))]
    places = [report["text"].index(f"  {name}: ") for name in names]
    assert places == sorted(places)
    assert names[:2] == ["Site", "Size"]
    assert "Research use only" in report["text"]
    assert (report["edited"], report["version"], report["stale"]) == (False, 0, False)
    said = {"composition": "solid", "site": "isthmus", "size_mm": [12, 8, 9.5]}
    corrected(client, frame, 0, action="attributes", nodule=1, attributes=said)
    text = client.get(f"/api/analyses/{analysis}/report").json()["text"]
    assert "Site: isthmus" in text
    assert "Size: 12 × 8 × 9.5 mm" in text
    assert "Composition: solid" in text
    lines = [line.strip() for line in text.splitlines()]
    assert "Site: isthmus (reader)" in lines
    assert "Composition: solid (reader)" in lines
    assert "Shape: wider than tall (measured on the model's outline)" in lines


def test_rejected_nodules_are_left_out_and_drawn_ones_are_in(client: TestClient) -> None:
    analysis, _, frame = analyzed(client, png((60, 90, 30, 20), (175, 90, 24, 30)))
    corrected(client, frame, 0, action="judge", nodule=1, verdict="rejected")
    corrected(client, frame, 1, action="add", rings=[ring(120, 40, 20, 15)])
    nodules = client.get(f"/api/analyses/{analysis}/report").json()["nodules"]
    assert [one["nodule"] for one in nodules] == [2, 3]
    assert nodules[1]["by_user"] == ["outline"]
    assert nodules[0]["size"].endswith("px, uncalibrated")


def test_a_picture_without_a_nodule_is_reported_as_such(client: TestClient) -> None:
    analysis, _, frame = analyzed(client)
    corrected(client, frame, 0, action="remove", nodule=1)
    report = client.get(f"/api/analyses/{analysis}/report").json()
    assert report["nodules"] == []
    assert "does not mean that there is none" in report["text"]
    assert as_text([], ["a remark"]).endswith("  - a remark\n")


def test_pdf_holds_the_text_and_loads_nothing(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("weasyprint", reason="the [pdf] extra is not installed")
    analysis, _, _ = analyzed(client)
    bench = bench_of(client)
    known = bench.store.analysis(analysis)
    reported = make_report(bench, known).model_copy(
        update={"text": "a <img src='http://127.0.0.1:9/x.png'> & words"}
    )
    content = make_pdf(bench.store.study(known.study), reported)
    assert content.startswith(b"%PDF-")
    monkeypatch.setattr("nodulens.serve.reports.find_spec", lambda name: None)
    with pytest.raises(Refusal, match="pip install") as caught:
        make_pdf(bench.store.study(known.study), reported)
    assert caught.value.status == 501


def nodule(**changes: object) -> ReportedNodule:
    values = dict.fromkeys(ReportedNodule.model_fields) | {
        "label": "Nodule 1", "image": "0" * 16, "frame": 0, "nodule": 1, "size": "9 × 7 mm",
        "shape": "wider than tall", "by_user": [],
    }  # fmt: skip
    return ReportedNodule.model_validate(values | changes)


def test_whose_a_line_is() -> None:
    drawn = nodule(
        by_user=["outline", "margin"], margin="smooth", composition="solid", site="isthmus"
    )
    lines = [line.strip() for line in as_text([drawn], []).splitlines()]
    assert "Size: 9 × 7 mm (measured on the reader's outline)" in lines
    assert "Margin: smooth (reader)" in lines
    assert "Composition: solid (model)" in lines
    assert "Site: isthmus (from the words about the study)" in lines
    assert "Echogenicity: not given" in lines


def test_points_come_before_the_level_and_a_recommendation_needs_a_size() -> None:
    rows = dict(rows_of(nodule(points="4 to 6 points", level="TR4", size="90 × 70 px")))
    assert rows["ACR TI-RADS"] == "4 to 6 points, TR4"
    assert rows["Recommendation"] == "none without the size in millimetres"


@pytest.mark.parametrize(
    ("defer", "said"),
    [
        (True, "defers to the reader, no decision; 0.89 is the probability of: TR4 or more"),
        (False, "suspicious; 0.89 is the probability of: TR4 or more"),
    ],
)
def test_a_model_that_defers_decides_nothing(defer: bool, said: str) -> None:
    estimate = Malignancy(
        probability=0.89, decision="suspicious", threshold=0.5, meaning="TR4 or more", defer=defer
    )
    assert reports._estimate(estimate) == said


def test_several_levels_are_a_range() -> None:
    assert reports._level(["TR1", "TR2", "TR3", "TR4", "TR5"]) == "TR1 to TR5"
    assert reports._level(["TR3"]) == "TR3"
    assert reports._either(["none", "follow-up", "biopsy"]) == "none, follow-up or biopsy"
    assert reports._either(["solid"]) == "solid"


def test_which_frame_of_a_cine_it_is_is_no_remark(client: TestClient, tmp_path: Path) -> None:
    frames = np.stack([scan((100, 90, 20 + 5 * n, 20), seed=n) for n in range(3)])
    save(tmp_path / "cine.dcm", ultrasound(frames))
    analysis, _, frame = analyzed(client, (tmp_path / "cine.dcm").read_bytes())
    assert "frame 1 of 3" in client.get(frame).json()["finding"]["notes"]
    report = client.get(f"/api/analyses/{analysis}/report").json()
    assert "frame 3)" in report["nodules"][0]["label"]
    assert not any("of 3" in one for one in report["remarks"])
