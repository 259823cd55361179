from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydicom import dcmread

from nodulens.dicom.results import FOLDER, Objects, Written, write_results
from nodulens.dicom.seg import Segmentation
from nodulens.errors import NodulensError
from nodulens.finding import Finding
from nodulens.report.journal import read_findings
from nodulens.report.sources import FINDINGS
from tests.dicom.verify import dcmtk, faults

STILLS = ["colour", "none", "one", "split", "two", "unscaled"]


@pytest.fixture
def out(analyzed: Path, tmp_path: Path) -> Path:
    """Return a copy of the results, without DICOM objects."""
    return Path(
        shutil.copytree(analyzed / "out", tmp_path / "out", ignore=shutil.ignore_patterns(FOLDER))
    )


def change(out: Path, changed: Callable[[Finding], Finding | None]) -> None:
    """Change the findings of a folder; None takes one out."""
    findings = [changed(finding) for finding in read_findings(out / FINDINGS)]
    lines = [finding.to_json_line() + "\n" for finding in findings if finding is not None]
    (out / FINDINGS).write_text("".join(lines), "utf-8")


def only(out: Path, *names: str) -> None:
    change(out, lambda finding: finding if Path(finding.source).stem in names else None)


def names(written: Written) -> list[str]:
    return sorted(path.name for path in written.files)


def findings(out: Path, name: str) -> list[Finding]:
    return [one for one in read_findings(out / FINDINGS) if Path(one.source).stem == name]


def mask(out: Path, finding: Finding) -> NDArray[np.bool_]:
    with Image.open(out / str(finding.mask)) as picture:
        return np.asarray(picture) > 127


def test_there_is_a_set_for_each_still_and_frame_with_a_nodule(written: Written) -> None:
    assert written.errors == []
    assert written.left_out == 1
    segmented = {path.name for path in written.files if path.name.endswith(".seg.dcm")}
    frames = ["cine.frame-0002", "cine.frame-0003"]
    assert segmented == {f"{name}.seg.dcm" for name in [*STILLS, *frames] if name != "none"}
    for kind, further in (("sr", ["empty-cine"]), ("capture", [])):
        made = {path.name for path in written.files if path.name.endswith(f".{kind}.dcm")}
        assert made == {f"{name}.{kind}.dcm" for name in [*STILLS, *frames, *further]}
    assert all(path.parent.name == FOLDER and path.is_file() for path in written.files)


def test_everything_conforms(written: Written) -> None:
    found = {path.name: faults(path) for path in written.files}
    assert not any(found.values()), found


def test_dcmtk_reads_everything(written: Written) -> None:
    for path in written.files:
        assert "Made^Up" in dcmtk("dcmdump", "-q", path)
        if path.name.endswith(".sr.dcm"):
            assert "Research use only" in dcmtk("dsrdump", path)


def test_segments_are_the_masks(analyzed: Path, written: Written) -> None:
    out = analyzed / "out"
    counts = {"one": 1, "two": 2, "colour": 1, "unscaled": 2, "split": 2}
    assert len(findings(out, "split")[0].scan_areas) == 2
    for name, count in counts.items():
        (finding,) = findings(out, name)
        frames = dcmread(out / FOLDER / f"{name}.seg.dcm").pixel_array.astype(bool)
        frames = frames.reshape(-1, *frames.shape[-2:])
        assert len(frames) == len(finding.nodules) == count
        assert np.array_equal(frames.any(axis=0), mask(out, finding))


@pytest.mark.parametrize("form", ["fractional", "labelmap"])
def test_the_other_forms_conform_and_take_the_place_of_the_first(
    out: Path, form: Segmentation
) -> None:
    only(out, "two", "cine", "split")
    first = write_results(out, Objects(seg=True))
    uids = {dcmread(path).SOPInstanceUID for path in first.files}
    written = write_results(out, Objects(seg=True, segmentation=form))
    assert written.errors == []
    assert written.files == first.files
    for path in written.files:
        dataset = dcmread(path)
        assert faults(path) == []
        assert dataset.SegmentationType == form.upper()
        assert dataset.SOPInstanceUID not in uids
    (finding,) = findings(out, "two")
    values = dcmread(out / FOLDER / "two.seg.dcm").pixel_array
    if form == "fractional":
        with Image.open(out / str(finding.probabilities)) as picture:
            assert np.array_equal(values.sum(axis=0), np.asarray(picture))
    else:
        assert np.array_equal(values > 0, mask(out, finding))


def test_written_again_everything_stays_as_it_is(out: Path) -> None:
    only(out, "two")
    wanted = Objects(seg=True, sr=True, capture=True)
    first = write_results(out, wanted, datetime(2024, 3, 1, 10))
    before = {path: path.read_bytes() for path in first.files}
    damaged = out / FOLDER / "two.capture.dcm"
    damaged.write_bytes(b"")
    again = write_results(out, wanted, datetime(2024, 3, 1, 10))
    assert again == first
    assert {path: path.read_bytes() for path in again.files} == before
    later = write_results(out, wanted, datetime(2025, 1, 1))
    assert {path: path.read_bytes() for path in later.files} == before


def test_elsewhere_it_has_the_same_uids(out: Path, written: Written) -> None:
    elsewhere = write_results(out, Objects(seg=True, sr=True, capture=True))
    uids = {dcmread(path).SOPInstanceUID for path in elsewhere.files}
    assert len(uids) == len(elsewhere.files)
    assert uids <= {dcmread(path).SOPInstanceUID for path in written.files}


def keep_key(finding: Finding, *frames: int) -> Finding:
    """Return a finding of a cine whose nodules have no key frames but these."""
    nodules = []
    for nodule in finding.nodules:
        assert nodule.track is not None
        key = ["largest"] if finding.frame in frames else []
        track = nodule.track.model_copy(update={"key": key})
        nodules.append(nodule.model_copy(update={"track": track}))
    return finding.model_copy(update={"nodules": nodules})


def test_of_a_followed_nodule_only_key_frames_count(out: Path) -> None:
    only(out, "cine")
    change(out, lambda finding: keep_key(finding, 2))
    assert names(write_results(out, Objects(sr=True))) == ["cine.frame-0003.sr.dcm"]


def test_nodules_seen_in_passing_are_a_note(out: Path) -> None:
    only(out, "cine")
    change(out, keep_key)
    written = write_results(out, Objects(seg=True, sr=True, capture=True))
    assert names(written) == ["cine.sr.dcm"]
    said = [e.value for e in dcmread(written.files[0]).iterall() if e.keyword == "TextValue"]
    assert any("outlined on fewer than" in text for text in said)


def test_a_cine_without_a_nodule_has_one_report_about_all_frames(written: Written) -> None:
    (path,) = [path for path in written.files if path.name == "empty-cine.sr.dcm"]
    dataset = dcmread(path)
    assert not [e for e in dataset.iterall() if e.keyword == "ReferencedFrameNumber"]
    made = {path.name for path in written.files if path.name.startswith("empty-cine")}
    assert made <= {"empty-cine.sr.dcm", "empty-cine.pdf.dcm"}


def test_one_failure_costs_no_other(out: Path, analyzed: Path, tmp_path: Path) -> None:
    copies = Path(shutil.copytree(analyzed / "in", tmp_path / "in"))
    only(out, "one", "two", "none", "split")
    change(out, lambda one: one.model_copy(update={"source": str(copies / Path(one.source).name)}))
    (copies / "one.dcm").write_bytes((copies / "two.dcm").read_bytes())
    (copies / "none.dcm").unlink()
    (out / "masks" / "two.nodule-2.png").unlink()
    written = write_results(out, Objects(seg=True, sr=True))
    changed, gone, mask_gone = sorted(written.errors, key=lambda error: "two.nodule" in error)
    if "changed" not in changed:
        changed, gone = gone, changed
    assert "one.dcm: was changed since it was analyzed" in changed
    assert "none.dcm: is not there any more" in gone
    assert "two.nodule-2.png: cannot be read any more" in mask_gone
    # The report needs no mask.
    assert names(written) == ["split.seg.dcm", "split.sr.dcm", "two.sr.dcm"]


def test_files_that_could_not_be_analyzed_have_no_objects(out: Path) -> None:
    only(out, "one")
    change(out, lambda one: Finding(source=one.source, error="broken"))
    assert write_results(out, Objects(sr=True)) == Written()


def test_a_fraction_needs_the_map_of_probabilities(out: Path) -> None:
    only(out, "one")
    change(out, lambda one: one.model_copy(update={"probabilities": None}))
    written = write_results(out, Objects(seg=True, segmentation="fractional"))
    assert written.files == []
    (error,) = written.errors
    assert "one.dcm: these results hold no map of probabilities" in error


def test_a_mask_of_another_size_is_refused(out: Path) -> None:
    only(out, "one")
    Image.new("L", (3, 3)).save(out / "masks" / "one.png")
    (error,) = write_results(out, Objects(seg=True)).errors
    assert "one.png: is not of the size" in error


def test_a_fault_of_ours_is_an_error_of_its_object(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise KeyError("surprise")

    monkeypatch.setattr("nodulens.dicom.results.make_report", fail)
    only(out, "one")
    written = write_results(out, Objects(seg=True, sr=True))
    assert names(written) == ["one.seg.dcm"]
    assert "one.dcm: unexpected KeyError: 'surprise'; please report it" in written.errors[0]


def test_a_folder_without_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NodulensError, match="give a folder that nodulens analyze wrote"):
        write_results(tmp_path, Objects(seg=True))


def shown(path: Path, frame: int, folder: Path) -> NDArray[np.uint8]:
    """Render a frame, from 1, as a viewer of DCMTK does."""
    picture = folder / f"{path.stem}-{frame}.pgm"
    dcmtk("dcmj2pnm", "--write-8-bit-pnm", "+F", str(frame), path, picture)
    with Image.open(picture) as image:
        return np.asarray(image.convert("L"))


def check_overlap(picture: NDArray[np.uint8], segment: NDArray[np.bool_]) -> None:
    bright = picture > 150
    assert segment.any()
    overlap = 2 * (bright & segment).sum() / (bright.sum() + segment.sum())
    assert overlap > 0.95
    for turned in (segment[::-1], segment[:, ::-1], segment[::-1, ::-1]):
        assert 2 * (bright & turned).sum() / (bright.sum() + turned.sum()) < 0.75


def test_in_a_viewer_the_segment_lies_on_the_bright_nodule(
    analyzed: Path, written: Written, tmp_path: Path
) -> None:
    objects = analyzed / "out" / FOLDER
    source = shown(analyzed / "in" / "cine.dcm", 2, tmp_path)
    segment = shown(objects / "cine.frame-0002.seg.dcm", 1, tmp_path)
    check_overlap(source, segment > 0)


def test_by_the_reference_alone_the_segment_lies_on_the_bright_nodule(
    analyzed: Path, written: Written
) -> None:
    segmentation = dcmread(analyzed / "out" / FOLDER / "cine.frame-0002.seg.dcm")
    reference = segmentation.PerFrameFunctionalGroupsSequence[0].DerivationImageSequence[0]
    frame = reference.SourceImageSequence[0].ReferencedFrameNumber - 1
    cine = dcmread(analyzed / "in" / "cine.dcm")
    check_overlap(cine.pixel_array[frame], segmentation.pixel_array.astype(bool))
