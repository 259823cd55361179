"""An ONNX graph, loaded from checked bytes for the processor."""

from __future__ import annotations

from pathlib import Path

import onnxruntime

from nodulens.errors import BadData


def load_graph(path: Path, content: bytes, threads: int = 1) -> onnxruntime.InferenceSession:
    """Load a graph.

    Args:
        path: of the file, for messages.
        content: the file's bytes, so that no other file than the one that was checked is run.
        threads: that one answer may use.

    Raises:
        BadData: it cannot be loaded.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # The arena keeps its largest size for good: a third more memory for no measurable speed.
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    # Threads that wait by spinning take the processor from other workers.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's own exceptions share no narrower base
        raise BadData(f"{path}: cannot be loaded ({error})") from error


def takes(
    session: onnxruntime.InferenceSession,
    expected: dict[str, tuple[str, tuple[int | None, ...]]],
) -> bool:
    """Tell whether a graph takes just these inputs.

    Args:
        session: of the graph.
        expected: of each input its type, as in ``uint8``, and its shape; None stands for a size
            that is not looked at.
    """
    found = {value.name: (value.type, value.shape) for value in session.get_inputs()}
    return found.keys() == expected.keys() and all(
        found[name][0] == f"tensor({kind})"
        and len(found[name][1]) == len(shape)
        and all(size in (None, own) for size, own in zip(shape, found[name][1], strict=True))
        for name, (kind, shape) in expected.items()
    )


def interface_of(session: onnxruntime.InferenceSession) -> str:
    """Say in words what a graph takes and gives."""
    inputs = ", ".join(
        f"{value.name} {value.type.removeprefix('tensor').strip('()')} {tuple(value.shape)}"
        for value in session.get_inputs()
    )
    outputs = ", ".join(value.name for value in session.get_outputs())
    return f"takes {inputs} and gives {outputs}"
