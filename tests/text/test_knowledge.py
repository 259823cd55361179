from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from nodulens.errors import BadData
from nodulens.text.knowledge import DOMAINS, KnowledgeBank, Term, add_term, read_terms

NEW = Term(
    term='white "knight"',
    domain="thyroid ultrasound",
    synonyms=("giraffe\\hide",),
    description="A uniformly bright nodule in an inflamed gland.",
    source="Bonavita et al. 2009",
)


def test_the_bank_covers_its_domains() -> None:
    counts = Counter(one.domain for one in KnowledgeBank.load().terms)
    assert set(counts) == set(DOMAINS)
    assert counts["thyroid ultrasound"] >= 60
    assert counts["chest X-ray"] >= 25
    assert counts["CT"] >= 15


def test_every_term_is_explained_in_a_sentence_or_two() -> None:
    for one in KnowledgeBank.load().terms:
        assert one.description.endswith("."), one.term
        assert len(one.description.split()) <= 40, one.term
        assert one.description[0].isupper(), one.term
        assert len(set(one.synonyms)) == len(one.synonyms), one.term


def test_no_wording_has_two_meanings_in_a_domain() -> None:
    seen: dict[tuple[str, str], str] = {}
    for one in KnowledgeBank.load().terms:
        for wording in (one.term, *one.synonyms):
            key = one.domain, wording.lower().replace("-", " ")
            assert seen.setdefault(key, one.term) == one.term, wording


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Very hypoechoic nodule.", ["very hypoechoic", "thyroid nodule"]),
        ("Markedly-hypoechoic", ["very hypoechoic"]),
        ("MICROCALCIFICATIONS, microcalcification", ["punctate echogenic foci"]),
        (
            "Bilateral pulmonary infection, two infected areas, upper left lung",
            ["bilateral", "pneumonia", "infected area", "left lung"],
        ),
        ("ground-glass opacities", ["ground-glass opacity"]),
        ("nothing known", []),
        ("", []),
    ],
)
def test_terms_are_found(text: str, terms: list[str]) -> None:
    found = [one.term for one in KnowledgeBank.load().terms_in(text)]
    if text == "ground-glass opacities":
        assert "ground-glass opacity" in found
    else:
        assert found == terms


@given(st.text())
def test_any_text_is_searched(text: str) -> None:
    KnowledgeBank.load().terms_in(text)


def test_a_bank_of_ones_own_is_extended(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "mine.toml"
    add_term(path, NEW)
    path.write_text("# kept\n" + path.read_text("utf-8"), "utf-8")
    add_term(path, NEW.model_copy(update={"term": "another"}))
    assert path.read_text("utf-8").startswith("# kept\n")
    assert [one.term for one in read_terms(path)] == ['white "knight"', "another"]
    assert read_terms(path)[0] == NEW
    bank = KnowledgeBank.load(path)
    assert len(bank.terms) == len(KnowledgeBank.load().terms) + 2
    assert bank.terms_in("a WHITE knight")[0] == NEW
    assert not KnowledgeBank.load().terms_in("a WHITE knight")
    with pytest.raises(BadData, match="already has"):
        add_term(path, NEW)


def test_a_users_term_replaces_the_shipped_one(tmp_path: Path) -> None:
    own = Term(term="Halo", domain="thyroid ultrasound", description="Mine.", source="me")
    add_term(tmp_path / "a.toml", own)
    (found,) = KnowledgeBank.load(tmp_path / "a.toml").terms_in("halo")
    assert found == own


@pytest.mark.parametrize("name", ["term", "domain", "description", "source"])
@pytest.mark.parametrize("wrong", ["", "  ", "a\nb", "\x1b[31m", "x" * 500])
def test_bad_terms_are_refused(name: str, wrong: str) -> None:
    with pytest.raises(ValidationError):
        Term.model_validate(NEW.model_dump() | {name: wrong})


@pytest.mark.parametrize(
    "content", [b"[[term]]\n", b"term = 3", b"= =", b"\xff", b'[[terms]]\nterm = "a"\n']
)
def test_bad_files_are_named(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(content)
    for use in (lambda: KnowledgeBank.load(path), lambda: add_term(path, NEW)):
        with pytest.raises(BadData, match=r"bad\.toml"):
            use()
    assert path.read_bytes() == content
    with pytest.raises(BadData, match="cannot be read"):
        KnowledgeBank.load(tmp_path / "gone.toml")
