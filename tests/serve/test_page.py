from __future__ import annotations

import re

from starlette.testclient import TestClient

from nodulens.serve.page import status_page


def test_the_page_says_what_the_server_offers(client: TestClient) -> None:
    answer = client.get("/")
    assert "Research use only" in answer.text
    assert answer.text == status_page(client.app)  # type: ignore[arg-type]
    paths = set(client.get("/api/openapi.json").json()["paths"])
    assert set(re.findall(r"<code>(.+?)</code>", answer.text)) == paths
    assert len(paths) > 25


def test_the_page_loads_nothing_of_others(client: TestClient) -> None:
    text = client.get("/").text
    assert re.findall(r'(?:src|href)="(.+?)"', text) == ["/status.css", "/api/openapi.json"]
    assert "<script" not in text
    assert "style=" not in text
    assert client.get("/status.css").headers["content-type"].startswith("text/css")
