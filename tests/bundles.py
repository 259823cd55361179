"""Tiny deterministic bundles, built node by node: no training, no torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing

from nodulens.runtime.bundle import (
    CARD,
    FOREST,
    MODEL,
    TEXT_ENCODER,
    TOKENIZER,
    Bundle,
    Deferral,
    Description,
    Forest,
    Input,
    KnownFeature,
    Postprocessing,
    Region,
    Stack,
    TextInput,
    Training,
    seal_bundle,
)

SIZE = (64, 80)
"""Height and width of both networks' input."""
WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "left", "right", "thyroid", "nodule", "solid", "small")
"""What the tokenizer of a guided bundle knows, in the order of its numbers."""


def segmenter_bundle(
    folder: Path,
    name: str = "bright-blobs",
    level: float = 0.6,
    blurs: int = 1,
    size: tuple[int, int] = SIZE,
) -> Bundle:
    """Make a bundle that takes for nodule what is brighter than ``level`` after blurring.

    Args:
        folder: to be made.
        level: share of full white.
        blurs: number of 5×5 means in a row; thousands make it slow.
        size: of the input.
    """
    nodes = []
    last = "grey"
    for number in range(blurs):
        nodes.append(
            helper.make_node(
                "AveragePool", [last], [f"blur{number}"], kernel_shape=[5, 5], pads=[2, 2, 2, 2]
            )
        )
        last = f"blur{number}"
    nodes += [
        helper.make_node("Sub", [last, "level"], ["above"]),
        helper.make_node("Mul", ["above", "gain"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["probability"]),
    ]
    constants = {"full": 255.0, "level": level, "gain": 20.0}
    description = Description(
        name=name,
        version="1.0",
        task="segmentation",
        input=Input(height=size[0], width=size[1]),
        postprocessing=Postprocessing(minimum_share=0.002),
        training=Training(data="none; built by hand for tests", licence="Apache-2.0"),
    )
    return _build(folder, description, nodes, constants, ["batch", 1, *size])


def classifier_bundle(
    folder: Path, name: str = "mean-brightness", size: tuple[int, int] = SIZE
) -> Bundle:
    """Make a bundle that calls bright regions suspicious."""
    nodes = [
        helper.make_node("ReduceMean", ["grey"], ["mean"], axes=[2, 3], keepdims=0),
        helper.make_node("Sub", ["mean", "level"], ["above"]),
        helper.make_node("Mul", ["above", "gain"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["suspicious"]),
        helper.make_node("Sub", ["one", "suspicious"], ["benign"]),
        helper.make_node("Concat", ["benign", "suspicious"], ["probability"], axis=1),
    ]
    constants = {"full": 255.0, "level": 0.4, "gain": 10.0, "one": 1.0}
    description = Description(
        name=name,
        version="1.0",
        task="classification",
        input=Input(height=size[0], width=size[1]),
        labels=["benign", "suspicious"],
        meaning="the region is brighter than 40 % grey",
        region=Region(margin=0.1, minimum=16),
        training=Training(data="none; built by hand for tests", licence="Apache-2.0"),
    )
    return _build(folder, description, nodes, constants, ["batch", 2])


FEATURES = ["circularity", "echo_inside"]


def judging_bundle(folder: Path, name: str = "both", network: bool = True) -> Bundle:
    """Make a bundle whose forest calls bright nodules suspicious and round ones smooth.

    Args:
        folder: to be made.
        name: of the bundle.
        network: that of :func:`classifier_bundle` is heard, too.
    """
    nodes = [
        helper.make_node("Split", ["features"], ["round", "bright"], axis=1, num_outputs=2),
        helper.make_node("Sub", ["bright", "level"], ["above"]),
        helper.make_node("Mul", ["above", "gain"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["suspicious"]),
        helper.make_node("Sub", ["one", "suspicious"], ["benign"]),
        helper.make_node("Concat", ["benign", "suspicious"], ["probability"], axis=1),
        helper.make_node("Sub", ["one", "round"], ["odd"]),
        helper.make_node("Concat", ["round", "odd"], ["margin"], axis=1),
    ]
    constants = {"level": 0.5, "gain": 8.0, "one": 1.0}
    tensors = [
        numpy_helper.from_array(np.asarray(value, np.float32), name)
        for name, value in constants.items()
    ]
    outputs = [
        helper.make_tensor_value_info(output, TensorProto.FLOAT, [None, 2])
        for output in ("probability", "margin")
    ]
    given = helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, len(FEATURES)])
    model = helper.make_model(
        helper.make_graph(nodes, "forest", [given], outputs, tensors),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=10,
    )
    if network:
        description = classifier_bundle(folder).description
    else:
        folder.mkdir(parents=True)
        (folder / CARD).write_text(f"# {name}\n")
        description = Description(
            name=name,
            version="1.0",
            task="classification",
            labels=["benign", "suspicious"],
            meaning="the nodule is bright",
            forest=_forest(),
            training=Training(data="none; built by hand for tests", licence="Apache-2.0"),
        )
    (folder / FOREST).write_bytes(model.SerializeToString())
    parts: list[Literal["network", "forest"]] = ["network", "forest"] if network else ["forest"]
    stack = Stack(weights=dict.fromkeys(parts, 0.5), bias=0.25, usual=dict.fromkeys(parts, -0.5))
    deferral = Deferral(error=0.1, negative=0.7, positive=0.4)
    changes = {"name": name, "forest": _forest(), "stack": stack, "deferral": deferral}
    return seal_bundle(folder, description.model_copy(update=changes))


def _forest() -> Forest:
    deciles = [round(0.1 * tenth, 1) for tenth in range(11)]
    return Forest(
        features=[KnownFeature(name=name, deciles=deciles) for name in FEATURES],
        background=[[0.9, 0.2], [0.7, 0.4]],
        attributes={"margin": ["smooth", "lobulated or irregular"]},
    )


def guided_bundle(folder: Path, name: str = "told-side", **text: Any) -> Bundle:
    """Make a bundle that takes bright blobs for nodules, on the side that its words name.

    A side that is not named, while the other one is, is dark to the network. Any words at all make
    it a little bolder. Of a text, ``tokens`` and ``pooled`` each carry half of the side.

    Args:
        folder: to be made.
        name: of the bundle.
        text: fields of its :class:`TextInput` other than these.
    """
    table = np.zeros((len(WORDS), 3), np.float32)
    table[WORDS.index("left"), 0], table[WORDS.index("right"), 0] = -1, 1
    table[:, 1] = 1
    folder.mkdir(parents=True)
    (folder / TOKENIZER).write_text(tokenizer().to_str(), "utf-8")
    (folder / TEXT_ENCODER).write_bytes(_text_encoder(table))
    nodes = [
        helper.make_node("Cast", ["token_mask"], ["told"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["told", "last"], ["told_column"]),
        helper.make_node("Mul", ["tokens", "told_column"], ["heard"]),
        helper.make_node("ReduceSum", ["heard", "of_tokens"], ["sum"], keepdims=0),
        helper.make_node("MatMul", ["sum", "from_tokens"], ["side_of_tokens"]),
        helper.make_node("MatMul", ["pooled", "from_pooled"], ["side_of_pooled"]),
        helper.make_node("Add", ["side_of_tokens", "side_of_pooled"], ["side"]),
        helper.make_node("Reshape", ["side", "plane"], ["side_plane"]),
        helper.make_node("Mul", ["side_plane", "ramp"], ["slope"]),
        helper.make_node("Add", ["slope", "open"], ["gate"]),
        helper.make_node("ReduceMax", ["told"], ["any_told"], axes=[1], keepdims=1),
        helper.make_node("Reshape", ["any_told", "plane"], ["any_plane"]),
        helper.make_node("Mul", ["any_plane", "boldness"], ["bolder"]),
        helper.make_node("Sub", ["grey", "level"], ["above"]),
        helper.make_node("Add", ["above", "bolder"], ["bold"]),
        helper.make_node("Min", ["bold", "gate"], ["evidence"]),
        helper.make_node("Mul", ["evidence", "gain"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["probability"]),
    ]
    constants: dict[str, Any] = {
        "full": 255.0, "level": 0.6, "gain": 20.0, "open": 0.5, "boldness": 0.1,
        "ramp": 4 * np.linspace(-1, 1, SIZE[1], dtype=np.float32).reshape(1, 1, 1, -1),
        "from_tokens": np.array([[0.5], [0.0], [0.0]], np.float32),
        "from_pooled": np.array([[0.5], [0.0]], np.float32),
        "plane": np.array([-1, 1, 1, 1]), "last": np.array([2]), "of_tokens": np.array([1]),
    }  # fmt: skip
    description = Description(
        name=name,
        version="1.0",
        task="segmentation",
        input=Input(height=SIZE[0], width=SIZE[1]),
        uses_text=True,
        text=TextInput.model_validate(
            {
                "limit": 8,
                "width": 3,
                "pooled": 2,
                "fixed": "thyroid nodule",
                "understands": ["horizontal", "vertical"],
                "domain": "thyroid ultrasound",
                **text,
            }
        ),
        postprocessing=Postprocessing(minimum_share=0.002),
        training=Training(data="none; built by hand for tests", licence="Apache-2.0"),
    )
    told = [
        helper.make_tensor_value_info("tokens", TensorProto.FLOAT, ["batch", "length", 3]),
        helper.make_tensor_value_info("token_mask", TensorProto.BOOL, ["batch", "length"]),
        helper.make_tensor_value_info("pooled", TensorProto.FLOAT, ["batch", 2]),
    ]
    return _build(folder, description, nodes, constants, ["batch", 1, *SIZE], told)


def tokenizer() -> Tokenizer:
    """Return a tokenizer of whole words that knows :data:`WORDS`."""
    made = Tokenizer(WordLevel({word: number for number, word in enumerate(WORDS)}, "[UNK]"))
    made.normalizer = Lowercase()
    made.pre_tokenizer = Whitespace()
    made.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    # As files from the hub have them; the bundle's own limit goes before.
    made.enable_truncation(4)
    made.enable_padding(length=16)
    return made


def _text_encoder(table: NDArray[np.float32]) -> bytes:
    """Make a graph that looks tokens up and sums those that attention is paid to."""
    nodes = [
        helper.make_node("Gather", ["table", "ids"], ["tokens"]),
        helper.make_node("Cast", ["attention"], ["paid"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["paid", "last"], ["paid_column"]),
        helper.make_node("Mul", ["tokens", "paid_column"], ["heard"]),
        helper.make_node("ReduceSum", ["heard", "of_tokens"], ["sum"], keepdims=0),
        helper.make_node("MatMul", ["sum", "narrow"], ["pooled"]),
    ]
    line = ["batch", "length"]
    graph = helper.make_graph(
        nodes,
        "text",
        [helper.make_tensor_value_info(n, TensorProto.INT64, line) for n in ("ids", "attention")],
        [
            helper.make_tensor_value_info("tokens", TensorProto.FLOAT, [*line, table.shape[1]]),
            helper.make_tensor_value_info("pooled", TensorProto.FLOAT, ["batch", 2]),
        ],
        [
            numpy_helper.from_array(table, "table"),
            numpy_helper.from_array(np.eye(table.shape[1], 2, dtype=np.float32), "narrow"),
            numpy_helper.from_array(np.array([2]), "last"),
            numpy_helper.from_array(np.array([1]), "of_tokens"),
        ],
    )
    return _serialised(graph)


def _serialised(graph: onnx.GraphProto) -> bytes:
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def _build(
    folder: Path,
    description: Description,
    nodes: list[onnx.NodeProto],
    constants: Mapping[str, Any],
    answer: list[int | str],
    told: Sequence[onnx.ValueInfoProto] = (),
) -> Bundle:
    assert description.input is not None  # a network sees pictures
    size = (description.input.height, description.input.width)
    nodes = [
        helper.make_node("Cast", ["pixels"], ["values"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["values", "full"], ["grey"]),
        *nodes,
    ]
    graph = helper.make_graph(
        nodes,
        description.name,
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["batch", 1, *size]), *told],
        [helper.make_tensor_value_info("probability", TensorProto.FLOAT, answer)],
        [
            numpy_helper.from_array(np.asarray(v, np.float32) if isinstance(v, float) else v, key)
            for key, v in constants.items()
        ],
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MODEL).write_bytes(_serialised(graph))
    (folder / CARD).write_text(f"# {description.name}\n\nBuilt by hand for tests.\n", "utf-8")
    return seal_bundle(folder, description)
