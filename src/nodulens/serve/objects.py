"""Accepted cases as DICOM: SEG and SR of what stands after corrections, to take away or to push."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from pydicom import dcmread

from nodulens.dicom.results import FOLDER, Objects, write_results
from nodulens.errors import NodulensError
from nodulens.files import replacing
from nodulens.finding import Finding, ModelIdentity, Nodule
from nodulens.report.sources import FINDINGS
from nodulens.serve.bench import Bench
from nodulens.serve.corrections import as_user_says
from nodulens.serve.models import Analysis, ByUser, FrameState, Image, Stowed
from nodulens.serve.problems import Refusal
from nodulens.serve.reports import reported_frames, reported_nodules


@contextmanager
def dicom_objects(bench: Bench, analysis: Analysis) -> Iterator[list[Path]]:
    """Make the objects of an accepted analysis; they are there while the block runs.

    Of each reported frame of a DICOM image there are a Segmentation and a Comprehensive SR. Nodules
    that a person outlined have a segment of the type SEMIAUTOMATIC (PS3.3, C.8.20.2), a person's
    attributes stand in place of the model's, and comments say so. UIDs differ from those of the
    uncorrected result, and are the same for the same version.

    Raises:
        Refusal: a 409 where the analysis is not accepted, or nothing in it is DICOM.
    """
    require_accepted(analysis)
    with TemporaryDirectory(dir=bench.store.folder / "incoming") as temporary:
        folder = Path(temporary)
        edited: list[tuple[str, dict[int, ByUser]]] = []
        lines = []
        for number, (image, state) in enumerate(reported_frames(bench, analysis)):
            if not image.dicom:
                continue
            finding = _as_result(bench, analysis, image, state, f"masks/{number}.png")
            edited.append((f"{number}.seg.dcm", _edited(state)))
            lines.append(finding.to_json_line() + "\n")
        if not lines:
            raise Refusal(
                409,
                "nothing in this study is DICOM",
                "upload the DICOM files themselves; results of pictures are in the data set export",
            )
        (folder / FINDINGS).write_text("".join(lines), "utf-8")
        written = write_results(folder, Objects(seg=True, sr=True))
        if written.errors:
            raise NodulensError(written.errors[0].replace(str(bench.store.folder), "the store"))
        for name, by_user in edited:
            if by_user and (folder / FOLDER / name).is_file():
                _mark_edited(folder / FOLDER / name, by_user)
        yield sorted((folder / FOLDER).rglob("*.dcm"))


def push(address: str, paths: Sequence[Path]) -> Stowed:
    """Send objects to a DICOMweb server by STOW-RS (PS3.18, 10.5).

    Raises:
        Refusal: a 501 where dicomweb-client is not installed; a 502 where the server is not there
            or refuses all.
    """
    if find_spec("dicomweb_client") is None:
        raise Refusal(
            501,
            "pushing needs dicomweb-client, which is not installed",
            "pip install 'nodulens[pacs]' where the server runs, or download the objects",
        )
    from nodulens.dicom.send import Stow, Unreachable

    try:
        answers = list(Stow.parse(address).send(paths))
    except Unreachable as error:
        raise Refusal(
            502, str(error), "look at that server's log, or at --stow, then try again"
        ) from error
    refused = [f"{path.name}: {why}" for path, why in answers if why is not None]
    return Stowed(stored=len(answers) - len(refused), refused=refused)


def require_accepted(analysis: Analysis) -> None:
    """Refuse to let out what nobody accepted."""
    if analysis.review != "accepted":
        raise Refusal(
            409,
            f"this analysis is {analysis.review}, not accepted",
            f"look at it, and accept it with PUT /api/analyses/{analysis.id}/review",
        )


def _as_result(
    bench: Bench, analysis: Analysis, image: Image, state: FrameState, name: str
) -> Finding:
    """Return what stands as a finding that the DICOM room can write."""
    nodules = []
    for nodule in reported_nodules(state):
        shown = as_user_says(nodule, state.by_user)
        # Where they are, not copied: a path from the root stays what it is.
        update: dict[str, object] = {"mask": str(bench.picture(analysis.id, nodule.mask))}
        if nodule.track is not None and not nodule.track.key:
            # A frame that a person corrected is worth an object as any key frame.
            update["track"] = nodule.track.model_copy(update={"key": ["largest"]})
        nodules.append(shown.model_copy(update=update))
    finding = state.finding
    models = list(finding.models)
    notes = list(finding.notes)
    if state.version:
        # Part of what the objects' UIDs are made of: another version is another result.
        digest = hashlib.sha256(state.model_dump_json().encode()).hexdigest()
        models.append(
            ModelIdentity(
                task="correction", name="reader", version=str(state.version), sha256=digest
            )
        )
        notes += [_note(one, state.by_user[one.id]) for one in nodules if one.id in state.by_user]
    return finding.model_copy(
        update={
            "source": str(bench.store.path(image.id)),
            "nodules": nodules,
            "models": models,
            "notes": notes,
            "mask": name,
            "probabilities": None,
        }
    )


def _note(nodule: Nodule, said: ByUser) -> str:
    told = []
    if said.outlined is not None:
        told.append(f"outlined by the reader ({said.outlined})")
    if said.attributes is not None:
        given = said.attributes.model_dump(exclude_none=True)
        told.append("as the reader gave: " + ", ".join(given))
    if said.verdict == "accepted":
        told.append("accepted by the reader")
    return f"nodule {nodule.number}: {'; '.join(told) or 'looked at by the reader'}"


def _edited(state: FrameState) -> dict[int, ByUser]:
    """Return by number of the segment what a person outlined."""
    return {
        number: said
        for number, nodule in enumerate(reported_nodules(state), 1)
        if (said := state.by_user.get(nodule.id)) is not None and said.outlined is not None
    }


def _mark_edited(path: Path, by_user: dict[int, ByUser]) -> None:
    dataset = dcmread(path)
    for segment in dataset.SegmentSequence:
        said = by_user.get(int(segment.SegmentNumber))
        if said is not None:
            segment.SegmentAlgorithmType = "SEMIAUTOMATIC"
            segment.SegmentDescription = (
                f"Thyroid nodule as the reader outlined it ({said.outlined}). Research use only."
            )
    with replacing(path) as stream:
        dataset.save_as(stream, enforce_file_format=True)
