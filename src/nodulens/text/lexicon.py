"""The lexicon: values of descriptors with the wordings that reports and prompts use for them.

Its content stands in ``lexicon.toml`` beside this file.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

FIELDS = (
    "composition", "echogenicity", "margin", "shape", "foci", "size", "relative_size",
    "relative_depth", "side", "pole", "vertical", "horizontal", "laterality", "target",
)  # fmt: skip
"""Fields of ``Descriptors`` that the lexicon has words for."""

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Value:
    """A value of a field.

    Attributes:
        say: wordings for prompts, the plainest first.
        read: all wordings that are read as this value, ``say`` and the value itself among them.
        kind_of: the wider value that this one is a kind of, or None.
        opposite: the value that contradicts it most plainly, or None.
    """

    field: str
    value: str
    say: tuple[str, ...]
    read: tuple[str, ...]
    kind_of: str | None
    opposite: str | None


@dataclass(frozen=True)
class Lexicon:
    """All words that the parser knows.

    Attributes:
        values: by field, then by value.
        negation_before: words that negate what follows; likewise ``negation_after`` and the two of
            uncertainty.
        not_negations: phrases with a negating word that negate nothing.
        ends: words over which neither negation nor uncertainty reaches.
        leaves: words with which a noun phrase is over.
        neutral: phrases read as a whole that state nothing.
        words: further words that are no surprise in a report.
    """

    values: dict[str, dict[str, Value]]
    negation_before: tuple[str, ...]
    negation_after: tuple[str, ...]
    not_negations: tuple[str, ...]
    uncertainty_before: tuple[str, ...]
    uncertainty_after: tuple[str, ...]
    ends: tuple[str, ...]
    leaves: tuple[str, ...]
    neutral: tuple[str, ...]
    words: frozenset[str]
    _lookup: dict[tuple[str, str], str] = field(default_factory=dict, repr=False)

    def value_of(self, name: str, wording: str) -> str | None:
        """Return the value of the field ``name`` that ``wording`` stands for, or None."""
        return self._lookup.get((name, _key(wording)))

    def opposite(self, name: str, value: str) -> str | None:
        """Return the value that contradicts ``value`` most plainly, or None."""
        found = self.values.get(name, {}).get(value)
        return found.opposite if found else None

    def wider(self, name: str, value: str) -> str:
        """Return the wider value that ``value`` is a kind of, or ``value`` itself."""
        found = self.values.get(name, {}).get(value)
        return found.kind_of or value if found else value


@cache
def lexicon() -> Lexicon:
    """Return the lexicon that comes with the package; read once."""
    text = resources.files(__package__).joinpath("lexicon.toml").read_text("utf-8")
    content = tomllib.loads(text)
    values = {name: _values(name, content[name]) for name in FIELDS}
    return Lexicon(
        values=values,
        negation_before=tuple(content["negation"]["before"]),
        negation_after=tuple(content["negation"]["after"]),
        not_negations=tuple(content["negation"]["not_these"]),
        uncertainty_before=tuple(content["uncertainty"]["before"]),
        uncertainty_after=tuple(content["uncertainty"]["after"]),
        ends=tuple(content["scope"]["ends"]),
        leaves=tuple(content["scope"]["leaves"]),
        neutral=tuple(content["neutral"]["read"]),
        words=frozenset(content["neutral"]["words"]),
        _lookup={
            (name, _key(wording)): value.value
            for name, group in values.items()
            for value in group.values()
            for wording in value.read
        },
    )


def normalised(word: str) -> str:
    """Return a word in lower case without accents, in compatible letters."""
    if word.isascii():
        return word.lower()
    parts = unicodedata.normalize("NFKD", word.casefold())
    return "".join(part for part in parts if not unicodedata.combining(part))


def words_of(phrase: str) -> tuple[str, ...]:
    """Return the words of a phrase, normalised; hyphens and apostrophes part words."""
    return tuple(normalised(word) for word in _WORD.findall(phrase))


def _key(wording: str) -> str:
    return " ".join(words_of(wording))


def _values(name: str, group: dict[str, dict[str, object]]) -> dict[str, Value]:
    found = {}
    for value, entry in group.items():
        say = tuple(_listed(entry.get("say")))
        found[value] = Value(
            field=name,
            value=value,
            say=say,
            read=tuple(dict.fromkeys([value, *say, *_listed(entry.get("read"))])),
            kind_of=_text(entry.get("kind_of")),
            opposite=_text(entry.get("opposite")),
        )
    return found


def _listed(entry: object) -> list[str]:
    return [str(item) for item in entry] if isinstance(entry, list) else []


def _text(entry: object) -> str | None:
    return entry if isinstance(entry, str) else None
