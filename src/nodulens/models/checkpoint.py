"""A trained network on disk: ``model.safetensors`` and ``network.json`` in a run's folder.

Beside them lies ``run.json``, which says how it was trained.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nodulens.errors import BadData
from nodulens.files import replacing, write_json
from nodulens.models.registry import create_model, default_config

if TYPE_CHECKING:
    from torch import nn

RUN = "run.json"
WEIGHTS = "model.safetensors"
NETWORK = "network.json"


def save_network(folder: Path, network: nn.Module, name: str, options: dict[str, Any]) -> None:
    """Write a network's weights and what is needed to build it again."""
    from safetensors.torch import save

    tensors = {key: value.contiguous() for key, value in network.state_dict().items()}
    with replacing(folder / WEIGHTS) as stream:
        stream.write(save(tensors))
    config = default_config(name)
    write_json(
        folder / NETWORK,
        {
            "name": name,
            # The weights are here; a start from elsewhere is not wanted again.
            "options": options | ({"pretrained": False} if "pretrained" in options else {}),
            "mean": config.mean,
            "std": config.std,
        },
    )


def load_network(folder: Path) -> nn.Module:
    """Build the network of a run and fill in its weights.

    Raises:
        BadData: the folder holds no finished run.
    """
    from safetensors.torch import load_file

    path = folder / NETWORK
    if not path.is_file() or not (folder / WEIGHTS).is_file():
        raise BadData(f"{folder}: no finished training there ({WEIGHTS} and {NETWORK} are needed)")
    description = json.loads(path.read_text("utf-8"))
    network = create_model(description["name"], **description["options"])
    network.load_state_dict(load_file(folder / WEIGHTS))
    return network.eval()


def start_from(network: nn.Module, folder: Path) -> tuple[int, list[str]]:
    """Copy weights of another run into ``network`` where name and shape agree.

    Returns:
        How many tensors were copied, and the names in ``network`` that kept their own.
    """
    from safetensors.torch import load_file

    if not (folder / WEIGHTS).is_file():
        raise BadData(f"{folder}: no {WEIGHTS} there to start from")
    source = load_file(folder / WEIGHTS)
    own = network.state_dict()
    usable = {k: v for k, v in source.items() if k in own and own[k].shape == v.shape}
    if not usable:
        raise BadData(f"{folder}: none of its weights fits this network")
    network.load_state_dict(usable, strict=False)
    return len(usable), sorted(own.keys() - usable.keys())
