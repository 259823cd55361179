"""A trained network as it is used: uint8 pixels in, probabilities out.

These modules are what is exported, so that a bundle carries its normalisation, its test-time
flipping and its calibration inside the graph; evaluation of a run goes through the same ones.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nodulens.models.registry import NetworkConfig
from nodulens.runtime.preprocess import Letterbox


class Normalised(nn.Module):
    """A network with the normalisation of its input."""

    mean: Tensor
    std: Tensor

    def __init__(self, network: nn.Module, config: NetworkConfig) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.tensor(config.mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(config.std).view(1, 3, 1, 1))

    def normalised(self, pixels: Tensor) -> Tensor:
        """Return what the network takes, (B, 3, H, W), for uint8 pixels (B, 1, H, W)."""
        grey = pixels.to(torch.float32) / 255
        return (grey.expand(-1, 3, -1, -1) - self.mean) / self.std


class _Deployed(Normalised):
    """Whether to average over a picture and its mirror image, and the network's own answer."""

    def __init__(self, network: nn.Module, config: NetworkConfig, *, flip: bool) -> None:
        super().__init__(network, config)
        self.flip = flip

    def logits(self, pixels: Tensor) -> Tensor:
        """Return the network's logits for uint8 pixels (B, 1, H, W)."""
        logits: Tensor = self.network(self.normalised(pixels))
        return logits


class DeployedSegmenter(_Deployed):
    """``pixels`` uint8 (B, 1, H, W) to ``probability`` float32 (B, 1, H, W)."""

    def forward(self, pixels: Tensor) -> Tensor:
        """Return the probability that a pixel belongs to a nodule."""
        logits = self.logits(pixels)
        if self.flip:
            logits = (logits + self.logits(pixels.flip(-1)).flip(-1)) / 2
        return torch.sigmoid(logits)


class DeployedClassifier(_Deployed):
    """``pixels`` uint8 (B, 1, H, W) to ``probability`` float32 (B, labels).

    Args:
        network, config, flip: as for a segmenter.
        labels: how many of the network's first outputs are the labels; the rest is auxiliary.
        temperature: divides the logits; found on out-of-fold predictions.
        shares: of each label where the network is used; for a network that learned from balanced
            classes, whose logits know nothing of how common each is.
    """

    log_shares: Tensor

    def __init__(
        self,
        network: nn.Module,
        config: NetworkConfig,
        *,
        flip: bool,
        labels: int,
        temperature: float = 1.0,
        shares: Sequence[float] | None = None,
    ) -> None:
        super().__init__(network, config, flip=flip)
        self.labels = labels
        self.temperature = temperature
        self.register_buffer("log_shares", torch.tensor(shares or [1.0] * labels).log())

    def forward(self, pixels: Tensor) -> Tensor:
        """Return the calibrated probability of each label."""
        logits = self.logits(pixels)
        if self.flip:
            logits = (logits + self.logits(pixels.flip(-1))) / 2
        evidence = logits[:, : self.labels] / self.temperature
        return torch.softmax(evidence + self.log_shares, dim=1)


class TorchModel:
    """Views or regions of any size through a deployed network, without an export.

    Args:
        module: a deployed network.
        size: height and width of its input.
    """

    def __init__(self, module: _Deployed, size: tuple[int, int]) -> None:
        self.module = module.eval().to(memory_format=torch.channels_last)
        self.size = size

    def segment(self, views: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        """Return for each view (H, W) the probability of nodule, float32 (H, W)."""
        boxes = [Letterbox((view.shape[0], view.shape[1]), self.size) for view in views]
        planes = self._run([box.into(view) for box, view in zip(boxes, views, strict=True)])
        return [box.out_of(plane[0]) for box, plane in zip(boxes, planes, strict=True)]

    def classify(self, regions: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        """Return for each region (H, W) the probability of each label, float32 (labels,)."""
        boxes = [Letterbox((region.shape[0], region.shape[1]), self.size) for region in regions]
        return list(self._run([box.into(r) for box, r in zip(boxes, regions, strict=True)]))

    def _run(self, planes: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        with torch.inference_mode():
            batch = torch.from_numpy(np.stack(planes)[:, None])
            result: NDArray[np.float32] = self.module(batch).numpy()
        return result
