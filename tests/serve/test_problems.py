from __future__ import annotations

import pickle

from fastapi import FastAPI
from starlette.testclient import TestClient

from nodulens.errors import NodulensError
from nodulens.serve.problems import Refusal, answer_problems, missing, responses
from tests.serve.place import is_problem


def test_a_refusal_crosses_to_another_process() -> None:
    copy = pickle.loads(pickle.dumps(Refusal(409, "it moved", "load it")))
    assert (copy.status, copy.error, copy.todo) == (409, "it moved", "load it")
    assert str(copy) == "it moved; load it"


def test_every_failure_says_what_to_do() -> None:
    app = FastAPI()
    answer_problems(app)

    @app.get("/{what}")
    def fail(what: str, number: int = 0) -> None:
        if what == "own":
            raise NodulensError("a.png: is broken; copy it again")
        if what == "gone":
            raise missing("study", "x")
        raise ZeroDivisionError("secret")

    with TestClient(app, raise_server_exceptions=False) as client:
        assert is_problem(client.get("/own"), 422) == "a.png: is broken; copy it again"
        assert "no study x" in is_problem(client.get("/gone"), 404)
        told = is_problem(client.get("/fault"), 500)
        assert "ZeroDivisionError" in told
        assert "secret" not in told
        assert "query.number" in is_problem(client.get("/own", params={"number": "x"}), 422)
        assert "openapi" in is_problem(client.get("/no/such"), 404)
        assert client.post("/own").headers["allow"] == "GET"


def test_failures_that_all_can_have_are_described_for_all() -> None:
    assert list(responses(409)) == [400, 401, 403, 409, 422]
