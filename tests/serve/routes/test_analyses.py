from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from tests.dicom.ultrasound import save, ultrasound
from tests.pictures import scan
from tests.serve.place import (
    accepted,
    analyzed,
    corrected,
    finished,
    is_problem,
    png,
    ring,
    upload,
)
from tests.serve.test_bench import bench_of


@pytest.fixture(scope="module")
def two(client: TestClient) -> tuple[str, str, str]:
    return analyzed(client, png((60, 90, 30, 20), (175, 90, 24, 30)))


def pixels_of(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)))


def test_the_models_word_is_the_analyzers(client: TestClient, two: tuple[str, str, str]) -> None:
    analysis, image, frame = two
    (finding,) = client.get(f"/api/analyses/{analysis}/findings").json()
    assert [one["id"] for one in finding["nodules"]] == [1, 2]
    assert finding["source"] == "scan.png"
    state = client.get(frame).json()
    assert (state["version"], state["by_user"]) == (0, {})
    assert state["finding"] == finding
    (point,) = client.get(f"/api/analyses/{analysis}/images/{image}/curve").json()
    assert [one["number"] for one in point["nodules"]] == [1, 2]
    assert point["nodules"][0]["area_px"] == finding["nodules"][0]["area_px"]


def test_masks_contours_and_maps_fit_the_frame(
    client: TestClient, two: tuple[str, str, str]
) -> None:
    _, _, frame = two
    finding = client.get(frame).json()["finding"]
    drawn = client.get(f"{frame}/contours").json()["contours"]
    for nodule, contour in zip(finding["nodules"], drawn, strict=True):
        mask = pixels_of(client.get(f"{frame}/nodules/{nodule['id']}/mask").content)
        assert mask.shape == (180, 240)
        assert (mask == 255).sum() == nodule["area_px"] == (mask > 0).sum()
        assert contour["rings"] == nodule["contour"]
        assert not contour["edited"]
    assert drawn[0]["colour"] != drawn[1]["colour"]
    shares = pixels_of(client.get(f"{frame}/probabilities").content)
    assert shares.shape == (180, 240)
    assert shares[90, 60] > 200 > 20 > shares[20, 20]
    is_problem(client.get(f"{frame}/nodules/7/mask"), 404)


def test_what_the_classifier_looked_at_is_mapped_when_asked_for(
    client: TestClient, two: tuple[str, str, str]
) -> None:
    _, _, frame = two
    answer = client.get(f"{frame}/nodules/2/looked-at")
    x, y, width, height = map(int, answer.headers["nodulens-region"].split(","))
    assert x <= 175 <= x + width
    assert y <= 90 <= y + height
    picture = pixels_of(answer.content)
    assert picture.ndim == 3
    # What takes long holds nobody up who only wants to see a frame.
    assert "looked_at" not in bench_of(client).worker.tasks  # type: ignore[attr-defined]
    assert bench_of(client).explainer.tasks == ["looked_at"]  # type: ignore[attr-defined]
    analysis, _, blind = analyzed(client, asked='{"classifier": "none"}')
    assert "classifier" in is_problem(client.get(f"{blind}/nodules/1/looked-at"), 409)
    assert client.get(f"/api/analyses/{analysis}").json()["asked"]["classifier"] == "none"


def test_another_model_looks_at_the_same_study(client: TestClient) -> None:
    study = upload(client)
    asked = {"classifier": "mean-brightness"}
    second = client.post(f"/api/studies/{study['id']}/analyses", json=asked).json()
    finished(client, second["id"])
    found = client.get(f"/api/studies/{study['id']}").json()["analyses"]
    assert [one["asked"]["classifier"] for one in found] == ["mean-brightness", "both"]
    is_problem(client.post(f"/api/studies/{study['id']}/analyses", json={"classifier": "x"}), 422)
    wrong = {"classifier": "bright-blobs"}
    told = is_problem(client.post(f"/api/studies/{study['id']}/analyses", json=wrong), 422)
    assert "a model for segmentation" in told
    path = {"segmenter": "/etc"}
    is_problem(client.post(f"/api/studies/{study['id']}/analyses", json=path), 422)


def test_words_are_tried_on_a_frame(client: TestClient) -> None:
    _, _, frame = analyzed(
        client, png((60, 90, 30, 20), (175, 90, 24, 30)), asked='{"segmenter": "told-side"}'
    )
    tried = client.post(f"{frame}/try", json={"text": "nodule on the left of the picture"}).json()
    (told,) = tried["with_words"]["nodules"]
    assert told["bounding_box"]["x"] < 100
    assert len(tried["without_words"]["nodules"]) == 2
    assert tried["with_words"]["text"]["understood"]
    assert tried["with_words"]["source"] == "scan.png"
    assert client.get(frame).json()["version"] == 0
    other = {"text": "small", "segmenter": "bright-blobs"}
    assert client.post(f"{frame}/try", json=other).status_code == 200


def test_progress_comes_as_events(client: TestClient) -> None:
    study = upload(client)
    with client.stream("GET", f"/api/analyses/{study['analyses'][0]['id']}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = [line for line in answer.iter_lines() if line.startswith("data:")]
    states = [json.loads(line.removeprefix("data:")) for line in lines]
    assert states[-1]["state"] == "done"
    assert states[-1]["frames_done"] == states[-1]["frames"] == 1


def test_a_cine_has_a_curve(client: TestClient, tmp_path: Path) -> None:
    frames = np.stack([scan((100, 90, 20 + 5 * n, 20), seed=n) for n in range(4)])
    save(tmp_path / "cine.dcm", ultrasound(frames))
    content = (tmp_path / "cine.dcm").read_bytes()
    analysis, image, _ = analyzed(client, content, asked='{"every": 2}')
    points = client.get(f"/api/analyses/{analysis}/images/{image}/curve").json()
    assert [one["frame"] for one in points] == [0, 2]
    sizes = [one["nodules"][0]["area_px"] for one in points]
    assert sizes[0] < sizes[1]
    assert [one["nodules"][0]["number"] for one in points] == [1, 1]
    assert "largest" in points[1]["nodules"][0]["key"]


def test_an_analysis_is_reviewed_once_it_is_done(client: TestClient) -> None:
    analysis, _, frame = analyzed(client)
    found = accepted(client, analysis)
    assert (found["review"], found["review_version"]) == ("accepted", 1)
    late = {"base": 0, "review": "rejected"}
    told = is_problem(client.put(f"/api/analyses/{analysis}/review", json=late), 409)
    assert "somebody else was faster" in told
    corrected(client, frame, 0, action="outline", nodule=1, rings=[ring(120, 90, 40, 25)])
    again = client.get(f"/api/analyses/{analysis}").json()
    assert (again["review"], again["review_version"]) == ("open", 2)


def test_things_that_do_not_go_together_are_not_found(client: TestClient) -> None:
    analysis, image, _ = analyzed(client)
    other, elsewhere, _ = analyzed(client)
    is_problem(client.get(f"/api/analyses/{analysis}/images/{elsewhere}/frames/0"), 404)
    is_problem(client.get(f"/api/analyses/{other}/images/{image}/curve"), 404)
    is_problem(client.get(f"/api/analyses/{analysis}/images/{image}/frames/5"), 404)
    is_problem(client.get("/api/analyses/0123456789abcdef"), 404)
    is_problem(client.get("/api/analyses/no-id"), 422)
    is_problem(client.post(f"/api/analyses/{analysis}/cancel"), 409)
