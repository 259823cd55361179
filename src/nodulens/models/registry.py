"""Networks by name.

A builder function registers itself; its name, underscores written as hyphens, is the network's
name, and its default configuration stands beside it.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from nodulens.errors import NodulensError

if TYPE_CHECKING:
    from torch import nn

Task = Literal["segmentation", "classification"]


@dataclass(frozen=True)
class NetworkConfig:
    """What a network expects and where its start comes from.

    Attributes:
        task: ``segmentation`` gives logits (B, 1, H, W); ``classification`` logits (B, labels).
        size: height and width in pixels that it was designed for.
        mean, std: of the normalised input, for pixels scaled to 0…1, one value a channel.
        uses_text: whether ``forward`` reads its ``text``.
        pretrained_licence: licence of the weights it can start from; None where it has none.
    """

    task: Task
    size: tuple[int, int]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    uses_text: bool = False
    pretrained_licence: str | None = None


Builder = Callable[..., "nn.Module"]
_B = TypeVar("_B", bound=Builder)
_NETWORKS: dict[str, tuple[Builder, NetworkConfig]] = {}
_FILES = ("unet", "resnet18", "clip_tnseg", "tgc_net", "transunet")


def register(default_config: NetworkConfig) -> Callable[[_B], _B]:
    """Register the decorated builder under its own name."""

    def decorate(builder: _B) -> _B:
        _NETWORKS[builder.__name__.replace("_", "-")] = (builder, default_config)
        return builder

    return decorate


def list_models(task: Task | None = None) -> list[str]:
    """Return the names of all networks, or of those for one task, sorted."""
    _load()
    return sorted(n for n, (_, config) in _NETWORKS.items() if task in (None, config.task))


def default_config(name: str) -> NetworkConfig:
    """Return the configuration that a network was designed for.

    Raises:
        NodulensError: there is no network of that name.
    """
    return _find(name)[1]


def create_model(name: str, **options: Any) -> nn.Module:
    """Build a network.

    Args:
        name: as :func:`list_models` gives it.
        options: keyword arguments of its builder.

    Raises:
        NodulensError: there is no network of that name, or it has no such option.
    """
    builder, _ = _find(name)
    try:
        return builder(**options)
    except TypeError as error:
        if "unexpected keyword" in str(error):
            raise NodulensError(f"network {name!r}: {error}") from error
        raise


def _find(name: str) -> tuple[Builder, NetworkConfig]:
    _load()
    if name not in _NETWORKS:
        near = difflib.get_close_matches(name, _NETWORKS, n=3, cutoff=0.3) or sorted(_NETWORKS)
        raise NodulensError(f"no network is called {name!r}; did you mean {' or '.join(near)}?")
    return _NETWORKS[name]


def _load() -> None:
    for file in _FILES:
        importlib.import_module(f"nodulens.models.{file}")
