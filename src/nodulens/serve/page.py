"""The workbench's page, as its sources in ``page/`` at the repository's root are built."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from starlette.responses import Response
from starlette.types import Scope

STATIC = Path(__file__).with_name("static")


class _Built(StaticFiles):
    """Files whose names change with their content, which a browser need not ask for twice."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        if answer.status_code == 200:
            answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return answer


def add_page(app: FastAPI) -> None:
    """Answer ``/`` with the page, and ``/assets/`` with what it loads."""

    @app.get("/", include_in_schema=False)
    def home() -> FileResponse:
        return FileResponse(STATIC / "index.html", headers={"Cache-Control": "no-cache"})

    app.mount("/assets", _Built(directory=STATIC / "assets"))
