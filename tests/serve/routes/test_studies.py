from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from tests.dicom.ultrasound import save, ultrasound
from tests.pictures import scan
from tests.serve.place import encoded, finished, is_problem, png, upload


def test_a_picture_becomes_a_study_with_its_analysis(client: TestClient) -> None:
    study = upload(client, name="folder/scan.png")
    (image,) = study["images"]
    assert (image["name"], image["width"], image["height"]) == ("folder/scan.png", 240, 180)
    assert (image["frames"], image["dicom"], study["name"]) == (1, False, "folder")
    (analysis,) = study["analyses"]
    assert analysis["asked"]["segmenter"] == "bright-blobs"
    assert finished(client, analysis["id"])["state"] == "done"
    assert "Research use only" in study["notice"]


def test_what_is_asked_goes_to_the_analysis(client: TestClient) -> None:
    asked = json.dumps({"classifier": "none", "text": "small nodule", "mm_per_px": 0.1})
    study = upload(client, asked=asked)
    finished(client, study["analyses"][0]["id"])
    (finding,) = client.get(f"/api/analyses/{study['analyses'][0]['id']}/findings").json()
    assert finding["scale"]["from"] == "user"
    assert finding["nodules"][0]["malignancy"] is None
    assert finding["text"]["given"] == "small nodule"


def test_an_upload_need_not_be_analyzed_at_once(client: TestClient) -> None:
    study = upload(client, analyze="no")
    assert study["analyses"] == []
    answer = client.post(f"/api/studies/{study['id']}/analyses", json={})
    assert answer.status_code == 202
    assert finished(client, answer.json()["id"])["state"] == "done"


def test_a_folder_is_several_files_with_their_places(client: TestClient) -> None:
    files = [
        ("files", ("case/left/a.png", png(seed=1))),
        ("files", ("case/right/a.png", png(seed=2))),
        ("files", ("case/notes.txt", b"words about it")),
        ("files", ("case/again.png", png(seed=1))),
    ]
    answer = client.post("/api/studies", files=files).json()
    assert [one["name"] for one in answer["study"]["images"]] == [
        "case/left/a.png",
        "case/right/a.png",
    ]
    assert answer["study"]["name"] == "case"
    notes, again = answer["refused"]
    assert notes["name"] == "case/notes.txt"
    assert "this is text" in notes["why"]
    assert "kept once" in again["why"]


def test_an_archive_is_unpacked(client: TestClient) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("case/a.png", png(seed=3))
        archive.writestr("case/b.bmp", encoded(scan((60, 60, 30, 20)), "BMP"))
        archive.writestr("__MACOSX/._a.png", b"junk")
    study = upload(client, stream.getvalue(), "case.zip")
    assert [one["name"] for one in study["images"]] == [
        "case.zip/case/a.png",
        "case.zip/case/b.bmp",
    ]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (
            b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
            "an SVG drawing",
        ),
        (b"<html><script>alert(1)</script></html>", "a web page"),
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "damaged"),
        (png()[:2000], "damaged or incomplete"),
    ],
)
def test_content_is_judged_by_its_bytes(client: TestClient, content: bytes, what: str) -> None:
    answer = client.post("/api/studies", files=[("files", ("scan.png", content))])
    told = is_problem(answer, 415)
    assert what in told
    assert "scan.png" in told
    assert "incoming" not in told


def test_names_of_files_are_never_paths_of_ours(client: TestClient) -> None:
    study = upload(client, png(seed=4), "../../../etc/passwd.png")
    assert study["images"][0]["name"] == "etc/passwd.png"


def test_uploads_that_are_none_are_refused_with_what_to_do(client: TestClient) -> None:
    assert "curl -F" in is_problem(client.post("/api/studies", json={}), 415)
    is_problem(client.post("/api/studies", data={"name": "x"}, files=[]), 415)
    wrong = {"asked": '{"every": 0}'}
    files = [("files", ("a.png", png()))]
    assert "every" in is_problem(client.post("/api/studies", files=files, data=wrong), 422)
    is_problem(client.post("/api/studies", files=files, data={"analyze": "maybe"}), 422)
    is_problem(client.post("/api/studies", files=files, data={"colour": "red"}), 422)
    unknown = {"asked": '{"segmenter": "no-such-model"}'}
    assert "/api/models" in is_problem(client.post("/api/studies", files=files, data=unknown), 422)


def test_studies_are_listed_page_by_page_and_deleted(client: TestClient) -> None:
    first, second = upload(client), upload(client)
    page = client.get("/api/studies", params={"limit": 1}).json()
    assert [one["id"] for one in page["studies"]] == [second["id"]]
    assert page["next"] == 1
    following = client.get("/api/studies", params={"limit": 1, "offset": 1}).json()
    assert [one["id"] for one in following["studies"]] == [first["id"]]
    before = page["total"]
    image = second["images"][0]["id"]
    assert client.delete(f"/api/studies/{second['id']}").status_code == 204
    assert client.get("/api/studies").json()["total"] == before - 1
    is_problem(client.get(f"/api/studies/{second['id']}"), 404)
    is_problem(client.get(f"/api/images/{image}/frames/0"), 404)
    is_problem(client.delete(f"/api/studies/{second['id']}"), 404)


def test_frames_are_shown_as_the_models_see_them(client: TestClient) -> None:
    pixels = scan((120, 90, 50, 30), seed=5)
    image = upload(client, encoded(pixels))["images"][0]["id"]
    answer = client.get(f"/api/images/{image}/frames/0")
    assert answer.headers["content-type"] == "image/png"
    assert (np.asarray(Image.open(io.BytesIO(answer.content))) == pixels).all()
    tag = {"if-none-match": answer.headers["etag"]}
    assert client.get(f"/api/images/{image}/frames/0", headers=tag).status_code == 304
    is_problem(client.get(f"/api/images/{image}/frames/1"), 404)
    thumbnail = client.get(f"/api/images/{image}/thumbnail")
    assert max(Image.open(io.BytesIO(thumbnail.content)).size) == 240
    assert client.get(f"/api/images/{image}").json()["bytes"] == len(encoded(pixels))


def test_any_frame_of_a_cine_is_shown(client: TestClient, tmp_path: Path) -> None:
    frames = np.stack([scan((60 + 10 * n, 90, 30, 20), seed=n) for n in range(3)])
    save(tmp_path / "cine.dcm", ultrasound(frames))
    study = upload(client, (tmp_path / "cine.dcm").read_bytes())
    (image,) = study["images"]
    assert (image["frames"], image["dicom"]) == (3, True)
    for number in (2, 0, 1):
        content = client.get(f"/api/images/{image['id']}/frames/{number}").content
        assert (np.asarray(Image.open(io.BytesIO(content))) == frames[number]).all()
    assert finished(client, study["analyses"][0]["id"])["frames_done"] == 3
