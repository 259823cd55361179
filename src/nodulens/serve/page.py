"""The page at ``/`` while no workbench is installed: what the server offers, and how to ask."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from fastapi.routing import APIRoute

from nodulens.finding import NOTICE
from nodulens.pages import load_template

STYLE = Path(__file__).with_name("status.css")


def status_page(app: FastAPI) -> str:
    """Return the page: self-contained, but for a style sheet of our own, without scripts."""
    routes = [
        (sorted(route.methods or ()), route.path, route.summary or "")
        for route in all_routes(app)
        if route.include_in_schema
    ]
    template = load_template(Path(__file__).with_name("status.html.j2"))
    return template.render(routes=routes, notice=NOTICE)


def all_routes(app: FastAPI) -> list[APIRoute]:
    """Return the operations of an application."""
    return [route for route in app.routes if isinstance(route, APIRoute)]
