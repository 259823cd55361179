from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.dicom.orthanc import run_orthanc
from tests.dicom.ultrasound import save, ultrasound
from tests.pictures import scan
from tests.serve.place import accepted, analyzed, corrected, is_problem, serving, settings_for


def test_the_report_can_be_edited_and_given_back(client: TestClient) -> None:
    analysis, _, frame = analyzed(client)
    address = f"/api/analyses/{analysis}/report"
    generated = client.get(address).json()["text"]
    edited = client.put(address, json={"base": 0, "text": "My words.", "author": "A"}).json()
    assert (edited["text"], edited["edited"], edited["version"]) == ("My words.", True, 1)
    late = client.put(address, json={"base": 0, "text": "Mine."})
    assert "somebody else was faster" in is_problem(late, 409)
    answer = client.get(f"{address}.txt")
    assert answer.text == "My words."
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert not client.get(address).json()["stale"]
    corrected(client, frame, 0, action="judge", nodule=1, verdict="accepted")
    assert client.get(address).json()["stale"]
    back = client.put(address, json={"base": 1, "text": None}).json()
    assert (back["text"], back["edited"], back["version"]) == (generated, False, 2)
    is_problem(client.get("/api/analyses/0123456789abcdef/report"), 404)


def test_the_report_comes_as_pdf(client: TestClient) -> None:
    pytest.importorskip("weasyprint", reason="the [pdf] extra is not installed")
    analysis, _, _ = analyzed(client)
    answer = client.get(f"/api/analyses/{analysis}/report.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert "attachment" in answer.headers["content-disposition"]


def test_an_export_can_be_looked_at_again(client: TestClient) -> None:
    analysis, _, _ = analyzed(client)
    accepted(client, analysis)
    made = client.post("/api/exports", json={"analyses": [analysis]}).json()
    assert (made["images"], made["masks"], made["left_out"]) == (1, 1, [])
    assert client.get(f"/api/exports/{made['id']}").json() == made
    is_problem(client.post("/api/exports", json={"analyses": ["0123456789abcdef"]}), 404)
    is_problem(client.get("/api/exports/0123456789abcdef/zip"), 404)


def test_pushing_goes_to_the_configured_server_alone(tmp_path: Path, bundle_store: Path) -> None:
    pytest.importorskip("dicomweb_client", reason="the [pacs] extra is not installed")
    save(tmp_path / "a.dcm", ultrasound(scan((120, 90, 50, 30), tissue=90)))
    settings = settings_for(tmp_path / "data", bundle_store, stow="http://127.0.0.1:9/dicom-web")
    with serving(settings) as client:
        analysis, _, _ = analyzed(client, (tmp_path / "a.dcm").read_bytes())
        accepted(client, analysis)
        assert "--stow" in is_problem(client.post(f"/api/analyses/{analysis}/stow"), 502)
        assert client.get("/api/health").json()["stow"]


def test_an_archive_takes_the_results(tmp_path: Path, bundle_store: Path) -> None:
    pytest.importorskip("dicomweb_client", reason="the [pacs] extra is not installed")
    save(tmp_path / "a.dcm", ultrasound(scan((120, 90, 50, 30), tissue=90)))
    (tmp_path / "orthanc").mkdir()
    with run_orthanc(tmp_path / "orthanc") as archive:
        settings = settings_for(tmp_path / "data", bundle_store, stow=archive.web)
        with serving(settings) as client:
            analysis, _, _ = analyzed(client, (tmp_path / "a.dcm").read_bytes())
            accepted(client, analysis)
            for _ in range(2):
                answer = client.post(f"/api/analyses/{analysis}/stow")
                assert answer.json() == {"stored": 2, "refused": []}
        # Sent twice, they are there once.
        assert len(archive.ask("/instances")) == 2
