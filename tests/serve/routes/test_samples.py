from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from tests.serve.place import is_problem, upload


def test_samples_are_listed_shown_and_uploaded(client: TestClient) -> None:
    listed = client.get("/api/samples").json()
    assert len(listed) == 3
    for one in listed:
        assert set(one) == {"name", "title", "description"}
        picture = client.get(f"/api/samples/{one['name']}/thumbnail")
        assert picture.headers["content-type"] == "image/png"
    answer = client.get("/api/samples/cine.dcm")
    assert answer.headers["content-type"] == "application/dicom"
    tag = {"if-none-match": answer.headers["etag"]}
    assert client.get("/api/samples/cine.dcm", headers=tag).status_code == 304
    (image,) = upload(client, answer.content, "cine.dcm", analyze="no")["images"]
    assert (image["dicom"], image["frames"]) == (True, 24)


@pytest.mark.parametrize("name", ["other.png", "..%2Fsecret.png"])
def test_other_names_lead_nowhere(client: TestClient, name: str) -> None:
    is_problem(client.get(f"/api/samples/{name}"), 404)
    is_problem(client.get(f"/api/samples/{name}/thumbnail"), 404)
