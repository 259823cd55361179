from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nodulens.errors import UnreadableFile
from nodulens.finding import Finding
from nodulens.serve.desk import Desk, Drawn, Models
from nodulens.serve.masks import THUMBNAIL
from nodulens.serve.problems import Refusal
from tests.dicom.ultrasound import save as save_dicom
from tests.dicom.ultrasound import ultrasound
from tests.pictures import save, scan
from tests.serve.place import ring


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.close()


def test_a_file_is_what_its_bytes_are(desk: Desk, tmp_path: Path) -> None:
    save_dicom(tmp_path / "a.png", ultrasound(np.stack([scan()] * 2)))
    looked = desk.look(tmp_path / "a.png")
    assert (looked.dicom, looked.frames, looked.width, looked.height) == (True, 2, 240, 180)
    assert looked.patient
    assert not desk.look(save(tmp_path / "b.png", scan())).dicom
    (tmp_path / "c.png").write_bytes(b"words")
    with pytest.raises(UnreadableFile):
        desk.look(tmp_path / "c.png")


def test_frames_come_from_the_file_that_is_open(desk: Desk, tmp_path: Path) -> None:
    frames = np.stack([scan(seed=n) for n in range(3)])
    save_dicom(tmp_path / "a.dcm", ultrasound(frames))
    other = save(tmp_path / "b.png", scan((100, 90, 30, 30), shape=(400, 600)))
    for number in (2, 0):
        shown = np.asarray(Image.open(io.BytesIO(desk.frame(tmp_path / "a.dcm", number))))
        assert (shown == frames[number]).all()
    assert Image.open(io.BytesIO(desk.frame(other, 0))).size == (600, 400)
    assert Image.open(io.BytesIO(desk.thumbnail(other))).size == (THUMBNAIL, 171)
    with pytest.raises(Refusal, match="there are 3, from 0"):
        desk.frame(tmp_path / "a.dcm", 3)


def test_findings_never_name_where_a_file_lies(
    desk: Desk, tmp_path: Path, bundle_store: Path
) -> None:
    (tmp_path / "x").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    (line,) = desk.analyze(
        Models("bright-blobs", None, bundle_store), tmp_path / "x", "case/a.png", "0", tmp_path,
        None, 1,
    )  # fmt: skip
    finding = Finding.from_json_line(line)
    assert finding.error is not None
    assert finding.error.startswith("case/a.png: ")
    assert str(tmp_path) not in line


def test_what_is_drawn_is_described_as_the_analyzer_would(
    desk: Desk, tmp_path: Path, bundle_store: Path
) -> None:
    models = Models("bright-blobs", "both", bundle_store, mm_per_px=0.1)
    path = save(tmp_path / "a.png", scan((120, 90, 50, 30), tissue=90))
    (line,) = desk.analyze(models, path, "a.png", "a", tmp_path / "out", None, 1)
    said = Finding.from_json_line(line)
    (own,) = said.nodules
    shares = tmp_path / "out" / str(said.probabilities)
    described, mask = desk.describe(models, path, 0, Drawn(own.contour, None), shares)
    (again,) = described.nodules
    same = {"mask", "confidence", "pixels"}
    assert again.model_dump(exclude=same) == own.model_dump(exclude=same)
    assert again.confidence == pytest.approx(own.confidence, abs=0.01)
    assert (np.asarray(Image.open(io.BytesIO(mask))) > 127).sum() == own.area_px


def test_models_are_few_and_keep_no_scale_of_another(
    desk: Desk, tmp_path: Path, bundle_store: Path
) -> None:
    path = save(tmp_path / "a.png", scan((120, 90, 50, 30), tissue=90))
    for classifier, scale in ((None, 0.1), ("both", None), ("mean-brightness", None), (None, None)):
        models = Models("bright-blobs", classifier, bundle_store, scale)
        told, without = desk.words(models, path, 0, "small nodule")
        assert (told.scale.mm_per_px == 0.1) is (scale is not None)
        assert without.text is not None
        assert without.text.given == "none"
    assert len(desk._analyzers) <= 2


def test_an_outline_is_refined_where_the_click_is(
    desk: Desk, tmp_path: Path, bundle_store: Path
) -> None:
    models = Models("bright-blobs", None, bundle_store)
    path = save(tmp_path / "a.png", scan((120, 90, 50, 30), tissue=90))
    (line,) = desk.analyze(models, path, "a.png", "a", tmp_path / "out", None, 1)
    shares = tmp_path / "out" / str(Finding.from_json_line(line).probabilities)
    begin = Drawn([ring(100, 90, 25, 25)], None)  # type: ignore[arg-type]
    (outline,) = desk.refine(path, 0, "clicks", begin, [(150, 90)], [], 3, shares)
    assert max(x for x, _ in outline) > 148
    with pytest.raises(Refusal, match="outside of the frame"):
        desk.refine(path, 0, "clicks", None, [(120, 90), (800, 90)], [], 3, shares)
    with pytest.raises(Refusal, match="no classifier"):
        desk.looked_at(models, path, 0, shares)
