from __future__ import annotations

import json
from pathlib import Path

from starlette.testclient import TestClient

from nodulens.serve.describe import described

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "openapi.json"


def test_the_reference_is_what_the_server_says(client: TestClient) -> None:
    assert client.get("/api/openapi.json").json() == json.loads(described())
    assert REFERENCE.read_text("utf-8") == described(), (
        "the API has changed; if it was meant to, write it anew: "
        "python -m nodulens.serve.describe docs/reference/openapi.json, "
        "then npm run types in page/"
    )


def test_names_of_the_schemas_are_plain() -> None:
    names = json.loads(described())["components"]["schemas"]
    # Two of the same name would be told apart by their modules.
    assert not [name for name in names if "__" in name]
