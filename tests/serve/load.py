"""Many clients at once, and a look whether each got its own."""

from __future__ import annotations

import hashlib
import io
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
from PIL import Image

from tests.pictures import scan
from tests.serve.place import encoded, finished, upload

SIZE = (480, 640)
PICTURES = 20
"""Different ones; each is uploaded several times."""


@dataclass(frozen=True)
class Outcome:
    """What became of many uploads.

    Attributes:
        lost: uploads that have no finished analysis.
        mixed: those with another's name, picture or finding.
        seconds: from the first upload to the last finding.
        resident: most bytes in memory of the server's own process; None where nobody can tell.
    """

    lost: int
    mixed: int
    seconds: float
    resident: int | None


def picture(seed: int) -> tuple[np.ndarray, float]:
    """Return a scan, and where along x its nodule lies."""
    x = 120 + (seed * 37) % 400
    return scan((x, 240, 70, 50), shape=SIZE, seed=seed, tissue=90), float(x)


def load(
    address: str, process: int, uploads: int, clients: int, token: str | None = None
) -> Outcome:
    """Upload pictures by several clients at once, and look at each result."""
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    counts = {"lost": 0, "mixed": 0}
    # What was found in each picture: the same whoever uploads it, and when.
    known: dict[int, Any] = {}
    lock = threading.Lock()

    def one(seed: int) -> None:
        number = seed % PICTURES
        pixels = picture(number)[0]
        content = encoded(pixels)
        with httpx2.Client(base_url=address, headers=headers, timeout=600) as client:
            study = upload(client, content, f"{seed}.png")
            analysis, image = study["analyses"][0]["id"], study["images"][0]["id"]
            state = finished(client, analysis, seconds=600)["state"]
            found = client.get(f"/api/analyses/{analysis}/findings").json()
            shown = client.get(f"/api/images/{image}/frames/0").content
        digest = hashlib.sha256(content).hexdigest()
        nodules = [one["nodules"] for one in found]
        for nodule in (one for several in nodules for one in several):
            nodule["mask"] = None
        own = (
            study["images"][0]["name"] == f"{seed}.png"
            and (np.asarray(Image.open(io.BytesIO(shown))) == pixels).all()
            and [one["sha256"] for one in found] == [digest]
        )
        with lock:
            own = own and known.setdefault(number, nodules) == nodules
            counts["lost"] += state != "done" or not found
            counts["mixed"] += not own

    start = time.monotonic()
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(one, range(uploads)))
    return Outcome(counts["lost"], counts["mixed"], time.monotonic() - start, resident(process))


def latencies(address: str, times: int) -> tuple[float, float]:
    """Return the median seconds from an upload to its finding, and from clicks to an outline."""
    waits, clicks = [], []
    with httpx2.Client(base_url=address, timeout=600) as client:
        for seed in range(500, 500 + times):
            pixels, x = picture(seed)
            content = encoded(pixels)
            start = time.perf_counter()
            study = upload(client, content)
            analysis, image = study["analyses"][0]["id"], study["images"][0]["id"]
            finished(client, analysis)
            client.get(f"/api/analyses/{analysis}/findings")
            waits.append(time.perf_counter() - start)
            wanted = {"operation": "clicks", "positive": [[x, 240]], "negative": [[x, 340]]}
            frame = f"/api/analyses/{analysis}/images/{image}/frames/0"
            client.get(f"/api/images/{image}/frames/0")
            start = time.perf_counter()
            client.post(f"{frame}/refine", json=wanted).raise_for_status()
            clicks.append(time.perf_counter() - start)
    return statistics.median(waits), statistics.median(clicks)


def resident(process: int) -> int | None:
    """Return the most memory that a process ever had, in bytes (Linux)."""
    status = Path(f"/proc/{process}/status")
    if not status.is_file():
        return None
    line = next(one for one in status.read_text().splitlines() if one.startswith("VmHWM"))
    return int(line.split()[1]) * 1024
