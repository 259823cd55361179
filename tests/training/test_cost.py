from __future__ import annotations

from pathlib import Path

import pytest

from nodulens.errors import BadData
from nodulens.training.cost import measure, measure_here

pytestmark = pytest.mark.train


def test_a_segmenter_in_a_process_of_its_own(phantoms: Path, runs: list[Path]) -> None:
    cost = measure(runs[0], phantoms)
    assert cost.trainable is not None
    assert cost.trainable > 10_000
    assert cost.frozen == 0
    assert cost.latency_seconds is not None
    assert 0 < cost.latency_seconds < 10
    assert cost.memory_mb is not None
    assert 100 < cost.memory_mb < 10_000
    assert cost.threads == 1
    assert cost.training_seconds is None


def test_a_classifier(phantoms: Path, classifier_runs: list[Path]) -> None:
    import torch

    threads = torch.get_num_threads()
    try:
        found = measure_here(classifier_runs[0], phantoms)
    finally:
        torch.set_num_threads(threads)
    assert found["trainable"] > 10_000_000
    assert 0 < found["latency_seconds"] < 10


def test_what_cannot_be_measured(tmp_path: Path, runs: list[Path]) -> None:
    with pytest.raises(BadData, match=r"could not be measured: .*no manifest"):
        measure(runs[0], tmp_path)
