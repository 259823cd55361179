"""SQLite databases that hold a program's state: durable, of one process at a time."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from nodulens.errors import NodulensError

_WAIT = 30.0
"""Seconds that one who writes waits for another."""


def open_database(path: Path) -> sqlite3.Connection:
    """Open a database, or make it; each statement is a transaction unless one is begun.

    What was committed outlives a power cut. The connection may be used by several threads, one at
    a time.

    Raises:
        sqlite3.Error: it is none, cannot be written, or somebody wrote to it for half a minute.
    """
    base = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=_WAIT)
    try:
        _write_ahead(base)
        # Flushed at every commit: what was answered with success must outlive a power cut.
        base.execute("PRAGMA synchronous = FULL")
    except sqlite3.Error:
        base.close()
        raise
    return base


@contextlib.contextmanager
def alone(folder: Path, refusal: str) -> Iterator[None]:
    """Be the only one to work in a folder while the block runs; a kill ends that, too.

    Args:
        folder: that is worked in.
        refusal: what to say where somebody else is, and what to do.

    Raises:
        NodulensError: somebody else works there.
    """
    # A lock of SQLite's: the same on every system, and gone with its process.
    lock = sqlite3.connect(folder / "lock.sqlite", isolation_level=None, timeout=0)
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        lock.close()
        raise NodulensError(f"{folder}: {refusal}") from error
    try:
        yield
    finally:
        lock.close()


def _write_ahead(base: sqlite3.Connection) -> None:
    """Let one write to a database while others read it; the file remembers it.

    For this alone SQLite does not wait as long as it was told to: of two that open a new database
    at the same moment, as a node and a look at its status may, one is refused at once.
    """
    until = time.monotonic() + _WAIT
    while True:
        try:
            base.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY  # of any kind
            if not busy or time.monotonic() >= until:
                raise
            time.sleep(0.01)
        else:
            return
