"""What all tests share."""

from __future__ import annotations

import gc
import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is slow at times; a time limit per example would make that a failure.
# The same examples every time, so that a red run is the change's doing; new ones are sought with
# pytest --hypothesis-profile=explore.
settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile("same")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder with the development data sets; skips the test where it is absent."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the development data sets are not beside the checkout")
    return folder


@pytest.fixture(scope="session")
def bundle_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store with the bundles of ``tests.bundles``, under their usual names."""
    # Here, because tests without the [train] extra have no onnx to build them with.
    bundles = pytest.importorskip("tests.bundles", exc_type=ImportError)
    store = tmp_path_factory.mktemp("store")
    bundles.segmenter_bundle(store / "bright-blobs")
    bundles.classifier_bundle(store / "mean-brightness")
    bundles.guided_bundle(store / "told-side")
    bundles.judging_bundle(store / "both")
    bundles.judging_bundle(store / "bright-forest", "bright-forest", network=False)
    return store


@pytest.fixture(autouse=True)
def sockets_end_where_they_were_made(request: pytest.FixtureRequest) -> Iterator[None]:
    """Collect what a test of the network leaves, or its warnings would come up in another's."""
    yield
    if any("ResourceWarning" in str(mark.args) for mark in request.node.iter_markers()):
        gc.collect()


def pytest_collection_finish() -> None:
    """Put aside what is loaded by now, torch and all: it stays, and collecting need not look at it.

    A collection takes 0.3 seconds with it, which is more than most tests.
    """
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if importlib.util.find_spec("torch") is None:
        for item in items:
            if item.get_closest_marker("train"):
                item.add_marker(pytest.mark.skip(reason="torch is not installed"))
