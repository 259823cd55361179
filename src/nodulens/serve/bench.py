"""The workbench: what all answers are made from, and what several of them do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request

from nodulens.errors import BadData, NodulensError
from nodulens.finding import Finding
from nodulens.runtime.bundle import Description, load_bundle
from nodulens.runtime.store import available_bundles
from nodulens.serve.jobs import Runner, models_of
from nodulens.serve.models import Analysis, Asked, FrameState, Image, Study
from nodulens.serve.problems import Refusal, missing
from nodulens.serve.settings import Settings
from nodulens.serve.store import Store
from nodulens.serve.worker import Caller

LOOK_SECONDS = 30.0
"""Longest time of what somebody waits for before a picture."""
HEAT_SECONDS = 120.0


@dataclass
class Bench:
    """What the server works with.

    Attributes:
        settings: how it works.
        store: what it keeps.
        runner: what it analyzes.
        worker: what it asks when somebody waits for the answer.
        explainer: likewise, for what takes many seconds and must not hold the others up.
    """

    settings: Settings
    store: Store
    runner: Runner
    worker: Caller
    explainer: Caller

    def ask(self, image: Image, task: str, *args: Any) -> Any:
        """Have the worker do something with an image; failures name it as the user does."""
        return self._call(self.worker, LOOK_SECONDS, image, task, args)

    def ask_long(self, image: Image, task: str, *args: Any) -> Any:
        """Have the explainer do it."""
        return self._call(self.explainer, HEAT_SECONDS, image, task, args)

    def _call(
        self, worker: Caller, seconds: float, image: Image, task: str, args: Sequence[Any]
    ) -> Any:
        path = self.store.path(image.id)
        with_path = [path if one is image else one for one in args]
        try:
            return worker.call(task, *with_path, seconds=seconds)
        except Refusal:
            raise
        except NodulensError as error:
            raise named(error, path, image.name) from error

    def settled(self, asked: Asked) -> Asked:
        """Return a wish with the names of models that are used for it.

        Raises:
            Refusal: a bundle is not there, or for another task.
        """
        segmenter = asked.segmenter or self.settings.segmenter
        classifier = asked.classifier or self.settings.classifier or "none"
        self.bundle(segmenter, "segmentation")
        if classifier != "none":
            self.bundle(classifier, "classification")
        return asked.model_copy(update={"segmenter": segmenter, "classifier": classifier})

    def bundle(self, name: str, task: str) -> Description:
        """Return the description of an installed bundle; a path is no name here."""
        known = available_bundles(self.settings.store)
        if (folder := known.get(name)) is None:
            raise Refusal(
                422,
                f"there is no model {name}",
                f"take one of {', '.join(known)}, as /api/models lists them; "
                "`nodulens weights import` installs others",
            )
        try:
            description = describe_bundle(folder)
        except BadData as error:
            raise Refusal(
                422, f"the model {name} cannot be used ({error})", "take another one"
            ) from error
        if description.task != task:
            raise Refusal(422, f"{name} is a model for {description.task}", f"take one for {task}")
        return description

    def queue(self, study: str, asked: Asked) -> Analysis:
        """Queue an analysis of a study."""
        settled = self.settled(asked)
        self.check_room()
        analysis = self.store.add_analysis(study, settled)
        self.runner.wake()
        return self.store.analysis(analysis)

    def check_room(self) -> None:
        """Refuse more work while too much waits."""
        if self.store.waiting() >= self.settings.queued:
            raise Refusal(
                429, f"{self.settings.queued} analyses wait already", "try again when some are done"
            )

    def study(self, study: str) -> Study:
        """Return a study with its analyses as they are now."""
        return self.live(self.store.study(study))

    def live(self, found: Study) -> Study:
        """Return a study with the progress of its analyses."""
        analyses = [self.runner.watched(one.id) for one in found.analyses]
        return found.model_copy(update={"analyses": analyses})

    def place(self, analysis: str, image: str) -> tuple[Analysis, Image]:
        """Return an analysis and an image of its study; a 404 if they do not go together."""
        known = self.store.analysis(analysis)
        found, study = self.store.image(image)
        if study != known.study:
            raise missing("image of this study called", image)
        return known, found

    def state(
        self, analysis: str, image: str, frame: int, version: int | None = None
    ) -> FrameState:
        """Return a frame as it stands, or as it stood at a version."""
        line = self.store.finding(analysis, image, frame)
        saved = None if version == 0 else self.store.change(analysis, image, frame, version)
        if saved is not None:
            return FrameState.model_validate_json(saved)
        if version:
            raise missing("version", version)
        return FrameState(version=0, finding=Finding.from_json_line(line), by_user={})

    def good_state(self, analysis: str, image: str, frame: int) -> FrameState:
        """Return a frame as it stands; a 409 if it could not be analyzed."""
        state = self.state(analysis, image, frame)
        if state.finding.error is not None:
            raise Refusal(
                409, f"this frame has no result ({state.finding.error})", "upload a better file"
            )
        return state

    def picture(self, analysis: str, name: str | None) -> Path:
        """Return where a picture of an analysis is; a 404 where there is none."""
        if name is None or not (path := self.store.pictures(analysis) / name).is_file():
            raise missing("picture of that kind", "for this frame")
        return path

    def models(self, asked: Asked, image: Image) -> Any:
        """Return the models of an analysis, for a worker that looks at an image."""
        return models_of(asked, self.settings, self.store.mm_per_px(image.id))


def describe_bundle(folder: Path) -> Description:
    """Return the description of a bundle that is whole.

    Its files are verified when they are new or have changed, which takes some 40 ms, and not for
    each request; whoever loads the model verifies it anyway.

    Raises:
        BadData: it cannot be used.
    """
    stats = [(path.name, path.stat()) for path in sorted(folder.iterdir())]
    return _verified(folder, tuple((name, one.st_mtime_ns, one.st_size) for name, one in stats))


@lru_cache(64)
def _verified(folder: Path, files: tuple[tuple[str, int, int], ...]) -> Description:
    return load_bundle(folder).description


def nodule_of(state: FrameState, number: int) -> Any:
    """Return a nodule of a frame by its number; a 404 if there is none."""
    for nodule in state.finding.nodules:
        if nodule.id == number:
            return nodule
    numbers = ", ".join(str(one.id) for one in state.finding.nodules) or "none"
    raise Refusal(404, f"this frame has no nodule {number}", f"it has {numbers}; load it again")


def named(error: Exception, path: Path, name: str) -> NodulensError:
    """Return an error that names a file as the user does, never where it lies here."""
    return NodulensError(str(error).replace(str(path), name))


def bench_of(request: Request) -> Bench:
    """Return the workbench of the application that a request came to."""
    bench: Bench = request.app.state.bench
    return bench


TheBench = Annotated[Bench, Depends(bench_of)]
"""A parameter of this kind is the workbench."""
