"""What is wrong with a request, in a form that says what to do."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from nodulens.errors import NodulensError
from nodulens.serve.models import Problem

_TODO = {
    400: "mend the request; /api/openapi.json describes each one",
    404: "check the address; /api/openapi.json lists all there are",
    405: "use another method; /api/openapi.json lists those of each address",
    422: "mend what is named; /api/openapi.json describes each request",
}


class Refusal(NodulensError):
    """A request that is not carried out.

    Args:
        status: of HTTP.
        error: what is wrong.
        todo: what the caller can do about it.
    """

    def __init__(self, status: int, error: str, todo: str) -> None:
        super().__init__(f"{error}; {todo}")
        self.status, self.error, self.todo = status, error, todo

    def __reduce__(self) -> tuple[type[Refusal], tuple[int, str, str]]:
        """Return what makes it again in another process."""
        return Refusal, (self.status, self.error, self.todo)

    def answer(self) -> JSONResponse:
        """Return the response."""
        return _answer(self.status, self.error, self.todo)


def missing(what: str, name: object) -> Refusal:
    """Return the refusal of something that is not there."""
    return Refusal(404, f"there is no {what} {name}", "look for it in the list; it may be deleted")


def answer_problems(app: FastAPI) -> None:
    """Let an application answer every failure with a :class:`~nodulens.serve.models.Problem`."""

    @app.exception_handler(Refusal)
    async def refuse(request: Request, error: Refusal) -> JSONResponse:
        return error.answer()

    @app.exception_handler(NodulensError)
    async def tell(request: Request, error: NodulensError) -> JSONResponse:
        return _answer(422, *_halves(str(error)))

    @app.exception_handler(RequestValidationError)
    async def point_out(request: Request, error: RequestValidationError) -> JSONResponse:
        # Never what was sent: it need have no JSON form, and may be long.
        faults = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        return _answer(422, "; ".join(faults[:8]), _TODO[422])

    @app.exception_handler(HTTPException)
    async def translate(request: Request, error: HTTPException) -> JSONResponse:
        answer = _answer(error.status_code, str(error.detail), _TODO.get(error.status_code, ""))
        answer.headers.update(error.headers or {})
        return answer

    @app.exception_handler(Exception)
    async def confess(request: Request, error: Exception) -> JSONResponse:
        return _answer(
            500, f"unexpected {type(error).__name__}", "try again; if it stays, please report it"
        )


def raise_if_busy(error: Exception) -> None:
    """Raise it anew where only time is wanting: what was sent may be sent again as it is."""
    if isinstance(error, Refusal) and error.status == 503:
        raise error


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what OpenAPI says of the failures of an operation; those of the guard belong to all.

    Args:
        statuses: of HTTP, besides these.
    """
    meant = {
        400: "The request cannot be understood, or its Host header is not the server's.",
        401: "The token is missing or wrong.",
        403: "The request comes from a page of another site.",
        404: "There is no such thing.",
        408: "The client was too slow.",
        409: "It does not fit the state of things; what to do is said.",
        411: "Content-Length must be a number.",
        413: "Too large.",
        415: "Nothing in it is a picture that can be read.",
        422: "It is well formed and cannot be done; what to do is said.",
        429: "Too much is waiting already.",
        501: "An extra that is not installed is needed.",
        502: "The DICOMweb server did not take it.",
        503: "It takes longer than it may, or the process that does it ended.",
        507: "The disk is full.",
    }
    wanted = {400, 401, 403, 422, *statuses}
    return {status: {"model": Problem, "description": meant[status]} for status in sorted(wanted)}


def _halves(message: str) -> tuple[str, str]:
    """Divide a message of this project, which says first what is wrong and then what mends it."""
    error, _, todo = message.rpartition("; ")
    return (error, todo) if error else (message, "mend that and try again")


def _answer(status: int, error: str, todo: str) -> JSONResponse:
    problem = Problem(status=status, error=error, todo=todo or "see /api/openapi.json")
    return JSONResponse(problem.model_dump(), status)
