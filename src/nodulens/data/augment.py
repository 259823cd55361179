"""Augmentation for ultrasound, on whole batches of tensors.

Geometry as of a probe held otherwise (flip, rotation, zoom, stretch, shift), grey values as of a
machine set otherwise (gamma, gain), and the physics between them: speckle, attenuation with depth,
acoustic shadow, haze. Everything random comes from one generator, so that a resumed training sees
what the uninterrupted one would have seen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Generator, Tensor
from torch.nn import functional as F


class Augmented(NamedTuple):
    """A changed batch.

    Attributes:
        images: float (B, 1, H, W), still in 0…1.
        masks: float (B, 1, H, W), still 0 or 1; None without masks.
        mirrored: bool (B,), whose left and right are swapped.
    """

    images: Tensor
    masks: Tensor | None
    mirrored: Tensor


class UltrasoundAugmentation:
    """Random changes of a batch; ranges as in ``nodulens.training.recipe.Augmentation``.

    Args:
        ranges: flip (probability), rotation (degrees), zoom, stretch, gamma and gain (factors from
            1 / (1 + range) to 1 + range), shift (share of the size), speckle (standard deviation),
            attenuation (exponent over the whole depth), shadow and haze (probabilities).
    """

    def __init__(self, ranges: Mapping[str, float]) -> None:
        self.ranges = dict(ranges)

    def __call__(self, images: Tensor, masks: Tensor | None, generator: Generator) -> Augmented:
        """Change a batch.

        Args:
            images: float (B, 1, H, W), 0…1.
            masks: float (B, 1, H, W), 0 or 1; moved along with the images. None without masks.
            generator: source of everything random.
        """
        images, masks, mirrored = self._move(images, masks, generator)
        images = self._grey(images, generator)
        images = self._depth(images, generator)
        images = self._shadow(images, generator)
        images = self._haze(images, generator)
        images = self._speckle(images, generator)
        return Augmented(images.clamp(0, 1), masks, mirrored)

    def _uniform(self, count: int, name: str, generator: Generator) -> Tensor:
        bound = self.ranges[name]
        return (torch.rand(count, 1, 1, 1, generator=generator) * 2 - 1) * bound

    def _factor(self, count: int, name: str, generator: Generator) -> Tensor:
        bound = math.log1p(self.ranges[name])
        return torch.exp((torch.rand(count, 1, 1, 1, generator=generator) * 2 - 1) * bound)

    def _chosen(self, count: int, name: str, generator: Generator) -> Tensor:
        return torch.rand(count, 1, 1, 1, generator=generator) < self.ranges[name]

    def _move(
        self, images: Tensor, masks: Tensor | None, generator: Generator
    ) -> tuple[Tensor, Tensor | None, Tensor]:
        count, _, height, width = images.shape
        flip = torch.where(self._chosen(count, "flip", generator), -1.0, 1.0).flatten()
        angle = torch.deg2rad(self._uniform(count, "rotation", generator)).flatten()
        zoom = self._factor(count, "zoom", generator).flatten()
        stretch = self._factor(count, "stretch", generator).flatten().sqrt()
        shift_x = self._uniform(count, "shift", generator).flatten() * 2
        shift_y = self._uniform(count, "shift", generator).flatten() * 2
        cos, sin = torch.cos(angle) / zoom, torch.sin(angle) / zoom
        aspect = height / width
        # Output to input in the grid's own units of −1…1, hence the aspect in the mixed terms.
        rows = torch.stack(
            [
                torch.stack([flip * cos / stretch, -flip * sin * aspect / stretch, shift_x], 1),
                torch.stack([sin / aspect * stretch, cos * stretch, shift_y], 1),
            ],
            dim=1,
        )
        grid = F.affine_grid(rows, [count, 1, height, width], align_corners=False)
        moved = F.grid_sample(images, grid, mode="bilinear", align_corners=False)
        if masks is None:
            return moved, None, flip < 0
        moved_masks = F.grid_sample(masks, grid, mode="bilinear", align_corners=False)
        return moved, (moved_masks > 0.5).to(masks.dtype), flip < 0

    def _grey(self, images: Tensor, generator: Generator) -> Tensor:
        count = len(images)
        gamma = self._factor(count, "gamma", generator)
        gain = self._factor(count, "gain", generator)
        return images.clamp(min=0).pow(gamma) * gain

    def _depth(self, images: Tensor, generator: Generator) -> Tensor:
        count, _, height, _ = images.shape
        slope = self._uniform(count, "attenuation", generator)
        depth = torch.linspace(-0.5, 0.5, height).view(1, 1, height, 1)
        return images * torch.exp(-slope * depth)

    def _shadow(self, images: Tensor, generator: Generator) -> Tensor:
        count, _, height, width = images.shape
        chosen = self._chosen(count, "shadow", generator)
        centre, half, top, dark = torch.rand(4, count, 1, 1, 1, generator=generator)
        x = torch.linspace(0, 1, width).view(1, 1, 1, width)
        y = torch.linspace(0, 1, height).view(1, 1, height, 1)
        half = 0.02 + 0.08 * half
        across = torch.sigmoid((half - (x - centre).abs()) / 0.015)
        below = torch.sigmoid((y - 0.7 * top) / 0.03)
        return images * (1 - chosen * across * below * (0.4 + 0.6 * dark))

    def _haze(self, images: Tensor, generator: Generator) -> Tensor:
        count, _, height, width = images.shape
        chosen = self._chosen(count, "haze", generator)
        coarse = torch.rand(count, 1, 4, 4, generator=generator)
        strength = torch.rand(count, 1, 1, 1, generator=generator) * 0.25
        cloud = F.interpolate(coarse, (height, width), mode="bicubic", align_corners=False)
        # Fog lies on the scan, not on the black around it.
        return images + chosen * strength * cloud.clamp(0, 1) * (images > 0)

    def _speckle(self, images: Tensor, generator: Generator) -> Tensor:
        count, _, height, width = images.shape
        strength = torch.rand(count, 1, 1, 1, generator=generator) * self.ranges["speckle"]
        # Speckle is wider than high, because lateral resolution is the coarser one.
        noise = torch.randn(count, 1, height // 2, width // 3, generator=generator)
        noise = F.interpolate(noise, (height, width), mode="bilinear", align_corners=False)
        return images * (1 + strength * noise * 1.5)


def random_crop(
    image: Tensor,
    mask: Tensor,
    size: tuple[int, int],
    generator: Generator,
    share: float = 0.05,
    tries: int = 20,
) -> tuple[Tensor, Tensor]:
    """Cut a random window that shows some nodule, as CLIP-TNseg trains (arXiv 2412.05530).

    Args:
        image, mask: (1, H, W), at least of ``size``; the mask 0 or 1.
        size: height and width of the window.
        generator: source of everything random.
        share: of the window that should be nodule, if one of the tries has as much and the mask
            itself is not empty.
        tries: before the window with the most nodule so far is taken.

    Returns:
        The window of the image and of the mask.
    """
    height, width = size
    best, most = (0, 0), -1.0
    for _ in range(tries):
        y = int(torch.randint(image.shape[1] - height + 1, (1,), generator=generator))
        x = int(torch.randint(image.shape[2] - width + 1, (1,), generator=generator))
        found = float(mask[:, y : y + height, x : x + width].float().mean())
        if found > most:
            best, most = (y, x), found
        if most > share:
            break
    y, x = best
    window = (slice(None), slice(y, y + height), slice(x, x + width))
    return image[window], mask[window]
