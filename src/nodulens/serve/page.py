"""The workbench's page, as its sources in ``page/`` at the repository's root are built."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from starlette.responses import Response
from starlette.types import Scope

from nodulens.serve.problems import Refusal

STATIC = Path(__file__).with_name("static")
"""Of the built page: ``index.html``, and ``assets/`` with what it loads."""


class _Built(StaticFiles):
    """Files whose names change with their content, which a browser need not ask for twice."""

    async def check_config(self) -> None:
        """Let the folder be missing: a page that was not built is said at ``/``, and a 404 here."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer, and let the browser keep what is there."""
        answer = await super().get_response(path, scope)
        # Of what it has already, too, or the guard's no-store would take the place of this.
        if answer.status_code in (200, 304):
            answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return answer


def add_page(app: FastAPI, static: Path = STATIC) -> None:
    """Answer ``/`` with the page, and ``/assets/`` with what it loads.

    Args:
        app: that answers.
        static: where the built page is; where it is missing, ``/`` is a 503 that says so.
    """

    @app.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
    def home() -> FileResponse:
        page = static / "index.html"
        if not page.is_file():
            raise Refusal(
                503,
                "the page is not built in this checkout; the API works, see /api/openapi.json",
                "run `make page`, which needs Node.js, and load this again",
            )
        return FileResponse(page, headers={"Cache-Control": "no-cache"})

    app.mount("/assets", _Built(directory=static / "assets", check_dir=False))
