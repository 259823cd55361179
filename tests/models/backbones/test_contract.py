from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from nodulens.models.backbones.contract import TextFeatures, no_text

pytestmark = pytest.mark.train


def test_no_text_has_no_tokens() -> None:
    found = no_text(3, SimpleNamespace(text_width=5, pooled_width=7))  # type: ignore[arg-type]
    assert found.tokens.shape == (3, 1, 5)
    assert found.pooled.shape == (3, 7)
    assert found.given.tolist() == [False, False, False]


def test_given_tells_the_rows_with_words() -> None:
    mask = torch.tensor([[True, True], [False, False], [True, False]])
    found = TextFeatures(torch.zeros(3, 2, 4), mask, torch.zeros(3, 4))
    assert found.given.tolist() == [True, False, True]
