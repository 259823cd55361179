"""Export a frozen text tower: a graph with int8 weights, and its tokenizer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from nodulens.data.manifest import Row
from nodulens.errors import BadData
from nodulens.models.backbones.contract import Backbone
from nodulens.models.backbones.lite import Lite
from nodulens.models.backbones.minilm import LIMIT, MiniLm
from nodulens.models.guided import GuidedNetwork
from nodulens.runtime.bundle import TEXT_ENCODER, TOKENIZER, TextInput
from nodulens.text.descriptors import Descriptors
from nodulens.text.parse import parse_report
from nodulens.text.place import place_of
from nodulens.training.onnx_graph import to_graph
from nodulens.training.run import Run


class TextTower(nn.Module):
    """``ids`` and ``attention``, int64 (B, L), to ``tokens`` (B, L, D) and ``pooled`` (B, D)."""

    def __init__(self, words: MiniLm, kept: list[int]) -> None:
        super().__init__()
        self.bert = words.bert
        # Rows of tokens that no English text has would be a third of the file.
        table = self.bert.embeddings.word_embeddings
        self.table = nn.Embedding.from_pretrained(table.weight[kept].detach().clone())

    def forward(self, ids: Tensor, attention: Tensor) -> tuple[Tensor, Tensor]:
        """Return the last layer's states and their mean over the tokens."""
        states = self.bert(
            inputs_embeds=self.table(ids), attention_mask=attention
        ).last_hidden_state
        weight = attention.unsqueeze(2).to(states.dtype)
        return states, (states * weight).sum(1) / weight.sum(1)


_DOMAINS = {"nodule": "thyroid ultrasound", "infection": "chest X-ray"}


def wants_knowledge(network: GuidedNetwork) -> bool:
    """Tell whether a network looks up what terms mean."""
    return bool(network.descriptions("nodule"))


def write_words(run: Run, network: GuidedNetwork, rows: Sequence[Row], folder: Path) -> TextInput:
    """Write what a bundle needs to be told words, and say which words its network learned from.

    Args:
        run: of the network.
        network: as it was trained.
        rows: of the manifest that it was trained on.
        folder: of the bundle.

    Raises:
        BadData: the backbone's words cannot be exported.
    """
    backbone = network.backbone
    limit = write_text_tower(backbone, folder)
    settings = run.recipe.words
    if settings.source == "rows":
        told = [parse_report(row.text).descriptors for row in rows if row.text]
    else:
        place = place_of(np.ones((4, 4), np.bool_)).descriptors()
        told = [Descriptors.from_labels(row.labels).merged(place) for row in rows]
    return TextInput(
        limit=limit,
        width=backbone.text_width,
        pooled=backbone.pooled_width,
        fixed=settings.prompt,
        understands=sorted({name for said in told for name in said.told()}),
        domain=_DOMAINS[told[0].target if told else "nodule"],
        mirror=run.recipe.objective.flip,
        reach=run.recipe.words.reach,
        knowledge=wants_knowledge(network),
    )


def write_text_tower(backbone: Backbone, folder: Path) -> int:
    """Write the text tower of a backbone as a bundle holds it.

    Weights are rounded to int8, and tokens with other than ASCII characters left out of the
    tokenizer: they are read as unknown.

    Args:
        backbone: of the kind ``lite``.
        folder: gets ``text.onnx`` and ``tokenizer.json``.

    Returns:
        The most tokens that a text may have.

    Raises:
        BadData: the backbone is of another kind.
    """
    if not isinstance(backbone, Lite):
        raise BadData(
            f"backbone {backbone.name}: only networks on `lite` can be exported; others are "
            "evaluated as runs"
        )
    tokenizer, kept = _without_others(json.loads(backbone.words.vocabulary))
    (folder / TOKENIZER).write_text(json.dumps(tokenizer, ensure_ascii=False), "utf-8")
    model = _exported(TextTower(backbone.words, kept).eval())
    _quantize(model)
    (folder / TEXT_ENCODER).write_bytes(model.SerializeToString())
    return LIMIT


def _without_others(tokenizer: dict[str, Any]) -> tuple[dict[str, Any], list[int]]:
    """Return a tokenizer of ASCII tokens alone, and which rows of the table those were."""
    vocabulary: dict[str, int] = tokenizer["model"]["vocab"]
    special = {token["content"] for token in tokenizer["added_tokens"]}
    kept = [
        (token, row)
        for token, row in sorted(vocabulary.items(), key=lambda item: item[1])
        if token in special or (token.isascii() and not token.startswith("[unused"))
    ]
    renumbered = {token: number for number, (token, _) in enumerate(kept)}
    tokenizer["model"]["vocab"] = renumbered
    for token in tokenizer["added_tokens"]:
        token["id"] = renumbered[token["content"]]
    for token in tokenizer["post_processor"].get("special_tokens", {}).values():
        token["ids"] = [renumbered[name] for name in token["tokens"]]
    if "sep" in tokenizer["post_processor"]:
        for mark in ("sep", "cls"):
            content, _ = tokenizer["post_processor"][mark]
            tokenizer["post_processor"][mark] = [content, renumbered[content]]
    # How long and how wide is for whoever reads.
    tokenizer["truncation"] = tokenizer["padding"] = None
    return tokenizer, [row for _, row in kept]


def _exported(tower: TextTower) -> Any:
    # With a text that is padded: from one without, the exporter concludes that none ever is.
    ids = torch.arange(14).view(2, 7)
    attention = torch.ones_like(ids)
    attention[1, 4:] = 0
    batch, length = torch.export.Dim("batch", max=64), torch.export.Dim("length", max=LIMIT)
    line = {0: batch, 1: length}
    return to_graph(tower, {"ids": ids, "attention": attention}, [line, line], ["tokens", "pooled"])


def _quantize(model: Any) -> None:
    """Store matrices as int8 with a scale for each row or column; arithmetic stays in float32.

    Also rounding what is computed, as dynamic quantization does, would change a text's vector ten
    times as much for a speed that a sentence does not need.
    """
    from onnx import helper, numpy_helper

    graph = model.graph
    # Rows of a table are looked up, columns of a matrix are what a product gives.
    axes = {node.input[0]: 0 for node in graph.node if node.op_type == "Gather"}
    axes |= {node.input[1]: 1 for node in graph.node if node.op_type == "MatMul"}
    nodes, tensors = [], []
    for tensor in graph.initializer:
        if tensor.name not in axes or len(tensor.dims) != 2:
            tensors.append(tensor)
            continue
        axis = axes[tensor.name]
        weights = numpy_helper.to_array(tensor)
        scale = np.abs(weights).max(axis=1 - axis).clip(1e-12) / 127
        whole = np.rint(weights / np.expand_dims(scale, 1 - axis)).astype(np.int8)
        names = [f"{tensor.name}.int8", f"{tensor.name}.scale"]
        parts = (whole, scale.astype(np.float32))
        tensors += [
            numpy_helper.from_array(part, name) for part, name in zip(parts, names, strict=True)
        ]
        nodes.append(helper.make_node("DequantizeLinear", names, [tensor.name], axis=axis))
    nodes += graph.node
    for field, values in (("initializer", tensors), ("node", nodes)):
        graph.ClearField(field)
        getattr(graph, field).extend(values)
