"""Frozen CLIP models of open_clip: any whose picture tower is a vision transformer.

CLIP: Radford et al. 2021, arXiv 2103.00020. Depths are residual blocks, counted from 0, and a map
is what leaves the block, before any further normalisation, as CLIPSeg (arXiv 2112.10003) reads it.
"""

from __future__ import annotations

import difflib
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nodulens.errors import BadData, NodulensError
from nodulens.models.backbones.contract import (
    IMAGE_MEAN,
    IMAGE_STD,
    Backbone,
    ImageFeatures,
    TextFeatures,
)
from nodulens.models.backbones.identity import identity_of
from nodulens.models.backbones.open_clip_towers import eyes_of, reader_of
from nodulens.models.backbones.weight_file import read_weights

_HUB, _FOLDER = "hf-hub:", "local-dir:"
_LICENCES = {
    "openai": "MIT (OpenAI CLIP)",
    "laion": "MIT (open_clip, LAION)",
    "datacomp": "MIT (open_clip, DataComp)",
}


class OpenClip(Backbone):
    """A frozen model of open_clip.

    Pictures may have any size: they are padded with the mean colour to whole patches, and the
    position embedding is resized bicubically, without antialiasing, as CLIPSeg does. As published
    networks feed OpenAI's CLIP with ImageNet's normalisation, it gets its pictures so; a tower that
    learned from pixels of -1…1 gets those.

    Args:
        name: by which it was asked for.
        model: open_clip's, in float32.
        tokenizer: from texts to token numbers (B, L), as open_clip makes it for the model.
        licence: of the weights.

    Raises:
        NodulensError: the model's towers are of a kind whose features cannot be read.
    """

    joint = True
    positional = True

    def __init__(self, name: str, model: nn.Module, tokenizer: Any, licence: str) -> None:
        super().__init__()
        self.name = name
        self.licence = licence
        self.model = model
        self._tokenizer = tokenizer
        visual = cast(Any, model.visual)
        self._eyes = eyes_of(name, visual)
        self._reader = reader_of(name, model)
        count = len(self._eyes.blocks)
        self.depths = tuple(range(count))
        # CLIP-TNseg's 9, 7 and 3 of 12, or as deep in others.
        self.default_depths = tuple(
            sorted({count * 3 // 4, count * 7 // 12, count // 4}, reverse=True)
        )
        self.text_width = self._reader.width
        with torch.no_grad():
            self.pooled_width = self.encode_text(["x"]).pooled.shape[1]
        from open_clip.constants import INCEPTION_MEAN

        learned = tuple(getattr(visual, "image_mean", None) or IMAGE_MEAN)
        self._centred = learned == tuple(INCEPTION_MEAN)
        # What the module's description leaves out: heads, and how pictures and texts are prepared.
        facts = (
            repr(model),
            f"open_clip 1, heads {self._eyes.heads}, centred {self._centred}",
            f"{type(tokenizer).__name__} {getattr(tokenizer, 'context_length', None)}",
        )
        self.identity = identity_of(model, *facts)
        self.freeze()

    def widths(self, depths: Sequence[int]) -> tuple[int, ...]:
        """Return the transformer's width, the same at all depths."""
        self.check_depths(depths)
        return (self._eyes.width,) * len(depths)

    def strides(self, depths: Sequence[int]) -> tuple[int, ...]:
        """Return the side of a patch, the same at all depths."""
        self.check_depths(depths)
        return (self._eyes.patch,) * len(depths)

    def encode_image(self, image: Tensor, depths: Sequence[int]) -> ImageFeatures:
        """Look at pictures, no deeper than the deepest map that is wanted."""
        self.check_depths(depths)
        eyes = self._eyes
        tokens, (rows, columns) = self._enter(image)
        kept: dict[int, Tensor] = {}
        for number, block in enumerate(eyes.blocks[: max(depths) + 1]):
            tokens = block(tokens)
            if number in depths:
                kept[number] = tokens
        maps, classes = [], []
        for depth in depths:
            places = kept[depth][:, eyes.prefix :]
            maps.append(places.transpose(1, 2).unflatten(2, (rows, columns)).contiguous())
            classes.append(kept[depth][:, 0] if eyes.prefix else places.mean(1))
        return ImageFeatures(tuple(maps), tuple(classes))

    def encode_whole(self, image: Tensor) -> Tensor:
        """Return the tower's projected answer."""
        tokens, _ = self._enter(image)
        for block in self._eyes.blocks:
            tokens = block(tokens)
        return self._eyes.pool(tokens)

    def _enter(self, image: Tensor) -> tuple[Tensor, tuple[int, int]]:
        """Return the tokens that enter the first block, and the rows and columns of patches."""
        eyes = self._eyes
        if self._centred:
            mean, std = (image.new_tensor(v).view(3, 1, 1) for v in (IMAGE_MEAN, IMAGE_STD))
            image = (image * std + mean) * 2 - 1
        height, width = image.shape[2:]
        patches = eyes.patches(F.pad(image, (0, -width % eyes.patch, 0, -height % eyes.patch)))
        rows, columns = patches.shape[2:]
        return eyes.enter(patches.flatten(2).transpose(1, 2), (rows, columns)), (rows, columns)

    def encode_text(self, texts: Sequence[str]) -> TextFeatures:
        """Read words.

        Returns:
            Tokens are the last layer's, normalised by it, up to and with the mark of the end;
            pooled is the tower's projected answer, not normalised.
        """
        return self._reader.read(self._tokenizer(list(texts)))


def open_clip_backbone(model: str) -> OpenClip:
    """Build a frozen model of open_clip.

    Args:
        model: ``MODEL/PRETRAINED`` as open_clip lists them; ``MODEL/PATH`` of a file or folder that
            :func:`read_weights` takes, an absolute path after a second slash; ``MODEL/random`` for
            random weights, always the same; ``hf-hub:ORGANISATION/NAME``; ``local-dir:FOLDER`` with
            ``open_clip_config.json`` and weights.

    Raises:
        NodulensError: there is no such model or no such weights, they cannot be fetched, or its
            towers are of a kind whose features cannot be read.
        BadData: a file holds no weights of that model.
    """
    name = f"open_clip:{model}"
    if model.startswith((_HUB, _FOLDER)):
        return _from_repository(name, model)
    architecture, _, source = model.partition("/")
    _check_architecture(name, architecture, source)
    import open_clip

    if source == "random":
        return _finished(name, _empty(name, architecture), architecture, "none: random weights")
    tag = open_clip.get_pretrained_cfg(architecture, source)
    if tag:
        path = Path(_fetched(name, architecture, lambda: open_clip.download_pretrained(tag)))
        quick = tag.get("quick_gelu", False)
        near = [value for key, value in _LICENCES.items() if source.startswith(key)]
        licence = near[0] if near else f"that of open_clip's {architecture}/{source}"
    elif Path(source).exists():
        path, quick, licence = Path(source), False, f"that of {Path(source).name}"
    else:
        known = open_clip.list_pretrained_tags_by_model(architecture)
        likely = difflib.get_close_matches(source, known, n=3, cutoff=0.3) or known
        raise NodulensError(
            f"backbone {name!r}: {source!r} is neither a file nor weights that open_clip knows for "
            f"{architecture}; did you mean {' or '.join([*likely, 'random'])}?"
        )
    weights = read_weights(path)
    built = _empty(name, architecture, quick=quick or weights.openai)
    _fill(built, weights.tensors, path)
    if tag:
        built.visual.image_mean = tag.get("mean", IMAGE_MEAN)
    return _finished(name, built, architecture, licence)


def _from_repository(name: str, model: str) -> OpenClip:
    """Build a model whose description lies beside its weights, on the hub or in a folder."""
    from open_clip.pretrained import download_pretrained_from_hf

    if model.startswith(_FOLDER):
        path = Path(model.removeprefix(_FOLDER))
        if not (path / "open_clip_config.json").is_file():
            raise BadData(f"{path}: no open_clip_config.json there; name a folder with one")
    else:
        repository = model.removeprefix(_HUB)
        path = Path(_fetched(name, "MODEL", lambda: download_pretrained_from_hf(repository)))
    weights = read_weights(path)
    built = _empty(name, model, quick=weights.openai)
    _fill(built, weights.tensors, path)
    return _finished(name, built, model, f"that of {model}; see its own page or card")


def _empty(name: str, architecture: str, *, quick: bool = False) -> Any:
    """Build a model with random weights, the same every time."""
    import open_clip

    def build() -> Any:
        disabled = logging.root.manager.disable
        # It warns that the weights are random, which is asked for, or mended by us at once.
        logging.disable(logging.WARNING)
        try:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(0)
                return open_clip.create_model(
                    architecture,
                    load_weights=False,
                    force_quick_gelu=quick,
                    pretrained_image=False,
                    pretrained_text=False,
                )
        finally:
            logging.disable(disabled)

    return _fetched(name, architecture, build)


def _finished(name: str, model: Any, architecture: str, licence: str) -> OpenClip:
    import open_clip

    tokenizer = _fetched(name, architecture, lambda: open_clip.get_tokenizer(architecture))
    return OpenClip(name, model.float().eval(), tokenizer, licence)


def _fetched(name: str, architecture: str, act: Any) -> Any:
    """Return what ``act`` gives, which may have to fetch files."""
    try:
        return act()
    except NodulensError:
        raise
    # Libraries for downloads raise what they like.
    except Exception as error:
        if architecture.startswith((_HUB, _FOLDER)):
            architecture = "MODEL"
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise NodulensError(
            f"backbone {name!r}: cannot be fetched or built ({reason}). Without a network: fetch "
            f"the weights elsewhere and name their file, open_clip:{architecture}/FILE, or their "
            "folder with its configuration, open_clip:local-dir:FOLDER; or use 'lite', which needs "
            "no download"
        ) from error


def _check_architecture(name: str, architecture: str, source: str) -> None:
    import open_clip

    known = open_clip.list_models()
    if architecture not in known:
        near = difflib.get_close_matches(architecture, known, n=3, cutoff=0.3) or known[:3]
        raise NodulensError(
            f"backbone {name!r}: open_clip has no model {architecture!r}; did you mean "
            f"{' or '.join(near)}?"
        )
    if not source:
        tags = open_clip.list_pretrained_tags_by_model(architecture)
        raise NodulensError(
            f"backbone {name!r}: whose weights? Write open_clip:{architecture}/PRETRAINED, with "
            f"one of {', '.join([*tags, 'random'])}, or the path of a file"
        )


def _fill(model: Any, tensors: dict[str, Tensor], path: Path) -> None:
    """Copy weights into a model; every tensor must be there and fit."""
    from open_clip.model import convert_to_custom_text_state_dict

    wanted = model.state_dict()
    if "positional_embedding" in tensors and "positional_embedding" not in wanted:
        tensors = convert_to_custom_text_state_dict(tensors)
    # Counted anew by later versions of transformers.
    ignored = "text.transformer.embeddings.position_ids"
    tensors = {k: v for k, v in tensors.items() if k in wanted or k != ignored}
    for key in ("logit_scale", "logit_bias"):
        if key in tensors and key in wanted and tensors[key].numel() == wanted[key].numel():
            tensors[key] = tensors[key].reshape(wanted[key].shape)
    missing = sorted(wanted.keys() - tensors.keys())
    extra = sorted(tensors.keys() - wanted.keys())
    unlike = [k for k in sorted(wanted.keys() & tensors.keys())
              if wanted[k].shape != tensors[k].shape]  # fmt: skip
    for what, keys in (("is missing", missing), ("is not known", extra), ("is unlike", unlike)):
        if keys:
            raise BadData(
                f"{path}: not the weights of this model: {keys[0]} {what}"
                f"{f' and {len(keys) - 1} more' if len(keys) > 1 else ''}"
            )
    model.load_state_dict(tensors)
