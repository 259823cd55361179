"""Outlines that came with an upload, taken over once the models have looked."""

from __future__ import annotations

import time

from nodulens.serve.bench import Bench
from nodulens.serve.corrections import drawn, said_after
from nodulens.serve.models import (
    Add,
    Analysis,
    FrameState,
    Image,
    Outline,
    Recorded,
    Remove,
    SayAttributes,
    UserAttributes,
)
from nodulens.serve.store import IMPORT, Drawing


def take_over(bench: Bench, analysis: str, image: Image) -> None:
    """Make the outlines that came with an image a change of its frame, unless one is made already.

    The parts of a mask are the nodules that they share most pixels with, or new ones; nodules of
    the model that are in no mask are removed. So the model's word stays version 0, and the change
    can be undone.

    Raises:
        NodulensError: it cannot be done; the next analysis may.
    """
    drawings = bench.store.drawings(image.id)
    if not drawings:
        return
    known = bench.store.analysis(analysis)
    before = bench.good_state(analysis, image.id, 0)
    after = before
    for drawing in drawings:
        after = _with(bench, known, image, after, drawing)
    outlined = {number for number, said in after.by_user.items() if said.outlined == IMPORT}
    for nodule in before.finding.nodules:
        if nodule.id not in outlined:
            after = said_after(after, Remove(action="remove", nodule=nodule.id))
    version = before.version + 1
    record = Recorded(
        version=version, at=time.time(), action=IMPORT, nodule=None, tool=IMPORT, author=None,
        restored=None,
    )  # fmt: skip
    after = after.model_copy(update={"version": version})
    bench.store.add_change(analysis, image.id, 0, after, record)


def _with(
    bench: Bench, known: Analysis, image: Image, before: FrameState, drawing: Drawing
) -> FrameState:
    nodules = [
        one
        for one in before.finding.nodules
        if one.id not in before.by_user or before.by_user[one.id].outlined != IMPORT
    ]
    masks = [bench.picture(known.id, one.mask) for one in nodules]
    after = before
    for mask, index in bench.ask(image, "match", drawing.mask, masks):
        wanted: Outline | Add
        if index is None:
            wanted = Add(action="add", mask=mask)
        else:
            wanted = Outline(action="outline", nodule=nodules[index].id, mask=mask)
        after, number = drawn(bench, known, image, after, wanted, IMPORT)
        if drawing.said != UserAttributes():
            words = SayAttributes(action="attributes", nodule=number, attributes=drawing.said)
            after = said_after(after, words)
    return after
