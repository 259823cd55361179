"""A folder that is watched: its DICOM files are taken in when they no longer change.

Nothing in the folder is moved or deleted. A file is dealt with once; changed later, once more. That
a restart in between loses nothing and doubles nothing is the queue's doing, which knows an object
again by its UID.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from nodulens.dicom.discretion import LOG, reason
from nodulens.dicom.intake import MAX_OBJECT_BYTES, NotTaken, identify, split_file
from nodulens.dicom.queue import OtherContent, Queue
from nodulens.errors import NodulensError


class Watcher:
    """Take DICOM files in from a folder and all below it.

    Args:
        folder: hidden files and folders in it are passed over, and the queue's own folder.
        queue: where they go.
        received: called when a new object was taken in.

    Raises:
        NodulensError: there is no such folder.
    """

    def __init__(
        self, folder: Path, queue: Queue, *, received: Callable[[], object] = lambda: None
    ) -> None:
        if not folder.is_dir():
            raise NodulensError(f"{folder}: no such folder; make it, or give another to watch")
        self._folder, self._queue, self._received = folder.resolve(), queue, received
        self._own = queue.folder.resolve()
        self._before: dict[Path, tuple[int, int]] = {}
        self._troubled: set[Path] = set()

    def scan(self) -> None:
        """Look once; what is as it was at the last look is taken in.

        A file that cannot be opened, and any while the disk is full, is tried again at each look.
        """
        now = dict(self._files())
        for path, state in now.items():
            if self._before.get(path) == state and self._queue.seen(path) != state:
                try:
                    left_out = self._take(path)
                except OSError as error:
                    if path not in self._troubled:
                        LOG.warning("a watched file cannot be taken yet: %s", reason(error))
                    self._troubled.add(path)
                    continue
                if left_out is not None:
                    LOG.warning("a watched file was left out: %s", left_out)
                self._queue.see(path, *state, left_out)
                self._troubled.discard(path)
        self._before = now

    def _files(self) -> Iterator[tuple[Path, tuple[int, int]]]:
        """Yield the files with their sizes and times of change."""
        for place, folders, names in os.walk(self._folder):
            here = Path(place)
            folders[:] = [
                name
                for name in folders
                if not name.startswith(".") and (here / name).resolve() != self._own
            ]
            for name in names:
                if not name.startswith("."):
                    try:
                        status = (here / name).stat()
                    except OSError:  # gone since it was listed
                        continue
                    yield here / name, (status.st_size, status.st_mtime_ns)

    def _take(self, path: Path) -> str | None:
        """Take one file in, or say why not."""
        if path.stat().st_size > MAX_OBJECT_BYTES:
            return f"of more than {MAX_OBJECT_BYTES // 2**20} MiB"
        content = path.read_bytes()
        try:
            syntax, begin = split_file(content)
            stream = io.BytesIO(content)
            stream.seek(begin)
            identity = identify(stream, syntax)
            view = memoryview(content)
            new = self._queue.add(identity, content[:begin], view[begin:])
        except (NotTaken, OtherContent) as error:
            return str(error)
        if new:
            self._received()
        return None
