"""The knowledge bank: medical terms with descriptions, for networks that are told what words mean.

The shipped bank is ``knowledge.toml`` beside this file; a user's own bank has the same form::

    [[term]]
    term = "halo"
    domain = "thyroid ultrasound"
    synonyms = ["hypoechoic halo"]
    description = "A thin dark ring around a nodule."
    source = "Grant et al. 2015"
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from nodulens.errors import BadData
from nodulens.files import write_text
from nodulens.text.lexicon import normalised, words_of

DOMAINS = ("thyroid ultrasound", "chest X-ray", "CT")
"""Domains of the shipped terms; a user's bank may have others."""

# Nothing that TOML or a terminal could stumble over.
_Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")
]


class Term(BaseModel):
    """A term, and what it means."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    term: Annotated[_Line, StringConstraints(max_length=80)]
    domain: Annotated[_Line, StringConstraints(max_length=40)]
    synonyms: tuple[Annotated[_Line, StringConstraints(max_length=80)], ...] = ()
    description: Annotated[_Line, StringConstraints(max_length=400)] = Field(
        description="One or two sentences; short enough for the text tower's limit."
    )
    source: Annotated[_Line, StringConstraints(max_length=200)]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    term: list[Term] = []


class KnowledgeBank:
    """Terms that can be found in texts.

    Args:
        terms: a later one replaces an earlier one of the same name and domain.
    """

    def __init__(self, terms: Iterable[Term]) -> None:
        by_name = {(_key(one.term), one.domain): one for one in terms}
        self.terms = tuple(by_name.values())
        self._wordings: dict[tuple[str, ...], list[Term]] = {}
        for one in self.terms:
            for wording in (one.term, *one.synonyms):
                words = words_of(wording)
                for form in (words, (*words[:-1], words[-1] + "s")) if words else ():
                    holders = self._wordings.setdefault(form, [])
                    if one not in holders:
                        holders.append(one)
        self._longest = max((len(words) for words in self._wordings), default=0)

    @classmethod
    def load(cls, extra: Path | None = None) -> KnowledgeBank:
        """Return the shipped bank, with the terms of a user's own file if one is given.

        Raises:
            BadData: the file cannot be read or holds something else.
        """
        if extra is None:
            return _shipped()
        return cls((*_shipped().terms, *read_terms(extra)))

    def terms_in(self, text: str) -> list[Term]:
        """Return the terms that occur in a text, each once, in the order of their appearance.

        Longest wordings first: "very hypoechoic" is not "hypoechoic", too. Case, accents, hyphens
        and a plural -s do not matter.
        """
        words = [normalised(match[0]) for match in _WORD.finditer(text)]
        found: dict[Term, None] = {}
        at = 0
        while at < len(words):
            for length in range(min(self._longest, len(words) - at), 0, -1):
                holders = self._wordings.get(tuple(words[at : at + length]))
                if holders:
                    found.update(dict.fromkeys(holders))
                    at += length
                    break
            else:
                at += 1
        return list(found)


def read_terms(path: Path) -> list[Term]:
    """Read a bank's file.

    Raises:
        BadData: it cannot be read or holds something else.
    """
    try:
        content = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadData(f"{path}: cannot be read as a bank of terms ({error})") from error
    return _read(content, str(path))


def add_term(path: Path, term: Term) -> None:
    """Add a term to a user's own bank; the file is made if it is not there, whole or not at all.

    Raises:
        BadData: the file holds something else, or the term already.
    """
    content = ""
    if path.exists():
        for one in read_terms(path):
            if (_key(one.term), one.domain) == (_key(term.term), term.domain):
                raise BadData(f"{path}: already has {term.term!r} in {term.domain}; edit it there")
        content = path.read_text("utf-8").rstrip("\n") + "\n\n"
    # A JSON string without control characters is a TOML string.
    lines = ["[[term]]"]
    for name, value in term.model_dump(mode="json").items():
        if value:
            lines.append(f"{name} = {json.dumps(value, ensure_ascii=False)}")
    content = content.lstrip("\n") + "\n".join(lines) + "\n"
    _read(content, str(path))
    write_text(path, content)


_WORD = re.compile(r"[^\W_]+")


@cache
def _shipped() -> KnowledgeBank:
    text = resources.files(__package__).joinpath("knowledge.toml").read_text("utf-8")
    return KnowledgeBank(_read(text, "knowledge.toml"))


def _read(content: str, name: str) -> list[Term]:
    try:
        return _File.model_validate(tomllib.loads(content)).term
    except tomllib.TOMLDecodeError as error:
        raise BadData(f"{name}: is no TOML ({error})") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadData(f"{name}: {place}: {first['msg']}") from error


def _key(wording: str) -> str:
    return " ".join(words_of(wording))
