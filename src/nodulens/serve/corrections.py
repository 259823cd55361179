"""Corrections: each makes a new version of a frame; the model's word and all versions stay."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping

from nodulens.files import write_bytes
from nodulens.finding import Attribute, Finding, Nodule, TiRads, Track
from nodulens.measure.tirads import score_possible
from nodulens.serve.bench import Bench, nodule_of
from nodulens.serve.desk import Drawn
from nodulens.serve.models import (
    Action,
    Add,
    Analysis,
    ByUser,
    Change,
    FrameState,
    Image,
    Judge,
    Outline,
    Recorded,
    Remove,
    Restore,
    SayAttributes,
    UserAttributes,
)
from nodulens.serve.problems import Refusal
from nodulens.serve.store import stale

FOLDER = "corrections"
"""Of corrected masks, in the folder of an analysis."""
_TRIES = 4
"""How often a correction is measured anew because others came before."""
_OF_POINTS = ("composition", "echogenicity", "margin")


def apply_change(bench: Bench, analysis: str, image: str, frame: int, change: Change) -> FrameState:
    """Carry out a correction.

    Measurements, estimate, attributes and TI-RADS of a drawn outline are computed anew before
    anything is stored; masks are on the disk before the version that names them.

    Returns:
        The frame in its new version.

    Raises:
        Refusal: a 409 where the frame has moved on, unless all that was changed since are other
            nodules, each for itself; a 404 for a nodule or version that is not
            there; a 422 for an outline that is no nodule's.
    """
    for _ in range(_TRIES):
        after, record = _carried_out(bench, analysis, image, frame, change)
        try:
            bench.store.add_change(analysis, image, frame, after, record)
        except Refusal as refusal:
            # Somebody was faster while this was measured; whether that matters is seen anew.
            late = refusal
        else:
            return after
    raise late


def _carried_out(
    bench: Bench, analysis: str, image: str, frame: int, change: Change
) -> tuple[FrameState, Recorded]:
    """Return what a correction makes of a frame as it stands; nothing is stored."""
    known, found = bench.place(analysis, image)
    before = bench.good_state(analysis, image, frame)
    wanted = change.change
    if change.base != before.version:
        since = bench.store.history(analysis, image, frame)[change.base :]
        if not since or any(_touches(wanted, one) for one in since):
            raise stale(before.version, change.base)
    restored = None
    number: int | None
    if isinstance(wanted, Restore):
        earlier = bench.state(analysis, image, frame, wanted.version)
        after, number, restored = earlier, None, wanted.version
    elif isinstance(wanted, Outline | Add):
        after, number = drawn(bench, known, found, before, wanted, change.tool)
    else:
        number = wanted.nodule
        nodule_of(before, number)
        after = said_after(before, wanted)
    after = after.model_copy(update={"version": before.version + 1})
    return after, Recorded(
        version=after.version,
        at=time.time(),
        action=wanted.action,
        nodule=number,
        tool=change.tool,
        author=change.author or None,
        restored=restored,
    )


def _touches(wanted: Action, made: Recorded) -> bool:
    """Whether a change concerns what another one made since has changed."""
    if isinstance(wanted, Restore) or made.nodule is None:
        return True
    if isinstance(wanted, Add):
        # It may be the very nodule that the other one added.
        return made.action == "add"
    return wanted.nodule == made.nodule


def score_by_user(nodule: Nodule, said: UserAttributes) -> TiRads:
    """Score a nodule by what a person says, and by the model where the person says nothing.

    Args:
        nodule: with the model's attributes, and its measured shape and size.
        said: the person's.
    """
    possible = {
        name: attribute.possible
        for name, attribute in (nodule.attributes or {}).items()
        if name in (*_OF_POINTS, "foci")
    }
    possible |= {name: [value] for name in _OF_POINTS if (value := getattr(said, name)) is not None}
    if said.foci is not None:
        possible.pop("foci", None)
    measured = "taller than wide" if nodule.taller_than_wide else "wider than tall"
    largest = nodule.long_axis_mm if said.size_mm is None else max(said.size_mm)
    found = score_possible(
        possible, shape=said.shape or measured, foci=said.foci, largest_mm=largest
    )
    return TiRads(
        points=found.points,
        levels=list(found.levels),
        by_category=found.by_category,
        missing=list(found.missing),
        recommendations=None if found.recommendations is None else list(found.recommendations),
        notes=list(found.notes),
    )


def as_user_says(nodule: Nodule, by_user: Mapping[int, ByUser]) -> Nodule:
    """Return a nodule with a person's attributes and TI-RADS in place of the model's."""
    said = by_user.get(nodule.id)
    if said is None or said.attributes is None:
        return nodule
    attributes = dict(nodule.attributes or {})
    for name in _OF_POINTS:
        if (value := getattr(said.attributes, name)) is not None:
            attributes[name] = _certain(value)
    if said.attributes.foci is not None:
        attributes["foci"] = _certain(" and ".join(said.attributes.foci))
    return nodule.model_copy(update={"attributes": attributes or None, "tirads": said.tirads})


def _certain(value: str) -> Attribute:
    return Attribute(value=value, probability=1.0, possible=[value], probabilities={value: 1.0})


def drawn(
    bench: Bench,
    known: Analysis,
    image: Image,
    before: FrameState,
    wanted: Outline | Add,
    tool: str,
) -> tuple[FrameState, int]:
    """Return a frame with an outline drawn, and the number of its nodule; nothing is stored.

    Only the mask is on the disk when this returns.

    Raises:
        Refusal: as of :func:`apply_change`.
    """
    old = nodule_of(before, wanted.nodule) if isinstance(wanted, Outline) else None
    finding = before.finding
    described, mask = bench.ask(
        image,
        "describe",
        bench.models(known.asked, image),
        image,
        finding.frame,
        Drawn(wanted.rings, wanted.mask),
        bench.picture(known.id, finding.probabilities),
    )
    name = f"{FOLDER}/{hashlib.sha256(mask).hexdigest()[:32]}.png"
    write_bytes(bench.store.pictures(known.id) / name, mask)
    if old is None:
        # Never a number that another nodule had before, whose history would then be its own.
        had = _numbers(bench, known.id, image.id, finding.frame)
        number = 1 + max([0, *had, *(one.id for one in finding.nodules)])
        said = ByUser(outlined=tool or "drawn")
        track = _new_track(bench, known, image, finding.frame)
    else:
        number, track = old.id, old.track
        said = before.by_user.get(number, ByUser()).model_copy(update={"outlined": tool or "drawn"})
    nodule = described.nodules[0].model_copy(update={"id": number, "mask": name, "track": track})
    if said.attributes is not None:
        said = said.model_copy(update={"tirads": score_by_user(nodule, said.attributes)})
    others = [one for one in finding.nodules if one.id != number]
    place = len(others) if old is None else finding.nodules.index(old)
    others.insert(place, nodule)
    return (
        before.model_copy(
            update={
                "finding": _with(finding, others),
                "by_user": {**before.by_user, number: said},
            }
        ),
        number,
    )


def _new_track(bench: Bench, known: Analysis, image: Image, frame: int) -> Track | None:
    """Return the track of a nodule that nobody saw on other frames; None in a still picture."""
    if image.frames == 1 or not image.dicom:
        return None
    findings = [
        Finding.from_json_line(line) for _, _, line in bench.store.findings(known.id, image.id)
    ]
    changed = bench.store.changed(known.id)
    findings += [
        bench.state(known.id, image.id, number).finding
        for one, number in changed
        if one == image.id
    ]
    taken = [nodule.number for finding in findings for nodule in finding.nodules]
    analyzed = max(1, known.frames)
    return Track(
        id=max([0, *taken]) + 1, key=["largest"], first=frame, last=frame, frames=1,
        analyzed=analyzed,
    )  # fmt: skip


def _numbers(bench: Bench, analysis: str, image: str, frame: int) -> set[int]:
    """Return the numbers of all nodules that a frame ever had."""
    history = bench.store.history(analysis, image, frame)
    original = bench.state(analysis, image, frame, 0).finding.nodules
    return {one.id for one in original} | {one.nodule for one in history if one.nodule is not None}


def said_after(before: FrameState, wanted: Remove | SayAttributes | Judge) -> FrameState:
    """Return a frame after something was said of a nodule that it has; nothing is stored."""
    number = wanted.nodule
    said = before.by_user.get(number, ByUser())
    finding = before.finding
    if isinstance(wanted, Remove):
        left = [one for one in finding.nodules if one.id != number]
        by_user = {key: value for key, value in before.by_user.items() if key != number}
        return before.model_copy(update={"finding": _with(finding, left), "by_user": by_user})
    if isinstance(wanted, Judge):
        said = said.model_copy(update={"verdict": wanted.verdict})
    else:
        nodule = nodule_of(before, number)
        tirads = None if wanted.attributes is None else score_by_user(nodule, wanted.attributes)
        said = said.model_copy(update={"attributes": wanted.attributes, "tirads": tirads})
    return before.model_copy(update={"by_user": {**before.by_user, number: said}})


def _with(finding: Finding, nodules: list[Nodule]) -> Finding:
    """Return a finding with other nodules; the pictures of all of them no longer hold."""
    surest = max((one.confidence for one in nodules), default=None)
    return finding.model_copy(
        update={"nodules": nodules, "confidence": surest, "mask": None, "overlay": None}
    )
