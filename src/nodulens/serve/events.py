"""Progress as server-sent events (WHATWG HTML, 9.2)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable

from starlette.concurrency import run_in_threadpool

from nodulens.serve.models import Analysis

PERIOD = 0.05
"""Seconds from a change to the next look: somebody may be waiting for the very next one."""
_SLOWER, _SLOWEST = 1.2, 10
"""Each further look comes so much later, up to so many periods."""
_HEARTBEAT = 15.0
"""Seconds after which something is sent, or proxies take the line for dead."""
_FINAL = ("done", "failed", "cancelled")


async def follow(look: Callable[[], Analysis], period: float = PERIOD) -> AsyncIterator[str]:
    """Yield an event ``progress`` whenever an analysis has changed, the last when it is over.

    Args:
        look: returns the analysis as it is now; may wait for the disk.
        period: seconds from a change to the next look.
    """
    before = None
    pause = period
    sent = time.monotonic()
    while True:
        now = await run_in_threadpool(look)
        if now != before:
            yield f"event: progress\ndata: {now.model_dump_json()}\n\n"
            before, sent, pause = now, time.monotonic(), period
        elif time.monotonic() - sent > _HEARTBEAT:
            yield ": still here\n\n"
            sent = time.monotonic()
        if now.state in _FINAL:
            return
        await asyncio.sleep(pause)
        pause = min(_SLOWER * pause, _SLOWEST * period)
