from __future__ import annotations

import csv
import json
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.uid import BasicTextSRStorage, SegmentationStorage

import nodulens.dicom.deidentify as module
from nodulens.dicom.deidentify import Counts, Settings, deidentify_files
from nodulens.dicom.profile import Profile
from nodulens.errors import NodulensError
from tests.dicom.screens import screen, write
from tests.dicom.ultrasound import save, ultrasound

NAME = {"PatientName": "Marschallin^Marie", "PatientID": "WIEN-1745", "InstitutionName": "Palais"}


def named(seed: int = 0) -> np.ndarray:
    return write(screen(seed), (70, 10), "MARSCHALLIN MARIE")[0]


@pytest.fixture
def originals(tmp_path: Path) -> Path:
    folder = tmp_path / "originals"
    save(folder / "Marschallin" / "neck 1.dcm", ultrasound(named(), **NAME))
    save(folder / "Marschallin" / "neck 2.dcm", ultrasound(np.stack([named(), named(1)]), **NAME))
    info, exif = PngInfo(), Image.Exif()
    info.add_text("Comment", "Octavian was here")
    exif[0x010E], exif[0x0112] = "Octavian Rofrano", 6
    exif.get_ifd(0x8825)[2] = (48.0, 12.0, 30.0)
    picture = Image.fromarray(named())
    picture.save(folder / "Octavian.png", pnginfo=info, exif=exif, dpi=(72, 72))
    picture.convert("RGB").save(folder / "Sophie.jpg", comment=b"Sophie Faninal", exif=exif)
    picture.save(folder / "Ochs.tif", save_all=True, append_images=[picture], description="Ochs")
    picture.save(folder / "Annina.bmp")
    (folder / "Marschallin" / "letter.txt").write_text("left out", "utf-8")
    return folder


def run(originals: Path, out: Path, **more: Any) -> Counts:
    settings = {key: more.pop(key) for key in list(more) if key in Settings.__annotations__}
    return deidentify_files(originals, out, Settings.beside(out, **settings), **more)


def results(out: Path) -> list[Path]:
    return sorted(path for path in out.rglob("*") if path.is_file())


def one(folder: Path, dataset: Dataset, **more: Any) -> Dataset:
    """De-identify one file and read the result."""
    path = save(folder / "in" / "x.dcm", dataset)
    counts = run(path, folder / "out", **more)
    assert counts.failures == []
    (result,) = results(folder / "out")
    return dcmread(result)


def test_a_folder(originals: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    counts = run(originals, out)
    assert (counts.files, counts.written, counts.failures, counts.left_out) == (6, 6, [], 1)
    assert counts.new_key
    assert sorted(path.suffix for path in results(out)) == [".dcm"] * 2 + [".png"] * 3 + [".tif"]
    words = rb"(?i)marschallin|marie|wien-1745|octavian|rofrano|sophie|faninal|ochs|annina|palais"
    for path in results(out):
        assert not re.search(words, path.read_bytes()), path
        assert re.fullmatch(
            r"([a-z2-7]{16}/)?[a-z2-7]{16}\.\w{3}", path.relative_to(out).as_posix()
        )
    # Files of one folder stay in one folder.
    assert len({path.parent for path in results(out) if path.suffix == ".dcm"}) == 1


def test_pictures_are_upright_and_bare(originals: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(originals, out)
    for path in results(out):
        if path.suffix == ".dcm":
            continue
        with Image.open(path) as image:
            assert not image.getexif().get_ifd(0x8825)
            assert not {"exif", "Comment", "comment", "icc_profile"} & set(image.info)
            pixels = np.asarray(image.convert("L"))
        turned = pixels.shape == (420, 300)
        upright = np.rot90(named(), -1) if turned else named()
        middle = np.s_[180:200, 100:120] if turned else np.s_[100:120, 180:200]
        difference = np.abs(pixels[middle].astype(int) - upright[middle])
        assert difference.max() <= (12 if turned else 0)  # Sophie was a JPEG
        assert not (pixels[:, -25:] if turned else pixels[:25]).any()


def test_a_patient_stays_one_over_files_and_runs(originals: Path, tmp_path: Path) -> None:
    key = tmp_path / "key.txt"
    run(originals, tmp_path / "one", key=key)
    assert not run(originals, tmp_path / "two", key=key).new_key
    run(originals, tmp_path / "other", key=tmp_path / "other-key.txt")
    pseudonyms = [
        {dcmread(path).PatientID for path in results(tmp_path / name) if path.suffix == ".dcm"}
        for name in ("one", "two", "other")
    ]
    assert [len(names) for names in pseudonyms] == [1, 1, 1]
    assert pseudonyms[0] == pseudonyms[1] != pseudonyms[2]
    one, two = (results(tmp_path / name) for name in ("one", "two"))
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]


def test_the_dicom_file(tmp_path: Path) -> None:
    result = one(tmp_path, ultrasound(np.stack([named(), named(1)]), **NAME))
    assert result.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
    assert result.file_meta.MediaStorageSOPInstanceUID == result.SOPInstanceUID
    assert result.preamble == bytes(128)
    assert result.BurnedInAnnotation == "NO"
    assert result.pixel_array.shape == (2, 300, 420)
    assert not result.pixel_array[:, :25].any()
    assert result.LossyImageCompression == "00"


@pytest.mark.parametrize("shape", [(51, 51), (51, 51, 3)])
def test_an_odd_number_of_bytes(tmp_path: Path, shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(0).integers(20, 90, shape, np.uint8)
    result = one(tmp_path, ultrasound(pixels))
    assert len(result.PixelData) % 2 == 0
    assert np.array_equal(result.pixel_array, pixels)


def test_lossy_pixels_stay_marked_as_such(tmp_path: Path) -> None:
    source = Path(str(get_testdata_file("examples_ybr_color.dcm")))
    dataset = dcmread(source)
    dataset.PatientName = "Marschallin^Marie"
    del dataset.LossyImageCompression
    path = tmp_path / "in.dcm"
    dataset.save_as(path)
    assert run(path, tmp_path / "out").failures == []
    result = dcmread(results(tmp_path / "out")[0])
    assert result.LossyImageCompression == "01"
    assert result.PhotometricInterpretation == "RGB"
    assert result.pixel_array.shape == (30, 240, 320, 3)


@pytest.mark.parametrize(
    "before", [["ORIGINAL", "PRIMARY", "0001"], ["DERIVED", "PRIMARY"], ["ORIGINAL"]]
)
def test_pixels_that_were_changed_are_derived(tmp_path: Path, before: list[str]) -> None:
    result = one(tmp_path, ultrasound(named(), ImageType=before))
    kind = result.ImageType
    assert ([kind] if isinstance(kind, str) else list(kind)) == ["DERIVED", *before[1:]]


def test_segmentations_keep_their_pixels(tmp_path: Path) -> None:
    dataset = ultrasound(np.zeros((16, 16), np.uint8), SOPClassUID=SegmentationStorage)
    dataset.file_meta.MediaStorageSOPClassUID = SegmentationStorage
    dataset.BitsAllocated = dataset.BitsStored = 1
    dataset.HighBit, dataset.SegmentationType = 0, "BINARY"
    dataset.PixelData = bytes(range(32))
    segment = Dataset()
    segment.SegmentNumber, segment.SegmentLabel = 1, "nodule of Marie"
    dataset.SegmentSequence = [segment]
    result = one(tmp_path, dataset)
    assert result.PixelData == bytes(range(32))
    assert result.SegmentSequence[0].SegmentLabel == "Segment 1"


def report() -> Dataset:
    dataset = ultrasound(np.zeros((4, 4), np.uint8), SOPClassUID=BasicTextSRStorage)
    dataset.file_meta.MediaStorageSOPClassUID = BasicTextSRStorage
    for keyword in ("PixelData", "Rows", "Columns"):
        delattr(dataset, keyword)
    return dataset


def test_what_cannot_be_cleaned_is_left_out_and_the_others_go_on(
    originals: Path, tmp_path: Path
) -> None:
    save(originals / "report.dcm", report())
    (originals / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    (originals / "empty.dcm").write_bytes(b"")
    counts = run(originals, tmp_path / "out")
    assert counts.written == 6
    told = "\n".join(counts.failures)
    assert "report.dcm: is of the kind 'Basic Text SR Storage'" in told
    assert "broken.png" in told
    assert "empty.dcm: the file is empty" in told


def test_a_fault_of_ours_costs_one_file(
    originals: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise RuntimeError("oops")

    monkeypatch.setattr(module, "clean_frames", fail)
    counts = run(originals, tmp_path / "out")
    assert counts.written == 4
    assert all(
        "unexpected RuntimeError: oops; please report it" in text for text in counts.failures
    )


@pytest.mark.parametrize("keyword", ["PatientName", "PatientID", "InstitutionName"])
def test_a_leak_is_noticed_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keyword: str
) -> None:
    proper = Profile.clean

    def leaking(self: Profile, dataset: Dataset, tells: Any) -> Dataset:
        result = proper(self, dataset, tells)
        setattr(result, keyword, dataset[keyword].value)
        return result

    monkeypatch.setattr(Profile, "clean", leaking)
    path = save(tmp_path / "in" / "x.dcm", ultrasound(screen(), **NAME))
    counts = run(path, tmp_path / "out")
    assert len(counts.failures) == 1
    assert "would still be in the result, so nothing was written" in counts.failures[0]
    assert list((tmp_path / "out").rglob("*")) == []


def test_a_leak_in_a_private_attribute_that_is_kept(tmp_path: Path) -> None:
    dataset = ultrasound(screen(), **NAME)
    block = dataset.private_block(0x0019, "ACME", create=True)
    block.add_new(0x10, "UN", "seen: marschallin".encode("utf-16-le"))
    path = save(tmp_path / "in" / "x.dcm", dataset)
    assert run(path, tmp_path / "clean").failures == []
    counts = run(path, tmp_path / "out", keep_private=["ACME:0019xx10"])
    assert "Patient's Name" in counts.failures[0]
    assert results(tmp_path / "out") == []


def test_after_a_kill(originals: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, out = tmp_path / "key.txt", tmp_path / "out"
    run(originals, tmp_path / "whole", key=key)
    real, done = module.clean_pages, []

    def killed(*arguments: Any) -> Any:
        done.append(arguments)
        if len(done) == 3:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(module, "clean_pages", killed)
    with pytest.raises(KeyboardInterrupt):
        run(originals, out, key=key)
    monkeypatch.setattr(module, "clean_pages", real)
    (out / ".half.png.abc.part").write_bytes(b"not checked")
    with pytest.raises(NodulensError, match="--resume"):
        run(originals, out, key=key)
    with pytest.raises(NodulensError, match="another key"):
        run(originals, out, key=tmp_path / "other.txt", resume=True)
    counts = run(originals, out, key=key, resume=True)
    # The last one before the kill is done again: it may have been cut off.
    assert (counts.written, counts.resumed) == (6, 3)
    whole, again = (
        {path.relative_to(folder): path.read_bytes() for path in results(folder)}
        for folder in (tmp_path / "whole", out)
    )
    assert whole == again
    pages = [(tmp_path / f"{name}-review.html").read_bytes() for name in ("whole", "out")]
    assert pages[0] == pages[1]


def test_files_that_changed_or_went_missing_are_done_again(originals: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(originals, out)
    Image.fromarray(named(5)).save(originals / "Annina.bmp")
    results(out)[0].unlink()
    counts = run(originals, out, resume=True)
    assert counts.written == len(results(out)) == 6
    assert counts.resumed in (3, 4)  # the last of the journal is done again in any case


def test_what_leads_back_lies_outside(originals: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(originals, out, mapping=tmp_path / "table.csv")
    secret = ["out-key.txt", "out-review.html", "out-review.jsonl", "table.csv"]
    if sys.platform != "win32":
        for name in secret:
            assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    with (tmp_path / "table.csv").open(encoding="utf-8", newline="") as stream:
        table = list(csv.DictReader(stream))
    assert len(table) == 6
    for row in table:
        assert (out / row["written"]).is_file()
        assert row["patient_id"] == ("WIEN-1745" if row["file"].endswith(".dcm") else "")
    assert "WIEN-1745" in (tmp_path / "out-review.html").read_text("utf-8")


@pytest.mark.parametrize("what", ["key", "review", "mapping"])
def test_nothing_secret_in_what_is_given_away(originals: Path, tmp_path: Path, what: str) -> None:
    out = tmp_path / "out"
    with pytest.raises(NodulensError, match="must not lie in"):
        run(originals, out, **{what: out / "secret.txt"})
    assert not out.exists()


def test_places_that_are_refused(originals: Path, tmp_path: Path) -> None:
    with pytest.raises(NodulensError, match="holds the originals"):
        run(originals, originals)
    with pytest.raises(NodulensError, match="holds the originals"):
        run(originals / "Octavian.png", originals)
    with pytest.raises(NodulensError, match="no such file"):
        run(tmp_path / "nowhere", tmp_path / "out")
    (tmp_path / "file").write_text("x", "utf-8")
    with pytest.raises(NodulensError, match="a file"):
        run(originals, tmp_path / "file")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("x", "utf-8")
    for resume in (False, True):
        with pytest.raises(NodulensError, match="full"):
            run(originals, tmp_path / "full", resume=resume)


def test_progress(originals: Path, tmp_path: Path) -> None:
    heard: list[tuple[int, int, int]] = []
    run(originals, tmp_path / "out", progress=lambda *counts: heard.append(counts))
    assert heard == [(done, 6, 0) for done in range(7)]


def errors_of(path: Path) -> set[str]:
    checker = Path(sys.executable).with_name("dciodvfy")
    found = subprocess.run([checker, path], capture_output=True, text=True, check=False)
    return {line for line in found.stderr.splitlines() if line.startswith("Error")}


REAL = [
    "examples_rgb_color.dcm", "examples_palette.dcm", "examples_jpeg2k.dcm",
    "SC_rgb_rle_2frame.dcm", "SC_ybr_full_422_uncompressed.dcm", "SC_rgb_small_odd_big_endian.dcm",
]  # fmt: skip


def test_real_files_have_no_new_error(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in REAL:
        shutil.copy(str(get_testdata_file(name)), folder / name)
    save(folder / "own.dcm", ultrasound(np.stack([named(), named(1)]), **NAME))
    assert run(folder, tmp_path / "out", mapping=tmp_path / "table.csv").failures == []
    with (tmp_path / "table.csv").open(encoding="utf-8", newline="") as stream:
        table = list(csv.DictReader(stream))
    assert len(table) == len(REAL) + 1
    for row in table:
        new = errors_of(tmp_path / "out" / row["written"]) - errors_of(Path(row["file"]))
        assert new == set(), row["file"]


def test_the_journal_is_lines_of_json(originals: Path, tmp_path: Path) -> None:
    run(originals, tmp_path / "out")
    lines = (tmp_path / "out-review.jsonl").read_text("utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    assert {len(record["run"]) for record in records} == {16}
    assert any(record["source"].endswith("Annina.bmp") for record in records)
