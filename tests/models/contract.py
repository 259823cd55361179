"""What every network must do; a network's test inherits the class of its task."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor

from nodulens.models.checkpoint import load_network, save_network
from nodulens.models.registry import create_model, default_config, list_models


class NetworkContract:
    """Shared tests; ``name`` and ``options`` choose a small network."""

    name: ClassVar[str]
    options: ClassVar[dict[str, Any]] = {}
    sizes: ClassVar[list[tuple[int, int]]]

    def build(self) -> torch.nn.Module:
        torch.manual_seed(0)
        return create_model(self.name, **self.options)

    def image(self, height: int, width: int, count: int = 2) -> Tensor:
        return torch.rand(count, 3, height, width, generator=torch.Generator().manual_seed(1))

    def expected_shape(self, image: Tensor) -> tuple[int, ...]:
        raise AssertionError("the task's contract says")

    def test_is_listed_under_its_task(self) -> None:
        assert self.name in list_models(default_config(self.name).task)

    def test_shapes_at_its_own_and_at_odd_sizes(self) -> None:
        network = self.build().eval()
        for height, width in self.sizes:
            image = self.image(height, width)
            assert network(image).shape == self.expected_shape(image)

    def test_every_parameter_learns(self) -> None:
        network = self.build().train()
        for parameter in network.parameters():
            # Some start at zero on purpose (the last norm of a residual block) and so hide others.
            if not parameter.any():
                torch.nn.init.constant_(parameter, 0.1)
        network(self.image(*self.sizes[0])).square().mean().backward()
        silent = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()]
        assert silent == []

    def test_evaluation_is_deterministic(self) -> None:
        network = self.build().eval()
        image = self.image(*self.sizes[0])
        with torch.no_grad():
            assert torch.equal(network(image), network(image))

    def test_an_image_does_not_depend_on_its_batch(self) -> None:
        network = self.build().eval()
        image = self.image(*self.sizes[0])
        with torch.no_grad():
            torch.testing.assert_close(network(image)[:1], network(image[:1]), rtol=1e-4, atol=1e-4)

    def test_weights_survive_the_disk(self, tmp_path: Path) -> None:
        network = self.build().eval()
        save_network(tmp_path, network, self.name, self.options)
        image = self.image(*self.sizes[0])
        with torch.no_grad():
            assert torch.equal(load_network(tmp_path)(image), network(image))

    def test_text_is_accepted(self) -> None:
        if default_config(self.name).uses_text:
            pytest.fail("a network that reads text brings its own test of it")
        network = self.build().eval()
        image = self.image(*self.sizes[0])
        with torch.no_grad():
            assert torch.equal(network(image, None), network(image))


class SegmentationContract(NetworkContract):
    """Logits (B, 1, H, W) for any size."""

    sizes: ClassVar[list[tuple[int, int]]] = [(64, 96), (61, 75), (33, 32)]

    def expected_shape(self, image: Tensor) -> tuple[int, ...]:
        return (image.shape[0], 1, *image.shape[2:])


class ClassificationContract(NetworkContract):
    """Logits (B, labels)."""

    sizes: ClassVar[list[tuple[int, int]]] = [(64, 64), (61, 75)]
    labels: ClassVar[int]

    def expected_shape(self, image: Tensor) -> tuple[int, ...]:
        return (image.shape[0], self.labels)
