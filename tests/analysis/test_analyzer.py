from __future__ import annotations

import doctest
import shutil
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import nodulens
from nodulens.analysis import analyzer as module
from nodulens.analysis.analyzer import Analyzer
from nodulens.errors import BadData, NodulensError, UnreadableFile
from nodulens.finding import Area, Finding, Frame
from nodulens.runtime.bundle import load_bundle, seal_bundle
from tests.pictures import save, scan


@pytest.fixture(scope="module")
def analyzer(bundle_store: Path) -> Analyzer:
    return Analyzer("bright-blobs", "mean-brightness", store=bundle_store)


def test_one_nodule_is_outlined_measured_and_judged(analyzer: Analyzer, tmp_path: Path) -> None:
    path = save(tmp_path / "scan.png", scan((120, 90, 60, 30)))
    finding = analyzer(path)
    (nodule,) = finding.nodules
    assert (finding.source, finding.width, finding.height) == (str(path), 240, 180)
    assert nodule.pixels.shape == (180, 240)
    assert nodule.pixels.sum() == nodule.area_px == pytest.approx(np.pi * 60 * 30, rel=0.05)
    assert nodule.long_axis_px == pytest.approx(120, abs=4)
    assert nodule.short_axis_px == pytest.approx(60, abs=4)
    assert nodule.long_axis_mm is nodule.area_mm2 is None
    assert not nodule.taller_than_wide
    assert nodule.shape.elongation == pytest.approx(0.5, abs=0.05)
    assert nodule.malignancy is not None
    assert nodule.malignancy.decision == "suspicious"
    assert nodule.malignancy.probability > 0.5
    assert finding.confidence == nodule.confidence > 0.9
    assert [model.name for model in finding.models] == ["bright-blobs", "mean-brightness"]
    assert Finding.from_json_line(finding.to_json_line()).nodules[0].contour == nodule.contour


def test_each_nodule_is_judged_by_its_own_region(analyzer: Analyzer, tmp_path: Path) -> None:
    pixels = scan((70, 90, 30, 45), (180, 90, 24, 24))
    finding = analyzer(save(tmp_path / "scan.png", pixels))
    first, second = finding.nodules
    assert (first.id, second.id) == (1, 2)
    assert first.bounding_box.x < second.bounding_box.x
    assert first.taller_than_wide
    assert first.malignancy is not None
    assert second.malignancy is not None
    assert first.malignancy.probability != second.malignancy.probability


def test_a_forest_s_opinion_is_attributes_tirads_evidence_and_deferral(
    bundle_store: Path, tmp_path: Path
) -> None:
    path = save(tmp_path / "scan.png", scan((120, 90, 60, 30)))
    finding = Analyzer("bright-blobs", "both", store=bundle_store)(path)
    (nodule,) = finding.nodules
    assert nodule.attributes is not None
    assert nodule.attributes.keys() == {"margin"}
    assert nodule.tirads is not None
    # Wider than tall; all that nobody predicts may be anything.
    assert nodule.tirads.missing == ["composition", "echogenicity", "foci"]
    assert nodule.tirads.levels == ["TR1", "TR2", "TR3", "TR4", "TR5"]
    assert nodule.tirads.recommendations is None
    assert nodule.evidence is not None
    assert {one.concept for one in nodule.evidence} == {"shape", "brightness", "impression"}
    assert nodule.malignancy is not None
    assert nodule.malignancy.defer == (0.4 <= nodule.malignancy.probability <= 0.7)
    assert nodule.malignancy.possible is not None
    assert (len(nodule.malignancy.possible) == 1) != nodule.malignancy.defer
    assert nodule.malignancy.undecided == (0.4, 0.7)
    assert nodule.malignancy.error_rate == 0.1
    back = Finding.from_json_line(finding.to_json_line()).nodules[0]
    assert (back.evidence, back.tirads) == (nodule.evidence, nodule.tirads)
    scaled = Analyzer("bright-blobs", "both", mm_per_px=0.1, store=bundle_store)(path)
    assert scaled.nodules[0].tirads is not None
    assert scaled.nodules[0].tirads.recommendations == ["none", "follow-up", "biopsy"]


def test_what_it_looked_at_is_mapped_on_request(bundle_store: Path, tmp_path: Path) -> None:
    path = save(tmp_path / "scan.png", scan((120, 90, 60, 30)))
    analyzer = Analyzer("bright-blobs", "mean-brightness", store=bundle_store, explain=True)
    finding = analyzer(path)
    (nodule,) = finding.nodules
    box, heat = nodule.heat
    assert heat.shape == (box.height, box.width)
    assert np.isfinite(heat).all()
    assert Finding.from_json_line(finding.to_json_line()).nodules[0].heat is None
    assert (
        Analyzer("bright-blobs", None, store=bundle_store, explain=True)(path).nodules[0].heat
        is None
    )


def test_the_probability_map_is_kept_on_request(bundle_store: Path, tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", scan((120, 90, 60, 30)))
    finding = Analyzer("bright-blobs", None, store=bundle_store, probabilities=True)(path)
    shares = finding.probability_map
    assert shares.dtype == np.float32
    inside = finding.nodules[0].pixels
    assert shares[inside].mean() == pytest.approx(finding.nodules[0].confidence, abs=1e-5)
    assert shares[~inside].mean() < 0.1
    assert Analyzer("bright-blobs", None, store=bundle_store)(path).probability_map is None


def test_a_network_alone_gives_neither_attributes_nor_evidence(
    analyzer: Analyzer, tmp_path: Path
) -> None:
    (nodule,) = analyzer(save(tmp_path / "scan.png", scan((120, 90, 60, 30)))).nodules
    assert nodule.attributes is nodule.tirads is nodule.evidence is None
    assert nodule.malignancy is not None
    assert nodule.malignancy.defer is None
    assert nodule.malignancy.possible is None


def test_nodules_may_be_judged_together(
    analyzer: Analyzer, bundle_store: Path, tmp_path: Path
) -> None:
    shutil.copytree(bundle_store / "mean-brightness", tmp_path / "together")
    description = load_bundle(bundle_store / "mean-brightness").description
    assert description.region is not None
    region = description.region.model_copy(update={"of": "union"})
    seal_bundle(tmp_path / "together", description.model_copy(update={"region": region}))
    together = Analyzer("bright-blobs", tmp_path / "together", store=bundle_store)
    # Bright tissue: one view, not two side by side.
    pixels = scan((70, 90, 30, 45), (180, 90, 24, 24), tissue=90)
    path = save(tmp_path / "scan.png", pixels)
    finding = together(path)
    first, second = finding.nodules
    assert len(finding.scan_areas) == 1
    assert first.malignancy is not None
    assert first.malignancy == second.malignancy
    assert first.malignancy not in [nodule.malignancy for nodule in analyzer(path).nodules]


def test_the_users_millimetres_go_before_the_files(bundle_store: Path, tmp_path: Path) -> None:
    analyzer = Analyzer("bright-blobs", None, mm_per_px=0.1, store=bundle_store)
    finding = analyzer(save(tmp_path / "scan.png", scan((120, 90, 60, 30))))
    (nodule,) = finding.nodules
    assert finding.scale.origin == "user"
    assert nodule.long_axis_mm == pytest.approx(nodule.long_axis_px / 10, rel=1e-5)
    assert nodule.area_mm2 == pytest.approx(nodule.area_px / 100, rel=1e-5)
    assert nodule.malignancy is None


def test_no_nodule_is_a_finding_too(analyzer: Analyzer, tmp_path: Path) -> None:
    finding = analyzer(save(tmp_path / "scan.png", scan()))
    assert finding.nodules == []
    assert finding.confidence is None
    assert finding.error is None


def test_several_frames_need_analyze(analyzer: Analyzer, tmp_path: Path) -> None:
    pages = [Image.fromarray(scan((100, 90, size, size))) for size in (30, 50)]
    path = tmp_path / "cine.tiff"
    pages[0].save(path, save_all=True, append_images=pages[1:])
    findings = analyzer.analyze(path)
    assert [finding.frame for finding in findings] == [0, 1]
    assert findings[0].nodules[0].area_px < findings[1].nodules[0].area_px
    with pytest.raises(NodulensError, match="2 frames"):
        analyzer(path)


def test_a_file_that_is_no_picture(analyzer: Analyzer, tmp_path: Path) -> None:
    (tmp_path / "scan.png").write_text("words")
    with pytest.raises(UnreadableFile, match=r"scan\.png"):
        analyzer(tmp_path / "scan.png")


def test_wrong_settings_are_refused(bundle_store: Path) -> None:
    with pytest.raises(BadData, match="did you mean"):
        Analyzer("bright-blob", None, store=bundle_store)
    with pytest.raises(BadData, match="a model for classification"):
        Analyzer("mean-brightness", None, store=bundle_store)
    with pytest.raises(NodulensError, match="mm a pixel"):
        Analyzer("bright-blobs", None, mm_per_px=float("nan"), store=bundle_store)


def test_the_documented_example_is_true(
    bundle_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path / "scan.png", scan((120, 90, 60, 30)))
    monkeypatch.chdir(tmp_path)
    default = partial(Analyzer, "bright-blobs", "mean-brightness", store=bundle_store)
    finder = doctest.DocTestFinder(recurse=False)
    (example,) = finder.find(module.Analyzer, globs={"Analyzer": default})
    result = doctest.DocTestRunner().run(example)
    assert result.attempted == 4
    assert result.failed == 0


def test_the_package_offers_the_analyzer_lazily() -> None:
    assert nodulens.Analyzer is Analyzer
    assert nodulens.Finding is Finding
    with pytest.raises(AttributeError, match="analyser"):
        _ = nodulens.analyser


BLOBS = [(60.0, 90.0, 30.0, 25.0), (180.0, 90.0, 30.0, 25.0)]


def places(finding: Finding) -> list[str]:
    return ["left" if nodule.bounding_box.x < 120 else "right" for nodule in finding.nodules]


@pytest.fixture(scope="module")
def guided(bundle_store: Path) -> Analyzer:
    return Analyzer("told-side", "mean-brightness", store=bundle_store)


def test_words_decide_what_is_outlined(guided: Analyzer, tmp_path: Path) -> None:
    path = save(tmp_path / "scan.png", scan(*BLOBS, tissue=95))
    without, none = guided(path), guided(path, "none")
    assert places(without) == places(none) == ["left", "right"]
    assert [n.contour for n in without.nodules] == [n.contour for n in none.nodules]
    assert without.text is None
    left, right = guided(path, "nodule in the left part"), guided(path, "nodule in the right part")
    assert (places(left), places(right)) == (["left"], ["right"])
    assert left.text is not None
    assert left.text.used == "nodule in the left part"
    assert left.text.origin == "argument"
    assert left.notes == without.notes
    assert Finding.from_json_line(left.to_json_line()).text == left.text
    # Alone with its own words, a nodule is judged like any other.
    assert left.nodules[0].malignancy is not None


def test_words_that_mean_nothing_to_it_change_nothing(guided: Analyzer, tmp_path: Path) -> None:
    path = save(tmp_path / "scan.png", scan(*BLOBS, tissue=95))
    without = guided(path)
    for text in ("the weather in the left lobe", "all right lung", "no nodule in the left part"):
        finding = guided(path, text)
        assert [n.contour for n in finding.nodules] == [n.contour for n in without.nodules], text
        assert finding.text is not None
        assert finding.text.used is None
        assert finding.notes[-1].endswith("outlined as without a text")


def test_of_an_unguided_segmenter_words_of_place_choose_the_outline(
    analyzer: Analyzer, tmp_path: Path
) -> None:
    path = save(tmp_path / "scan.png", scan(*BLOBS, tissue=95))
    finding = analyzer(path, "solid nodule in the left part")
    assert places(finding) == ["left"]
    assert finding.nodules[0].contour == analyzer(path).nodules[0].contour
    assert finding.notes[-2:] == [
        "bright-blobs does not read words; they only choose among its outlines",
        "the outline was changed to agree with the words left",
    ]
    assert finding.text is not None
    assert finding.text.used is None
    assert finding.text.agreement == ["changed"]
    assert ("composition", "solid") in [(s.field, s.value) for s in finding.text.understood]
    assert Finding.from_json_line(finding.to_json_line()).text == finding.text


def test_words_that_fit_nothing_change_nothing_and_are_noted(
    analyzer: Analyzer, tmp_path: Path
) -> None:
    path = save(tmp_path / "scan.png", scan(*BLOBS, tissue=95))
    without = analyzer(path)
    assert without.text is None
    for text, outcome in (("very large nodule", ["nothing agrees"]), ("solid nodule", [])):
        finding = analyzer(path, text)
        assert [n.contour for n in finding.nodules] == [n.contour for n in without.nodules]
        assert finding.text is not None
        assert finding.text.agreement == outcome
    assert "agrees with the words very large: check them" in analyzer(path, "very large").notes[-1]


def test_every_frame_is_told_the_same(guided: Analyzer, tmp_path: Path) -> None:
    pages = [Image.fromarray(scan(*BLOBS, seed=seed, tissue=95)) for seed in (1, 2)]
    pages[0].save(tmp_path / "cine.tiff", save_all=True, append_images=pages[1:])
    findings = guided.analyze(tmp_path / "cine.tiff", "nodule in the right part")
    assert [places(finding) for finding in findings] == [["right"], ["right"]]


def test_two_views_are_noted(guided: Analyzer) -> None:
    pixels = np.concatenate([scan(*BLOBS, tissue=95), scan(*BLOBS, seed=1, tissue=95)], axis=1)
    areas = [Area(x=x, y=0, width=240, height=180) for x in (0, 240)]
    frame = Frame(pixels, source="memory", sha256="0" * 64, scan_areas=areas)
    finding = guided.analyze_frame(frame, "nodule in the left part", text_from="file")
    assert [nodule.scan_area for nodule in finding.nodules] == [0, 1]
    assert finding.notes == [
        "the text was told for each of the 2 views, as if it spoke of that view alone"
    ]
    assert finding.text is not None
    assert finding.text.origin == "file"
    assert guided.analyze_frame(frame).notes == []


def test_what_somebody_else_outlined_is_described_alike(bundle_store: Path, tmp_path: Path) -> None:
    path = save(tmp_path / "scan.png", scan((70, 90, 30, 45), (180, 90, 24, 24)))
    analyzer = Analyzer("bright-blobs", "both", store=bundle_store, mm_per_px=0.1)
    (frame,) = nodulens.read(path)
    own = analyzer.analyze_frame(frame).nodules
    unsure = np.full(frame.pixels.shape, 0.25, np.float32)
    parts = [(nodule.scan_area, nodule.pixels) for nodule in reversed(own)]
    second, first = analyzer.describe(frame, parts, unsure)
    assert (second.id, first.id) == (1, 2)
    differ = {"id", "confidence", "pixels"}
    assert first.model_dump(exclude=differ) == own[0].model_dump(exclude=differ)
    assert second.long_axis_mm == own[1].long_axis_mm is not None
    assert first.confidence == 0.25
    assert first.heat is None
    assert analyzer.describe(frame, parts[:1], unsure, explain=True)[0].heat is not None
    assert analyzer.describe(frame, [], unsure) == []
