from __future__ import annotations

import asyncio

import pytest

from nodulens.serve import events
from nodulens.serve.models import Analysis, Asked, JobState


def at(state: JobState, done: int = 0) -> Analysis:
    return Analysis(
        id="0" * 16, study="1" * 16, created=0, asked=Asked(), state=state, images=1,
        images_done=0, frames=3, frames_done=done, error=None, review="open", review_version=0,
    )  # fmt: skip


def followed(*looks: Analysis) -> list[str]:
    rest = list(looks)

    async def collect() -> list[str]:
        return [event async for event in events.follow(lambda: rest.pop(0), period=0)]

    return asyncio.run(collect())


def test_an_event_for_each_change_and_the_end() -> None:
    sent = followed(at("queued"), at("queued"), at("running", 1), at("running", 1), at("done", 3))
    assert [Analysis.model_validate_json(one.split("data: ")[1]).frames_done for one in sent] == [
        0,
        1,
        3,
    ]
    assert all(one.startswith("event: progress\n") and one.endswith("\n\n") for one in sent)


def test_a_quiet_line_is_kept_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_HEARTBEAT", -1.0)
    assert followed(at("queued"), at("queued"), at("cancelled"))[1].startswith(":")


def test_what_changes_is_looked_at_sooner_than_what_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    looks = [*[at("queued")] * 20, at("running", 1), at("done", 3)]

    async def collect() -> list[str]:
        return [event async for event in events.follow(lambda: looks.pop(0))]

    asyncio.run(collect())
    assert pauses[0] == pauses[20] == events.PERIOD
    assert pauses[19] == max(pauses) == 10 * events.PERIOD
