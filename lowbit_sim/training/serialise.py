"""Tensors to bytes: the same tensors always give the same file."""

from __future__ import annotations

import json
from collections.abc import Mapping

import safetensors.torch
from torch import Tensor

_ALIGNMENT_BYTES = 8


def serialise(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> bytes:
    """Return a safetensors file, its metadata in the order of their names.

    The library itself writes the metadata in an order that differs from call to call.
    """
    raw = safetensors.torch.save(dict(tensors), dict(metadata))
    end = 8 + int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8:end])
    if metadata:
        header["__metadata__"] = dict(sorted(metadata.items()))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _ALIGNMENT_BYTES)
    return len(text).to_bytes(8, "little") + text + raw[end:]
