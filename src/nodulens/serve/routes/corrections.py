"""Corrections of frames, their history, and outlines made better."""

from __future__ import annotations

import time
from pathlib import Path

from fastapi import APIRouter

from nodulens.serve.bench import TheBench, nodule_of
from nodulens.serve.corrections import apply_change
from nodulens.serve.desk import Drawn
from nodulens.serve.models import Change, FrameState, Id, Number, Recorded, Refine, Refined
from nodulens.serve.problems import responses
from nodulens.serve.routes.analyses import FRAME

router = APIRouter(prefix="/api", tags=["corrections"])


@router.get(f"{FRAME}/changes", summary="History of a frame", responses=responses(404))
def history(bench: TheBench, analysis: Id, image: Id, frame: Number) -> list[Recorded]:
    """Return all changes, the oldest first; any version can be shown and restored."""
    bench.place(analysis, image)
    bench.state(analysis, image, frame)
    return bench.store.history(analysis, image, frame)


@router.post(
    f"{FRAME}/changes",
    status_code=201,
    summary="Correct a frame",
    responses=responses(404, 409, 503),
)
def correct(bench: TheBench, analysis: Id, image: Id, frame: Number, change: Change) -> FrameState:
    """Carry out a correction and return the frame in its new version.

    What follows from an outline is computed anew: size, shape, estimate, attributes, TI-RADS. The
    model's word is version 0 and stays. An accepted analysis is open again after a correction.
    """
    return apply_change(bench, analysis, image, frame, change)


@router.post(
    f"{FRAME}/refine", summary="Make an outline better", responses=responses(404, 409, 503)
)
def refine(bench: TheBench, analysis: Id, image: Id, frame: Number, wanted: Refine) -> Refined:
    """Outline anew by clicks, round off, or close holes; nothing is stored.

    To keep the outline, send it as a change.
    """
    _, found = bench.place(analysis, image)
    state = bench.good_state(analysis, image, frame)
    begin: Drawn | Path | None = None
    if wanted.rings is not None:
        begin = Drawn(wanted.rings, None)
    elif wanted.nodule is not None:
        begin = bench.picture(analysis, nodule_of(state, wanted.nodule).mask)
    start = time.perf_counter()
    rings = bench.ask(
        found,
        "refine",
        found,
        frame,
        wanted.operation,
        begin,
        wanted.positive,
        wanted.negative,
        wanted.radius,
        bench.picture(analysis, state.finding.probabilities),
    )
    return Refined(rings=rings, milliseconds=round(1000 * (time.perf_counter() - start), 1))
