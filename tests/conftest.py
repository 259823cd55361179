"""Fixtures that every room's tests share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of the development data sets beside the checkout, or skip the test."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the development data sets are not beside the checkout")
    return folder


@pytest.fixture(scope="session")
def bundle_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store with the bundles ``bright-blobs`` and ``mean-brightness``."""
    # Here, because tests without the [train] extra have no onnx to build them with.
    bundles = pytest.importorskip("bundles", exc_type=ImportError)
    store = tmp_path_factory.mktemp("store")
    bundles.segmenter_bundle(store / "bright-blobs")
    bundles.classifier_bundle(store / "mean-brightness")
    return store
