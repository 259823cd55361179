"""A server to ask: in this process, or in one of its own."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from starlette.testclient import TestClient

from nodulens.serve.app import create_app
from nodulens.serve.desk import Desk
from nodulens.serve.settings import Settings
from nodulens.serve.store import Store
from tests.pictures import scan

HOST = "http://127.0.0.1"
ROOT = Path(__file__).resolve().parents[2]


class Inline:
    """Carries out tasks in this process, one at a time."""

    def __init__(self) -> None:
        self.desk = Desk()
        self.tasks: list[str] = []
        self._turn = threading.Lock()

    def call(
        self, task: str, *args: Any, seconds: float, told: Callable[[int], None] | None = None
    ) -> Any:
        with self._turn:
            self.tasks.append(task)
            self.desk.told = told or (lambda _: None)
            return getattr(self.desk, task)(*args)

    def kill(self) -> None: ...

    def close(self) -> None:
        self.desk.close()


def settings_for(folder: Path, bundles: Path, **changes: Any) -> Settings:
    """Return settings with the tiny bundles."""
    values: dict[str, Any] = {
        "data": folder, "port": 0, "store": bundles, "segmenter": "bright-blobs",
        "classifier": "both", "reserve": 0,
    }  # fmt: skip
    return Settings(**{**values, **changes})


@contextlib.contextmanager
def serving(settings: Settings) -> Iterator[TestClient]:
    """Serve in this process."""
    store = Store(settings.data)
    try:
        app = create_app(settings, store, asked=Inline(), analyzing=Inline(), explaining=Inline())
        with TestClient(app, base_url=HOST, raise_server_exceptions=False) as client:
            yield client
    finally:
        store.close()


@contextlib.contextmanager
def process(
    folder: Path, bundles: Path, *options: str, env: dict[str, str] | None = None
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Serve in a process of its own, as a user does; gives its address."""
    command = [
        sys.executable, "-m", "nodulens.cli", "serve", "--port", "0", "--no-browser",
        "--data", str(folder), "--store", str(bundles),
        "--segmenter", "bright-blobs", "--classifier", "mean-brightness", *options,
    ]  # fmt: skip
    running = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **(env or {})},
    )
    try:
        assert running.stdout is not None
        line = running.stdout.readline()
        assert "http://" in line, f"the server did not start: {line}"
        yield line.split(" at ")[1].split()[0].rstrip("/"), running
    finally:
        running.kill()
        running.wait()
        assert running.stdout is not None
        running.stdout.close()


def png(
    *nodules: tuple[float, float, float, float], seed: int = 0, size: Any = (180, 240)
) -> bytes:
    """Return a drawn scan as a PNG file; one nodule unless others are given."""
    return encoded(scan(*(nodules or ((120, 90, 50, 30),)), seed=seed, shape=size, tissue=90))


def encoded(pixels: np.ndarray, kind: str = "PNG") -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, kind)
    return stream.getvalue()


def upload(client: Any, content: bytes | None = None, name: str = "scan.png", **data: str) -> Any:
    """Upload a file, a drawn scan unless another is given; return the study."""
    files = [("files", (name, png() if content is None else content))]
    answer = client.post("/api/studies", files=files, data=data)
    assert answer.status_code == 201, answer.text
    return answer.json()["study"]


def finished(client: Any, analysis: str, seconds: float = 20) -> Any:
    """Wait until an analysis is over and return it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = client.get(f"/api/analyses/{analysis}").json()
        if found["state"] not in ("queued", "running"):
            return found
        time.sleep(0.02)
    raise AssertionError(f"not over after {seconds} s: {found}")


def analyzed(client: Any, content: bytes | None = None, **data: str) -> tuple[str, str, str]:
    """Upload and analyze; return the ids of the analysis and its first image, and its address."""
    study = upload(client, content, **data)
    analysis, image = study["analyses"][0]["id"], study["images"][0]["id"]
    assert finished(client, analysis)["state"] == "done"
    return analysis, image, f"/api/analyses/{analysis}/images/{image}/frames/0"


def corrected(client: Any, frame: str, base: int, status: int = 201, **change: Any) -> Any:
    """Correct a frame and return the answer."""
    body = {"base": base, "change": change, "tool": "polygon", "author": "A. Reader"}
    answer = client.post(f"{frame}/changes", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def accepted(client: Any, analysis: str) -> Any:
    """Accept an analysis."""
    base = client.get(f"/api/analyses/{analysis}").json()["review_version"]
    body = {"base": base, "review": "accepted", "author": "A. Reader"}
    answer = client.put(f"/api/analyses/{analysis}/review", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def ring(x: float, y: float, semi_x: float, semi_y: float, points: int = 60) -> list[list[float]]:
    """Return an ellipse as a closed outline."""
    turns = np.linspace(0, 2 * np.pi, points, endpoint=False)
    return np.stack([x + semi_x * np.cos(turns), y + semi_y * np.sin(turns)], 1).round(2).tolist()


def is_problem(answer: Any, status: int) -> str:
    """Check that an answer is a refusal that says what to do; return both sentences."""
    assert answer.status_code == status, answer.text
    problem = answer.json()
    assert set(problem) == {"status", "error", "todo"}
    assert problem["status"] == status
    assert len(problem["error"]) > 5
    assert len(problem["todo"]) > 5
    return f"{problem['error']}; {problem['todo']}"
