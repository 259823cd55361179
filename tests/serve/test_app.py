from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from nodulens.serve.app import create_app
from nodulens.serve.settings import Settings
from nodulens.serve.store import Store
from tests.serve.place import Inline, is_problem, serving, settings_for, upload

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "http-api.md"


def test_every_operation_is_described(client: TestClient) -> None:
    schema = client.get("/api/openapi.json").json()
    for path, methods in schema["paths"].items():
        for method, said in methods.items():
            assert said["summary"], (method, path)
            assert said["description"], (method, path)
            assert "422" in said["responses"] or method == "get"
            problem = said["responses"]["400"]["content"]["application/json"]["schema"]
            assert problem["$ref"].endswith("/Problem")
    for name, model in schema["components"]["schemas"].items():
        assert model.get("description") or name.startswith(("HTTP", "Validation")), name


def test_the_reference_lists_every_operation(client: TestClient) -> None:
    schema = client.get("/api/openapi.json").json()
    known = {
        (method.upper(), path) for path, methods in schema["paths"].items() for method in methods
    }
    rows = re.findall(r"^\| `([A-Z]+) (/api/[^`]+)`", REFERENCE.read_text("utf-8"), re.MULTILINE)
    assert set(rows) == known


def test_nothing_is_loaded_from_other_hosts(client: TestClient) -> None:
    for path in ("/docs", "/redoc"):
        is_problem(client.get(path), 404)


def test_a_restart_keeps_everything(tmp_path: Path, bundle_store: Path) -> None:
    settings = settings_for(tmp_path, bundle_store)
    with serving(settings) as client:
        study = upload(client)
    with serving(settings) as client:
        assert client.get(f"/api/studies/{study['id']}").json()["images"] == study["images"]


def test_an_address_that_is_none_is_refused_at_the_start(
    tmp_path: Path, bundle_store: Path
) -> None:
    settings = settings_for(tmp_path, bundle_store, stow="ftp://pacs")
    store = Store(tmp_path)
    with pytest.raises(Exception, match="no DICOMweb service"):
        create_app(settings, store, asked=Inline(), analyzing=Inline())
    store.close()
    assert isinstance(settings, Settings)


def test_whatever_fits_the_description_is_answered_as_described(
    tmp_path: Path, bundle_store: Path
) -> None:
    schemathesis = pytest.importorskip("schemathesis", reason="the [dev] extra is not installed")
    from hypothesis import HealthCheck, given, settings
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

    checks = [
        not_a_server_error, status_code_conformance, content_type_conformance,
        response_schema_conformance,
    ]  # fmt: skip
    with serving(settings_for(tmp_path, bundle_store)) as client:
        upload(client)
        schema = schemathesis.openapi.from_dict(client.get("/api/openapi.json").json())
        answered: dict[str, set[int]] = {}
        for found in schema.get_all_operations():
            operation = found.ok()

            @settings(
                max_examples=6, derandomize=True, deadline=None, database=None,
                suppress_health_check=list(HealthCheck),
            )  # fmt: skip
            @given(case=operation.as_strategy())
            def ask(case: Any) -> None:
                wanted = case.as_transport_kwargs(base_url="http://127.0.0.1")
                if isinstance(wanted.get("data"), str | bytes):
                    wanted["content"] = wanted.pop("data")
                answer = client.request(**wanted)
                answered.setdefault(case.operation.label, set()).add(answer.status_code)
                case.validate_response(answer, checks=checks)

            ask()
    assert len(answered) > 25
    assert any(200 in statuses for statuses in answered.values())
