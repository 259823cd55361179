"""The application: rooms of answers behind one guard, and what works behind them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

import nodulens
from nodulens.errors import NodulensError
from nodulens.finding import NOTICE
from nodulens.serve.bench import Bench
from nodulens.serve.imports import take_over
from nodulens.serve.jobs import LOG, Runner, models_of
from nodulens.serve.models import Asked, Image
from nodulens.serve.page import add_page
from nodulens.serve.problems import answer_problems
from nodulens.serve.routes import about, analyses, corrections, results, samples, studies
from nodulens.serve.security import Guard
from nodulens.serve.settings import Settings
from nodulens.serve.store import Store
from nodulens.serve.worker import Caller, Worker


def create_app(
    settings: Settings,
    store: Store,
    *,
    asked: Caller | None = None,
    analyzing: Caller | None = None,
    explaining: Caller | None = None,
) -> FastAPI:
    """Build the server.

    Args:
        settings: how it works.
        store: what it keeps; nobody else may use its folder meanwhile.
        asked: carries out what somebody waits for; a process of its own if None.
        analyzing: carries out analyses; another one if None.
        explaining: carries out what takes long though somebody waits for it; a third one if None,
            which is started when it is first needed.

    Raises:
        Refusal: a model that the settings name is not there.
        NodulensError: the address of the DICOMweb server is none.
    """
    if settings.stow is not None:
        from nodulens.dicom.send import Stow

        Stow.parse(settings.stow)
    asked = asked or Worker(settings.memory_bytes)
    analyzing = analyzing or Worker(settings.memory_bytes)
    explaining = explaining or Worker(settings.memory_bytes)
    bench = Bench(settings, store, Runner(settings, store, analyzing), asked, explaining)

    def looked(analysis: str, image: Image) -> None:
        try:
            take_over(bench, analysis, image)
        except NodulensError as error:
            # They stay with the image, for the next analysis.
            LOG.warning("analysis %s: outlines of %s not taken over: %s", analysis, image.id, error)

    bench.runner.looked = looked
    usual = models_of(bench.settled(Asked()), settings)

    def warm() -> None:
        """Load the models before anybody waits for them."""
        with ThreadPoolExecutor(2) as pool:
            for _ in pool.map(
                lambda one: one.call("warm", usual, seconds=settings.seconds), (analyzing, asked)
            ):
                pass
        bench.runner.start()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(store.recover)
        await run_in_threadpool(warm)
        yield
        bench.runner.close()
        asked.close()
        explaining.close()

    app = answering(lifespan)
    app.state.bench = bench
    add_page(app)
    app.add_middleware(Guard, settings=settings)
    return app


def answering(lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None) -> FastAPI:
    """Return all operations of the API, described, with nothing behind them yet.

    Args:
        lifespan: what is done before the first request and after the last.
    """
    app = FastAPI(
        title="Nodulens",
        version=nodulens.__version__,
        description=f"Thyroid nodules on ultrasound: upload, analyze, correct, report. {NOTICE}",
        lifespan=lifespan,
        openapi_url="/api/openapi.json",
        # Short names for whoever makes a client from the description.
        generate_unique_id_function=lambda route: "_".join([*map(str, route.tags[:1]), route.name]),
        # Their pages load scripts of other hosts.
        docs_url=None,
        redoc_url=None,
    )
    answer_problems(app)
    for room in (about, samples, studies, analyses, corrections, results):
        app.include_router(room.router)
    return app
