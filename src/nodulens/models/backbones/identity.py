"""What tells two frozen towers apart: a hash of all that decides their answers."""

from __future__ import annotations

import hashlib

from torch import nn


def identity_of(module: nn.Module, *facts: str | bytes) -> str:
    """Return the SHA-256 of a module's tensors and of what they do not say.

    Args:
        module: all of whose parameters and buffers count: name, type, shape and every byte.
        facts: what else decides its answers: the architecture, how input is prepared, the bytes of
            a tokenizer.

    Returns:
        64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for fact in facts:
        content = fact.encode() if isinstance(fact, str) else fact
        # The length keeps ("ab", "c") from being ("a", "bc").
        digest.update(f"{len(content)}:".encode() + content)
    for name, tensor in sorted(module.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}:".encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
