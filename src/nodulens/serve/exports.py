"""Accepted cases as a data set that ``nodulens train`` takes as it is."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from nodulens.analysis.segment import union
from nodulens.data.manifest import Row, write_manifest
from nodulens.data.pictures import encode_mask, read_mask
from nodulens.errors import NodulensError
from nodulens.files import write_bytes
from nodulens.serve.bench import Bench
from nodulens.serve.models import Analysis, ByUser, Export, FrameState, Image, UserAttributes
from nodulens.serve.objects import require_accepted
from nodulens.serve.problems import Refusal
from nodulens.serve.reports import reported_frames
from nodulens.serve.store import new_id

LABELS = ("composition", "echogenicity", "margin", "shape")
"""Of what a person says, that which becomes a label, under the same name."""


def make_export(bench: Bench, wanted: list[str] | None) -> Export:
    """Write the data set of accepted analyses.

    A row is a reported frame: the frame as the analysis saw it (grey, upright, PNG), and a mask of
    all its nodules that nobody rejected, empty where there is none. Groups are patients, known by a
    hash of their ID, or else studies, so that no split takes one apart. Labels are what a person
    said, where all nodules of the frame agree in it; nothing is a label that a model said. Of
    several accepted analyses of one frame the newest holds.

    Args:
        bench: of the server.
        wanted: ids of analyses; all accepted ones if None.

    Raises:
        Refusal: one of them is not accepted, or there is nothing to export.
    """
    ids = bench.store.accepted() if wanted is None else wanted
    frames: dict[tuple[str, int], tuple[Analysis, Image, FrameState]] = {}
    # Of several of one frame the newest holds, in whatever order they were named.
    for analysis in sorted(map(bench.store.analysis, ids), key=lambda one: one.created):
        require_accepted(analysis)
        for image, state in reported_frames(bench, analysis):
            frames[image.id, state.finding.frame] = analysis, image, state
    if not frames:
        raise Refusal(
            409, "no accepted case to export", "accept analyses with PUT /api/analyses/…/review"
        )
    export = new_id()
    folder = bench.store.folder / "exports" / export
    rows, left_out = [], []
    try:
        for analysis, image, state in frames.values():
            try:
                rows.append(_write_row(bench, folder, analysis, image, state))
            except NodulensError as error:
                # Readers count frames from 1.
                which = "" if image.frames == 1 else f", frame {state.finding.frame + 1}"
                left_out.append(f"{image.name}{which}: {error}")
        write_manifest(folder, rows)
        masks = sum(row.mask is not None for row in rows)
        bench.store.add_export(export, len(rows), masks, left_out)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return read_export(bench, export)


def read_export(bench: Bench, export: str) -> Export:
    """Return what a data set holds; a 404 if there is none."""
    created, images, masks, left_out = bench.store.export(export)
    return Export(id=export, created=created, images=images, masks=masks, left_out=left_out)


def stream_zip(folder: Path) -> Iterator[bytes]:
    """Yield a folder as a ZIP archive, one file in memory at a time; PNG is not packed again."""
    sink = _Sink()
    with zipfile.ZipFile(cast("IO[bytes]", sink), "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(one for one in folder.rglob("*") if one.is_file()):
            archive.write(path, path.relative_to(folder).as_posix())
            yield sink.taken()
    yield sink.taken()


class _Sink:
    """A file that is written to from the start to the end, and emptied meanwhile."""

    def __init__(self) -> None:
        self._content = bytearray()
        self._place = 0

    def write(self, block: bytes) -> int:
        self._content += block
        self._place += len(block)
        return len(block)

    def tell(self) -> int:
        return self._place

    def flush(self) -> None:
        pass

    def taken(self) -> bytes:
        content = bytes(self._content)
        self._content.clear()
        return content


def _write_row(
    bench: Bench, folder: Path, analysis: Analysis, image: Image, state: FrameState
) -> Row:
    finding = state.finding
    assert finding.width is not None  # a finding without an error has a picture
    assert finding.height is not None
    identity = f"{analysis.study}/{image.id}-{finding.frame:04d}"
    pixels = bench.ask(image, "frame", image, finding.frame)
    kept = [
        one for one in finding.nodules if state.by_user.get(one.id, ByUser()).verdict != "rejected"
    ]
    parts = [read_mask(bench.picture(analysis.id, one.mask)) for one in kept]
    mask = union(parts, (finding.height, finding.width))
    row = Row(
        id=identity,
        image=f"images/{identity}.png",
        mask=f"masks/{identity}.png",
        patient=bench.store.patient(image.id),
        group=bench.store.patient(image.id) or analysis.study,
        width=finding.width,
        height=finding.height,
        sha256=hashlib.sha256(pixels).hexdigest(),
        mm_per_px=finding.scale.mm_per_px,
        scale_from=finding.scale.origin,
        text=analysis.asked.text,
        labels=_labels([state.by_user.get(one.id, ByUser()) for one in kept]),
        notes=[f"reviewed in the workbench, version {state.version} of the frame"],
    )
    write_bytes(folder / row.image, pixels)
    write_bytes(folder / str(row.mask), encode_mask(mask))
    return row


def _labels(said: list[ByUser]) -> dict[str, str]:
    """Return what a person said alike of all nodules of a frame."""
    each = [one.attributes or UserAttributes() for one in said]
    labels = {}
    for name in LABELS:
        values = {getattr(one, name) for one in each}
        if len(values) == 1 and (value := values.pop()) is not None:
            labels[name] = str(value)
    return labels
