from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from nodulens.serve.app import create_app
from nodulens.serve.settings import Settings
from nodulens.serve.store import Store
from tests.serve.place import Inline, analyzed, is_problem, serving, settings_for, upload

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
    ids = [said["operationId"] for one in schema["paths"].values() for said in one.values()]
    assert len(ids) == len(set(ids))
    assert "corrections_refine" in ids
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
    import requests
    from hypothesis import HealthCheck, Phase, given, settings
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
        analysis, image, _ = analyzed(client)
        study = client.get(f"/api/analyses/{analysis}").json()["study"]
        real = {
            "study": study, "analysis": analysis, "image": image, "frame": 0, "nodule": 1,
            "name": "bright-blobs",
        }  # fmt: skip
        schema = schemathesis.openapi.from_dict(client.get("/api/openapi.json").json())
        answered: dict[str, set[int]] = {}
        for found in schema.get_all_operations():
            operation = found.ok()

            @settings(
                max_examples=8, derandomize=True, deadline=None, database=None,
                phases=[Phase.generate], suppress_health_check=list(HealthCheck),
            )  # fmt: skip
            @given(case=operation.as_strategy())
            def ask(case: Any) -> None:
                # Of made-up ids there is nothing; but what is there is not to be deleted, and
                # maps of what was looked at take a second each.
                if case.method != "DELETE" and "looked-at" not in case.path:
                    for name in set(case.path_parameters or {}) & set(real):
                        case.path_parameters[name] = real[name]
                wanted = requests.Request(
                    **case.as_transport_kwargs(base_url="http://127.0.0.1")
                ).prepare()
                answer = client.request(
                    str(wanted.method), str(wanted.url), headers=dict(wanted.headers),
                    content=wanted.body,
                )  # fmt: skip
                answered.setdefault(case.operation.label, set()).add(answer.status_code)
                case.validate_response(answer, checks=checks)

            ask()
    assert len(answered) > 25
    fine = {name for name, statuses in answered.items() if min(statuses) < 300}
    assert len(fine) > 20


def test_a_body_without_end_is_refused_while_it_comes(client: TestClient) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        yield b'{"token": "'
        while sent < 10**6:
            sent += 2**14
            yield b"x" * 2**14

    answer = client.post(
        "/api/session", content=endless(), headers={"content-type": "application/json"}
    )
    assert "larger than" in is_problem(answer, 413)
