"""Frozen backbones by name.

``lite``
    EfficientNet-Lite0 and MiniLM, from PyPI packages: no download.
``lite:FOLDER``
    The same, the pictures looked at by the encoder of a finished run of network ``unet``.
"""

from __future__ import annotations

import difflib
from pathlib import Path

from nodulens.errors import NodulensError
from nodulens.models.backbones.contract import Backbone

FORMS = ("lite", "lite:FOLDER")
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
    near = difflib.get_close_matches(name, FORMS, n=1, cutoff=0.4) or FORMS
    raise NodulensError(f"no backbone is called {name!r}; did you mean {' or '.join(near)}?")
