"""Trained networks as stored: packed codes and steps in one safetensors file, read by numpy.

A file is believed only if its SHA-256, over the tensors and the metadata, is right.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
from numpy.typing import NDArray

from lowbit_sim.errors import SpecError, spec_error
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.formats.packing import PACKINGS, unpack

#: metadata keys of every checkpoint, all with string values
METADATA_KEYS = (
    "workload",
    "weight_format",
    "seed",
    "spec_hash",
    "packing",
    "packed_tensors",
    "sha256",
)


@dataclass(frozen=True, slots=True)
class PackedWeight:
    """A low-bit weight tensor: the index of each weight's level, and the learned steps.

    Parameters
    ----------
    format : NumberFormat
        The weights' format.
    codes : ndarray of unsigned int, shape (out, ...)
        Indices into ``format.levels``.
    step : ndarray of float32, shape (out, 1, ...)
        A weight is its level times its channel's step.
    """

    format: NumberFormat
    codes: NDArray[np.unsignedinteger]
    step: NDArray[np.float32]

    @property
    def levels(self) -> NDArray[np.int64]:
        """Level of each weight, shape (out, ...)."""
        return np.take(np.array(self.format.levels, np.int64), self.codes)

    @property
    def values(self) -> NDArray[np.float32]:
        """Value of each weight, shape (out, ...), bit for bit what the network computes with."""
        return self.levels.astype(np.float32) * self.step


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A trained network.

    Parameters
    ----------
    workload, weight_format : str
        What was trained, and the format of its body.
    seed : int
        The seed it was trained with.
    spec_hash : str
        The `lowbit_sim.workload.spec.spec_hash` of its recipe.
    packed : Mapping[str, PackedWeight]
        Low-bit weights by parameter name.
    tensors : Mapping[str, ndarray of float32]
        All others by name, the steps included; bf16 is widened without loss.
    """

    workload: str
    weight_format: str
    seed: int
    spec_hash: str
    packed: Mapping[str, PackedWeight]
    tensors: Mapping[str, NDArray[np.float32]]


def plain_tensors(raw: bytes) -> dict[str, Any]:
    """Return the tensors of a safetensors file by name, each with dtype, shape and data."""
    return dict(safetensors.deserialize(raw))  # type: ignore[no-untyped-call]


def content_sha256(tensors: Mapping[str, Mapping[str, Any]], metadata: Mapping[str, str]) -> str:
    """Return the SHA-256, in hex, over every tensor and all metadata but the hash itself.

    Parameters
    ----------
    tensors : mapping of name to mapping
        Each with ``dtype`` and ``shape`` as safetensors names them, and ``data`` in bytes.
    metadata : mapping of str to str
        The file's metadata.
    """
    digest = hashlib.sha256()
    said = {key: text for key, text in metadata.items() if key != "sha256"}
    digest.update(json.dumps(said, sort_keys=True).encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(json.dumps([name, tensor["dtype"], list(tensor["shape"])]).encode())
        digest.update(tensor["data"])
    return digest.hexdigest()


def load_packed(path: Path, spec_hash: str | None = None) -> Checkpoint:
    """Read and verify the checkpoint at `path`, without torch.

    Parameters
    ----------
    path : Path
        ``workloads/<name>/<format>.safetensors``.
    spec_hash : str, optional
        The recipe that it must have been trained by.

    Raises
    ------
    SpecError
        If the file is missing, truncated, altered, of another recipe, or its packed weights do
        not fit their shapes.
    """
    try:
        raw = path.read_bytes()
        found = plain_tensors(raw)
        metadata = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])["__metadata__"]
    except FileNotFoundError:
        raise spec_error("no such checkpoint; train this workload first", path) from None
    except (OSError, safetensors.SafetensorError, KeyError) as error:
        raise spec_error(f"is no whole checkpoint: {error}", path) from error
    if any(key not in metadata for key in METADATA_KEYS):
        raise spec_error(f"is no checkpoint of lowbit-sim: it lacks {METADATA_KEYS}", path)
    if metadata["sha256"] != content_sha256(found, metadata):
        raise spec_error("has been altered: its content is not what its sha256 says", path)
    if spec_hash is not None and metadata["spec_hash"] != spec_hash:
        reason = f"was trained by another recipe (spec_hash {metadata['spec_hash'][:12]}, not"
        raise spec_error(f"{reason} {spec_hash[:12]}); train this workload again", path)
    try:
        return _checkpoint(found, metadata)
    except SpecError as error:
        raise spec_error(str(error), path) from error
    except (KeyError, ValueError) as error:
        raise spec_error(f"does not hold what its metadata says: {error!r}", path) from error


def _checkpoint(found: dict[str, Any], metadata: dict[str, str]) -> Checkpoint:
    described = json.loads(metadata["packed_tensors"])
    tensors = {name: _array(entry) for name, entry in found.items() if name not in described}
    packing = next((known for known in PACKINGS if known == metadata["packing"]), None)
    if packing is None:
        raise spec_error(f"unknown packing {metadata['packing']!r}")
    packed = {}
    for name, about in described.items():
        fmt = FORMATS[about["format"]]
        shape = tuple(about["shape"])
        stream = np.frombuffer(found[name]["data"], np.uint8)
        codes = unpack(stream, fmt, packing, int(np.prod(shape))).reshape(shape)
        packed[name] = PackedWeight(fmt, codes, tensors[about["step"]])
    return Checkpoint(
        metadata["workload"],
        metadata["weight_format"],
        int(metadata["seed"]),
        metadata["spec_hash"],
        packed,
        tensors,
    )


def _array(entry: Mapping[str, Any]) -> NDArray[np.float32]:
    if entry["dtype"] == "BF16":
        upper = np.frombuffer(entry["data"], "<u2").astype(np.uint32) << 16
        return upper.view(np.float32).reshape(entry["shape"])
    if entry["dtype"] != "F32":
        raise ValueError(f"a tensor of {entry['dtype']}")
    return np.frombuffer(entry["data"], "<f4").reshape(entry["shape"])
