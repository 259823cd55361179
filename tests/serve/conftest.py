from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="the [serve] extra is not installed")
pytest.importorskip("httpx2", reason="the [dev] extra is not installed")

from starlette.testclient import TestClient

from tests.serve.place import serving, settings_for


@pytest.fixture(scope="module")
def client(bundle_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A server with the tiny bundles, in this process."""
    with serving(settings_for(tmp_path_factory.mktemp("data"), bundle_store)) as client:
        yield client
