from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from nodulens.analysis.classifier import NoduleClassifier
from nodulens.analysis.judge import RegionJudge, feature_table, positive_odds
from nodulens.errors import BadData
from nodulens.finding import Area, Frame
from nodulens.runtime.bundle import load_bundle
from nodulens.runtime.odds import log_odds
from nodulens.runtime.session import OnnxClassifier
from tests.bundles import FEATURES

Parts = list[tuple[int, NDArray[np.bool_]]]


def two() -> tuple[Frame, Parts]:
    """A dark round nodule and a bright one that is long."""
    pixels = np.random.default_rng(0).integers(70, 90, (180, 240), dtype=np.uint8)
    y, x = np.mgrid[:180, :240]
    dark = (x - 60) ** 2 + (y - 90) ** 2 < 30**2
    bright = ((x - 170) / 50) ** 2 + ((y - 90) / 12) ** 2 < 1
    pixels[dark], pixels[bright] = 40, 200
    area = Area(x=0, y=0, width=240, height=180)
    frame = Frame(pixels, source="a.png", sha256="0" * 64, scan_areas=[area])
    return frame, [(0, dark), (0, bright)]


def test_a_network_alone_says_what_it_says_of_each_region(bundle_store: Path) -> None:
    frame, parts = two()
    bundle = load_bundle(bundle_store / "mean-brightness")
    found = NoduleClassifier(bundle)(frame, parts)
    assert bundle.description.region is not None
    alone = RegionJudge(OnnxClassifier(bundle), bundle.description.region)(frame, parts)
    assert np.array_equal(found, alone)
    for opinion, answer in zip(NoduleClassifier(bundle).opinions(frame, parts), alone, strict=True):
        assert np.array_equal(opinion.probability, answer)
        assert opinion.attributes == {}
        assert opinion.evidence == []


def test_network_and_forest_are_weighed(bundle_store: Path) -> None:
    frame, parts = two()
    bundle = load_bundle(bundle_store / "both")
    found = NoduleClassifier(bundle)(frame, parts)
    assert bundle.description.region is not None
    network = RegionJudge(OnnxClassifier(bundle), bundle.description.region)(frame, parts)
    brightness = feature_table(frame, parts, FEATURES)[:, 1].astype(np.float64)
    forest = (8 * (brightness - 0.5)).clip(-6, 6)
    expected = 0.25 + 0.5 * positive_odds(network).clip(-6, 6) + 0.5 * forest
    assert positive_odds(found) == pytest.approx(expected, abs=1e-4)


def test_a_forest_alone_names_attributes_and_says_why(bundle_store: Path) -> None:
    frame, parts = two()
    classifier = NoduleClassifier(load_bundle(bundle_store / "bright-forest"))
    dark, bright = classifier.opinions(frame, parts)
    assert np.allclose([dark.probability, bright.probability], classifier(frame, parts))
    assert dark.attributes["margin"]["smooth"] > 0.8 > bright.attributes["margin"]["smooth"]
    against, _ = dark.evidence
    speaks, _ = bright.evidence
    assert (against.concept, against.speaks) == ("brightness", "against")
    assert (speaks.concept, speaks.speaks) == ("brightness", "for")
    # Against nodules of brightness 0.2 and 0.4, at half the forest's weight.
    brightness = feature_table(frame, parts, FEATURES)[1, 1]
    here = log_odds(1 / (1 + np.exp(-8 * (brightness - 0.5))))
    assert speaks.log_odds == pytest.approx(0.5 * (here - (-2.4 - 0.8) / 2), abs=1e-3)


def test_the_network_s_impression_is_evidence_beside_a_forest_s(bundle_store: Path) -> None:
    frame, parts = two()
    bundle = load_bundle(bundle_store / "both")
    opinions = NoduleClassifier(bundle).opinions(frame, parts)
    for opinion in opinions:
        weights = [abs(one.log_odds) for one in opinion.evidence]
        assert weights == sorted(weights, reverse=True)
        assert [one.concept for one in opinion.evidence].count("impression") == 1
    assert bundle.description.region is not None
    judge = RegionJudge(OnnxClassifier(bundle), bundle.description.region)
    for opinion, odds in zip(opinions, positive_odds(judge(frame, parts)), strict=True):
        (look,) = (one for one in opinion.evidence if one.concept == "impression")
        # At a weight of a half, beside log-odds that are -0.5 as a rule.
        assert look.log_odds == pytest.approx(0.5 * (max(odds, -6) + 0.5), abs=1e-3)
        assert look.feature is None


def test_no_nodule_is_no_question(bundle_store: Path) -> None:
    frame, _ = two()
    classifier = NoduleClassifier(load_bundle(bundle_store / "both"))
    assert classifier(frame, []) == []
    assert classifier.opinions(frame, []) == []


def test_features_that_nobody_measures_are_refused(bundle_store: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(bundle_store / "both", tmp_path / "both")
    path = folder / "bundle.json"
    path.write_text(path.read_text().replace('"circularity"', '"unheard_of"'))
    with pytest.raises(BadData, match=r"does not measure \(unheard_of\)"):
        NoduleClassifier(load_bundle(folder))


def test_a_segmenter_is_refused(bundle_store: Path) -> None:
    with pytest.raises(BadData, match="where one for classification is needed"):
        NoduleClassifier(load_bundle(bundle_store / "bright-blobs"))


def test_hiding_a_bright_nodule_takes_away_what_speaks_for_it(bundle_store: Path) -> None:
    frame, parts = two()
    for name in ("mean-brightness", "bright-forest", "both"):
        classifier = NoduleClassifier(load_bundle(bundle_store / name))
        box, heat = classifier.heat(frame, parts[1])
        assert heat.shape == (box.height, box.width)
        inside = parts[1][1][box.slices]
        assert heat[inside].mean() > heat[~inside].mean()
        assert heat[inside].mean() > 0
