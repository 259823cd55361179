"""From what a client sent to a study: archives unpacked, each file looked at by the worker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from nodulens.errors import NodulensError, UnreadableFile
from nodulens.files import sha256_of
from nodulens.serve.archives import is_archive, unpack
from nodulens.serve.bench import LOOK_SECONDS, Bench, named
from nodulens.serve.models import Asked, RefusedFile
from nodulens.serve.problems import Refusal, raise_if_busy
from nodulens.serve.sets import find_sets, with_drawings
from nodulens.serve.settings import Settings
from nodulens.serve.store import NewImage, hashed
from nodulens.serve.uploads import ReceivedFile, common_name, shown_name

_LISTED = 200
"""Refused files that an answer names."""


def ingest(
    bench: Bench, files: Sequence[ReceivedFile], folder: Path, name: str, asked: Asked | None
) -> tuple[str, list[RefusedFile]]:
    """Make a study of uploaded files; what a file is, its bytes say, not its name.

    Masks of a data set stay with their pictures, see :mod:`nodulens.serve.sets`.

    Args:
        bench: of the server.
        files: as they were received.
        folder: where archives among them may be unpacked.
        name: of the study; made from the files' if empty.
        asked: how to analyze it; None for not yet.

    Returns:
        The study's id, and the files that are not kept.

    Raises:
        Refusal: there is no file, an archive is odd, or none can be read.
    """
    if not files:
        raise Refusal(422, "the upload has no file", "send one or more in parts named files")
    images: list[NewImage] = []
    seen: set[str] = set()
    received = list(_unpacked(files, folder, bench.settings))
    sets = find_sets(bench, received, folder)
    refused = sets.refused
    for file in received:
        if file.name in sets.not_pictures:
            continue
        if file.sha256 in seen:
            refused.append(RefusedFile(name=file.name, why="the same as another file; kept once"))
            continue
        try:
            images.append(with_drawings(bench, sets, _looked_at(bench, file)))
        except NodulensError as error:
            raise_if_busy(error)
            refused.append(RefusedFile(name=file.name, why=str(error)))
        else:
            seen.add(file.sha256)
        if not images and len(refused) > _LISTED:
            break
    if not images:
        why = refused[0].why if refused else "the archive is empty"
        raise Refusal(
            415,
            f"no file of the upload can be read: {why}",
            "send PNG, JPEG, BMP, TIFF or DICOM files, or a ZIP archive of them",
        )
    name = name or common_name([image.name for image in images])
    return bench.store.add_study(name, images, asked), refused[:_LISTED]


def _unpacked(
    files: Sequence[ReceivedFile], folder: Path, settings: Settings
) -> Iterator[ReceivedFile]:
    room, places = settings.upload_bytes, settings.upload_files
    for number, file in enumerate(files):
        if not is_archive(file.path):
            yield file
            continue
        inside = folder / f"{number}.unpacked"
        inside.mkdir()
        for member in unpack(file.path, inside, places, room):
            size = member.path.stat().st_size
            room, places = room - size, places - 1
            yield ReceivedFile(
                member.path, shown_name(f"{file.name}/{member.name}"), sha256_of(member.path), size
            )
        file.path.unlink()


def _looked_at(bench: Bench, file: ReceivedFile) -> NewImage:
    try:
        looked = bench.worker.call("look", file.path, seconds=LOOK_SECONDS)
    except UnreadableFile as error:
        raise named(error, file.path, file.name) from error
    return NewImage(
        path=file.path,
        name=file.name,
        sha256=file.sha256,
        bytes=file.bytes,
        dicom=looked.dicom,
        frames=looked.frames,
        width=looked.width,
        height=looked.height,
        patient=None if looked.patient is None else hashed(looked.patient, bench.store.salt),
    )
