from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nodulens.analysis.agreement import wanted
from nodulens.analysis.words import LONGEST_TEXT, Words, choose_words
from nodulens.errors import NodulensError
from nodulens.runtime.bundle import load_bundle
from nodulens.runtime.session import OnnxSegmenter


@pytest.fixture(scope="module")
def guided(bundle_store: Path) -> OnnxSegmenter:
    return OnnxSegmenter(load_bundle(bundle_store / "told-side"))


def other(folder: Path, **text: Any) -> OnnxSegmenter:
    bundles = pytest.importorskip("tests.bundles", exc_type=ImportError)
    return OnnxSegmenter(bundles.guided_bundle(folder / "other", name="other", **text))


def test_words_that_it_learned_from_are_told(guided: OnnxSegmenter) -> None:
    words = choose_words("  nodule in the left part\n", guided)
    assert words.told == "nodule in the left part"
    assert words.notes == []
    assert words.use is not None
    assert words.use.model_dump() == {
        "given": "nodule in the left part",
        "used": "nodule in the left part",
        "from": "argument",
        "understood": [
            {"field": "present", "value": "nodule", "certainty": "affirmed"},
            {"field": "horizontal", "value": "left", "certainty": "affirmed"},
        ],
        "not_understood": [],
        "agreement": [],
    }


@pytest.mark.parametrize("text", [None, "", " \n"])
def test_without_a_text_the_models_own_default_holds(
    guided: OnnxSegmenter, tmp_path: Path, text: str | None
) -> None:
    assert choose_words(text, guided) == Words(None, [])
    fixed = choose_words(text, other(tmp_path, default="fixed"))
    assert fixed.use is not None
    assert (fixed.use.given, fixed.use.used, fixed.use.origin) == (
        None,
        "thyroid nodule",
        "default",
    )
    assert fixed.told == "thyroid nodule"


def test_none_means_no_words_at_all(guided: OnnxSegmenter, tmp_path: Path) -> None:
    for segmenter in (guided, other(tmp_path, default="fixed")):
        words = choose_words("None", segmenter, "file")
        assert words.use is not None
        assert (words.use.given, words.told, words.use.origin) == ("None", None, "file")
        assert words.notes == []


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("the weather is nice", "nothing of the text was understood"),
        ("结节在左上方", "nothing of the text was understood"),
        ("\ud800\x00", "nothing of the text was understood"),
        ("Bilateral pulmonary infection, two infected areas", "does not speak of thyroid"),
        ("all left lung and lower right lung", "does not speak of thyroid ultrasound, which told"),
        ("No nodule is seen.", "says that there is nothing to outline"),
        ("not in the left part of the image", "only denies"),
        ("hypoechoic solid nodule", "did not learn from words about composition, echogenicity"),
    ],
)
def test_what_it_did_not_learn_to_hear_is_not_told(
    guided: OnnxSegmenter, tmp_path: Path, text: str, note: str
) -> None:
    words = choose_words(text, guided)
    assert words.told is None
    assert words.use is not None
    assert words.use.given
    (said,) = words.notes
    assert note in said
    assert said.endswith("; outlined as without a text")
    # As without a text also means: with the model's own words, where it has some.
    assert choose_words(text, other(tmp_path, default="fixed")).told == "thyroid nodule"


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("hypoechoic nodule in the left part", "did not learn from words about echogenicity; "),
        ("nodule in the left part, no calcifications", "the text denies unspecified; told-side"),
        ("nodule in the left part, nodule in the right part", "several things about horizontal"),
        ("nodule in the left part, zebra", "not understood of the text: zebra"),
        ("nodule in the left part, smooth, solid", "only the first 8 tokens"),
        ("nodule in the left part. " * 60, "only the first 8 tokens of the text were read"),
    ],
)
def test_what_may_mislead_it_is_noted(guided: OnnxSegmenter, text: str, note: str) -> None:
    words = choose_words(text, guided)
    assert words.told == text.strip()
    assert any(note in said for said in words.notes), words.notes


def test_certainty_and_what_was_not_understood_are_recorded(guided: OnnxSegmenter) -> None:
    use = choose_words("possible nodule in the left part, no calcifications, zebra", guided).use
    assert use is not None
    said = {(one.field, one.certainty) for one in use.understood}
    assert {("present", "uncertain"), ("horizontal", "affirmed"), ("foci", "negated")} <= said
    assert use.not_understood == ["zebra"]


def test_a_model_of_chests_is_told_of_chests(tmp_path: Path) -> None:
    chest = other(tmp_path, domain="chest X-ray", understands=["areas", "laterality"])
    assert choose_words("Bilateral pulmonary infection, upper left lung", chest).told is not None
    assert choose_words("thyroid nodule", chest).told is None


def test_a_model_that_reads_none_says_so(bundle_store: Path) -> None:
    deaf = OnnxSegmenter(load_bundle(bundle_store / "bright-blobs"))
    assert choose_words(None, deaf).use is None
    words = choose_words("solid nodule", deaf)
    assert words.told is None
    (note,) = words.notes
    assert note.startswith("bright-blobs does not read words, and the text says nothing of size")
    assert words.use is not None
    assert [(one.field, one.value) for one in words.use.understood] == [
        ("composition", "solid"),
        ("present", "nodule"),
    ]


def test_what_the_outline_is_to_agree_with(guided: OnnxSegmenter, bundle_store: Path) -> None:
    deaf = OnnxSegmenter(load_bundle(bundle_store / "bright-blobs"))
    for segmenter in (guided, deaf):
        words = choose_words("small nodule in the left part", segmenter)
        assert wanted(words.descriptors) == {"size": "small", "horizontal": "left"}
        # Of what is said in two ways, nothing can be asked.
        both = choose_words("small nodule in the left part, nodule in the right part", segmenter)
        assert wanted(both.descriptors) == {"size": "small"}
    refused = choose_words("no nodule in the left part", guided)
    assert wanted(refused.descriptors) == {}


def test_what_came_of_it_is_recorded(guided: OnnxSegmenter) -> None:
    words = choose_words("small nodule in the left part", guided)
    after = words.after(["agrees", "changed", "nothing agrees"])
    assert after.use is not None
    assert after.use.agreement == ["agrees", "changed", "nothing agrees"]
    changed, nothing = after.notes[-2:]
    assert changed == "the outline was changed to agree with the words small, left"
    assert nothing.startswith("no outline that the model holds possible in one of the views agrees")
    assert words.after(["agrees"]).notes == words.notes
    plain = choose_words("thyroid nodule", guided)
    assert plain.after(["nothing said"]) == plain


def test_a_text_that_is_no_report_is_refused(guided: OnnxSegmenter) -> None:
    assert choose_words("x" * LONGEST_TEXT, guided).told is None
    with pytest.raises(NodulensError, match="20001 characters"):
        choose_words("x" * (LONGEST_TEXT + 1), guided)


def test_a_comparison_with_nothing_to_compare_with_is_noted(bundle_store: Path) -> None:
    deaf = OnnxSegmenter(load_bundle(bundle_store / "bright-blobs"))
    words = choose_words("the smaller nodule on the right", deaf)
    assert wanted(words.descriptors) == {"relative_size": "smaller", "horizontal": "right"}
    assert words.after(["agrees"]).notes[-1].endswith("nothing to choose with: smaller")
    assert words.after(["changed"]).notes[-1].endswith("agree with the words smaller, right")
