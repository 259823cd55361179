"""CLIP-TNseg (arXiv 2412.05530): words on frozen tokens, and a U-Net for detail.

The coarse branch is CLIPSeg's decoder (arXiv 2112.10003) with a wider upsampler: tokens of three
depths of a frozen image tower, conditioned once by FiLM (arXiv 1709.07871) on a vector that stands
for the words. The fine branch is a U-Net of residual blocks on the image itself. Both maps are
joined and read by the prediction head. At ``width`` 32 on a ViT-B/16 this is the published network;
ours are the width, the way without words, and towers of other forms than a ViT's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nodulens.errors import NodulensError
from nodulens.models.attributes import AttributeHeads
from nodulens.models.backbones.contract import (
    IMAGE_MEAN,
    IMAGE_STD,
    Backbone,
    ImageFeatures,
    TextFeatures,
)
from nodulens.models.contrast import Contrast
from nodulens.models.fused import norm_silu
from nodulens.models.guided import GuidedNetwork
from nodulens.models.position import position_code
from nodulens.models.registry import NetworkConfig, register

_STRIDE = 16
"""Of the coarse branch's tokens where the tower's own maps have several: a ViT-B/16's."""
MULTIPLES = (1, 1, 2, 2, 4, 4)
"""Widths of the fine branch's levels as multiples of the first."""


class ResidualBlock(nn.Module):
    """Twice norm, SiLU and 3×3 convolution, added to the input.

    Norm and SiLU are computed together; see :mod:`nodulens.models.fused`.
    """

    def __init__(self, channels: int, out: int, groups: int) -> None:
        super().__init__()
        self.in_layers = nn.Sequential(
            nn.GroupNorm(groups, channels), nn.SiLU(), nn.Conv2d(channels, out, 3, padding=1)
        )
        self.out_layers = nn.Sequential(
            nn.GroupNorm(groups, out), nn.SiLU(), nn.Conv2d(out, out, 3, padding=1)
        )
        self.skip = nn.Identity() if channels == out else nn.Conv2d(channels, out, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, channels, H, W) to (B, out, H, W)."""
        result: Tensor = self.skip(x) + _half(_half(x, self.in_layers), self.out_layers)
        return result


def _half(x: Tensor, layers: nn.Sequential) -> Tensor:
    norm, _, convolution = layers
    assert isinstance(norm, nn.GroupNorm)
    result: Tensor = convolution(norm_silu(x, norm))
    return result


class CoarseBranch(nn.Module):
    """Tokens of a frozen image tower and a condition to a map at the image's size.

    Args:
        image_widths: of the tower's tokens at each depth, deepest first.
        condition_width: of the vector that stands for the words; None builds no FiLM.
        width: of the decoder and of its map.
        patch: side in pixels of what one token stands for.
        position: add a code of each token's place in the picture to every level, for towers whose
            tokens do not know it.
    """

    def __init__(
        self,
        image_widths: Sequence[int] = (768, 768, 768),
        condition_width: int | None = 512,
        width: int = 64,
        patch: int = 16,
        position: bool = False,
    ) -> None:
        super().__init__()
        self.position = position
        self.reduces = nn.ModuleList(nn.Linear(channels, width) for channels in image_widths)
        if condition_width is not None:
            self.film_mul = nn.Linear(condition_width, width)
            self.film_add = nn.Linear(condition_width, width)
            # Words start as a slight change of what is seen without any, not as its near end.
            nn.init.ones_(self.film_mul.bias)
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(
                width, nhead=4, dim_feedforward=32 * width, dropout=0.1, batch_first=True
            )
            for _ in image_widths
        )
        self.trans_conv = nn.ConvTranspose2d(width, width, patch, stride=patch)

    def forward(
        self,
        tokens: Sequence[Tensor],
        condition: Tensor | None,
        given: Tensor | None,
        grid: tuple[int, int],
    ) -> Tensor:
        """Decode.

        Args:
            tokens: (B, 1 + h·w, channels) of each depth, deepest first, the class token first.
            condition: (B, condition_width), not normalised; None leaves FiLM out.
            given: bool (B,), which rows of ``condition`` count; None for all.
            grid: h and w of the patches.

        Returns:
            (B, width, h·patch, w·patch).
        """
        x = torch.zeros((), device=tokens[0].device)
        for number, (level, reduce, block) in enumerate(
            zip(tokens, self.reduces, self.blocks, strict=True)
        ):
            x = reduce(level) + x
            if self.position:
                code = position_code(grid, x.shape[-1]).to(x)
                x = x + F.pad(code, (0, 0, 1, 0))  # the class token has no place
            if number == 0 and condition is not None:
                told = self.film_mul(condition)[:, None] * x + self.film_add(condition)[:, None]
                x = told if given is None else torch.where(given[:, None, None], told, x)
            x = block(x)
        patches = x[:, 1:].transpose(1, 2).unflatten(2, grid)
        result: Tensor = self.trans_conv(patches)
        return result


class FineBranch(nn.Module):
    """U-Net of residual blocks; each block on the way up takes one stored map of the way down.

    Args:
        width: of the first level and of the result; also the number of groups of every norm, so
            that a group has as many channels as the published one at every width.
        multiples: width of each level as a multiple of it.
        channels: of the image.
    """

    def __init__(
        self, width: int = 32, multiples: Sequence[int] = MULTIPLES, channels: int = 3
    ) -> None:
        super().__init__()
        self.stride = 2 ** (len(multiples) - 1)
        self.enc_blocks = nn.ModuleList([nn.Conv2d(channels, width, 3, padding=1)])
        stored, channels = [width], width
        for level, multiple in enumerate(multiples):
            for _ in range(2):
                block = ResidualBlock(channels, width * multiple, width)
                self.enc_blocks.append(nn.Sequential(block))
                channels = width * multiple
                stored.append(channels)
            if level < len(multiples) - 1:
                down = nn.Conv2d(channels, channels, 3, stride=2, padding=1)
                self.enc_blocks.append(nn.Sequential(down))
                stored.append(channels)
        self.middle_block = nn.Sequential(
            ResidualBlock(channels, channels, width), ResidualBlock(channels, channels, width)
        )
        self.dec_blocks = nn.ModuleList()
        for level, multiple in reversed(list(enumerate(multiples))):
            for place in range(3):
                layers = nn.Sequential(
                    ResidualBlock(channels + stored.pop(), width * multiple, width)
                )
                channels = width * multiple
                if level and place == 2:
                    layers.append(
                        nn.Sequential(
                            nn.Upsample(scale_factor=2.0, mode="nearest"),
                            nn.Conv2d(channels, channels, 3, padding=1),
                        )
                    )
                self.dec_blocks.append(layers)

    def forward(self, image: Tensor) -> Tensor:
        """Map (B, channels, H, W) of any size to (B, width, H, W)."""
        height, width = image.shape[-2:]
        x = F.pad(image, (0, -width % self.stride, 0, -height % self.stride))
        stored = []
        for block in self.enc_blocks:
            x = block(x)
            stored.append(x)
        x = self.middle_block(x)
        for block in self.dec_blocks:
            x = block(torch.cat([x, stored.pop()], 1))
        return x[..., :height, :width]


class PredictionHead(nn.Sequential):
    """From the joined maps to a logit a cell."""

    def __init__(self, channels: int = 96, width: int = 64, groups: int = 32) -> None:
        super().__init__(
            ResidualBlock(channels, width, groups),
            ResidualBlock(width, width, groups),
            nn.Conv2d(width, 1, 1),
        )


class ClipTnseg(GuidedNetwork):
    """The whole network; see :func:`clip_tnseg` for its arguments."""

    def __init__(
        self,
        backbone: Backbone,
        depths: Sequence[int],
        width: int,
        coarse: bool,
        fine: bool,
        words: bool,
        fold: int,
        contrast: bool,
        attributes: Mapping[str, Sequence[str]],
    ) -> None:
        super().__init__(backbone, depths)
        strides = backbone.strides(self.depths)
        self.patch = strides[0] if len(set(strides)) == 1 else _STRIDE
        self.fold = fold
        if fold < 1 or fold & (fold - 1) or self.patch % fold:
            raise NodulensError(
                f"clip-tnseg: fold must be a power of two that divides {self.patch}, not {fold}"
            )
        if any(self.patch % stride and stride % self.patch for stride in strides):
            raise NodulensError(
                f"clip-tnseg: maps of strides {strides} cannot be brought to one grid of "
                f"{self.patch} pixels; choose other depths of {backbone.name}"
            )
        # Named as in the reference: coarse- and fine-grained branch, prediction head.
        self.CGB = (
            CoarseBranch(
                [
                    channels * max(1, self.patch // stride) ** 2
                    for channels, stride in zip(backbone.widths(self.depths), strides, strict=True)
                ],
                backbone.pooled_width if words else None,
                2 * width,
                self.patch // fold,
                position=not backbone.positional,
            )
            if coarse
            else None
        )
        # What is folded away is a level less to go down.
        levels = MULTIPLES[: len(MULTIPLES) - fold.bit_length() + 1]
        self.FGB = FineBranch(width, levels, 3 * fold**2) if fine else None
        self.PH = PredictionHead((2 * coarse + fine) * width, 2 * width, width)
        self.words = words and coarse
        self.contrast = (
            Contrast(backbone.text_width, backbone.pooled_width)
            if contrast and self.words
            else None
        )
        if attributes:
            self.attributes = AttributeHeads(backbone.widths(self.depths), attributes)

    def forward(
        self, image: Tensor, text: TextFeatures | None = None, seen: ImageFeatures | None = None
    ) -> Tensor:
        """Return logits (B, 1, H, W); see :class:`GuidedNetwork`.

        Of ``text`` only ``pooled`` is read, and ``mask`` for which rows have words. In training
        ``pooled`` may be mixed with that of a picture: ``nodulens.models.conditioning``.
        """
        parts = []
        height, width = image.shape[-2:]
        image_cells = F.pixel_unshuffle(
            F.pad(image, (0, -width % self.fold, 0, -height % self.fold)), self.fold
        )
        rows, columns = image_cells.shape[-2:]
        if self.CGB is not None:
            seen = self.look(image) if seen is None else seen
            grid = (-(-height // self.patch), -(-width // self.patch))
            strides = self.backbone.strides(self.depths)
            tokens = [
                tokens_of(one_grid(found.float(), stride, self.patch, grid), whole.float())
                for found, stride, whole in zip(seen.maps, strides, seen.classes, strict=True)
            ]
            told = text if self.words else None
            if told is not None and self.contrast is not None:
                told = self.contrast(told)
            condition = None if told is None else told.pooled
            given = None if told is None else told.given
            parts.append(self.CGB(tokens, condition, given, grid)[..., :rows, :columns])
        if self.FGB is not None:
            parts.append(self.FGB(image_cells))
        logits = self.PH(torch.cat(parts, 1))
        if self.fold > 1:
            # Smoothly: an answer for each pixel of a cell makes outlines in steps of cells.
            size = rows * self.fold, columns * self.fold
            logits = F.interpolate(logits, size, mode="bilinear", align_corners=False)
        return logits[..., :height, :width]


@register(
    NetworkConfig(
        task="segmentation", size=(352, 352), mean=IMAGE_MEAN, std=IMAGE_STD, uses_text=True
    )
)
def clip_tnseg(
    backbone: str | Backbone = "lite",
    depths: Sequence[int] | None = None,
    width: int = 32,
    coarse: bool = True,
    fine: bool = True,
    words: bool = True,
    fold: int = 1,
    contrast: bool = False,
    attributes: Mapping[str, Sequence[str]] | None = None,
) -> ClipTnseg:
    """Build CLIP-TNseg.

    Args:
        backbone: frozen, or its name; ``open_clip:ViT-B-16/openai`` is the published one.
        depths: of the backbone, deepest first; None for its default ones. The published ones are
            (9, 7, 3).
        width: the one dial of size: channels of the fine branch's first level, an even number. The
            coarse branch has twice as many. 32 is the published network.
        coarse: build the coarse branch.
        fine: build the fine branch.
        words: build FiLM; without it the network never reads its text.
        fold: side of the square of pixels that the fine branch and the head see as one cell; what
            they answer is interpolated; a power of two. 1 is the published network, 2 takes a
            quarter of its time.
        contrast: take from the words what they all share; see ``nodulens.models.contrast``. Not in
            the published network.
        attributes: label to its values, which the network learns to name.

    Raises:
        NodulensError: neither branch is wanted, an odd width, or depths that do not go together.
    """
    if not coarse and not fine:
        raise NodulensError("clip-tnseg: with neither coarse nor fine branch nothing is left")
    if width < 2 or width % 2:
        raise NodulensError(f"clip-tnseg: the width must be even and positive, not {width}")
    tower = backbone if isinstance(backbone, Backbone) else _load(backbone)
    if depths is None:
        depths = sorted(tower.default_depths, key=tower.depths.index, reverse=True)
    return ClipTnseg(
        tower,
        depths,
        width,
        coarse,
        fine,
        words,
        fold=fold,
        contrast=contrast,
        attributes=attributes or {},
    )


def _load(name: str) -> Backbone:
    from nodulens.models.backbones.loading import load_backbone

    return load_backbone(name)


def one_grid(found: Tensor, stride: int, patch: int, grid: tuple[int, int]) -> Tensor:
    """Bring a map (B, C, h, w) of one stride to a grid of another, one dividing the other.

    The pixels of a finer map that fall into one cell become channels of it, (patch / stride)² times
    as many; coarser maps are interpolated. Everything stays where it is in the picture.
    """
    if stride < patch:
        times = patch // stride
        missing = [cells * times - side for cells, side in zip(grid, found.shape[-2:], strict=True)]
        found = F.pad(found, (0, missing[1], 0, missing[0]), mode="replicate")
        found = F.pixel_unshuffle(found[..., : grid[0] * times, : grid[1] * times], times)
    elif stride > patch:
        found = F.interpolate(
            found, scale_factor=float(stride // patch), mode="bilinear", align_corners=False
        )
    return found[..., : grid[0], : grid[1]]


def tokens_of(found: Tensor, whole: Tensor) -> Tensor:
    """Lay out a map (B, C, h, w) and the vector for the whole (B, c) as (B, 1 + h·w, C).

    Where a cell holds several pixels, C is a multiple of c, and the vector stands for each of them.
    """
    whole = whole.repeat_interleave(found.shape[1] // whole.shape[1], dim=1)
    return torch.cat([whole[:, None], found.flatten(2).transpose(1, 2)], 1)
