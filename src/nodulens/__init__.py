"""Nodulens: thyroid ultrasound in, outlined nodule, measurements and malignancy estimate out.

Research use only.

``from nodulens import Analyzer, Finding, read``; each is imported when it is first asked for, so
that ``import nodulens`` itself costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nodulens.analysis.analyzer import Analyzer
    from nodulens.finding import Finding
    from nodulens.frames.reading import read

__version__ = "0.1.0"
__all__ = ["Analyzer", "Finding", "__version__", "read"]

_HOMES = {
    "Analyzer": "nodulens.analysis.analyzer",
    "Finding": "nodulens.finding",
    "read": "nodulens.frames.reading",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
