"""What many tests share is made once, by whichever of pytest-xdist's processes needs it first."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

_PATIENCE = 900.0
"""Seconds that a process waits for another one which makes the same."""


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return a folder that all processes of this run of the tests share.

    Args:
        factory: pytest's.
        name: of the folder.
        make: fills it; called in one process, and again in the next one if it fails.
    """
    base = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:  # whose own folder is in that of the whole run
        base = base.parent
    folder, done = base / "shared" / name, base / "shared" / f"{name}.done"
    folder.parent.mkdir(exist_ok=True)
    # A lock of SQLite's: the same on every system, and gone with its process.
    with contextlib.closing(
        sqlite3.connect(base / "shared" / f"{name}.lock", isolation_level=None, timeout=_PATIENCE)
    ) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            done.touch()
    return folder
