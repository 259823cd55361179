"""Reports in a radiologist's order: as data, as text that can be edited, as PDF."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from nodulens.finding import NOTICE, Finding, Malignancy, Nodule, TiRads
from nodulens.frames.limits import refuse_truncated
from nodulens.pages import load_template
from nodulens.serve.bench import Bench
from nodulens.serve.models import (
    Analysis,
    ByUser,
    FrameState,
    Image,
    Reported,
    ReportedNodule,
    Study,
    UserAttributes,
)
from nodulens.serve.problems import Refusal
from nodulens.text.parse import parse_report

_ORDINAL = re.compile(r"(?:frame|page) \d+ of \d+")
"""Which of a file's pictures it is, which no reader remarks on."""
_FIELDS = {
    "Site": "site", "Size": "size_mm", "Composition": "composition",
    "Echogenicity": "echogenicity", "Shape": "shape", "Margin": "margin", "Echogenic foci": "foci",
}  # fmt: skip
"""Fields that a person can give, by the names of their lines."""


def reported_frames(bench: Bench, analysis: Analysis) -> Iterator[tuple[Image, FrameState]]:
    """Yield what an analysis is reported by: stills, and frames of cines, as they stand.

    Of a cine these are the frames of the largest section of a nodule, and those that a person
    corrected.
    """
    changed = bench.store.changed(analysis.id)
    images = {one.id: one for one in bench.store.images(analysis.study)}
    for image, frame, line in bench.store.findings(analysis.id):
        finding = Finding.from_json_line(line)
        if finding.error is not None:
            continue
        is_key = finding.strip is None or any(one.is_reported for one in finding.nodules)
        if is_key or (image, frame) in changed:
            yield images[image], bench.state(analysis.id, image, frame)


def reported_nodules(state: FrameState) -> list[Nodule]:
    """Return the nodules of a frame that a report lists.

    Not those that a person rejected; of a cine, those of which this is the frame of the largest
    section, and those that a person drew.
    """
    return [
        one
        for one in state.finding.nodules
        if (said := state.by_user.get(one.id, ByUser())).verdict != "rejected"
        and (one.is_reported or said.outlined is not None)
    ]


def make_report(bench: Bench, analysis: Analysis) -> Reported:
    """Say what was found, in the order site, size, composition, echogenicity, shape, margin, foci.

    What a person said goes before what the model says, and is named as such. The edited text holds
    until it is replaced; whether corrections came after it is said.
    """
    nodules: list[ReportedNodule] = []
    remarks: dict[str, None] = {}
    site = _site_of(analysis.asked.text)
    for image, state in reported_frames(bench, analysis):
        for nodule in reported_nodules(state):
            said = state.by_user.get(nodule.id, ByUser())
            nodules.append(_describe(image, state.finding, nodule, said, site))
        for note in state.finding.notes:
            if not _ORDINAL.fullmatch(note):
                remarks[f"{image.name}: {note}"] = None
        if state.finding.scale.mm_per_px_xy is None:
            remarks[f"{image.name}: the scale is unknown, sizes are in pixels"] = None
    for _, _, line in bench.store.findings(analysis.id):
        if (error := Finding.from_json_line(line).error) is not None:
            remarks[error] = None
    remarks[_by_models(analysis)] = None
    saved = bench.store.report(analysis.id)
    return Reported(
        review=analysis.review,
        nodules=nodules,
        remarks=list(remarks),
        text=saved.text if saved.text is not None else as_text(nodules, list(remarks)),
        edited=saved.text is not None,
        version=saved.version,
        stale=saved.text is not None and bench.store.last_change(analysis.id) > saved.at,
    )


def as_text(nodules: list[ReportedNodule], remarks: list[str]) -> str:
    """Return a report as plain text."""
    lines = ["THYROID ULTRASOUND", NOTICE, ""]
    if not nodules:
        lines += ["No nodule is reported. This does not mean that there is none.", ""]
    for one in nodules:
        lines.append(one.label)
        for name, value in rows_of(one):
            who = _who_said(one, name) if value != _UNKNOWN else ""
            lines.append(f"  {name}: {value}{who}")
        lines.append("")
    lines += ["Remarks", *(f"  - {one}" for one in remarks)]
    return "\n".join(lines) + "\n"


_UNKNOWN = "not given"


def rows_of(nodule: ReportedNodule) -> list[tuple[str, str]]:
    """Return what is said of a nodule, line by line; what is not known is said to be so."""
    unsized = "none without the size in millimetres" if nodule.level else _UNKNOWN
    return [
        ("Site", nodule.site or _UNKNOWN),
        ("Size", nodule.size),
        ("Composition", nodule.composition or _UNKNOWN),
        ("Echogenicity", nodule.echogenicity or _UNKNOWN),
        ("Shape", nodule.shape),
        ("Margin", nodule.margin or _UNKNOWN),
        ("Echogenic foci", nodule.foci or _UNKNOWN),
        ("ACR TI-RADS", f"{nodule.points}, {nodule.level}" if nodule.level else _UNKNOWN),
        ("Recommendation", nodule.recommendation or unsized),
        ("Classifier", nodule.estimate or "none"),
    ]


def _who_said(nodule: ReportedNodule, name: str) -> str:
    """Return whose a line is, in brackets; nothing where that is plain."""
    if name not in _FIELDS:
        return ""
    if _FIELDS[name] in nodule.by_user:
        return " (reader)"
    if name == "Site":
        return " (from the words about the study)"
    if name in ("Size", "Shape"):
        whose = "reader" if "outline" in nodule.by_user else "model"
        return f" (measured on the {whose}'s outline)"
    return " (model)"


def _by_models(analysis: Analysis) -> str:
    asked = analysis.asked
    judged = "no classifier was asked"
    if asked.classifier != "none":
        judged = f"features and malignancy are estimated by the model {asked.classifier}"
    return f"outlines are by the model {asked.segmenter}, {judged}, unless the reader is named"


def make_pdf(study: Study, reported: Reported) -> bytes:
    """Return a report's text as PDF.

    Raises:
        Refusal: a 501 where weasyprint is not installed.
    """
    if find_spec("weasyprint") is None:
        raise Refusal(
            501,
            "PDF needs weasyprint, which is not installed",
            "pip install 'nodulens[pdf]' where the server runs, or take the text",
        )
    from weasyprint import HTML

    # Importing it has Pillow show pictures that are cut off.
    refuse_truncated()
    page = load_template(Path(__file__).with_name("report.html.j2")).render(
        title=study.name, notice=NOTICE, text=reported.text, review=reported.review
    )
    return bytes(HTML(string=page, url_fetcher=_fetch_nothing).write_pdf())


def _fetch_nothing(url: str, *_: object, **__: object) -> None:
    raise ValueError(f"{url}: a report loads nothing")


def _describe(
    image: Image, finding: Finding, nodule: Nodule, said: ByUser, site: str | None
) -> ReportedNodule:
    user = said.attributes or UserAttributes()
    given = [name for name in UserAttributes.model_fields if getattr(user, name) is not None]
    attributes = {name: _either(one.possible) for name, one in (nodule.attributes or {}).items()}
    tirads = said.tirads or nodule.tirads
    measured = "taller than wide" if nodule.taller_than_wide else "wider than tall"
    place = image.name if image.frames == 1 else f"{image.name}, frame {finding.frame + 1}"
    estimate = nodule.malignancy
    return ReportedNodule(
        label=f"Nodule {nodule.number} ({place})",
        image=image.id,
        frame=finding.frame,
        nodule=nodule.id,
        site=user.site or site,
        size=_size(nodule, user),
        composition=user.composition or attributes.get("composition"),
        echogenicity=user.echogenicity or attributes.get("echogenicity"),
        shape=user.shape or measured,
        margin=user.margin or attributes.get("margin"),
        foci=", ".join(user.foci) if user.foci else attributes.get("foci"),
        points=None if tirads is None else _points(tirads),
        level=None if tirads is None else _level(tirads.levels),
        recommendation=_recommendation(tirads),
        estimate=None if estimate is None else _estimate(estimate),
        by_user=given + (["outline"] if said.outlined is not None else []),
    )


def _size(nodule: Nodule, user: UserAttributes) -> str:
    if user.size_mm is not None:
        return " × ".join(f"{one:g}" for one in user.size_mm) + " mm"
    if nodule.long_axis_mm is not None and nodule.short_axis_mm is not None:
        return f"{nodule.long_axis_mm:.1f} × {nodule.short_axis_mm:.1f} mm in this plane"
    return f"{nodule.long_axis_px:.0f} × {nodule.short_axis_px:.0f} px, uncalibrated"


def _points(tirads: TiRads) -> str:
    low, high = tirads.points
    return f"{low} to {high} points" if low != high else f"{low} point{'' if low == 1 else 's'}"


def _level(levels: Sequence[str]) -> str:
    return f"{levels[0]} to {levels[-1]}" if len(levels) > 1 else levels[0]


def _estimate(said: Malignancy) -> str:
    """Say what the classifier decides, or that it leaves the decision to the reader."""
    decision = "defers to the reader, no decision" if said.defer else said.decision
    return f"{decision}; {said.probability:.2f} is the probability of: {said.meaning}"


def _recommendation(tirads: TiRads | None) -> str | None:
    if tirads is None or tirads.recommendations is None:
        return None
    return _either(tirads.recommendations)


def _either(values: Sequence[str]) -> str:
    """Return "a, b or c"."""
    *first, last = values
    return f"{', '.join(first)} or {last}" if first else last


def _site_of(text: str | None) -> str | None:
    """Return the lobe and pole that the words about a study name."""
    if text is None:
        return None
    told = parse_report(text).undisputed
    if told.side is None:
        return None
    if told.side == "isthmus":
        return "isthmus"
    return f"{told.side} lobe" + (f", {told.pole} pole" if told.pole is not None else "")
