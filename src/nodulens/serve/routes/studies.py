"""Studies: uploaded, listed, shown, deleted; and pictures of their files."""

from __future__ import annotations

import shutil
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from nodulens.serve.bench import TheBench
from nodulens.serve.ingest import ingest
from nodulens.serve.models import Asked, Id, Image, Number, Studies, Study, Uploaded
from nodulens.serve.problems import Refusal, responses
from nodulens.serve.uploads import receive_form, shown_name

router = APIRouter(prefix="/api", tags=["studies"])

PNG: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}}
}
_LONGEST_NAME = 200
_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["files"],
                    "properties": {
                        "files": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                            "description": "Images, DICOM files, or ZIP archives of them; the file "
                            "name may hold folders.",
                        },
                        "name": {"type": "string", "description": "Of the study."},
                        "analyze": {
                            "type": "string",
                            "enum": ["yes", "no"],
                            "description": "Whether to queue an analysis at once; yes if left out.",
                        },
                        "asked": {
                            "type": "string",
                            "contentMediaType": "application/json",
                            "description": "How to analyze: JSON of the schema Asked.",
                        },
                    },
                },
                "encoding": {"asked": {"contentType": "application/json"}},
            }
        },
    }
}


@router.post(
    "/studies",
    status_code=201,
    summary="Upload a study",
    responses=responses(408, 411, 413, 415, 429, 503, 507),
    openapi_extra=_FORM,
)
async def upload(bench: TheBench, request: Request) -> Uploaded:
    """Take files in, and queue their analysis.

    When this is answered with 201, files and job are on the disk. Files that cannot be read are
    named in the answer and not kept; where none can be, it is a 415 and nothing is kept.
    """
    await run_in_threadpool(bench.check_room)
    folder = await run_in_threadpool(bench.store.incoming)
    try:
        form = await receive_form(request, folder, bench.settings)
        if unknown := set(form.fields) - {"name", "analyze", "asked"}:
            raise Refusal(
                422, f"unknown fields {', '.join(sorted(unknown))[:200]}", "leave them out"
            )
        asked = _asked(form.fields)
        if asked is not None:
            asked = await run_in_threadpool(bench.settled, asked)
        name = shown_name(form.fields["name"])[:_LONGEST_NAME] if form.fields.get("name") else ""
        study, refused = await run_in_threadpool(ingest, bench, form.files, folder, name, asked)
    finally:
        await run_in_threadpool(shutil.rmtree, folder, True)
    bench.runner.wake()
    return Uploaded(study=await run_in_threadpool(bench.study, study), refused=refused)


def _asked(fields: dict[str, str]) -> Asked | None:
    analyze = fields.get("analyze", "yes")
    if analyze not in ("yes", "no"):
        raise Refusal(422, f"analyze is {analyze[:40]!r}", "send yes or no")
    try:
        asked = Asked.model_validate_json(fields.get("asked") or "{}")
    except ValidationError as error:
        first = error.errors()[0]
        raise Refusal(
            422,
            f"asked: {'.'.join(map(str, first['loc']))}: {first['msg']}",
            "send JSON of the schema Asked in /api/openapi.json",
        ) from error
    return asked if analyze == "yes" else None


@router.get("/studies", summary="List studies", responses=responses())
def studies(
    bench: TheBench,
    offset: Annotated[int, Query(ge=0, le=2**31, description="Studies to pass over.")] = 0,
    limit: Annotated[int, Query(ge=1, le=200, description="Studies of a page.")] = 50,
) -> Studies:
    """Return a page of all studies, the newest first."""
    found, total = bench.store.studies(offset, limit)
    following = offset + len(found)
    return Studies(
        studies=[bench.live(one) for one in found],
        total=total,
        next=following if found and following < total else None,
    )


@router.get("/studies/{study}", summary="A study", responses=responses(404))
def study(bench: TheBench, study: Id) -> Study:
    """Return a study with its images and analyses."""
    return bench.study(study)


@router.delete(
    "/studies/{study}", status_code=204, summary="Delete a study", responses=responses(404)
)
def delete(bench: TheBench, study: Id) -> None:
    """Delete a study, its files, its analyses and all about them, for good."""
    for one in bench.store.study(study).analyses:
        bench.runner.cancel(one.id)
    bench.store.delete_study(study)


@router.get("/images/{image}", summary="A file of a study", responses=responses(404))
def image(bench: TheBench, image: Id) -> Image:
    """Return what is known of a file."""
    return bench.store.image(image)[0]


@router.get(
    "/images/{image}/thumbnail",
    summary="A small picture",
    response_class=Response,
    responses={**responses(404, 503), **PNG},
)
def thumbnail(bench: TheBench, request: Request, image: Id) -> Response:
    """Return the middle frame as PNG, 256 pixels at most."""
    known = bench.store.image(image)[0]
    return cached(request, f"t-{known.sha256}", lambda: bench.ask(known, "thumbnail", known))


@router.get(
    "/images/{image}/frames/{frame}",
    summary="A frame",
    response_class=Response,
    responses={**responses(404, 503), **PNG},
)
def frame(bench: TheBench, request: Request, image: Id, frame: Number) -> Response:
    """Return a frame as PNG: 8-bit grey, upright, as the models see it; frames count from 0."""
    known = bench.store.image(image)[0]
    if frame >= known.frames:
        raise Refusal(404, f"there is no frame {frame}", f"there are {known.frames}, from 0")
    tag = f"f-{known.sha256}-{frame}"
    return cached(request, tag, lambda: bench.ask(known, "frame", known, frame))


def cached(request: Request, tag: str, make: Any, kind: str = "image/png") -> Response:
    """Answer with content that never changes under its tag, or that the browser has it already.

    The browser asks each time, so that what was deleted, or needs a token, is not shown again.
    """
    headers = {"ETag": f'"{tag}"', "Cache-Control": "private, no-cache"}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(make(), media_type=kind, headers=headers)
