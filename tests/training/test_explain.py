from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from nodulens.errors import BadData
from nodulens.finding import NOTICE
from nodulens.training.explain import SANITY, explain
from tests.bundles import segmenter_bundle

pytestmark = pytest.mark.train


def read(out: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((out / "explain.json").read_text("utf-8"))
    return content


@pytest.fixture(scope="module")
def explained(
    tmp_path_factory: pytest.TempPathFactory, phantoms: Path, classifier_runs: list[Path]
) -> Path:
    """Both runs, pooled, on three images."""
    out = tmp_path_factory.mktemp("explained")
    calls: list[tuple[int, int]] = []
    lines = explain(
        [str(run) for run in classifier_runs],
        phantoms,
        out,
        images=3,
        progress=lambda done, of: calls.append((done, of)),
    )
    assert calls == [(0, 3), (1, 3), (2, 3)]
    assert lines[0].startswith("same network: Grad-CAM ")
    return out


def test_figures_are_over_unseen_images_and_in_range(explained: Path) -> None:
    found = read(explained)
    assert found["notice"] == NOTICE
    assert found["configuration"]["images"] == 3
    assert found["configuration"]["regions"] == len(found["regions"]) >= 3
    assert found["configuration"]["occlusion"]["forward_passes"] == 50
    assert set(found["sanity"]) == {*SANITY, "another region"}
    assert found["sanity"]["same network"]["occlusion"]["value"] == pytest.approx(1, abs=1e-3)
    assert found["sanity"]["all randomised"]["occlusion"]["value"] < 0.9
    assert 0 < found["inside"]["area"]["value"] < 1
    assert 0 < found["inside"]["occlusion"]["value"] < 1
    for part in found["sanity"].values():
        for estimate in part.values():
            assert estimate["value"] is None or -1 <= estimate["value"] <= 1.000001
    assert all(0 <= one["probability"] <= 1 for one in found["regions"])


def test_the_page_refers_to_nothing_outside_itself_and_says_what_it_is(explained: Path) -> None:
    page = (explained / "explain.html").read_text("utf-8")
    assert NOTICE in page
    without_pictures = re.sub(r"data:image/jpeg;base64,[A-Za-z0-9+/=]+", "", page)
    assert not re.search(r"https?:|//|<script|<link|url\(", without_pictures)
    assert page.count("<img ") == 3 * len(read(explained)["regions"])
    assert page.count("data:image/jpeg;base64,") == page.count("<img ")


def test_regions_may_come_from_a_segmenter(
    tmp_path: Path, phantoms: Path, classifier_runs: list[Path]
) -> None:
    source = [str(classifier_runs[0])]
    some = segmenter_bundle(tmp_path / "some", level=0.3)
    explain(source, phantoms, tmp_path / "out", images=1, fold=0, segmenters=[str(some.folder)])
    assert read(tmp_path / "out")["configuration"]["regions_from"][0]["name"] == "bright-blobs"
    none = segmenter_bundle(tmp_path / "none", level=1.1)
    with pytest.raises(BadData, match="nothing is outlined in the 1 looked at"):
        explain(source, phantoms, tmp_path / "no", images=1, fold=0, segmenters=[str(none.folder)])


def test_what_cannot_be_explained_is_refused(
    tmp_path: Path, phantoms: Path, classifier_runs: list[Path], runs: list[Path]
) -> None:
    one = str(classifier_runs[0])
    with pytest.raises(BadData, match="takes runs of classifiers"):
        explain([str(runs[0])], phantoms, tmp_path / "out")
    with pytest.raises(BadData, match="models that segment"):
        explain([one], phantoms, tmp_path / "out", segmenters=[one])
    with pytest.raises(BadData, match="no such image"):
        explain([one], phantoms, tmp_path / "out", fold=5)
    assert not (tmp_path / "out").exists()
