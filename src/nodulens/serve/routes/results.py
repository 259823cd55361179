"""What leaves the workbench: reports, DICOM objects, data sets."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse, StreamingResponse

from nodulens.serve.bench import TheBench
from nodulens.serve.exports import make_export, read_export, stream_zip
from nodulens.serve.models import EditedReport, Export, Id, Reported, Stowed, WantedExport
from nodulens.serve.objects import dicom_objects, push, require_accepted
from nodulens.serve.problems import Refusal, responses
from nodulens.serve.reports import make_pdf, make_report

router = APIRouter(prefix="/api", tags=["results"])

_BINARY = {"schema": {"type": "string", "format": "binary"}}


def _file(kind: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {kind: _BINARY}}}


def _named(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


@router.get("/analyses/{analysis}/report", summary="The report", responses=responses(404))
def report(bench: TheBench, analysis: Id) -> Reported:
    """Return the report as data and as text."""
    return make_report(bench, bench.store.analysis(analysis))


@router.put("/analyses/{analysis}/report", summary="Edit the report", responses=responses(404, 409))
def edit(bench: TheBench, analysis: Id, edited: EditedReport) -> Reported:
    """Keep an edited text, or go back to the generated one; earlier texts are kept."""
    known = bench.store.analysis(analysis)
    bench.store.add_report(analysis, edited.base, edited.text, edited.author or None)
    return make_report(bench, known)


@router.get(
    "/analyses/{analysis}/report.txt",
    summary="The report as text",
    response_class=Response,
    responses={**responses(404), 200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def text(bench: TheBench, analysis: Id) -> PlainTextResponse:
    """Return the report's text, UTF-8."""
    reported = make_report(bench, bench.store.analysis(analysis))
    return PlainTextResponse(reported.text, headers=_named(f"report-{analysis}.txt"))


@router.get(
    "/analyses/{analysis}/report.pdf",
    summary="The report as PDF",
    response_class=Response,
    responses={**responses(404, 501), **_file("application/pdf")},
)
def pdf(bench: TheBench, analysis: Id) -> Response:
    """Return the report's text as PDF; a 501 says what to install where that cannot be."""
    known = bench.store.analysis(analysis)
    content = make_pdf(bench.store.study(known.study), make_report(bench, known))
    return Response(content, media_type="application/pdf", headers=_named(f"report-{analysis}.pdf"))


@router.get(
    "/analyses/{analysis}/dicom",
    summary="The results as DICOM",
    response_class=Response,
    responses={**responses(404, 409), **_file("application/zip")},
)
def dicom(bench: TheBench, analysis: Id) -> Response:
    """Return SEG and SR of an accepted analysis, in a ZIP archive."""
    content = io.BytesIO()
    with (
        dicom_objects(bench, bench.store.analysis(analysis)) as paths,
        zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for path in paths:
            archive.write(path, path.name)
    return Response(
        content.getvalue(), media_type="application/zip", headers=_named(f"dicom-{analysis}.zip")
    )


@router.post(
    "/analyses/{analysis}/stow",
    summary="Push the results",
    responses=responses(404, 409, 501, 502),
)
def stow(bench: TheBench, analysis: Id) -> Stowed:
    """Send SEG and SR of an accepted analysis to the DICOMweb server, by STOW-RS.

    To send the same twice does no harm: the objects are the same.
    """
    known = bench.store.analysis(analysis)
    require_accepted(known)
    if bench.settings.stow is None:
        raise Refusal(409, "no DICOMweb server is configured", "start the server with --stow URL")
    with dicom_objects(bench, known) as paths:
        return push(bench.settings.stow, paths)


@router.post(
    "/exports", status_code=201, summary="Export a data set", responses=responses(404, 409, 503)
)
def export(bench: TheBench, wanted: WantedExport) -> Export:
    """Make a data set of accepted analyses, as `nodulens train` takes it."""
    return make_export(bench, wanted.analyses)


@router.get("/exports/{export}", summary="A data set", responses=responses(404))
def exported(bench: TheBench, export: Id) -> Export:
    """Return what a data set holds."""
    return read_export(bench, export)


@router.get(
    "/exports/{export}/zip",
    summary="A data set's files",
    response_class=StreamingResponse,
    responses={**responses(404), **_file("application/zip")},
)
def export_zip(bench: TheBench, export: Id) -> StreamingResponse:
    """Return the data set as a ZIP archive, streamed."""
    read_export(bench, export)
    return StreamingResponse(
        stream_zip(bench.store.folder / "exports" / export),
        media_type="application/zip",
        headers=_named(f"data-set-{export}.zip"),
    )
