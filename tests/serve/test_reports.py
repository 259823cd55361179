from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from nodulens.serve.models import ReportedNodule
from nodulens.serve.problems import Refusal
from nodulens.serve.reports import as_text, make_pdf, make_report, rows_of
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
    assert "Given by the reader: composition, site, size_mm." in text


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
