"""Synthetic files for who has none at hand."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import StringConstraints

import nodulens
from nodulens.serve.models import Sample
from nodulens.serve.problems import responses
from nodulens.serve.routes.studies import PNG, cached
from nodulens.serve.samples import sample_file, sample_thumbnail, samples

router = APIRouter(prefix="/api/samples", tags=["samples"])

Name = Annotated[str, StringConstraints(pattern=r"^[a-z-]{1,40}\.[a-z]{3}$")]
_BINARY = {"schema": {"type": "string", "format": "binary"}}


@router.get("", name="list", summary="Sample files", responses=responses())
def listed() -> list[Sample]:
    """List the samples: computed pictures, not of patients."""
    return samples()


@router.get(
    "/{name}",
    name="file",
    summary="A sample file",
    response_class=Response,
    responses={
        **responses(404),
        200: {"content": {"image/png": _BINARY, "application/dicom": _BINARY}},
    },
)
def file(request: Request, name: Name) -> Response:
    """Return the file, to be uploaded as any other."""
    content, kind = sample_file(name)
    return cached(request, f"s-{nodulens.__version__}-{name}", lambda: content, kind)


@router.get(
    "/{name}/thumbnail",
    name="thumbnail",
    summary="A sample's picture",
    response_class=Response,
    responses={**responses(404), **PNG},
)
def thumbnail(request: Request, name: Name) -> Response:
    """Return its picture as PNG, 256 pixels at most; of the cine the largest section."""
    tag = f"st-{nodulens.__version__}-{name}"
    return cached(request, tag, lambda: sample_thumbnail(name))
