"""Studies from Orthanc to the node and their results back, while the node is killed at random."""

from __future__ import annotations

import json
import random
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from pydicom.dataset import Dataset

from nodulens.dicom.queue import Counts
from tests.dicom.orthanc import Orthanc, run_orthanc
from tests.dicom.pacs import free_port, store, wait_for
from tests.dicom.running import Node

_AHEAD = 4
"""Studies that are sent while one is analyzed."""


@dataclass
class Outcome:
    """What came of it.

    Attributes:
        studies: sent.
        kills: of the node, by SIGKILL.
        results: how many studies have so many segmentations and so many reports.
        seconds: from the first picture sent to the last result stored.
        counts: the node's own, at the end.
        refusals: requests to the node that Orthanc had to repeat.
    """

    studies: int
    kills: int = 0
    results: Counter[tuple[int, int]] = field(default_factory=Counter)
    seconds: float = 0.0
    counts: Counts | None = None
    refusals: int = 0

    @property
    def exactly_once(self) -> int:
        """Studies with one segmentation and one report."""
        return self.results[1, 1]


def run_studies(
    folder: Path,
    studies: Sequence[Dataset],
    models: Sequence[str | Path],
    kills: int,
    *,
    seed: int = 0,
    patience: float = 600.0,
) -> Outcome:
    """Let an Orthanc send every study to the node and keep the results.

    It sends again what was not answered with success, as an archive's jobs do. The node is killed
    after a random number of results, and a random moment later, and started again at once.

    Args:
        folder: for the files of both; empty.
        studies: one picture each.
        models: arguments of the node that choose them.
        kills: of the node, while it works.
        seed: of the kills.
        patience: seconds that all may take after the last kill.
    """
    outcome = Outcome(len(studies))
    generator = random.Random(seed)
    port = free_port()
    place = folder / "orthanc"
    place.mkdir(parents=True)
    with run_orthanc(place, {"node": ("NODULENS", "127.0.0.1", port)}) as orthanc:
        assert set(store(orthanc.port, studies, called=orthanc.title)) == {0x0000}
        archive = f"{orthanc.title}@127.0.0.1:{orthanc.port}"
        node = Node(folder / "state", archive, models, peer=orthanc.title, port=port)
        node.start()
        begin = time.monotonic()
        stop = threading.Event()
        # With kills a few ahead, so that they meet the listener as often as the analysis.
        arguments = (orthanc, node, outcome, stop, _AHEAD if kills else 0)
        sender = threading.Thread(target=_send_all, args=arguments)
        sender.start()
        try:
            for left in range(kills, 0, -1):
                done = node.counts().done
                share = (len(studies) - done) // (left + 1)
                target = min(done + generator.randint(0, 2 * share), len(studies) - left)
                wait_for(partial(_has_done, node, target), patience)
                time.sleep(generator.uniform(0.0, 0.4))
                node.kill()
                outcome.kills += 1
                node.start()
            node.wait_until_done(len(studies), patience)
            outcome.seconds = time.monotonic() - begin
            sender.join(patience)
        finally:
            stop.set()
            outcome.counts = node.counts()
            node.stop()
        for study in orthanc.ask("/studies?expand"):
            kinds = Counter(
                series["MainDicomTags"]["Modality"]
                for series in orthanc.ask(f"/studies/{study['ID']}/series")
                for _ in series["Instances"]
            )
            assert kinds["US"] == 1
            outcome.results[kinds["SEG"], kinds["SR"]] += 1
    return outcome


def _has_done(node: Node, target: int) -> bool:
    return node.counts().done >= target


def _send_all(
    orthanc: Orthanc, node: Node, outcome: Outcome, stop: threading.Event, ahead: int
) -> None:
    for number, instance in enumerate(orthanc.ask("/instances")):
        while ahead and node.counts().done < number - ahead and not stop.is_set():
            time.sleep(0.05)
        while not _send(orthanc, instance) and not stop.is_set():
            outcome.refusals += 1
            time.sleep(0.1)


def _send(orthanc: Orthanc, instance: str) -> bool:
    """Have Orthanc send an object to the node; tell whether it was answered with success."""
    body = json.dumps({"Resources": [instance], "Synchronous": True}).encode()
    request = urllib.request.Request(f"{orthanc.rest}/modalities/node/store", data=body)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read()).get("FailedInstancesCount") == 0
    except (urllib.error.HTTPError, TimeoutError):
        return False
