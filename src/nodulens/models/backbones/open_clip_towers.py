"""The towers of open_clip's models in parts, so that their inside can be read at any size."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nodulens.errors import NodulensError
from nodulens.models.backbones.contract import TextFeatures


class Eyes(ABC):
    """A vision transformer in parts: what comes before its blocks, and what after.

    Not a module: all weights belong to the model that it was taken from.
    """

    blocks: Sequence[nn.Module]
    width: int
    heads: int
    patch: int
    prefix: int

    @abstractmethod
    def patches(self, image: Tensor) -> Tensor:
        """Return patches, (B, C, h, w)."""

    @abstractmethod
    def enter(self, tokens: Tensor, grid: tuple[int, int]) -> Tensor:
        """Return what the first block gets, (B, prefix + N, C), of patches (B, N, C)."""

    @abstractmethod
    def pool(self, tokens: Tensor) -> Tensor:
        """Return the tower's answer, (B, P), of what left the last block."""


class _OpenClipEyes(Eyes):
    """open_clip's own vision transformer, OpenAI's architecture."""

    def __init__(self, visual: Any) -> None:
        self._visual = visual
        self.blocks = visual.transformer.resblocks
        self.width = visual.conv1.out_channels
        self.heads = cast(Any, self.blocks[0]).attn.num_heads
        self.patch = visual.patch_size[0]
        self.prefix = 1

    def patches(self, image: Tensor) -> Tensor:
        found: Tensor = self._visual.conv1(image)
        return found

    def enter(self, tokens: Tensor, grid: tuple[int, int]) -> Tensor:
        visual = self._visual
        first = visual.class_embedding.expand(len(tokens), 1, -1)
        places = resized_positions(visual.positional_embedding[None], 1, visual.grid_size, grid)
        entered: Tensor = visual.ln_pre(torch.cat([first, tokens], 1) + places)
        return entered

    def pool(self, tokens: Tensor) -> Tensor:
        pooled: Tensor = self._visual._pool(tokens)[0]
        return pooled if self._visual.proj is None else pooled @ self._visual.proj


class _TimmEyes(Eyes):
    """A vision transformer of timm under open_clip's head, as BiomedCLIP and SigLIP have it."""

    def __init__(self, visual: Any) -> None:
        self._visual = visual
        trunk = visual.trunk
        self.blocks = trunk.blocks
        self.width = trunk.embed_dim
        self.heads = cast(Any, self.blocks[0]).attn.num_heads
        self.patch = trunk.patch_embed.patch_size[0]
        self.prefix = trunk.num_prefix_tokens

    def patches(self, image: Tensor) -> Tensor:
        found: Tensor = self._visual.trunk.patch_embed.proj(image)
        return found

    def enter(self, tokens: Tensor, grid: tuple[int, int]) -> Tensor:
        trunk = self._visual.trunk
        tokens = trunk.patch_embed.norm(tokens)
        first = [] if trunk.cls_token is None else [trunk.cls_token.expand(len(tokens), -1, -1)]
        with_class = 0 if trunk.no_embed_class else self.prefix
        places = resized_positions(trunk.pos_embed, with_class, trunk.patch_embed.grid_size, grid)
        if with_class:
            tokens = torch.cat([*first, tokens], 1) + places
        else:
            tokens = torch.cat([*first, tokens + places], 1)
        entered: Tensor = trunk.norm_pre(tokens)
        return entered

    def pool(self, tokens: Tensor) -> Tensor:
        trunk = self._visual.trunk
        pooled: Tensor = self._visual.head(trunk.forward_head(trunk.norm(tokens)))
        return pooled


def resized_positions(
    embedding: Tensor, prefix: int, old: tuple[int, int], new: tuple[int, int]
) -> Tensor:
    """Resize a position embedding bicubically, corners not aligned, not antialiased.

    Args:
        embedding: (1, prefix + rows · columns, C).
        prefix: tokens at its head that have no place in the picture.
        old, new: rows and columns.

    Returns:
        (1, prefix + new rows · new columns, C).
    """
    if old == new:
        return embedding
    head, places = embedding[:, :prefix], embedding[:, prefix:]
    grid = places.transpose(1, 2).unflatten(2, old)
    grid = F.interpolate(grid, new, mode="bicubic", align_corners=False)
    return torch.cat([head, grid.flatten(2).transpose(1, 2)], 1)


def eyes_of(name: str, visual: Any) -> Eyes:
    """Return the parts of a picture tower; ``name`` is the backbone's.

    Raises:
        NodulensError: it is no vision transformer with learned positions.
    """
    import open_clip.transformer as own
    from timm.models.vision_transformer import VisionTransformer

    if isinstance(visual, own.VisionTransformer) and visual.transformer.batch_first:
        return _OpenClipEyes(visual)
    trunk = getattr(visual, "trunk", None)
    if isinstance(trunk, VisionTransformer) and trunk.reg_token is None and (
        trunk.pos_embed is not None
    ):  # fmt: skip
        return _TimmEyes(visual)
    raise NodulensError(
        f"backbone {name!r}: its picture tower is a {type(trunk or visual).__name__}; only vision "
        "transformers with learned positions can be read"
    )


class Reader(ABC):
    """A text tower in parts. Not a module: all weights belong to the model."""

    width: int

    @abstractmethod
    def read(self, numbers: Tensor) -> TextFeatures:
        """Return the features of tokens (B, L)."""


class _OpenClipReader(Reader):
    """open_clip's own text transformer, alone or as a part of the whole model."""

    def __init__(self, tower: Any) -> None:
        self._tower = tower
        self._pool_type = getattr(tower, "text_pool_type", None) or tower.pool_type
        self._end: int = getattr(tower, "text_eos_id", None) or getattr(tower, "eos_id", 0) or 0
        self.width = tower.ln_final.normalized_shape[0]

    def read(self, numbers: Tensor) -> TextFeatures:
        from open_clip.transformer import text_global_pool

        tower = self._tower
        if hasattr(tower, "_embeds"):
            states, mask = tower._embeds(numbers)
        else:
            states = tower.token_embedding(numbers) + tower.positional_embedding
            mask = tower.attn_mask
        states = tower.ln_final(tower.transformer(states, attn_mask=mask))
        pooled = text_global_pool(states, numbers, self._pool_type, eos_token_id=self._end)
        projection = tower.text_projection
        if isinstance(projection, nn.Linear):
            pooled = projection(pooled)
        elif projection is not None:
            pooled = pooled @ projection
        return _cut(states, self._real(numbers), pooled)

    def _real(self, numbers: Tensor) -> Tensor:
        """Whether there is a token, up to and with the mark of the end."""
        if self._pool_type == "argmax":
            end = numbers.argmax(1)
        elif self._pool_type == "eos":
            end = torch.eq(numbers, self._end).int().argmax(1)
        else:
            return numbers != self._tower.pad_id
        return torch.arange(numbers.shape[1]) <= end[:, None]


class _HubReader(Reader):
    """A text tower of transformers, as BiomedCLIP has it."""

    def __init__(self, tower: Any) -> None:
        self._tower = tower
        self.width = tower.transformer.config.hidden_size

    def read(self, numbers: Tensor) -> TextFeatures:
        tower = self._tower
        real = numbers != tower.config.pad_token_id
        found = tower.transformer(input_ids=numbers, attention_mask=real.long())
        pooled = tower.proj(tower.pooler(found, real.long()))
        return _cut(found.last_hidden_state, real, pooled)


def _cut(states: Tensor, real: Tensor, pooled: Tensor) -> TextFeatures:
    """Drop the columns in which there is no token."""
    length = int(real.sum(1).max())
    return TextFeatures(states[:, :length], real[:, :length], pooled)


def reader_of(name: str, model: nn.Module) -> Reader:
    """Return the parts of a model's text tower; ``name`` is the backbone's.

    Raises:
        NodulensError: it is of a kind that cannot be read.
    """
    from open_clip.hf_model import HFTextEncoder

    tower: Any = getattr(model, "text", model)
    if isinstance(tower, HFTextEncoder):
        return _HubReader(tower)
    if hasattr(tower, "token_embedding") and getattr(tower, "cls_emb", None) is None:
        return _OpenClipReader(tower)
    raise NodulensError(f"backbone {name!r}: its text tower is of a kind that cannot be read")
