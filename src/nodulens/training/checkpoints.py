"""What a training writes after each epoch, to go on from and to choose the best from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins import TorchCheckpointIO

from nodulens.files import replacing

LAST = "last.ckpt"
"""The whole state, to go on from."""
BEST = "best.ckpt"
"""Of the best state the weights."""
_WEIGHTS = ("epoch", "state_dict")


class Checkpoints(TorchCheckpointIO):
    """Lightning's checkpoints without what nobody reads, written straight to the disk.

    A whole state is four times the weights with the optimiser's moments and, where they are
    averaged, both kinds of weights. Of the best state only the weights are ever read again. And
    Lightning puts a file together in memory before it writes it, to another folder at first.
    """

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None
    ) -> None:
        """Write a state so that a kill leaves the earlier one or this one.

        Args:
            checkpoint: the whole state, as Lightning gives it.
            path: of the file; one called :data:`BEST` gets the weights and the epoch alone.
            storage_options: not used.
        """
        if Path(path).name == BEST:
            checkpoint = {key: checkpoint[key] for key in _WEIGHTS}
        with replacing(Path(path), durable=False) as stream:
            torch.save(checkpoint, stream)
