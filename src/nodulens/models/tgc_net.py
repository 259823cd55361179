"""TGC-Net (arXiv 2512.21135): words and pictures of a frozen CLIP, calibrated to medicine.

The paper's abstract names three modules, for three gaps between CLIP and medical pictures; what is
inside them here is **derived** from that and from their closest published relatives, not read from
the authors' code:

- structural gap: SSE, the semantic-structural synergy encoder;
- semantic gap: DATE, the domain-augmented text encoder;
- alignment gap: VLCM, the vision-language calibration module.

Each has a switch, and each begins as the identity: what it adds goes through a gate or a layer that
starts at zero.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nodulens.models.attributes import AttributeHeads
from nodulens.models.backbones.contract import Backbone, ImageFeatures, TextFeatures
from nodulens.models.contrast import Contrast
from nodulens.models.guided import GuidedNetwork
from nodulens.models.position import position_code
from nodulens.models.registry import NetworkConfig, register
from nodulens.text.knowledge import KnowledgeBank

_STRIDE = 32
_GRID = 16
"""Stride of the grid on which pictures meet words: that of the published ViT-B/16."""


_FINE = 8
"""Channels at the size of the picture."""


class Pyramid(nn.Module):
    """A small convolutional encoder: maps at strides 4, 8, 16 and 32 (derived).

    Args:
        widths: channels of the four maps.
    """

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        self.widths = tuple(widths)
        first = widths[0]
        self.stem = nn.Sequential(_down(3, first // 2), _down(first // 2, first), _Mixer(first))
        self.stages = nn.ModuleList(
            nn.Sequential(_down(before, after), _Mixer(after), _Mixer(after))
            for before, after in pairwise(widths)
        )

    def forward(self, image: Tensor) -> list[Tensor]:
        """Return the four maps of an image (B, 3, H, W), the largest first."""
        maps = [self.stem(image)]
        for stage in self.stages:
            maps.append(stage(maps[-1]))
        return maps


class _Mixer(nn.Module):
    """Inverted residual (MobileNetV2, arXiv 1801.04381)."""

    def __init__(self, width: int, expansion: int = 3) -> None:
        super().__init__()
        inner = width * expansion
        self.layers = nn.Sequential(
            nn.Conv2d(width, inner, 1, bias=False),
            nn.BatchNorm2d(inner),
            nn.ReLU6(),
            nn.Conv2d(inner, inner, 3, padding=1, groups=inner, bias=False),
            nn.BatchNorm2d(inner),
            nn.ReLU6(),
            nn.Conv2d(inner, width, 1, bias=False),
            nn.BatchNorm2d(width),
        )

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = x + self.layers(x)
        return result


class CrossAttention(nn.Module):
    """One thing asks another, in a narrow space; what comes of it is added by the caller.

    Args:
        width: of what asks and of the answer.
        other: width of what is asked.
        inner: of the space in which they meet.
        heads: of attention.
    """

    def __init__(self, width: int, other: int, inner: int, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(width)
        self.norm_other = nn.LayerNorm(other)
        self.query = nn.Linear(width, inner)
        self.key = nn.Linear(other, inner)
        self.value = nn.Linear(other, inner)
        self.out = nn.Linear(inner, width)

    def forward(
        self, x: Tensor, other: Tensor, mask: Tensor | None = None, place: Tensor | None = None
    ) -> Tensor:
        """Return what ``x`` (B, N, width) learns from ``other`` (B, M, other).

        Args:
            x: asks.
            other: is asked.
            mask: which of ``other`` count, bool (B, M); a row without any gets zeros.
            place: added to what asks, (N, width).
        """
        asking = self.norm(x)
        if place is not None:
            asking = asking + place
        answering = self.norm_other(other)
        query, key, value = (
            layer(source).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for layer, source in (
                (self.query, asking),
                (self.key, answering),
                (self.value, answering),
            )
        )
        if mask is None:
            found = F.scaled_dot_product_attention(query, key, value)
            result: Tensor = self.out(found.transpose(1, 2).flatten(2))
            return result
        # A row without words attends to everything and is then silenced: no division by zero.
        given = mask.any(1)
        allowed = mask | ~given[:, None]
        found = F.scaled_dot_product_attention(query, key, value, attn_mask=allowed[:, None, None])
        return self.out(found.transpose(1, 2).flatten(2)) * given[:, None, None]


class Synergy(nn.Module):
    """SSE: the frozen tower's maps ask the pyramid, and go into it (derived).

    ``V ← V + g · CrossAttention(V, F)`` and ``F ← F + Conv1×1(resize V)``; g and the convolution
    start at zero.
    """

    def __init__(self, seen: Sequence[int], pyramid: Sequence[int], inner: int) -> None:
        super().__init__()
        self.gates = nn.Parameter(torch.zeros(len(seen)))
        self.ask = nn.ModuleList(
            CrossAttention(width, own, inner) for width, own in zip(seen, pyramid, strict=True)
        )
        self.into = nn.ModuleList(
            nn.Conv2d(width, own, 1) for width, own in zip(seen, pyramid, strict=True)
        )
        for parameter in self.into.parameters():
            nn.init.zeros_(parameter)

    def forward(self, seen: Sequence[Tensor], pyramid: Sequence[Tensor]) -> list[Tensor]:
        """Return the pyramid with what the tower saw; ``seen`` has one map for each level."""
        result = []
        for gate, ask, into, theirs, own in zip(
            self.gates, self.ask, self.into, seen, pyramid, strict=True
        ):
            # Asked on the coarse grid, which is where most of what can be said is.
            coarse = F.adaptive_avg_pool2d(own, _coarser(own, pyramid[2]))
            answer = ask(_tokens(theirs), _tokens(coarse))
            theirs = theirs + gate * answer.transpose(1, 2).unflatten(2, theirs.shape[-2:])
            result.append(own + _resize(into(theirs), own.shape[-2:]))
        return result


class DomainText(nn.Module):
    """DATE: tokens learn from descriptions of the terms found in the words (derived).

    ``T' = T + tanh(a) · CrossAttention(T, knowledge)``, a zero at the start.
    """

    def __init__(self, width: int, knowledge: int, inner: int) -> None:
        super().__init__()
        self.gate = nn.Parameter(torch.zeros(()))
        self.ask = CrossAttention(width, knowledge, inner)

    def forward(self, tokens: Tensor, knowledge: Tensor, known: Tensor) -> Tensor:
        """Map tokens (B, L, D) with knowledge (B, N, P), of which ``known`` (B, N) counts."""
        result: Tensor = tokens + torch.tanh(self.gate) * self.ask(tokens, knowledge, known)
        return result


class Calibration(nn.Module):
    """VLCM: where in the picture each word is, corrected, and the words brought there (derived).

    The map of cosines S between pixels and tokens, divided by a learned temperature that starts at
    0.07, becomes ``S' = S + γ · DWConv3×3(GELU(Conv1×1 S))``, γ zero at the start. Each pixel gets
    the mean of the words under softmax over S', in which a token counts by its learned reliability.
    The cosine with the whole sentence is a map of its own for the decoder.

    Args:
        width: of the pixels.
        tokens: width of the tokens.
        pooled: width of the sentence.
        joint: width of the space in which they are compared.
    """

    def __init__(self, width: int, tokens: int, pooled: int, joint: int, inner: int = 8) -> None:
        super().__init__()
        self.pixels = nn.Linear(width, joint)
        self.tokens = nn.Linear(tokens, joint)
        self.sentence = nn.Linear(pooled, joint)
        self.log_temperature = nn.Parameter(torch.tensor(math.log(0.07)))
        self.gamma = nn.Parameter(torch.zeros(()))
        self.widen = nn.Conv2d(1, inner, 1)
        self.smooth = nn.Conv2d(inner, inner, 3, padding=1, groups=inner)
        self.narrow = nn.Conv2d(inner, 1, 1)
        self.reliability = nn.Linear(tokens, 1)
        self.value = nn.Linear(tokens, width)
        self.out = nn.Linear(width, width)
        self.sentence_map = nn.Conv2d(1, width, 1)
        for layer in (self.out, self.sentence_map):
            nn.init.zeros_(layer.weight)
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor, text: TextFeatures, place: Tensor) -> Tensor:
        """Return the pixels (B, width, h, w) with the words brought to them.

        Args:
            x: the pixels.
            text: the words; pictures without any stay as they are.
            place: code of the pixels' places, (h·w, width).
        """
        grid = x.shape[-2:]
        given = text.given
        pixels = F.normalize(self.pixels(_tokens(x) + place), dim=-1)
        tokens = F.normalize(self.tokens(text.tokens), dim=-1)
        cosine = pixels @ tokens.transpose(1, 2) / self.log_temperature.exp()
        maps = cosine.transpose(1, 2).reshape(-1, 1, *grid)
        changed = self.narrow(self.smooth(F.gelu(self.widen(maps))))
        calibrated = (maps + self.gamma * changed).reshape(cosine.shape[0], -1, grid.numel())
        weight = calibrated.transpose(1, 2) + F.logsigmoid(self.reliability(text.tokens)).mT
        allowed = text.mask | ~given[:, None]
        weight = weight.masked_fill(~allowed[:, None], -1e4).softmax(-1)
        brought = self.out(weight @ self.value(text.tokens))
        sentence = F.normalize(self.sentence(text.pooled), dim=-1)
        whole = (pixels @ sentence[..., None]).transpose(1, 2).unflatten(2, grid)
        whole = whole / self.log_temperature.exp()
        added = brought.transpose(1, 2).unflatten(2, grid) + self.sentence_map(whole)
        result: Tensor = x + added * given[:, None, None, None]
        return result


class Comparison(nn.Module):
    """Places that were told the words ask each other: which of us is meant? (ours)

    "The larger one" is true of no place by itself. What is at a place, and where that is, is
    multiplied by what the sentence says, so that "left" can be true on one side and false on the
    other; then follow pre-norm transformer layers. Each branch ends, or begins, in a layer that
    starts at zero.

    Args:
        width: of the pixels.
        pooled: width of the sentence.
        layers: how many.
    """

    def __init__(self, width: int, pooled: int, layers: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.said = nn.Linear(pooled, width)
        self.there = nn.Linear(width, width)
        nn.init.zeros_(self.there.weight)
        nn.init.zeros_(self.there.bias)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(
                width, 4, 2 * width, 0.0, "gelu", batch_first=True, norm_first=True
            )
            for _ in range(layers)
        )
        for layer in self.layers:
            assert isinstance(layer, nn.TransformerEncoderLayer)
            for last in (layer.self_attn.out_proj, layer.linear2):
                nn.init.zeros_(last.weight)
                nn.init.zeros_(last.bias)

    def forward(self, x: Tensor, text: TextFeatures, place: Tensor) -> Tensor:
        """Return the pixels (B, width, h, w); pictures without words stay as they are.

        Args:
            x: the pixels.
            text: the words.
            place: code of the pixels' places, (h·w, width).
        """
        before = _tokens(x) + place
        after = before + self.said(text.pooled)[:, None] * self.there(self.norm(_tokens(x)) + place)
        for layer in self.layers:
            after = layer(after)
        learned = ((after - before) * text.given[:, None, None]).transpose(1, 2)
        result: Tensor = x + learned.unflatten(2, x.shape[-2:])
        return result


class _Up(nn.Module):
    """Twice the size by sub-pixel convolution (arXiv 1609.05158), joined with the next map."""

    def __init__(self, width: int, skip: int, out: int) -> None:
        super().__init__()
        self.expand = nn.Conv2d(width, 4 * out, 1)
        self.join = nn.Sequential(_conv(out + skip, out), _conv(out, out))

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        up = F.pixel_shuffle(self.expand(x), 2)
        result: Tensor = self.join(torch.cat([up[..., : skip.shape[2], : skip.shape[3]], skip], 1))
        return result


class TgcNet(GuidedNetwork):
    """TGC-Net, as derived; see the module's own words.

    Args:
        backbone: frozen towers.
        depths: of the image tower, one for each of the pyramid's four levels, the shallowest first;
            the deepest is repeated where there are fewer.
        width: channels of the decoder; 256 in the paper's size.
        pyramid: channels of the trainable encoder at strides 4, 8, 16, 32.
        sse, date, vlcm: the three modules.
        words: read text at all.
        compare: layers in which places that were told the words compare themselves.
        dropout: share of the deepest channels dropped in training.
        attributes: label to its values, which the network learns to name.
    """

    def __init__(
        self,
        backbone: Backbone,
        depths: Sequence[int],
        width: int,
        pyramid: Sequence[int],
        *,
        sse: bool,
        date: bool,
        vlcm: bool,
        words: bool,
        compare: int,
        dropout: float,
        attributes: Mapping[str, Sequence[str]],
    ) -> None:
        super().__init__(backbone, depths)
        inner = max(32, width // 2)
        self.pyramid = Pyramid(pyramid)
        seen = backbone.widths(self.depths)
        levels = [seen[min(level, len(seen) - 1)] for level in range(4)]
        self.sse = Synergy(levels, pyramid, inner) if sse else None
        self.date = (
            DomainText(backbone.text_width, backbone.pooled_width, inner)
            if date and words
            else None
        )
        self.vlcm = (
            Calibration(width, backbone.text_width, backbone.pooled_width, inner)
            if vlcm and words
            else None
        )
        self.contrast = Contrast(backbone.text_width, backbone.pooled_width) if words else None
        self.project = nn.ModuleList(nn.Conv2d(channels, width, 1) for channels in pyramid)
        self.listen = (
            nn.ModuleList(CrossAttention(width, backbone.text_width, inner) for _ in range(2))
            if words
            else None
        )
        # Convolutions hardly know where they are, and "left" is said of places.
        self.where = nn.ModuleList(nn.Linear(width, width) for _ in range(2)) if words else None
        self.compare = (
            Comparison(width, backbone.pooled_width, compare) if compare and words else None
        )
        self.dropout = nn.Dropout2d(dropout)
        halves = [width, max(16, width // 2), max(16, width // 4)]
        self.up = nn.ModuleList(
            [
                _Up(width, width, halves[0]),
                _Up(halves[0], width, halves[1]),
                _Up(halves[1], width, halves[2]),
            ]
        )
        self.head = nn.Conv2d(halves[2], _FINE, 3, padding=1)
        self.last = nn.Conv2d(_FINE, 1, 3, padding=1)
        if attributes:
            self.attributes = AttributeHeads(seen, attributes)

    def descriptions(self, text: str) -> list[str]:
        """Return the knowledge bank's words for the terms of a text; none where DATE is off."""
        if self.date is None:
            return []
        return [term.description for term in KnowledgeBank.load().terms_in(text)]

    def forward(
        self, image: Tensor, text: TextFeatures | None = None, seen: ImageFeatures | None = None
    ) -> Tensor:
        """Return logits (B, 1, H, W); see :meth:`GuidedNetwork.forward`."""
        height, width = image.shape[-2:]
        padded = F.pad(image, (0, -width % _STRIDE, 0, -height % _STRIDE))
        maps = self.pyramid(padded)
        if self.sse is not None:
            seen = seen if seen is not None else self.look(image)
            last = len(seen.maps) - 1
            maps = self.sse([seen.maps[min(level, last)] for level in range(4)], maps)
        levels = [layer(level) for layer, level in zip(self.project, maps, strict=True)]
        levels[3] = self.dropout(levels[3])
        if self.listen is not None and text is not None:
            levels = self._told(levels, text)
        x = levels[3]
        for up, skip in zip(self.up, reversed(levels[:3]), strict=True):
            x = up(x, skip)
        # Sub-pixel convolution would draw outlines in steps of the four pixels that it answers for.
        fine = F.interpolate(self.head(x), scale_factor=4.0, mode="bilinear", align_corners=False)
        logits = self.last(fine)
        return logits[..., :height, :width]

    def _told(self, levels: list[Tensor], text: TextFeatures) -> list[Tensor]:
        assert self.listen is not None
        assert self.where is not None
        assert self.contrast is not None
        text = self.contrast(text)
        if self.date is not None and text.knowledge is not None:
            tokens = self.date(text.tokens, text.knowledge, text.known)
            text = text._replace(tokens=tokens)
        levels = list(levels)
        for level, listen, where in zip((3, 2), self.listen, self.where, strict=True):
            grid = levels[level].shape[-2:]
            place = position_code(grid, levels[level].shape[1])
            answer = listen(_tokens(levels[level]), text.tokens, text.mask, place)
            answer = answer + where(place) * text.given[:, None, None]
            levels[level] = levels[level] + answer.transpose(1, 2).unflatten(2, grid)
        if self.vlcm is not None:
            # The last of the two places is that of this level.
            levels[2] = self.vlcm(levels[2], text, place)
        if self.compare is not None:
            levels[2] = self.compare(levels[2], text, place)
        return levels


def _down(channels: int, out: int) -> nn.Sequential:
    return _conv(channels, out, stride=2)


def _conv(channels: int, out: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, out, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(out),
        nn.SiLU(inplace=True),
    )


def _tokens(x: Tensor) -> Tensor:
    return x.flatten(2).transpose(1, 2)


def _resize(x: Tensor, size: torch.Size) -> Tensor:
    if x.shape[-2:] == size:
        return x
    return F.interpolate(x, size, mode="bilinear", align_corners=False)


def _coarser(own: Tensor, grid: Tensor) -> tuple[int, int]:
    return min(own.shape[2], grid.shape[2]), min(own.shape[3], grid.shape[3])


@register(
    NetworkConfig(
        task="segmentation",
        size=(224, 224),
        mean=(0.485, 0.456, 0.406),
        std=(0.229, 0.224, 0.225),
        uses_text=True,
    )
)
def tgc_net(
    backbone: str | Backbone = "lite",
    depths: Sequence[int] | None = None,
    width: int = 256,
    pyramid: Sequence[int] = (32, 64, 128, 192),
    sse: bool = True,
    date: bool = True,
    vlcm: bool = True,
    words: bool = True,
    compare: int = 0,
    dropout: float = 0.0,
    attributes: Mapping[str, Sequence[str]] | None = None,
) -> TgcNet:
    """Build a TGC-Net, as derived.

    Args:
        backbone: name of a frozen backbone; see ``nodulens.models.backbones``.
        depths: of its image tower, one for each of the pyramid's levels; the backbone's own if
            None.
        width: channels of the decoder.
        pyramid: channels of the trainable encoder at strides 4, 8, 16 and 32.
        sse, date, vlcm: switches of the three modules, for ablation.
        words: read text at all.
        compare: layers in which places that were told the words compare themselves with each
            other, for words like "the larger one"; 0 leaves them out.
        dropout: share of the deepest channels dropped in training.
        attributes: label to its values, which the network learns to name.

    Raises:
        NodulensError: the backbone is not known, or its weights cannot be had.
    """
    from nodulens.models.backbones.loading import load_backbone

    towers = load_backbone(backbone) if isinstance(backbone, str) else backbone
    return TgcNet(
        towers,
        towers.default_depths[::-1] if depths is None else depths,
        width,
        pyramid,
        sse=sse,
        date=date,
        vlcm=vlcm,
        words=words,
        compare=compare,
        dropout=dropout,
        attributes=attributes or {},
    )
