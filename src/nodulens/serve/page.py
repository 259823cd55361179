"""The page at ``/`` while no workbench is installed: what the server offers, and how to ask."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI

from nodulens.finding import NOTICE
from nodulens.pages import load_template

STYLE = Path(__file__).with_name("status.css")


def status_page(app: FastAPI) -> str:
    """Return the page: self-contained, but for a style sheet of our own, without scripts."""
    routes = [
        (method.upper(), path, said["summary"])
        for path, methods in app.openapi()["paths"].items()
        for method, said in methods.items()
    ]
    template = load_template(Path(__file__).with_name("status.html.j2"))
    return template.render(routes=routes, notice=NOTICE)
