"""The server as a process of its own, as a user starts it; killed, and started again."""

from __future__ import annotations

import contextlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from nodulens.errors import NodulensError
from nodulens.serve.run import address_of, listen
from nodulens.serve.store import Store
from tests.serve.load import load
from tests.serve.place import finished, png, process, upload

TOKEN = "a-token-of-some-length"


@pytest.fixture(scope="module")
def server(
    bundle_store: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    with process(
        tmp_path_factory.mktemp("data"), bundle_store, "--max-upload-mb", "5",
        env={"NODULENS_TOKEN": TOKEN},
    ) as started:  # fmt: skip
        yield started


@pytest.fixture
def running(server: tuple[str, subprocess.Popen[str]]) -> str:
    return server[0]


def asking(address: str, token: str | None = TOKEN) -> httpx2.Client:
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    return httpx2.Client(base_url=address, headers=headers, timeout=30)


def raw(address: str, request: bytes, wait: float = 5) -> bytes:
    """Send bytes as they are, and return what is answered."""
    place = urlsplit(address)
    with socket.create_connection((place.hostname, place.port), timeout=wait) as line:
        line.sendall(request)
        answer = b""
        with contextlib.suppress(TimeoutError, ConnectionResetError):
            while not is_whole(answer) and (block := line.recv(65536)):
                answer += block
        return answer


def is_whole(answer: bytes) -> bool:
    """Whether an answer has come to its end; the line may stay open."""
    start, found, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", start)
    return bool(found and length and len(body) >= int(length[1]))


def head(address: str, *lines: str) -> bytes:
    own = [f"Host: {urlsplit(address).netloc}", f"Authorization: Bearer {TOKEN}", *lines]
    return "\r\n".join(["POST /api/studies HTTP/1.1", *own, "", ""]).encode()


def test_a_picture_is_analyzed_over_the_wire(running: str) -> None:
    with asking(running) as client:
        study = upload(client)
        assert finished(client, study["analyses"][0]["id"])["state"] == "done"
        health = client.get("/api/health")
        assert "Research use only" in health.json()["notice"]
        assert "server" not in health.headers
    with asking(running, None) as stranger:
        assert stranger.get("/api/studies").status_code == 401
        # A checkout may have no page built.
        assert stranger.get("/").status_code in (200, 503)


def test_ten_gigabytes_are_refused_before_they_come(running: str) -> None:
    kind = "Content-Type: multipart/form-data; boundary=b"
    start = time.monotonic()
    answer = raw(running, head(running, kind, f"Content-Length: {10 << 30}"), wait=3)
    assert b" 413 " in answer.partition(b"\r\n")[0]
    assert b"--max-upload-mb" in answer
    assert time.monotonic() - start < 10
    chunk = b"100000\r\n" + bytes(1 << 20) + b"\r\n"
    begin = b"--b\r\nContent-Disposition: form-data; name=files; filename=a\r\n\r\n"
    body = f"{len(begin):x}\r\n".encode() + begin + b"\r\n" + 8 * chunk
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        answer = raw(running, head(running, kind, "Transfer-Encoding: chunked") + body)
        assert b" 413 " in answer.partition(b"\r\n")[0]
    with asking(running) as client:
        assert client.get("/api/health").json()["status"] == "ok"


def test_other_names_and_odd_requests_are_refused(running: str) -> None:
    answer = raw(running, b"GET /api/health HTTP/1.1\r\nHost: attacker.example\r\n\r\n", wait=2)
    assert b" 400 " in answer.partition(b"\r\n")[0]
    assert b"--allow-host" in answer
    assert (
        b" 400 " in raw(running, b"GET /api/health HTTP/1.1\r\n\r\n", wait=2).partition(b"\r\n")[0]
    )
    with asking(running) as client:
        assert client.get("/api/../../etc/passwd").status_code == 404


def test_two_servers_do_not_share_a_folder(tmp_path: Path, bundle_store: Path) -> None:
    store = Store(tmp_path)
    with store.alone():
        result = subprocess.run(
            [sys.executable, "-m", "nodulens.cli", "serve", "--no-browser", "--port", "0",
             "--data", str(tmp_path), "--store", str(bundle_store)],
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
    store.close()
    assert result.returncode == 2, result.stderr
    assert "another server works there" in result.stderr


def test_killed_in_an_upload_and_in_an_analysis_nothing_that_was_answered_is_lost(
    tmp_path: Path, bundle_store: Path
) -> None:
    answered: list[str] = []
    with process(tmp_path, bundle_store) as (address, running):

        def send(first: int) -> None:
            # Whatever is not answered any more need not be there.
            with contextlib.suppress(httpx2.HTTPError), asking(address) as client:
                for seed in range(first, first + 200):
                    answered.append(upload(client, png(seed=seed), f"{seed}.png")["id"])

        threads = [threading.Thread(target=send, args=(1000 * n,)) for n in range(3)]
        for thread in threads:
            thread.start()
        end = time.monotonic() + 30
        while len(answered) < 12 and time.monotonic() < end:
            time.sleep(0.01)
        running.send_signal(signal.SIGKILL)
        for thread in threads:
            thread.join()
    assert len(answered) >= 12
    with process(tmp_path, bundle_store) as (address, running), asking(address) as client:
        studies = [client.get(f"/api/studies/{one}").json() for one in answered]
        for study in studies:
            (image,), (analysis,) = study["images"], study["analyses"]
            seed = int(image["name"].removesuffix(".png"))
            assert image["bytes"] == len(png(seed=seed))
            assert client.get(f"/api/images/{image['id']}/frames/0").status_code == 200
            assert finished(client, analysis["id"])["state"] == "done"
        assert list((tmp_path / "incoming").iterdir()) == []
        # Told to stop, it ends in order.
        running.send_signal(signal.SIGTERM)
        assert running.wait(15) in (0, -signal.SIGTERM)


def test_an_address_is_what_a_browser_opens() -> None:
    with listen("127.0.0.1", 0) as line:
        port = line.getsockname()[1]
        assert address_of("127.0.0.1", line) == f"http://127.0.0.1:{port}/"
        assert address_of("0.0.0.0", line) == f"http://127.0.0.1:{port}/"
        assert address_of("::1", line) == f"http://[::1]:{port}/"
        with pytest.raises(NodulensError, match="give another --port"):
            listen("127.0.0.1", port)


def test_small_answers_do_not_wait_for_one_another() -> None:
    with listen("127.0.0.1", 0) as line, socket.create_connection(line.getsockname()):
        theirs, _ = line.accept()
        with theirs:
            assert theirs.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_of_many_clients_at_once_each_gets_its_own(
    server: tuple[str, subprocess.Popen[str]],
) -> None:
    address, process = server
    outcome = load(address, process.pid, uploads=24, clients=8, token=TOKEN)
    assert (outcome.lost, outcome.mixed) == (0, 0)
    # Seven megabytes of pictures went through; the models are in other processes.
    assert outcome.resident is None or outcome.resident < 400 << 20
