"""What an evaluation wrote, read back, and what the evaluated runs cost."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nodulens.errors import BadData
from nodulens.evaluation.evaluate import METRICS, PER_IMAGE, SCHEMA_VERSION
from nodulens.models.checkpoint import RUN


@dataclass(frozen=True)
class Cost:
    """What a network costs; None where nobody knows.

    Attributes:
        trainable, frozen: parameters.
        training_seconds: over all runs together.
        training_at_least: some of that time is not in it, or may not be: a run that was interrupted
            knows the time since it went on alone.
        latency_seconds: processor time of one image.
        memory_mb: at most, in 10⁶ bytes.
        threads: that the two were measured with.
        processors: of that machine.
    """

    trainable: int | None = None
    frozen: int | None = None
    training_seconds: float | None = None
    training_at_least: bool = False
    latency_seconds: float | None = None
    memory_mb: float | None = None
    threads: int | None = None
    processors: int | None = None


@dataclass(frozen=True)
class Result:
    """One evaluation.

    Attributes:
        name: of its row.
        figures: folder that it was read from.
        metrics: what ``metrics.json`` holds.
        images: the lines of ``per_image.csv``, by the image's id.
        cost: of the runs.
        runs: what ``run.json`` of each run holds.
    """

    name: str
    figures: Path
    metrics: dict[str, Any]
    images: dict[str, dict[str, str]]
    cost: Cost = Cost()
    runs: tuple[dict[str, Any], ...] = ()

    def numbers(self, column: str) -> dict[str, float]:
        """Return the numbers of a column by image id; images without one are left out."""
        return {id_: float(line[column]) for id_, line in self.images.items() if line.get(column)}


def read_result(
    name: str,
    figures: Path,
    task: str,
    cost: Cost | None = None,
    runs: Sequence[dict[str, Any]] = (),
) -> Result:
    """Read what ``nodulens evaluate`` wrote.

    Args:
        name: of the row.
        figures: folder.
        task: ``segmentation`` or ``classification``, which it must be of.
        cost, runs: to go with it.

    Raises:
        BadData: files are missing or not what an evaluation writes.
    """
    path, table = figures / METRICS, figures / PER_IMAGE
    try:
        metrics = json.loads(path.read_text("utf-8"))
        with table.open(newline="", encoding="utf-8") as stream:
            lines = list(csv.DictReader(stream))
        found, version = metrics["task"], str(metrics["schema_version"])
        images = {line["id"]: line for line in lines}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadData(
            f"{figures}: no {METRICS} and {PER_IMAGE} of an evaluation ({error!r}); make them with "
            "`nodulens evaluate`"
        ) from error
    if version.partition(".")[0] != SCHEMA_VERSION.partition(".")[0]:
        raise BadData(f"{path}: version {version} is not {SCHEMA_VERSION}; evaluate again")
    if found != task:
        raise BadData(f"{path}: is of a {found}, and the study lists it under [[{task}]]")
    needed = {"id", "group"} | ({"dice"} if task == "segmentation" else {"label", "probability"})
    if not lines or needed - set(lines[0]):
        raise BadData(
            f"{table}: lacks {', '.join(sorted(needed - set(lines[0] if lines else ())))}"
            "; evaluate again"
        )
    if len(images) < len(lines):
        raise BadData(f"{table}: an image occurs more than once; evaluate again")
    if len(images) != metrics.get("headline", metrics)["images"]:
        raise BadData(
            f"{figures}: {METRICS} and {PER_IMAGE} are not of the same images; evaluate again"
        )
    return Result(name, figures, metrics, images, cost or Cost(), tuple(runs))


def read_runs(folders: Sequence[Path]) -> list[dict[str, Any]]:
    """Return what ``run.json`` of each run holds.

    Raises:
        BadData: there is none, or it is of something else.
    """
    records = []
    for folder in folders:
        try:
            record = json.loads((folder / RUN).read_text("utf-8"))
            if not record["finished"]:
                raise BadData(f"{folder}: the training has not finished; start it again to go on")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadData(f"{folder}: no finished run there ({error!r})") from error
        records.append(record)
    return records


def training_cost(folders: Sequence[Path], records: Sequence[dict[str, Any]]) -> Cost:
    """Return what the runs say of themselves: parameters and time.

    Args:
        folders: of the runs.
        records: as :func:`read_runs` gives them, of the same runs.
    """
    if not records:
        return Cost()
    # Runs of older versions know one number alone, whatever was frozen.
    parameters = records[0].get("parameters")
    counts = parameters if isinstance(parameters, dict) else {}
    seconds = [record.get("seconds_since_start_or_resume") for record in records]
    return Cost(
        trainable=counts.get("trainable"),
        frozen=counts.get("frozen"),
        training_seconds=None if None in seconds else sum(filter(None, seconds)),
        training_at_least=any(_starts(folder) != 1 for folder in folders),
    )


def _starts(folder: Path) -> int:
    """How often a training was started: TensorBoard's logger opens a file each time."""
    return sum(1 for _ in (folder / "tensorboard").glob("events.*"))
