"""Which words the segmenter is told: what a user says is judged before a network hears it.

A network answers any words with some outline. So it is told a text only if the text speaks of what
the network learned to hear; otherwise it outlines as if there were no text, and a note says so. A
text that denies a nodule never hides one. Words of size and place choose among the outlines also of
a network that reads none (:mod:`nodulens.analysis.agreement`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from nodulens.analysis.agreement import wanted
from nodulens.errors import NodulensError
from nodulens.finding import Outcome, Statement, TextOrigin, TextUse
from nodulens.runtime.session import OnnxSegmenter
from nodulens.text.descriptors import Descriptors
from nodulens.text.grammar import COMPARED
from nodulens.text.parse import Understood, parse_report

NO_TEXT = "none"
"""The text that means: outline without words, whatever the model would use by default."""
LONGEST_TEXT = 20_000
"""Characters; a report has some hundreds, and each finding records the text."""

_TARGETS = {"thyroid": "nodule", "chest": "infection", "lung": "infection"}
"""What texts speak of, by a word of a bundle's domain."""
_MOST_SHOWN = 8


@dataclass(frozen=True)
class Words:
    """What the segmenter is told about a frame.

    Attributes:
        use: as the finding records it; None where there are no words at all.
        notes: for the reader of the finding.
        descriptors: what the outline is to agree with.
    """

    use: TextUse | None = None
    notes: list[str] = field(default_factory=list)
    descriptors: Descriptors = field(default_factory=Descriptors)

    @property
    def told(self) -> str | None:
        """The text for the segmenter; None for no words."""
        return None if self.use is None else self.use.used

    def after(self, outcomes: Sequence[Outcome]) -> Words:
        """Return the same with what came of the words of size and place in each scan area."""
        words = ", ".join(wanted(self.descriptors).values())
        if self.use is None or not words:
            return self
        notes = list(self.notes)
        if "changed" in outcomes:
            notes.append(f"the outline was changed to agree with the words {words}")
        compared = [name for name in COMPARED if getattr(self.descriptors, name) is not None]
        if compared and "agrees" in outcomes:
            word = " and ".join(getattr(self.descriptors, name) for name in compared)
            notes.append(
                f"one nodule alone is outlined, so that there was nothing to choose with: {word}"
            )
        if "nothing agrees" in outcomes:
            where = "the picture" if len(outcomes) == 1 else "one of the views"
            notes.append(
                f"no outline that the model holds possible in {where} agrees with the words "
                f"{words}: check them, and the outline"
            )
        use = self.use.model_copy(update={"agreement": list(outcomes)})
        return replace(self, use=use, notes=notes)


def choose_words(
    text: str | None, segmenter: OnnxSegmenter, origin: TextOrigin = "argument"
) -> Words:
    """Decide what a segmenter is told.

    Args:
        text: what the user says about the picture; None or an empty one if nothing, ``"none"`` if
            no words are to be used.
        segmenter: that is to be told, or that reads no words.
        origin: of the text.

    Raises:
        NodulensError: the text is longer than any report.
    """
    # What a terminal or a file gave as bytes that are no UTF-8 must not stop the writers.
    text = (text or "").encode("utf-8", "backslashreplace").decode("utf-8").strip()
    if len(text) > LONGEST_TEXT:
        raise NodulensError(
            f"the text has {len(text)} characters; give {LONGEST_TEXT} at most, best the sentences "
            "about this nodule alone"
        )
    default = _default(segmenter)
    if not text:
        use = TextUse(given=None, used=default, origin="default")
        return Words(use if default else None)
    if text.casefold() == NO_TEXT:
        return Words(TextUse(given=text, used=None, origin=origin))
    understood = parse_report(text)
    problem, notes = _judge(text, understood, segmenter)
    reads = segmenter.reader is not None
    if problem is not None:
        notes = [f"{problem}; outlined as without a text" if reads else problem, *notes]
    use = TextUse(
        given=text,
        used=text if problem is None else default,
        origin=origin,
        understood=[
            Statement(field=one.field, value=one.value, certainty=one.certainty)
            for one in understood.statements
        ],
        not_understood=list(understood.not_understood),
    )
    heeded = problem is None or not reads
    return Words(use, notes, understood.undisputed if heeded else Descriptors())


def _default(segmenter: OnnxSegmenter) -> str | None:
    if segmenter.reader is None or segmenter.reader.description.default == "none":
        return None
    return segmenter.reader.description.fixed


def _judge(
    text: str, understood: Understood, segmenter: OnnxSegmenter
) -> tuple[str | None, list[str]]:
    """Say why a text is not for a segmenter, or None, and what else there is to note."""
    name = segmenter.bundle.description.name
    if segmenter.reader is None:
        if wanted(understood.undisputed):
            return f"{name} does not read words; they only choose among its outlines", []
        return (
            f"{name} does not read words, and the text says nothing of size and place in the "
            "picture, which could choose among its outlines; it did not change the outline",
            [],
        )
    description = segmenter.reader.description
    told = [one for one in understood.statements if one.certainty != "negated"]
    topics = {one.field for one in told} - {"present"}
    heard = topics & set(description.understands)
    foreign = _listed(topics - heard)
    if not understood.statements:
        return "nothing of the text was understood", []
    if _speaks_of_another_thing(understood, description.domain):
        return f"the text does not speak of {description.domain}, which {name} learned from", []
    if understood.descriptors.present is False:
        return (
            "the text says that there is nothing to outline, which is not for words to decide",
            [],
        )
    if not told:
        return "the text only denies, which does not say where to look", []
    if topics and not heard:
        return f"{name} did not learn from words about {foreign}", []
    notes = []
    if foreign:
        notes.append(f"{name} did not learn from words about {foreign}; they may mislead it")
    denied = _listed(one.value for one in understood.statements if one.certainty == "negated")
    if denied:
        notes.append(f"the text denies {denied}; {name} may take it for said")
    if understood.conflicts:
        notes.append(f"the text says several things about {_listed(understood.conflicts)}")
    if understood.not_understood:
        notes.append(f"not understood of the text: {_listed(understood.not_understood)}")
    if segmenter.reader.is_too_long(text):
        notes.append(
            f"only the first {description.limit} tokens of the text were read, which is all that "
            f"{name} takes"
        )
    return None, notes


def _speaks_of_another_thing(understood: Understood, domain: str) -> bool:
    own = next((thing for word, thing in _TARGETS.items() if word in domain.casefold()), None)
    other = understood.descriptors.target
    # A text that names nothing counts as one about a nodule.
    named = any(
        one.field == "areas" or (one.field == "present" and one.value == other)
        for one in understood.statements
    )
    return own is not None and named and other != own


def _listed(names: Iterable[str]) -> str:
    listed = sorted(set(names))
    more = len(listed) - _MOST_SHOWN
    return ", ".join(listed[:_MOST_SHOWN]) + (f" and {more} more" if more > 0 else "")
