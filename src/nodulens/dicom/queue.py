"""What the node has taken in, and where each object of it stands: files, and a SQLite beside them.

An object is *received*, then *analyzed*, then *sent*, then *done*, and each step is on the disk
before it counts, so that a node that was killed goes on where it was. A step that fails is tried
again later, each time a longer while; in the end, or at once where trying again is no use, the
object is a dead letter: it stays in its state and waits for a person.

UIDs stand here as SHA-256 only, enough to know an object again and to keep a study together.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import random
import shutil
import sqlite3
import threading
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nodulens.database import alone, open_database
from nodulens.dicom.intake import Identity
from nodulens.errors import NodulensError
from nodulens.files import flush, replacing

State = Literal["received", "analyzed", "sent", "done"]

RESERVE = 256 * 2**20
"""Bytes of the disk that are left for finishing what was taken in before."""

_VERSION = 1
_TABLES = """
CREATE TABLE objects (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    instance TEXT NOT NULL UNIQUE,
    study TEXT NOT NULL,
    digest TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'received',
    dead INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    due REAL NOT NULL DEFAULT 0,
    error TEXT
);
CREATE INDEX by_state ON objects (state, dead, due);
CREATE TABLE watched (file TEXT PRIMARY KEY, size INTEGER, changed INTEGER, left_out TEXT);
"""
_COLUMNS = "number, study, digest, state, attempts, error"


class OtherContent(NodulensError):
    """An object has the SOP instance UID of another one that was taken in before."""


@dataclass(frozen=True)
class Patience:
    """How often, and after what pauses, a step is tried again.

    Attributes:
        first: seconds of the first pause; each further one is twice as long.
        longest: seconds that no pause exceeds.
        attempts: after so many in vain an object is a dead letter.
    """

    first: float = 5.0
    longest: float = 300.0
    attempts: int = 8

    def pause(self, attempt: int) -> float:
        """Return the seconds to wait after the ``attempt``-th try, from 1.

        Somewhat random, so that what failed together does not come back together.
        """
        longest = min(self.longest, self.first * 2.0 ** min(attempt - 1, 60))
        return longest * random.uniform(0.5, 1.0)


@dataclass(frozen=True)
class Job:
    """An object and where it stands.

    Attributes:
        number: in the order of coming, from 1; the only name of an object that is ever shown.
        study: SHA-256 of its study's UID.
        digest: SHA-256 of its data set.
        attempts: tries of the next step that failed.
        error: of the last of them.
    """

    number: int
    study: str
    digest: str
    state: State
    attempts: int
    error: str | None


@dataclass(frozen=True)
class Counts:
    """How many objects stand where."""

    received: int
    """All that were ever taken in."""
    waiting: int
    done: int
    dead: int


class Queue:
    """The objects of one state folder; every method may be called from any thread.

    Args:
        folder: the state folder, made if need be, readable by its owner alone: it holds pictures
            of patients.
        patience: with steps that fail.

    Raises:
        NodulensError: the folder cannot be used, or holds the queue of another version.
    """

    def __init__(self, folder: Path, patience: Patience | None = None) -> None:
        self.folder = folder
        self.patience = patience or Patience()
        self._lock = threading.RLock()
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for name in ("incoming", "work"):
                (folder / name).mkdir(mode=0o700, exist_ok=True)
            self._base = open_database(folder / "queue.sqlite")
        except (OSError, sqlite3.Error) as error:
            raise _unusable(folder, error) from error
        try:
            self._make_tables()
        except sqlite3.Error as error:
            self._base.close()
            raise _unusable(folder, error) from error

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._base.close()

    def alone(self) -> contextlib.AbstractContextManager[None]:
        """Be the only node of this folder while the block runs; a kill ends that, too.

        Raises:
            NodulensError: another one runs.
        """
        return alone(self.folder, "another node works there; stop it, or give another --state")

    def add(self, identity: Identity, header: bytes, data: bytes | memoryview) -> bool:
        """Take an object in; when this returns, it is on the disk.

        Args:
            identity: of the object.
            header: preamble and file meta information.
            data: the encoded data set.

        Returns:
            Whether it is new. The same again is not kept a second time, also long after it was
            done.

        Raises:
            OtherContent: another object of the same UID was taken in. One that could never be
                analyzed is replaced instead, for instance by a whole copy of a damaged one.
            OSError: it could not be written; ``errno.ENOSPC`` where the disk is full.
        """
        digest = hashlib.sha256(data).hexdigest()
        instance = _hashed(identity.instance)
        # One at a time, so that of two senders of the same object one comes first.
        with self._lock, _full_disk():
            known = self._base.execute(
                "SELECT number, digest, state, dead FROM objects WHERE instance = ?", [instance]
            ).fetchone()
            if known is not None and known[1] == digest:
                return False
            if known is not None and not (known[3] and known[2] == "received"):
                raise OtherContent("another object with the same SOP instance UID was taken before")
            size = len(header) + len(data)
            if shutil.disk_usage(self.folder).free < size + RESERVE:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            path = self._incoming(digest)
            with replacing(path) as stream:
                stream.write(header)
                stream.write(data)
            # The name, too, or a power cut could take it back.
            flush(path.parent)
            if known is None:
                self._base.execute(
                    "INSERT INTO objects (instance, study, digest) VALUES (?, ?, ?)",
                    [instance, _hashed(identity.study), digest],
                )
            else:
                self._base.execute(
                    "UPDATE objects SET digest = ?, study = ?, dead = 0, attempts = 0, due = 0, "
                    "error = NULL WHERE number = ?",
                    [digest, _hashed(identity.study), known[0]],
                )
                self._incoming(known[1]).unlink(missing_ok=True)
        return True

    def next(self, state: State, busy: Collection[int] = ()) -> Job | None:
        """Return the object in a state that came first among those that are due and not busy."""
        now = time.time()
        with self._lock:
            rows = self._base.execute(
                f"SELECT {_COLUMNS} FROM objects WHERE state = ? AND NOT dead "
                # Far in the future only where the clock was wrong.
                "AND (due <= ? OR due > ?) ORDER BY number LIMIT ?",
                [state, now, now + 2 * self.patience.longest, len(busy) + 1],
            ).fetchall()
        return next((Job(*row) for row in rows if row[0] not in busy), None)

    def analyzed_of(self, study: str) -> list[Job]:
        """Return the objects of a study whose results can be sent now, in the order of coming."""
        with self._lock:
            rows = self._base.execute(
                f"SELECT {_COLUMNS} FROM objects WHERE state = 'analyzed' AND NOT dead "
                "AND study = ? AND due <= ? ORDER BY number",
                [study, time.time()],
            ).fetchall()
        return [Job(*row) for row in rows]

    def move(self, job: Job, state: State) -> None:
        """Put an object into another state; earlier failures no longer count."""
        with self._lock:
            self._base.execute(
                "UPDATE objects SET state = ?, attempts = 0, due = 0, error = NULL "
                "WHERE number = ?",
                [state, job.number],
            )

    def fail(self, job: Job, error: str, *, for_good: bool = False) -> bool:
        """Record that the next step failed.

        Args:
            job: the object.
            error: why, in words that hold nothing of the file.
            for_good: trying again is no use.

        Returns:
            Whether the object is now a dead letter.
        """
        attempts = job.attempts + 1
        dead = for_good or attempts >= self.patience.attempts
        with self._lock:
            self._base.execute(
                "UPDATE objects SET dead = ?, attempts = ?, due = ?, error = ? WHERE number = ?",
                [dead, attempts, time.time() + self.patience.pause(attempts), error, job.number],
            )
        return dead

    def note(self, error: str) -> None:
        """Record why no results at all can be sent now; it is no failure of any object."""
        with self._lock:
            self._base.execute(
                "UPDATE objects SET error = ? WHERE state = 'analyzed' AND NOT dead", [error]
            )

    def finish(self, job: Job, *, keep: bool = False) -> None:
        """Delete the files of an object whose results were sent; its row stays, to know it again.

        Args:
            job: the object.
            keep: its files stay, too.
        """
        if not keep:
            shutil.rmtree(self.work(job), ignore_errors=True)
            self.incoming(job).unlink(missing_ok=True)
        self.move(job, "done")

    def recover(self) -> None:
        """Clear away what a kill has left; for the one node of the folder, before it begins.

        Files without a row were never answered with success, and what was being analyzed is
        analyzed again.
        """
        with self._lock:
            rows = self._base.execute("SELECT number, digest, state FROM objects").fetchall()
        wanted = {f"{digest}.dcm" for _, digest, _ in rows}
        results = {str(number) for number, _, state in rows if state != "received"}
        for path in (self.folder / "incoming").iterdir():
            if path.name not in wanted:
                path.unlink()
        for path in (self.folder / "work").iterdir():
            if path.name not in results:
                shutil.rmtree(path, ignore_errors=True)

    def counts(self) -> Counts:
        """Count the objects."""
        with self._lock:
            row = self._base.execute(
                "SELECT count(*), total(state != 'done' AND NOT dead), total(state = 'done'), "
                "total(dead) FROM objects"
            ).fetchone()
        return Counts(*map(int, row))

    def states(self) -> dict[State, int]:
        """Count the objects that are no dead letters, by state."""
        with self._lock:
            rows = self._base.execute(
                "SELECT state, count(*) FROM objects WHERE NOT dead GROUP BY state"
            ).fetchall()
        found: dict[State, int] = {"received": 0, "analyzed": 0, "sent": 0, "done": 0}
        return found | dict(rows)

    def dead(self) -> list[Job]:
        """Return the dead letters, in the order of coming."""
        with self._lock:
            rows = self._base.execute(
                f"SELECT {_COLUMNS} FROM objects WHERE dead ORDER BY number"
            ).fetchall()
        return [Job(*row) for row in rows]

    def delayed(self) -> list[Job]:
        """Return the objects of which a step failed and is tried again, in the order of coming."""
        with self._lock:
            rows = self._base.execute(
                f"SELECT {_COLUMNS} FROM objects WHERE error IS NOT NULL AND NOT dead "
                "ORDER BY number"
            ).fetchall()
        return [Job(*row) for row in rows]

    def revive(self) -> int:
        """Give every dead letter a new chance in its state; return how many there were."""
        with self._lock:
            return self._base.execute(
                "UPDATE objects SET dead = 0, attempts = 0, due = 0, error = NULL WHERE dead"
            ).rowcount

    def incoming(self, job: Job) -> Path:
        """Return the path of an object."""
        return self._incoming(job.digest)

    def work(self, job: Job) -> Path:
        """Return the results folder of an object."""
        return self.folder / "work" / str(job.number)

    def seen(self, path: Path) -> tuple[int, int] | None:
        """Return size and time of change of a watched file when it was last dealt with."""
        with self._lock:
            row = self._base.execute(
                "SELECT size, changed FROM watched WHERE file = ?", [_hashed(os.fspath(path))]
            ).fetchone()
        return None if row is None else (row[0], row[1])

    def see(self, path: Path, size: int, changed: int, left_out: str | None) -> None:
        """Record that a watched file was dealt with.

        Args:
            path: of the file; recorded as its SHA-256, since names may be of patients.
            size: in bytes.
            changed: time in nanoseconds.
            left_out: why it was not taken in; None where it was.
        """
        with self._lock:
            self._base.execute(
                "INSERT OR REPLACE INTO watched VALUES (?, ?, ?, ?)",
                [_hashed(os.fspath(path)), size, changed, left_out],
            )

    def left_out(self) -> dict[str, int]:
        """Count the watched files that were not taken in, by reason."""
        with self._lock:
            return dict(
                self._base.execute(
                    "SELECT left_out, count(*) FROM watched WHERE left_out IS NOT NULL "
                    "GROUP BY left_out ORDER BY left_out"
                ).fetchall()
            )

    def _incoming(self, digest: str) -> Path:
        return self.folder / "incoming" / f"{digest}.dcm"

    def _make_tables(self) -> None:
        self._base.execute("BEGIN IMMEDIATE")
        version = self._base.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            for statement in filter(str.strip, _TABLES.split(";")):
                self._base.execute(statement)
            self._base.execute(f"PRAGMA user_version = {_VERSION}")
        self._base.execute("COMMIT")
        if version not in (0, _VERSION):
            self._base.close()
            raise NodulensError(
                f"{self.folder}: holds the queue of another version of Nodulens; finish it with "
                "that one, or give another folder"
            )


def _unusable(folder: Path, error: OSError | sqlite3.Error) -> NodulensError:
    return NodulensError(
        f"{folder}: cannot hold the node's state ({error}); give a folder of its own on a local "
        "disk that can be written"
    )


def _hashed(text: str) -> str:
    return hashlib.sha256(os.fsencode(text)).hexdigest()


@contextlib.contextmanager
def _full_disk() -> Iterator[None]:
    """Let SQLite say that the disk is full as the system does."""
    try:
        yield
    except sqlite3.OperationalError as error:
        full = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        number = errno.ENOSPC if full else errno.EIO
        raise OSError(number, os.strerror(number)) from error
