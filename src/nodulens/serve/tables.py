"""Tables of the server's SQLite, and how those of earlier versions become today's."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from nodulens.errors import NodulensError

_STEPS = (
    """
CREATE TABLE studies (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, name TEXT NOT NULL,
    created REAL NOT NULL
);
CREATE TABLE images (
    id TEXT PRIMARY KEY, study TEXT NOT NULL REFERENCES studies (id) ON DELETE CASCADE,
    place INTEGER NOT NULL, name TEXT NOT NULL, sha256 TEXT NOT NULL, bytes INTEGER NOT NULL,
    dicom INTEGER NOT NULL, frames INTEGER NOT NULL, width INTEGER NOT NULL,
    height INTEGER NOT NULL, patient TEXT
);
CREATE INDEX images_of ON images (study, place);
CREATE TABLE analyses (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL,
    study TEXT NOT NULL REFERENCES studies (id) ON DELETE CASCADE, created REAL NOT NULL,
    asked TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'queued', error TEXT,
    review TEXT NOT NULL DEFAULT 'open', review_version INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX analyses_of ON analyses (study);
CREATE INDEX by_state ON analyses (state, number);
CREATE TABLE findings (
    analysis TEXT NOT NULL REFERENCES analyses (id) ON DELETE CASCADE, image TEXT NOT NULL,
    frame INTEGER NOT NULL, line TEXT NOT NULL, PRIMARY KEY (analysis, image, frame)
);
CREATE TABLE changes (
    analysis TEXT NOT NULL REFERENCES analyses (id) ON DELETE CASCADE, image TEXT NOT NULL,
    frame INTEGER NOT NULL, version INTEGER NOT NULL, at REAL NOT NULL, action TEXT NOT NULL,
    nodule INTEGER, tool TEXT NOT NULL, author TEXT, restored INTEGER, state TEXT NOT NULL,
    PRIMARY KEY (analysis, image, frame, version)
);
CREATE TABLE reviews (
    analysis TEXT NOT NULL REFERENCES analyses (id) ON DELETE CASCADE, version INTEGER NOT NULL,
    at REAL NOT NULL, author TEXT, review TEXT NOT NULL, PRIMARY KEY (analysis, version)
);
CREATE TABLE reports (
    analysis TEXT NOT NULL REFERENCES analyses (id) ON DELETE CASCADE, version INTEGER NOT NULL,
    at REAL NOT NULL, author TEXT, text TEXT, PRIMARY KEY (analysis, version)
);
CREATE TABLE exports (
    id TEXT PRIMARY KEY, created REAL NOT NULL, images INTEGER NOT NULL, masks INTEGER NOT NULL,
    left_out TEXT NOT NULL
);
""",
    # Outlines that came with an image, in the order of their masks, and its scale. A wish that
    # had no effect is gone.
    """
CREATE TABLE drawings (
    image TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE, place INTEGER NOT NULL,
    said TEXT NOT NULL, PRIMARY KEY (image, place)
);
ALTER TABLE images ADD COLUMN mm_per_px REAL;
UPDATE analyses SET asked = json_remove(asked, '$.explain');
CREATE INDEX changes_of ON changes (image, action);
""",
)
"""From each version to the next; the first from nothing. What is here once is never changed."""


def make_tables(base: sqlite3.Connection, folder: Path) -> None:
    """Make the tables that are missing, all or none of them.

    Args:
        base: the database, in autocommit mode.
        folder: that it belongs to, for the message.

    Raises:
        NodulensError: a later version of Nodulens wrote it.
    """
    (version,) = base.execute("PRAGMA user_version").fetchone()
    if version > len(_STEPS):
        raise NodulensError(
            f"{folder}: was written by a later version of Nodulens; use that one, or give another "
            "--data"
        )
    if version < len(_STEPS):
        steps = "".join(_STEPS[version:])
        base.executescript(f"BEGIN IMMEDIATE; {steps} PRAGMA user_version = {len(_STEPS)}; COMMIT;")
