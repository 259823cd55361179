from __future__ import annotations

import pytest
import torch

from nodulens.errors import NodulensError
from nodulens.models.backbones import minilm
from nodulens.models.backbones.minilm import MiniLm

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def words() -> MiniLm:
    return MiniLm().eval().requires_grad_(False)


def test_sentences_that_mean_alike_lie_near(words: MiniLm) -> None:
    pooled = words.encode(
        ["a small tumour of the thyroid", "a tiny thyroid nodule", "the train leaves at noon"]
    ).pooled
    alike = torch.cosine_similarity(pooled[0], pooled[1], dim=0)
    other = torch.cosine_similarity(pooled[0], pooled[2], dim=0)
    assert alike > 0.6
    assert other < 0.2


def test_pooled_is_the_mean_of_its_own_tokens(words: MiniLm) -> None:
    found = words.encode(["solid", "solid, hypoechoic and taller than wide"])
    for row in range(2):
        own = found.tokens[row][found.mask[row]]
        torch.testing.assert_close(found.pooled[row], own.mean(0))


def test_case_does_not_matter(words: MiniLm) -> None:
    found = words.encode(["Thyroid Nodule", "thyroid nodule"])
    torch.testing.assert_close(found.pooled[0], found.pooled[1])


def test_a_missing_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "PACKAGE", "no_such_package")
    with pytest.raises(NodulensError, match="package no-such-package; install it"):
        minilm.model_folder()
