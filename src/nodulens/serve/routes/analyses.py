"""Analyses: started, followed, cancelled; what the models said, frame by frame."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from nodulens.finding import Finding
from nodulens.report.overlay import colour_of
from nodulens.serve.bench import TheBench, nodule_of
from nodulens.serve.events import follow
from nodulens.serve.models import (
    Analysis,
    Asked,
    ByUser,
    Contour,
    Contours,
    FrameState,
    FrameValues,
    Id,
    Number,
    OnFrame,
    Reviewed,
    Tried,
    Try,
)
from nodulens.serve.problems import Refusal, responses
from nodulens.serve.routes.studies import PNG, cached

router = APIRouter(prefix="/api", tags=["analyses"])

FRAME = "/analyses/{analysis}/images/{image}/frames/{frame}"
Version = Annotated[
    int | None, Query(ge=0, le=2**31 - 1, description="As it stood then; as it stands if left out.")
]
_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events `progress`, whose data is the analysis as JSON.",
        "content": {
            "text/event-stream": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "event": {"const": "progress"},
                        "data": {"type": "string", "contentMediaType": "application/json"},
                    },
                }
            }
        },
    }
}


@router.post(
    "/studies/{study}/analyses",
    status_code=202,
    summary="Analyze a study",
    responses=responses(404, 429),
)
def analyze(bench: TheBench, study: Id, asked: Asked) -> Analysis:
    """Queue an analysis; with other models than before, to lay the two side by side."""
    return bench.queue(study, asked)


@router.get("/analyses/{analysis}", summary="An analysis", responses=responses(404))
def analysis(bench: TheBench, analysis: Id) -> Analysis:
    """Return how far an analysis is, and how it stands."""
    return bench.runner.watched(analysis)


@router.get(
    "/analyses/{analysis}/events",
    summary="Progress of an analysis",
    response_class=StreamingResponse,
    responses={**responses(404), **_EVENTS},
)
def events(bench: TheBench, analysis: Id) -> StreamingResponse:
    """Send an event whenever the analysis has changed, and end when it is over."""
    bench.store.analysis(analysis)
    stream = follow(lambda: bench.runner.watched(analysis))
    return StreamingResponse(stream, media_type="text/event-stream")


@router.post(
    "/analyses/{analysis}/cancel", summary="Cancel an analysis", responses=responses(404, 409)
)
def cancel(bench: TheBench, analysis: Id) -> Analysis:
    """Stop an analysis that waits or is being done; findings that are there stay."""
    known = bench.store.analysis(analysis)
    if not bench.runner.cancel(analysis):
        raise Refusal(409, f"this analysis is {known.state} already", "load it again")
    return bench.store.analysis(analysis)


@router.put(
    "/analyses/{analysis}/review", summary="Accept or reject", responses=responses(404, 409)
)
def review(bench: TheBench, analysis: Id, reviewed: Reviewed) -> Analysis:
    """Accept, reject or reopen an analysis; only accepted ones can be exported."""
    known = bench.store.analysis(analysis)
    if known.state != "done":
        raise Refusal(409, f"this analysis is {known.state}", "wait until it is done")
    bench.store.add_review(analysis, reviewed.base, reviewed.review, reviewed.author or None)
    return bench.store.analysis(analysis)


@router.get(
    "/analyses/{analysis}/findings", summary="What the models said", responses=responses(404)
)
def findings(bench: TheBench, analysis: Id) -> list[Finding]:
    """Return the findings as the models said them, in the order of the upload."""
    bench.store.analysis(analysis)
    return [Finding.from_json_line(line) for _, _, line in bench.store.findings(analysis)]


@router.get(
    "/analyses/{analysis}/images/{image}/curve",
    summary="Values frame by frame",
    responses=responses(404),
)
def curve(bench: TheBench, analysis: Id, image: Id) -> list[FrameValues]:
    """Return what is drawn along a cine's time: sizes and estimates of nodules, as they stand."""
    bench.place(analysis, image)
    values = []
    for _, frame, _ in bench.store.findings(analysis, image):
        state = bench.state(analysis, image, frame)
        values.append(
            FrameValues(
                frame=frame,
                version=state.version,
                b_mode=state.finding.b_mode,
                nodules=[
                    OnFrame(
                        number=one.number,
                        area_px=one.area_px,
                        area_mm2=one.area_mm2,
                        long_axis_px=one.long_axis_px,
                        long_axis_mm=one.long_axis_mm,
                        malignancy=None if one.malignancy is None else one.malignancy.probability,
                        confidence=one.confidence,
                        key=[] if one.track is None else one.track.key,
                    )
                    for one in state.finding.nodules
                ],
            )
        )
    return values


@router.get(FRAME, summary="A frame as it stands", responses=responses(404))
def frame(
    bench: TheBench, analysis: Id, image: Id, frame: Number, version: Version = None
) -> FrameState:
    """Return what is said of a frame after corrections, or as it stood at a version."""
    bench.place(analysis, image)
    return bench.state(analysis, image, frame, version)


@router.get(f"{FRAME}/contours", summary="What is drawn over a frame", responses=responses(404))
def contours(
    bench: TheBench, analysis: Id, image: Id, frame: Number, version: Version = None
) -> Contours:
    """Return outlines and axes, and nothing else."""
    bench.place(analysis, image)
    state = bench.state(analysis, image, frame, version)
    drawn = []
    for one in state.finding.nodules:
        said = state.by_user.get(one.id, ByUser())
        drawn.append(
            Contour(
                nodule=one.id,
                number=one.number,
                colour=colour_of(one),
                rings=one.contour,
                long_axis=one.long_axis_line,
                short_axis=one.short_axis_line,
                verdict=said.verdict,
                edited=said.outlined is not None,
            )
        )
    return Contours(version=state.version, contours=drawn)


@router.get(
    f"{FRAME}/nodules/{{nodule}}/mask",
    summary="A nodule's mask",
    response_class=Response,
    responses={**responses(404), **PNG},
)
def mask(
    bench: TheBench,
    request: Request,
    analysis: Id,
    image: Id,
    frame: Number,
    nodule: Number,
    version: Version = None,
) -> Response:
    """Return the mask as PNG of the frame's size, 0 outside and 255 inside."""
    bench.place(analysis, image)
    state = bench.state(analysis, image, frame, version)
    path = bench.picture(analysis, nodule_of(state, nodule).mask)
    return cached(request, f"m-{analysis}-{path.name}", path.read_bytes)


@router.get(
    f"{FRAME}/probabilities",
    summary="The segmenter's map",
    response_class=Response,
    responses={**responses(404), **PNG},
)
def probabilities(
    bench: TheBench, request: Request, analysis: Id, image: Id, frame: Number
) -> Response:
    """Return the probability of nodule as PNG of the frame's size, 0 to 255 for 0 to 1."""
    bench.place(analysis, image)
    finding = bench.state(analysis, image, frame, 0).finding
    path = bench.picture(analysis, finding.probabilities)
    return cached(request, f"p-{analysis}-{path.name}", path.read_bytes)


@router.get(
    f"{FRAME}/nodules/{{nodule}}/looked-at",
    summary="What the classifier looked at",
    response_class=Response,
    responses={**responses(404, 409, 503), **PNG},
)
def looked_at(
    bench: TheBench, request: Request, analysis: Id, image: Id, frame: Number, nodule: Number
) -> Response:
    """Return the nodule's region with what speaks for and against suspicion, as PNG in colour.

    Made when it is asked for, which takes seconds. The header `Nodulens-Region` says where the
    region lies: x, y, width, height in pixels of the frame; below it the PNG has a legend. A 304
    has no such header: the one that came with the picture holds.
    """
    known, found = bench.place(analysis, image)
    state = bench.good_state(analysis, image, frame)
    path = bench.picture(analysis, nodule_of(state, nodule).mask)
    models = bench.models(known.asked, found)
    tag = f"l-{analysis}-{frame}-{path.name}"
    region: dict[str, int] = {}

    def make() -> bytes:
        picture: bytes
        picture, box = bench.ask_long(found, "looked_at", models, found, frame, path)
        region.update(box)
        return picture

    answer = cached(request, tag, make)
    if region:
        answer.headers["Nodulens-Region"] = ",".join(
            str(region[name]) for name in ("x", "y", "width", "height")
        )
    return answer


@router.post(f"{FRAME}/try", summary="Try words on a frame", responses=responses(404, 409, 503))
def try_words(bench: TheBench, analysis: Id, image: Id, frame: Number, words: Try) -> Tried:
    """Analyze a frame with words and without, at once; nothing is stored.

    `with_words.text` says what was understood of the words and what became of them.
    """

    known, found = bench.place(analysis, image)
    bench.good_state(analysis, image, frame)
    asked = known.asked
    if words.segmenter is not None:
        asked = bench.settled(asked.model_copy(update={"segmenter": words.segmenter}))
    start = time.perf_counter()
    with_words, without = bench.ask(
        found, "words", bench.models(asked, found), found, frame, words.text
    )
    shown = {"source": found.name}
    return Tried(
        with_words=with_words.model_copy(update=shown),
        without_words=without.model_copy(update=shown),
        milliseconds=round(1000 * (time.perf_counter() - start), 1),
    )
