from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest
from fastapi import Request

from nodulens.serve.problems import Refusal
from nodulens.serve.settings import Settings
from nodulens.serve.uploads import Form, common_name, receive_form, shown_name


def part(name: str, content: bytes, filename: str | None = None) -> bytes:
    named = f'; filename="{filename}"' if filename is not None else ""
    head = f'--boundary\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'
    return head.encode() + content + b"\r\n"


END = b"--boundary--\r\n"


def receive(
    folder: Path,
    blocks: Iterable[bytes],
    pause: float = 0,
    length: str | None = None,
    kind: str = "multipart/form-data; boundary=boundary",
    **limits: object,
) -> Form:
    async def source() -> AsyncIterator[dict[str, object]]:
        for block in blocks:
            if pause:
                await asyncio.sleep(pause)
            yield {"type": "http.request", "body": block, "more_body": True}
        yield {"type": "http.request", "body": b"", "more_body": False}

    messages = source().__aiter__()
    headers = [(b"content-type", kind.encode())]
    if length is not None:
        headers.append((b"content-length", length.encode()))
    request = Request({"type": "http", "headers": headers}, lambda: messages.__anext__())  # type: ignore[arg-type,return-value]
    settings = Settings(folder, **{"reserve": 0, **limits})  # type: ignore[arg-type]
    folder.mkdir(exist_ok=True)
    return asyncio.run(receive_form(request, folder, settings))


def test_files_are_written_as_they_come(tmp_path: Path) -> None:
    content = bytes(range(256)) * 40
    whole = part("name", "größe".encode()) + part("files", content, "x/a.png") + END
    # In blocks that cut everything in pieces.
    form = receive(tmp_path / "in", [whole[i : i + 37] for i in range(0, len(whole), 37)])
    (file,) = form.files
    assert (file.name, file.bytes, form.fields) == ("x/a.png", len(content), {"name": "größe"})
    assert file.path.read_bytes() == content

    assert file.sha256 == hashlib.sha256(content).hexdigest()


def test_no_more_is_read_than_may_come(tmp_path: Path) -> None:
    taken = 0

    def endless() -> Iterable[bytes]:
        nonlocal taken
        yield part("files", b"", "a.png")[:-2]
        while True:
            taken += 1
            yield bytes(1 << 16)

    with pytest.raises(Refusal, match="--max-upload-mb") as caught:
        receive(tmp_path / "in", endless(), upload_bytes=1 << 20)
    assert caught.value.status == 413
    assert taken <= 17
    assert sum(path.stat().st_size for path in (tmp_path / "in").iterdir()) <= 1 << 20


def test_a_length_is_believed_before_anything_is_read(tmp_path: Path) -> None:
    def never() -> Iterable[bytes]:
        raise AssertionError("nothing is to be read")
        yield b""

    with pytest.raises(Refusal) as caught:
        receive(tmp_path / "in", never(), length=str(10 << 30))
    assert caught.value.status == 413
    with pytest.raises(Refusal) as caught:
        receive(tmp_path / "in", never(), length="lots")
    assert caught.value.status == 411
    with pytest.raises(Refusal, match="disk") as caught:
        receive(tmp_path / "in", never(), length="10", reserve=1 << 60)
    assert caught.value.status == 507


def test_thousands_of_parts_are_too_many(tmp_path: Path) -> None:
    files = b"".join(part("files", b"x", "a.png") for _ in range(3000)) + END
    with pytest.raises(Refusal, match="more than 100 files"):
        receive(tmp_path / "in", [files], upload_files=100)
    assert len(list((tmp_path / "in").iterdir())) == 100
    words = b"".join(part("name", b"x") for _ in range(3000)) + END
    with pytest.raises(Refusal, match="fields of words"):
        receive(tmp_path / "fields", [words])
    with pytest.raises(Refusal, match="too long"):
        receive(tmp_path / "long", [part("name", bytes(200_000)) + END])


def test_a_slow_client_is_not_waited_for(tmp_path: Path) -> None:
    start = time.monotonic()
    with pytest.raises(Refusal) as caught:
        receive(tmp_path / "in", [part("files", b"x", "a")] * 9, pause=5, idle_seconds=0.1)
    assert caught.value.status == 408
    dripping = [bytes([byte]) for byte in part("files", b"x" * 500, "a")]
    with pytest.raises(Refusal):
        receive(tmp_path / "drip", dripping, pause=0.01, idle_seconds=1, upload_seconds=0.2)
    assert time.monotonic() - start < 3


@pytest.mark.parametrize(
    "content",
    [
        b"no form at all",
        part("files", b"x", "a.png"),
        b"--boundary\r\nContent-Type: image/png\r\n\r\nx\r\n" + END,
        b"--boundary\r\nX: " + b"y" * 100_000 + b"\r\n\r\nx\r\n" + END,
        b"--boundary\r\n" + b"A: b\r\n" * 5000 + b"\r\nx\r\n" + END,
    ],
)
def test_damaged_forms_are_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(Refusal, match="send it again") as caught:
        receive(tmp_path / "in", [content])
    assert caught.value.status == 400


def test_other_bodies_are_no_uploads(tmp_path: Path) -> None:
    for kind in ("application/json", "multipart/form-data", "text/plain; boundary=boundary"):
        with pytest.raises(Refusal, match="curl -F"):
            receive(tmp_path / "in", [], kind=kind)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("a.png", "a.png"), ("x/y/a.png", "x/y/a.png"), ("..\\..\\a.png", "a.png"),
        ("/etc/passwd", "etc/passwd"), ("a\x00\n.png", "a.png"), ("", "file"), ("..", "file"),
        ("é" * 500, "é" * 400),
    ],
)  # fmt: skip
def test_names_are_fit_to_be_shown(given: str, shown: str) -> None:
    assert shown_name(given) == shown


def test_a_study_is_called_like_its_folder_or_its_file() -> None:
    assert common_name(["a.png"]) == "a.png"
    assert common_name(["case/a.png", "case/b.png"]) == "case"
    assert common_name(["a.png", "b.png", "c.png"]) == "a.png and 2 more"
