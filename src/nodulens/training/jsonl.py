"""A log that people and programs read alike: one JSON object a line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers.logger import Logger
from lightning.pytorch.utilities import rank_zero_only


class JsonlLogger(Logger):
    """Lightning logger that appends metrics to ``metrics.jsonl``.

    Args:
        path: the file.
        resume_at: step of the checkpoint that training goes on from; later lines are dropped,
            because they will be written again.
    """

    def __init__(self, path: Path, resume_at: int | None) -> None:
        super().__init__()
        self.path = path
        kept = _lines_until(path, resume_at) if resume_at is not None and path.exists() else []
        path.write_text("".join(kept), "utf-8")

    @property
    def name(self) -> str:
        """Name of the logger."""
        return "jsonl"

    @property
    def version(self) -> str:
        """Version of the logger's format."""
        return "1"

    @rank_zero_only
    def log_hyperparams(self, params: Any) -> None:
        """Hyperparameters stand in the run's recipe; nothing is written."""

    @rank_zero_only
    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        """Append one line."""
        record = {"step": step, **{name: round(value, 6) for name, value in metrics.items()}}
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(record) + "\n")


def _lines_until(path: Path, step: int) -> list[str]:
    kept = []
    for line in path.read_text("utf-8").splitlines(keepends=True):
        try:
            record = json.loads(line)
        except json.JSONDecodeError:
            continue  # a kill cut this line off
        if (record["step"] or 0) < step:
            kept.append(line)
    return kept
