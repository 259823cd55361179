"""The server itself: health, sessions, models with their cards, and the reading of reports."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import StringConstraints

import nodulens
from nodulens.errors import BadData
from nodulens.runtime.bundle import CARD
from nodulens.runtime.store import available_bundles
from nodulens.serve.bench import TheBench, describe_bundle
from nodulens.serve.cards import render_card
from nodulens.serve.models import Card, Health, Model, Report, Session
from nodulens.serve.problems import Refusal, missing, responses
from nodulens.serve.security import COOKIE, is_token, session_of
from nodulens.text.parse import Understood, parse_report

router = APIRouter(prefix="/api", tags=["server"])

Bundle = Annotated[str, StringConstraints(max_length=64)]


@router.get("/health", summary="Whether the server works", responses=responses())
def health(bench: TheBench) -> Health:
    """Answer without a token, and tell nothing of what is kept but how much."""
    return Health(
        version=nodulens.__version__,
        studies=bench.store.studies(0, 0)[1],
        waiting=bench.store.waiting(),
        pdf=find_spec("weasyprint") is not None,
        stow=bench.settings.stow is not None,
    )


@router.post("/session", status_code=204, summary="Open a session", responses=responses())
def open_session(bench: TheBench, session: Session, response: Response) -> None:
    """Trade the token for a cookie, which pictures and event streams of a page can use."""
    token = bench.settings.token
    if token is None:
        return
    if not is_token(session.token, token):
        raise Refusal(401, "the token is wrong", "give the one that the server was started with")
    response.set_cookie(COOKIE, session_of(token), httponly=True, samesite="strict", path="/")


@router.get("/models", summary="The models that can be asked", responses=responses())
def models(bench: TheBench) -> list[Model]:
    """List the installed bundles by name; each was verified as it is now."""
    defaults = (bench.settings.segmenter, bench.settings.classifier)
    found = []
    for name, folder in available_bundles(bench.settings.store).items():
        try:
            said = describe_bundle(folder)
        except BadData as error:
            problem = str(error).replace(str(folder), name)
            found.append(
                Model(
                    name=name,
                    task="segmentation",
                    version="",
                    uses_text=False,
                    trained_on="",
                    labels=[],
                    meaning=None,
                    default=False,
                    problem=problem,
                )
            )
            continue
        found.append(
            Model(
                name=name,
                task=said.task,
                version=said.version,
                uses_text=said.uses_text,
                trained_on=said.training.data,
                labels=said.labels,
                meaning=said.meaning,
                default=name in defaults,
            )
        )
    return found


@router.get("/models/{name}/card", summary="A model's card", responses=responses(404))
def card(bench: TheBench, name: Bundle) -> Card:
    """Return the card as it was written, and as HTML that nothing can hide in."""
    folder = available_bundles(bench.settings.store).get(name)
    if folder is None or not (folder / CARD).is_file():
        raise missing("model", name)
    markdown = (folder / CARD).read_text("utf-8", "replace")
    return Card(name=name, markdown=markdown, html=render_card(markdown))


@router.post("/text/parse", summary="Read a report", responses=responses())
def parse(report: Report) -> Understood:
    """Say what is affirmed, doubted and denied in a text, and what was not understood."""
    return parse_report(report.text)
