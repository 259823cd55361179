"""Independent pieces of work, one after another or several at a time."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Job:
    """A call that can be made in another process.

    Attributes:
        name: as it is reported.
        call: a module's own function.
        arguments: of it; plain data and paths.
    """

    name: str
    call: Callable[..., Any]
    arguments: tuple[Any, ...]


def run_jobs(jobs: Sequence[Job], workers: int = 1) -> Iterator[str]:
    """Make the calls and yield the name of each job as it is done.

    The first failure is raised, with no further job begun; what was done stays done.

    Args:
        jobs: in the order in which they are begun.
        workers: processes; with one, the jobs run in this one.
    """
    if workers == 1 or len(jobs) < 2:
        for job in jobs:
            job.call(*job.arguments)
            yield job.name
        return
    threads = max(1, (os.cpu_count() or 1) // workers)
    # Spawned, not forked: torch's threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        min(workers, len(jobs)), context, initializer=_begin, initargs=(threads,)
    ) as pool:
        names = {pool.submit(job.call, *job.arguments): job.name for job in jobs}
        try:
            for done in as_completed(names):
                done.result()
                yield names[done]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _begin(threads: int) -> None:
    import torch

    torch.set_num_threads(threads)
