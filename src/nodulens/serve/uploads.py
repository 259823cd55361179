"""Uploads: multipart forms written to the disk as they come, and no more of them than may be."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import re
import shutil
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool

from nodulens.report.sources import as_text
from nodulens.serve.problems import Refusal
from nodulens.serve.settings import Settings

_MOST_FIELD = 100_000
"""Bytes of one field of words."""
_MOST_FIELDS = 32
_LONGEST_NAME = 400
_UNFIT = re.compile(r"[\x00-\x1f\x7f]")


@dataclass
class ReceivedFile:
    """A file of an upload, whole and flushed to the disk.

    Attributes:
        path: where it is.
        name: as the client calls it, with its folders; never a path of ours.
        sha256: of its bytes.
        bytes: how many.
    """

    path: Path
    name: str
    sha256: str
    bytes: int


@dataclass
class Form:
    """What an upload holds."""

    files: list[ReceivedFile] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)


async def receive_form(request: Request, folder: Path, settings: Settings) -> Form:
    """Write the files of a multipart form into a folder while they come.

    A block of the request is in memory at a time, and one file is open.

    Args:
        request: whose body was not read yet.
        folder: that gets the files, called by their numbers.
        settings: what an upload may be.

    Raises:
        Refusal: it is no such form, too large, too slow, of too many parts, or the disk is full.
    """
    kind, options = parse_options_header(request.headers.get("content-type"))
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise Refusal(
            415,
            "an upload is a form, multipart/form-data",
            "send it as in curl -F files=@scan.png",
        )
    check_length(request, folder, settings)
    parts = _Parts(folder, settings)
    parser = MultipartParser(boundary, parts.callbacks())
    try:
        with contextlib.closing(parts):
            async for block in _blocks(request, settings):
                # In a thread: flushing to the disk must not hold up the others.
                await run_in_threadpool(parser.write, block)
            parser.finalize()
            if not parts.is_whole:
                raise FormParserError("it ends in the middle")
    except FormParserError as error:
        raise Refusal(400, f"the form is damaged or incomplete ({error})", "send it again") from (
            error
        )
    except OSError as error:
        raise disk_full(error) from error
    return parts.form


def check_length(request: Request, folder: Path, settings: Settings) -> None:
    """Refuse a body by its stated length, before any of it was read.

    Raises:
        Refusal: it is no number, more than may be, or more than the disk holds.
    """
    stated = request.headers.get("content-length")
    if stated is None:
        return
    if not (stated.isascii() and stated.isdecimal()):
        raise Refusal(411, "Content-Length is no number", "state the length, or send in chunks")
    if int(stated) > settings.upload_bytes:
        raise _too_large(settings)
    if shutil.disk_usage(folder).free < int(stated) + settings.reserve:
        raise disk_full()


def disk_full(error: OSError | None = None) -> Refusal:
    """Return the refusal of an upload that the disk does not hold."""
    detail = f" ({error.strerror})" if error is not None and error.strerror else ""
    return Refusal(
        507,
        f"the disk of the server is full{detail}",
        "delete studies, or start the server with --data on another disk",
    )


async def _blocks(request: Request, settings: Settings) -> AsyncIterator[bytes]:
    """Yield the body block by block; stop a client that sends too much, or too slowly."""
    stream = request.stream().__aiter__()
    end = time.monotonic() + settings.upload_seconds
    total = 0
    while True:
        left = min(settings.idle_seconds, end - time.monotonic())
        try:
            block = await asyncio.wait_for(anext(stream), max(left, 0))
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise Refusal(
                408,
                f"no data for {settings.idle_seconds:.0f} s, or not all of it within "
                f"{settings.upload_seconds:.0f} s",
                "send it again, or divide it",
            ) from None
        total += len(block)
        if total > settings.upload_bytes:
            raise _too_large(settings)
        yield block


def _too_large(settings: Settings) -> Refusal:
    return Refusal(
        413,
        f"an upload may have {settings.upload_bytes // 2**20} MiB",
        "divide it, or start the server with a larger --max-upload-mb",
    )


class _Parts:
    """Takes the parts of a form from the parser's callbacks."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.form = Form()
        self.is_whole = False
        self._folder, self._settings = folder, settings
        self._headers: dict[bytes, bytes] = {}
        self._name, self._value = b"", b""
        self._field = ""
        self._content = bytearray()
        self._file: IO[bytes] | None = None
        self._file_name = ""
        self._digest: Any = None
        self._size = self._fields = 0

    def callbacks(self) -> Any:
        """Return what the parser is to call."""
        names = (
            "part_begin", "header_field", "header_value", "header_end", "headers_finished",
            "part_data", "part_end", "end",
        )  # fmt: skip
        return {f"on_{name}": getattr(self, f"_{name}") for name in names}

    def close(self) -> None:
        """Close a file that was cut off."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _part_begin(self) -> None:
        self._headers, self._name, self._value = {}, b"", b""
        self._content = bytearray()
        self._size = 0

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name = self._value = b""

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        if b"name" not in options:
            raise FormParserError("a part has no name")
        self._field = options[b"name"].decode("utf-8", "replace")
        if b"filename" not in options:
            self._fields += 1
            if self._fields > _MOST_FIELDS:
                raise Refusal(413, f"more than {_MOST_FIELDS} fields of words", "leave some out")
            return
        number = len(self.form.files)
        if number >= self._settings.upload_files:
            raise Refusal(
                413, f"more than {self._settings.upload_files} files in one upload", "divide it"
            )
        self._file_name = shown_name(options[b"filename"].decode("utf-8", "replace"))
        self._file = (self._folder / str(number)).open("xb")
        self._digest = hashlib.sha256()

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        block = data[start:end]
        self._size += len(block)
        if self._file is not None:
            self._file.write(block)
            self._digest.update(block)
        elif self._size > _MOST_FIELD:
            raise Refusal(413, f"the field {self._field[:40]} is too long", "shorten it")
        else:
            self._content += block

    def _part_end(self) -> None:
        if self._file is None:
            self.form.fields[self._field] = self._content.decode("utf-8", "replace")
            return
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        path = Path(self._file.name)
        self._file = None
        self.form.files.append(
            ReceivedFile(path, self._file_name, self._digest.hexdigest(), self._size)
        )

    def _end(self) -> None:
        self.is_whole = True


def shown_name(name: str) -> str:
    """Return a client's name of a file, with its folders, fit to be shown; it is never opened."""
    clean = _UNFIT.sub("", as_text(name.replace("\\", "/")))
    parts = [part for part in clean.split("/") if part not in ("", ".", "..")]
    return "/".join(parts)[-_LONGEST_NAME:] or "file"


def common_name(names: Sequence[str]) -> str:
    """Return what to call a study of these files: their folder's name, or the first one's."""
    tops = {name.partition("/")[0] for name in names}
    if len(tops) == 1 and all("/" in name for name in names):
        return tops.pop()
    first = names[0].rpartition("/")[2]
    return first if len(names) == 1 else f"{first} and {len(names) - 1} more"
