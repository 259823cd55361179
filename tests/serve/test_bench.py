from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from nodulens.errors import BadData, NodulensError
from nodulens.serve import bench
from nodulens.serve.bench import Bench, describe_bundle, named, nodule_of
from nodulens.serve.models import Asked, FrameState
from nodulens.serve.problems import Refusal
from tests.report.findings import finding
from tests.serve.place import analyzed, is_problem, serving, settings_for


def bench_of(client: TestClient) -> Bench:
    return client.app.state.bench  # type: ignore[attr-defined,no-any-return]


def test_models_are_named_never_opened_by_path(client: TestClient, bundle_store: Path) -> None:
    here = bench_of(client)
    asked = here.settled(Asked())
    assert (asked.segmenter, asked.classifier) == ("bright-blobs", "both")
    assert here.settled(Asked(classifier="none")).classifier == "none"
    with pytest.raises(Refusal, match="there is no model"):
        here.bundle(str(bundle_store / "bright-blobs"), "segmentation")
    with pytest.raises(Refusal, match="take one for classification"):
        here.bundle("bright-blobs", "classification")


def test_a_bundle_is_verified_when_it_changes_and_not_each_time(
    bundle_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shutil.copytree(bundle_store / "bright-blobs", tmp_path / "bright-blobs")
    assert describe_bundle(folder).name == "bright-blobs"
    with monkeypatch.context() as patched:
        patched.setattr(bench, "load_bundle", None)
        assert describe_bundle(folder).name == "bright-blobs"
    (folder / "model.onnx").write_bytes(b"something else")
    with pytest.raises(BadData, match=r"model\.onnx"):
        describe_bundle(folder)


def test_a_server_whose_model_is_not_there_does_not_start(
    tmp_path: Path, bundle_store: Path
) -> None:
    settings = settings_for(tmp_path, bundle_store, segmenter="no-such")
    with pytest.raises(Refusal, match="weights import"), serving(settings):
        pass


def test_too_much_that_waits_is_refused(tmp_path: Path, bundle_store: Path) -> None:
    with serving(settings_for(tmp_path, bundle_store, queued=0)) as client:
        answer = client.post("/api/studies", files=[("files", ("a.png", b"x"))])
        assert "when some are done" in is_problem(answer, 429)


def test_a_file_that_has_gone_bad_is_named_as_its_owner_names_it(client: TestClient) -> None:
    _, image, frame = analyzed(client)
    path = bench_of(client).store.path(image)
    path.write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    bench_of(client).worker.desk.close()  # type: ignore[attr-defined]
    told = is_problem(client.get(f"/api/images/{image}/thumbnail"), 422)
    assert told.startswith("scan.png")
    assert "studies" not in told
    assert str(named(NodulensError(f"{path}: bad; mend it"), path, "a")) == "a: bad; mend it"
    assert client.get(frame).status_code == 200


def test_a_nodule_is_found_by_its_number() -> None:
    state = FrameState(version=0, finding=finding(), by_user={})
    assert nodule_of(state, 2).id == 2
    with pytest.raises(Refusal, match="it has 1, 2"):
        nodule_of(state, 3)
