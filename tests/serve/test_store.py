from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from nodulens.errors import NodulensError
from nodulens.finding import Finding
from nodulens.serve.models import Asked, FrameState, Recorded
from nodulens.serve.problems import Refusal
from nodulens.serve.store import NewImage, Store, analyzed_frames, new_id, stale

ASKED = Asked(segmenter="bright-blobs", classifier="none", every=2)


def new_image(store: Store, name: str = "a.png", frames: int = 1, dicom: bool = False) -> NewImage:
    path = store.incoming() / "0"
    path.write_bytes(name.encode())
    return NewImage(path, name, "0" * 64, len(name), dicom, frames, 8, 6, None)


def change(version: int) -> tuple[FrameState, Recorded]:
    record = Recorded(
        version=version, at=1.0, action="remove", nodule=1, tool="", author=None, restored=None
    )
    state = FrameState(version=version, finding=Finding(source="a.png"), by_user={})
    return state, record


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "data")


def test_a_study_is_kept_with_its_files_and_its_job(store: Store) -> None:
    study = store.add_study("mine", [new_image(store), new_image(store, "b", 7, True)], ASKED)
    found = store.study(study)
    assert [one.name for one in found.images] == ["a.png", "b"]
    assert store.path(found.images[1].id).read_bytes() == b"b"
    (analysis,) = found.analyses
    assert (analysis.state, analysis.images, analysis.frames) == ("queued", 2, 1 + 4)
    assert store.next_queued() == analysis.id
    assert store.waiting() == 1
    assert store.patient(found.images[0].id) is None
    assert store.folder.stat().st_mode & 0o077 == 0


def test_pages_of_a_tiff_are_no_cine(store: Store) -> None:
    study = store.add_study("", [new_image(store, frames=6)], None)
    assert analyzed_frames(store.study(study).images[0], 3) == 6


def test_what_a_kill_leaves_is_cleared_away_and_queued_again(store: Store) -> None:
    study = store.add_study("", [new_image(store)], ASKED)
    analysis = store.study(study).analyses[0].id
    assert store.move(analysis, ["queued"], "running")
    half = store.incoming()
    (half / "0").write_bytes(b"half an upload")
    lost = store.folder / "studies" / new_id()
    lost.mkdir()
    store.close()
    again = Store(store.folder)
    again.recover()
    assert again.analysis(analysis).state == "queued"
    assert not half.exists()
    assert not lost.exists()
    assert again.path(again.study(study).images[0].id).is_file()
    assert again.salt == Store(store.folder).salt


def test_findings_of_what_is_over_are_not_kept(store: Store) -> None:
    study = store.add_study("", [new_image(store)], ASKED)
    known = store.study(study)
    analysis, image = known.analyses[0].id, known.images[0].id
    line = Finding(source="a.png").to_json_line()
    store.move(analysis, ["queued"], "running")
    assert store.add_findings(analysis, image, [(0, line)])
    assert store.finding(analysis, image, 0) == line
    assert store.analyzed(analysis) == {image}
    assert store.findings(analysis) == [(image, 0, line)]
    store.move(analysis, ["running"], "cancelled")
    assert not store.add_findings(analysis, image, [(1, line)])
    assert not store.move(analysis, ["running"], "done")
    store.delete_study(study)
    assert not store.add_findings(analysis, image, [(0, line)])
    with pytest.raises(Refusal, match="no analysis"):
        store.analysis(analysis)


def test_of_many_who_change_one_version_one_comes_first(store: Store) -> None:
    study = store.add_study("", [new_image(store)], ASKED)
    known = store.study(study)
    analysis, image = known.analyses[0].id, known.images[0].id
    lost: list[Refusal] = []

    def correct() -> None:
        try:
            store.add_change(analysis, image, 0, *change(1))
        except Refusal as refusal:
            lost.append(refusal)

    threads = [threading.Thread(target=correct) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.status for one in lost] == [409] * 7
    assert len(store.history(analysis, image, 0)) == 1
    assert store.changed(analysis) == {(image, 0)}
    assert store.last_change(analysis) == 1.0
    assert store.change(analysis, image, 0, 2) is None
    assert "send it with base 1" in str(stale(1, 0))


def test_a_correction_opens_a_review_again(store: Store) -> None:
    study = store.add_study("", [new_image(store)], ASKED)
    known = store.study(study)
    analysis, image = known.analyses[0].id, known.images[0].id
    store.add_review(analysis, 0, "accepted", "A. Reader")
    assert store.accepted() == [analysis]
    with pytest.raises(Refusal) as caught:
        store.add_review(analysis, 0, "rejected", None)
    assert caught.value.status == 409
    store.add_change(analysis, image, 0, *change(1))
    assert (store.analysis(analysis).review, store.accepted()) == ("open", [])
    assert store.analysis(analysis).review_version == 2


def test_reports_have_versions(store: Store) -> None:
    study = store.add_study("", [new_image(store)], ASKED)
    analysis = store.study(study).analyses[0].id
    assert store.report(analysis).text is None
    store.add_report(analysis, 0, "first", None)
    with pytest.raises(Refusal):
        store.add_report(analysis, 0, "late", None)
    store.add_report(analysis, 1, None, None)
    assert (store.report(analysis).version, store.report(analysis).text) == (2, None)


def test_a_folder_is_for_one_server_of_one_version(store: Store, tmp_path: Path) -> None:
    with store.alone():
        other = Store(store.folder)
        with pytest.raises(NodulensError, match="another server"), other.alone():
            pass
        other.close()
    store.close()
    base = sqlite3.connect(store.folder / "state.sqlite")
    base.execute("PRAGMA user_version = 99")
    base.close()
    with pytest.raises(NodulensError, match="a later version"):
        Store(store.folder)
    (tmp_path / "file").write_text("x")
    with pytest.raises(NodulensError, match="folder of its own"):
        Store(tmp_path / "file")


def test_a_failed_write_leaves_nothing(store: Store) -> None:
    with pytest.raises(sqlite3.Error):
        store.add_study("", [new_image(store, frames=None)], ASKED)  # type: ignore[arg-type]
    assert store.studies(0, 10) == ([], 0)
    assert not list((store.folder / "studies").iterdir())


def test_what_was_deleted_meanwhile_takes_no_change(store: Store) -> None:
    study = store.add_study("", [new_image(store)], ASKED)
    (analysis,), (image,) = store.study(study).analyses, store.study(study).images
    store.delete_study(study)
    for add in (
        lambda: store.add_change(analysis.id, image.id, 0, *change(1)),
        lambda: store.add_report(analysis.id, 0, "words", None),
    ):
        with pytest.raises(Refusal) as caught:
            add()
        assert caught.value.status == 404


def test_why_there_is_no_finding_is_said_as_people_count(store: Store) -> None:
    study = store.add_study("", [new_image(store, "cine.dcm", 5, True)], ASKED)
    (image,), (analysis,) = store.study(study).images, store.study(study).analyses
    for frame, said in (
        (3, "frame 4 of cine.dcm was left out on purpose: one frame in 2 is analyzed"),
        (2, "frame 3 of cine.dcm was not analyzed"),
        (5, "there is no frame 6 of cine.dcm"),
    ):
        with pytest.raises(Refusal, match=said) as caught:
            store.finding(analysis.id, image.id, frame)
        assert caught.value.status == 404
        assert ("take frame 3" in caught.value.todo) == (frame == 3)
        assert ("wait" in caught.value.todo) == (frame == 2)
