from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import UID, UltrasoundImageStorage, UltrasoundMultiFrameImageStorage

import nodulens
from nodulens.dicom.subject import hashed_uid
from nodulens.finding import Scale, TextUse, Track
from tests.dicom.subjects import MADE, MODELS, source, subject, tracked


def test_uids_follow_from_what_decides_a_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = source(tmp_path, frames=3)
    one = subject(image)
    other_models = [MODELS[0].model_copy(update={"sha256": "3" * 64}), MODELS[1]]
    told = TextUse.model_validate({"given": "left", "used": "left", "from": "argument"})
    others = [
        subject(image, frame=1),
        subject(image, whole=True),
        subject(image, models=other_models),
        subject(image, text=told),
        subject(image, scale=Scale.known(0.2, 0.2, "user")),
        subject(source(tmp_path / "other", frames=3)),
    ]
    for analyzed in (9, 3):
        track = Track(id=1, key=["largest"], first=0, last=0, frames=1, analyzed=analyzed)
        others.append(replace(one, finding=tracked(one.finding, track, track)))
    uids = {one.uid("report"), one.uid("capture"), one.uid("report", "other form")}
    uids |= {other.uid("report") for other in others}
    assert len(uids) == 3 + len(others)
    assert all(UID(uid).is_valid for uid in uids)
    assert replace(subject(image), made=MADE.replace(year=2030)).uid("report") == one.uid("report")
    monkeypatch.setattr(nodulens, "__version__", "99.0")
    assert subject(image).uid("report") not in uids


def test_a_study_has_one_series_of_a_kind_and_models(tmp_path: Path) -> None:
    image = source(tmp_path, frames=3)
    one = subject(image)
    same_study = source(tmp_path / "b", StudyInstanceUID=image.header.StudyInstanceUID)
    assert one.series_uid("report") == subject(same_study, frame=0).series_uid("report")
    assert one.series_uid("report") != one.series_uid("capture")
    assert one.series_uid("report") != subject(source(tmp_path / "c")).series_uid("report")
    assert one.series_uid("report") != subject(image, models=MODELS[:1]).series_uid("report")


def test_a_followed_nodule_is_one_over_the_frames(tmp_path: Path) -> None:
    image = source(tmp_path, frames=9)
    one = Track(id=7, key=["largest"], first=1, last=5, frames=5, analyzed=9)
    other = Track(id=3, key=[], first=2, last=8, frames=4, analyzed=9)
    early, late = subject(image, frame=1), subject(image, frame=4)
    early = replace(early, finding=tracked(early.finding, one, other))
    # In the other frame they lie the other way round.
    late = replace(late, finding=tracked(late.finding, other, one))
    first, second = early.finding.nodules
    second_late, first_late = late.finding.nodules
    assert early.tracking_uid(first) == late.tracking_uid(first_late)
    assert early.tracking_uid(second) == late.tracking_uid(second_late)
    assert early.tracking_uid(first) != early.tracking_uid(second)
    assert early.tracking_id(first) == "Nodule 7"
    untracked, elsewhere = subject(image, frame=1), subject(image, frame=4)
    assert len({s.tracking_uid(n) for s in (untracked, elsewhere) for n in s.finding.nodules}) == 4


@pytest.mark.parametrize(
    ("frames", "whole", "numbers"), [(None, False, None), (5, False, [4]), (5, True, None)]
)
def test_a_frame_is_named_where_there_are_several(
    tmp_path: Path, frames: int | None, whole: bool, numbers: list[int] | None
) -> None:
    one = subject(source(tmp_path, frames=frames), whole=whole, frame=3 if frames else 0)
    assert one.frame_numbers == numbers
    item = one.reference()
    assert item.get("ReferencedFrameNumber") == (numbers and numbers[0])
    kind = UltrasoundMultiFrameImageStorage if frames else UltrasoundImageStorage
    assert item.ReferencedSOPClassUID == kind


def test_the_end_puts_right_references_and_time(tmp_path: Path) -> None:
    one = subject(source(tmp_path, frames=2))
    deepest, foreign = Dataset(), Dataset()
    deepest.ReferencedSOPInstanceUID = one.source.header.SOPInstanceUID
    foreign.ReferencedSOPInstanceUID = "1.2.3"
    deepest.ReferencedSOPClassUID = foreign.ReferencedSOPClassUID = UltrasoundImageStorage
    middle, dataset = Dataset(), Dataset()
    middle.SourceImageSequence = [deepest, foreign]
    dataset.DerivationImageSequence = [middle]
    one.finish(dataset)
    assert deepest.ReferencedSOPClassUID == UltrasoundMultiFrameImageStorage
    assert foreign.ReferencedSOPClassUID == UltrasoundImageStorage
    assert (dataset.InstanceCreationDate, dataset.InstanceCreationTime) == (
        "20240301", "123015.250000"
    )  # fmt: skip


def test_hashes_keep_values_apart() -> None:
    assert hashed_uid("a", "bc") != hashed_uid("ab", "c")
    assert hashed_uid("a", None) != hashed_uid("a", "None")
    assert hashed_uid("a", ["b"]) == hashed_uid("a", ["b"])
