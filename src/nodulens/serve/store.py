"""Everything that the server keeps: files, and a SQLite beside them.

A file is on the disk, under its final name, before the row that knows it is committed; so what was
answered with success outlives a kill at any moment, and a file without a row is rubbish that the
next start clears away. Rows are only ever added to the histories.

In the folder::

    state.sqlite
    salt                      keeps the hashes of patients from being guessed
    incoming/                 uploads under way
    studies/STUDY/IMAGE       files as they were uploaded
    studies/STUDY/IMAGE.0 …   masks that were uploaded with one
    analyses/ANALYSIS/        pictures of an analysis, as ``nodulens analyze`` lays them out,
                              and corrections/, masks by their SHA-256
    exports/EXPORT/           data sets
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import secrets
import shutil
import sqlite3
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from nodulens.database import alone, open_database
from nodulens.errors import NodulensError
from nodulens.files import flush, write_bytes
from nodulens.serve.models import (
    Analysis,
    Asked,
    FrameState,
    Image,
    JobState,
    Recorded,
    Study,
    UserAttributes,
)
from nodulens.serve.problems import Refusal, missing
from nodulens.serve.tables import make_tables

IMPORT = "import"
"""Action and tool of the change that takes over outlines that came with an image."""
_FOLDERS = ("incoming", "studies", "analyses", "exports")


@dataclass(frozen=True)
class Drawing:
    """What a person outlined, elsewhere or before, in an image of one frame.

    Attributes:
        mask: a PNG of the frame's size, one nodule or several.
        said: of all of them.
    """

    mask: Path
    said: UserAttributes


@dataclass(frozen=True)
class NewImage:
    """A file that is in ``incoming`` and was looked at.

    Attributes:
        path: where it is.
        name, sha256, bytes, dicom, frames, width, height: as of
            :class:`~nodulens.serve.models.Image`.
        patient: what its patient is called here, a hash; None where the file does not say.
        mm_per_px: what the data set that it comes from says; None where the file itself says it.
        drawings: outlines that came with it.
    """

    path: Path
    name: str
    sha256: str
    bytes: int
    dicom: bool
    frames: int
    width: int
    height: int
    patient: str | None
    mm_per_px: float | None = None
    drawings: tuple[Drawing, ...] = ()


@dataclass(frozen=True)
class SavedReport:
    """An edited report; ``text`` is None where it is to be generated again."""

    version: int
    at: float
    text: str | None


class Store:
    """What the server keeps; every method may be called from any thread.

    Args:
        folder: made if need be, readable by its owner alone: it holds pictures of patients.

    Raises:
        NodulensError: the folder cannot be used, or is of another version.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.RLock()
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for name in _FOLDERS:
                (folder / name).mkdir(mode=0o700, exist_ok=True)
            self._base = open_database(folder / "state.sqlite")
            self._base.execute("PRAGMA foreign_keys = ON")
            make_tables(self._base, folder)
        except (OSError, sqlite3.Error) as error:
            raise NodulensError(
                f"{folder}: cannot hold the server's data ({error}); give a folder of its own on a "
                "local disk that can be written"
            ) from error

    @cached_property
    def salt(self) -> bytes:
        """What keeps hashes of patients from being guessed; made once for the folder."""
        path = self.folder / "salt"
        if not path.is_file():
            write_bytes(path, secrets.token_bytes(32))
            path.chmod(0o600)
        return path.read_bytes()

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._base.close()

    def alone(self) -> contextlib.AbstractContextManager[None]:
        """Be the only server of this folder while the block runs; a kill ends that, too.

        Raises:
            NodulensError: another one runs.
        """
        return alone(self.folder, "another server works there; stop it, or give another --data")

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._base.execute("BEGIN IMMEDIATE")
            try:
                yield self._base
            except BaseException:
                self._base.execute("ROLLBACK")
                raise
            self._base.execute("COMMIT")

    def _all(self, query: str, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
        with self._lock:
            return self._base.execute(query, values).fetchall()

    def _one(self, query: str, values: Sequence[object] = ()) -> tuple[object, ...] | None:
        with self._lock:
            row: tuple[object, ...] | None = self._base.execute(query, values).fetchone()
            return row

    def recover(self) -> None:
        """Clear away what a kill has left, and queue again what was being analyzed."""
        with self._writing() as base:
            base.execute("UPDATE analyses SET state = 'queued' WHERE state = 'running'")
        shutil.rmtree(self.folder / "incoming")
        (self.folder / "incoming").mkdir(mode=0o700)
        for name in ("studies", "analyses", "exports"):
            known = {row[0] for row in self._all(f"SELECT id FROM {name}")}
            for path in (self.folder / name).iterdir():
                if path.name not in known:
                    shutil.rmtree(path, ignore_errors=True)

    def incoming(self) -> Path:
        """Return a new empty folder for an upload; whoever asked for it removes it."""
        path = self.folder / "incoming" / new_id()
        path.mkdir(mode=0o700)
        return path

    def add_study(self, name: str, images: Sequence[NewImage], asked: Asked | None) -> str:
        """Keep the files of an upload, and queue an analysis of them if one is asked for.

        Returns:
            The study's id; when this returns, all is on the disk.
        """
        study = new_id()
        folder = self.folder / "studies" / study
        folder.mkdir(mode=0o700)
        rows, drawings = [], []
        try:
            for place, image in enumerate(images):
                identity = new_id()
                image.path.replace(folder / identity)
                rows.append(
                    (identity, study, place, image.name, image.sha256, image.bytes, image.dicom,
                     image.frames, image.width, image.height, image.patient, image.mm_per_px)
                )  # fmt: skip
                for number, drawing in enumerate(image.drawings):
                    drawing.mask.replace(folder / f"{identity}.{number}")
                    drawings.append((identity, number, drawing.said.model_dump_json()))
            flush(folder)
            flush(folder.parent)
            with self._writing() as base:
                base.execute(
                    "INSERT INTO studies (id, name, created) VALUES (?, ?, ?)",
                    [study, name, time.time()],
                )
                base.executemany(f"INSERT INTO images VALUES ({', '.join('?' * 12)})", rows)
                base.executemany("INSERT INTO drawings VALUES (?, ?, ?)", drawings)
                if asked is not None:
                    self._queue(base, study, asked)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return study

    def studies(self, offset: int, limit: int) -> tuple[list[Study], int]:
        """Return some studies, the newest first, and the number of all."""
        with self._lock:
            ids = self._all(
                "SELECT id FROM studies ORDER BY number DESC LIMIT ? OFFSET ?", [limit, offset]
            )
            total = self._one("SELECT count(*) FROM studies")
            assert total is not None
            return [self.study(str(row[0])) for row in ids], int(str(total[0]))

    def study(self, study: str) -> Study:
        """Return a study with its images and analyses; a 404 if there is none."""
        with self._lock:
            row = self._one("SELECT name, created FROM studies WHERE id = ?", [study])
            if row is None:
                raise missing("study", study)
            analyses = self._all(
                "SELECT id FROM analyses WHERE study = ? ORDER BY number DESC", [study]
            )
            return Study(
                id=study,
                name=row[0],
                created=row[1],
                images=self.images(study),
                analyses=[self.analysis(str(one[0])) for one in analyses],
            )

    def delete_study(self, study: str) -> None:
        """Forget a study, its files and all about it."""
        with self._lock:
            analyses = [one.id for one in self.study(study).analyses]
            with self._writing() as base:
                base.execute("DELETE FROM studies WHERE id = ?", [study])
            for one in analyses:
                shutil.rmtree(self.pictures(one), ignore_errors=True)
            shutil.rmtree(self.folder / "studies" / study, ignore_errors=True)

    def images(self, study: str) -> list[Image]:
        """Return the images of a study in the order of the upload."""
        rows = self._all(
            "SELECT id, name, sha256, bytes, dicom, frames, width, height FROM images "
            "WHERE study = ? ORDER BY place",
            [study],
        )
        return [_image(row) for row in rows]

    def image(self, image: str) -> tuple[Image, str]:
        """Return an image and its study's id; a 404 if there is none."""
        row = self._one(
            "SELECT id, name, sha256, bytes, dicom, frames, width, height, study FROM images "
            "WHERE id = ?",
            [image],
        )
        if row is None:
            raise missing("image", image)
        return _image(row[:8]), str(row[8])

    def patient(self, image: str) -> str | None:
        """Return what the patient of an image is called here; None if nobody knows."""
        row = self._one("SELECT patient FROM images WHERE id = ?", [image])
        return None if row is None or row[0] is None else str(row[0])

    def mm_per_px(self, image: str) -> float | None:
        """Return what the data set that an image comes from says of its scale."""
        row = self._one("SELECT mm_per_px FROM images WHERE id = ?", [image])
        return None if row is None or row[0] is None else float(str(row[0]))

    def drawings(self, image: str) -> list[Drawing]:
        """Return the outlines that came with an image, unless they were taken over already.

        They are taken over by the first analysis of the image, as a change ``import``.
        """
        taken = self._one(
            "SELECT 1 FROM changes c JOIN analyses a ON a.id = c.analysis WHERE c.image = ? "
            "AND c.action = ? AND a.state NOT IN ('cancelled', 'failed') LIMIT 1",
            [image, IMPORT],
        )
        if taken is not None:
            return []
        rows = self._all("SELECT place, said FROM drawings WHERE image = ? ORDER BY place", [image])
        path = self.path(image) if rows else Path()
        return [
            Drawing(path.with_name(f"{image}.{row[0]}"), UserAttributes.model_validate_json(row[1]))  # type: ignore[arg-type]
            for row in rows
        ]

    def path(self, image: str) -> Path:
        """Return where the file of an image is."""
        return self.folder / "studies" / self.image(image)[1] / image

    def pictures(self, analysis: str) -> Path:
        """Return the folder of an analysis's pictures."""
        return self.folder / "analyses" / analysis

    def add_analysis(self, study: str, asked: Asked) -> str:
        """Queue an analysis of a study and return its id."""
        with self._writing() as base:
            self.study(study)
            return self._queue(base, study, asked)

    @staticmethod
    def _queue(base: sqlite3.Connection, study: str, asked: Asked) -> str:
        analysis = new_id()
        base.execute(
            "INSERT INTO analyses (id, study, created, asked) VALUES (?, ?, ?, ?)",
            [analysis, study, time.time(), asked.model_dump_json()],
        )
        return analysis

    def analysis(self, analysis: str) -> Analysis:
        """Return an analysis; a 404 if there is none."""
        with self._lock:
            row = self._one(
                "SELECT study, created, asked, state, error, review, review_version FROM analyses "
                "WHERE id = ?",
                [analysis],
            )
            if row is None:
                raise missing("analysis", analysis)
            asked = Asked.model_validate_json(str(row[2]))
            images = self.images(str(row[0]))
            done = self._one(
                "SELECT count(DISTINCT image), count(*) FROM findings WHERE analysis = ?",
                [analysis],
            )
            assert done is not None
            return Analysis(
                id=analysis,
                study=row[0],
                created=row[1],
                asked=asked,
                state=row[3],
                images=len(images),
                images_done=done[0],
                frames=sum(analyzed_frames(one, asked.every) for one in images),
                frames_done=done[1],
                error=row[4],
                review=row[5],
                review_version=row[6],
            )

    def next_queued(self) -> str | None:
        """Return the id of the analysis that has waited longest; None if none waits."""
        row = self._one("SELECT id FROM analyses WHERE state = 'queued' ORDER BY number LIMIT 1")
        return None if row is None else str(row[0])

    def waiting(self) -> int:
        """Count the analyses that are queued or running."""
        row = self._one("SELECT count(*) FROM analyses WHERE state IN ('queued', 'running')")
        assert row is not None
        return int(str(row[0]))

    def move(
        self, analysis: str, before: Collection[JobState], state: JobState, error: str | None = None
    ) -> bool:
        """Put an analysis into another state, if it is in one of those before; tell whether."""
        marks = ", ".join("?" * len(before))
        with self._writing() as base:
            return bool(
                base.execute(
                    f"UPDATE analyses SET state = ?, error = ? WHERE id = ? AND state IN ({marks})",
                    [state, error, analysis, *before],
                ).rowcount
            )

    def analyzed(self, analysis: str) -> set[str]:
        """Return the ids of the images of which there are findings."""
        rows = self._all("SELECT DISTINCT image FROM findings WHERE analysis = ?", [analysis])
        return {str(row[0]) for row in rows}

    def add_findings(self, analysis: str, image: str, lines: Sequence[tuple[int, str]]) -> bool:
        """Keep all findings of an image: number of the frame, line of JSON.

        Returns:
            Whether it was kept; not if the analysis was deleted or cancelled meanwhile.
        """
        with self._writing() as base:
            state = base.execute("SELECT state FROM analyses WHERE id = ?", [analysis]).fetchone()
            if state != ("running",):
                return False
            base.executemany(
                "INSERT OR REPLACE INTO findings VALUES (?, ?, ?, ?)",
                [(analysis, image, frame, line) for frame, line in lines],
            )
            return True

    def findings(self, analysis: str, image: str | None = None) -> list[tuple[str, int, str]]:
        """Return image, frame and line of JSON of the findings as the models said them.

        In the order of the upload; of one image alone, if it is named.
        """
        rows = self._all(
            "SELECT f.image, f.frame, f.line FROM findings f JOIN images i ON i.id = f.image "
            "WHERE f.analysis = ? AND (? IS NULL OR f.image = ?) ORDER BY i.place, f.frame",
            [analysis, image, image],
        )
        return [(str(row[0]), int(str(row[1])), str(row[2])) for row in rows]

    def finding(self, analysis: str, image: str, frame: int) -> str:
        """Return the line of JSON of a frame as the models said it; a 404 that says why not."""
        row = self._one(
            "SELECT line FROM findings WHERE analysis = ? AND image = ? AND frame = ?",
            [analysis, image, frame],
        )
        if row is None:
            raise self._without_finding(self.analysis(analysis), self.image(image)[0], frame)
        return str(row[0])

    @staticmethod
    def _without_finding(analysis: Analysis, image: Image, frame: int) -> Refusal:
        """Say why there is no finding about a frame; people count frames from 1."""
        which, every = f"frame {frame + 1} of {image.name}", analysis.asked.every
        if frame >= image.frames:
            return Refusal(
                404, f"there is no {which}", f"it has {image.frames}; count them from 0 here"
            )
        if image.dicom and frame % every:
            return Refusal(
                404,
                f"{which} was left out on purpose: one frame in {every} is analyzed",
                f"take frame {frame - frame % every + 1}, or analyze again with all frames",
            )
        todo = "start another analysis"
        if analysis.state in ("queued", "running"):
            todo = "wait until the analysis is done"
        return Refusal(404, f"{which} was not analyzed", todo)

    def change(self, analysis: str, image: str, frame: int, version: int | None) -> str | None:
        """Return a version of a frame as JSON, the newest if None; None where there is none."""
        row = self._one(
            "SELECT state FROM changes WHERE analysis = ? AND image = ? AND frame = ? "
            "AND (? IS NULL OR version = ?) ORDER BY version DESC LIMIT 1",
            [analysis, image, frame, version, version],
        )
        return None if row is None else str(row[0])

    def changed(self, analysis: str) -> set[tuple[str, int]]:
        """Return image and frame of all that was changed."""
        rows = self._all("SELECT DISTINCT image, frame FROM changes WHERE analysis = ?", [analysis])
        return {(str(row[0]), int(str(row[1]))) for row in rows}

    def last_change(self, analysis: str) -> float:
        """Return when the last change of an analysis was made; 0 where there is none."""
        row = self._one("SELECT max(at) FROM changes WHERE analysis = ?", [analysis])
        return 0.0 if row is None or row[0] is None else float(str(row[0]))

    def history(self, analysis: str, image: str, frame: int) -> list[Recorded]:
        """Return the changes of a frame, the oldest first."""
        rows = self._all(
            "SELECT version, at, action, nodule, tool, author, restored, "
            # It stands in the version that it made; a column of its own could contradict it.
            "CASE action WHEN 'judge' THEN "
            "json_extract(state, '$.by_user.\"' || nodule || '\".verdict') END FROM changes "
            "WHERE analysis = ? AND image = ? AND frame = ? ORDER BY version",
            [analysis, image, frame],
        )
        names = list(Recorded.model_fields)
        return [Recorded(**dict(zip(names, row, strict=True))) for row in rows]

    def add_change(
        self, analysis: str, image: str, frame: int, state: FrameState, record: Recorded
    ) -> None:
        """Add a version to a frame; the analysis is then open for review again.

        Raises:
            Refusal: a 409, for another one came before; a 404 if there is no such analysis.
        """
        with self._writing() as base:
            # It may have been deleted while this was measured.
            self.analysis(analysis)
            (newest,) = base.execute(
                "SELECT coalesce(max(version), 0) FROM changes "
                "WHERE analysis = ? AND image = ? AND frame = ?",
                [analysis, image, frame],
            ).fetchone()
            if newest != record.version - 1:
                raise stale(newest, record.version - 1)
            recorded = record.model_dump(exclude={"verdict"}).values()
            base.execute(
                f"INSERT INTO changes VALUES ({', '.join('?' * 11)})",
                [analysis, image, frame, *recorded, state.model_dump_json()],
            )
            base.execute(
                "UPDATE analyses SET review = 'open', review_version = review_version + 1 "
                "WHERE id = ? AND review != 'open'",
                [analysis],
            )

    def add_review(self, analysis: str, base_version: int, review: str, author: str | None) -> None:
        """Accept, reject or reopen an analysis.

        Raises:
            Refusal: a 409, for it was reviewed or corrected meanwhile.
        """
        with self._writing() as base:
            known = self.analysis(analysis)
            if known.review_version != base_version:
                raise stale(known.review_version, base_version)
            base.execute(
                "UPDATE analyses SET review = ?, review_version = ? WHERE id = ?",
                [review, base_version + 1, analysis],
            )
            base.execute(
                "INSERT INTO reviews VALUES (?, ?, ?, ?, ?)",
                [analysis, base_version + 1, time.time(), author, review],
            )

    def accepted(self) -> list[str]:
        """Return the ids of all accepted analyses, the oldest first."""
        rows = self._all("SELECT id FROM analyses WHERE review = 'accepted' ORDER BY number")
        return [str(row[0]) for row in rows]

    def report(self, analysis: str) -> SavedReport:
        """Return the newest edited report; version 0 without text where there is none."""
        row = self._one(
            "SELECT version, at, text FROM reports WHERE analysis = ? "
            "ORDER BY version DESC LIMIT 1",
            [analysis],
        )
        if row is None:
            return SavedReport(0, 0.0, None)
        return SavedReport(
            int(str(row[0])), float(str(row[1])), None if row[2] is None else str(row[2])
        )

    def add_report(
        self, analysis: str, base_version: int, text: str | None, author: str | None
    ) -> None:
        """Keep an edited report; earlier ones stay.

        Raises:
            Refusal: a 409, for another one came before.
        """
        with self._writing() as base:
            self.analysis(analysis)
            newest = self.report(analysis).version
            if newest != base_version:
                raise stale(newest, base_version)
            base.execute(
                "INSERT INTO reports VALUES (?, ?, ?, ?, ?)",
                [analysis, newest + 1, time.time(), author, text],
            )

    def add_export(self, export: str, images: int, masks: int, left_out: Sequence[str]) -> None:
        """Record a data set that is whole in its folder."""
        with self._writing() as base:
            base.execute(
                "INSERT INTO exports VALUES (?, ?, ?, ?, ?)",
                [export, time.time(), images, masks, "\n".join(left_out)],
            )

    def export(self, export: str) -> tuple[float, int, int, list[str]]:
        """Return when a data set was made, its images, its masks, and what was left out."""
        row = self._one(
            "SELECT created, images, masks, left_out FROM exports WHERE id = ?", [export]
        )
        if row is None:
            raise missing("export", export)
        left_out = str(row[3])
        return (
            float(str(row[0])), int(str(row[1])), int(str(row[2])),
            left_out.split("\n") if left_out else [],
        )  # fmt: skip


def analyzed_frames(image: Image, every: int) -> int:
    """Return how many frames of an image an analysis looks at; pages of a TIFF are no cine."""
    return -(-image.frames // every) if image.dicom else image.frames


def hashed(patient: str, salt: bytes) -> str:
    """Return what a patient is called here: the same for the same ID, and tells nobody it."""
    return "p" + hmac.new(salt, patient.encode(), hashlib.sha256).hexdigest()[:16]


def new_id() -> str:
    """Return a name that nobody can guess: 16 hexadecimal digits."""
    return secrets.token_hex(8)


def stale(newest: int, base: int) -> Refusal:
    """Return the refusal of a change of what is no longer the newest version."""
    return Refusal(
        409,
        f"version {newest} is the newest, and this is a change of version {base}: somebody else "
        "was faster",
        f"load version {newest}, look whether the change is still wanted, and send it with base "
        f"{newest}",
    )


def _image(row: tuple[object, ...]) -> Image:
    names = ("id", "name", "sha256", "bytes", "dicom", "frames", "width", "height")
    return Image(**dict(zip(names, row, strict=True)))
