"""Trained networks to packed checkpoints, and back into torch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from torch import Tensor, nn

from lowbit_sim.errors import spec_error
from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.formats.packing import Packing, pack
from lowbit_sim.training.measuring import quantised_layers
from lowbit_sim.training.models import deployed_model
from lowbit_sim.training.serialise import serialise
from lowbit_sim.training.trainer import State, restored
from lowbit_sim.workload.checkpoint import Checkpoint, content_sha256, load_packed, plain_tensors
from lowbit_sim.workload.spec import WorkloadSpec, spec_hash

#: how the codes are packed in every exported checkpoint
PACKING: Packing = "word_64"

#: a training counter of batch norm, of no use to a trained network
_COUNTER = "num_batches_tracked"


def packed_checkpoint(spec: WorkloadSpec, weight_format: str, seed: int, state: State) -> bytes:
    """Return the trained `state` as a packed checkpoint.

    Low-bit weights become code streams, bf16 weights bf16, everything else stays fp32. Every
    layer has a step for each output channel, even if the recipe gave all the same.
    """
    model = restored(spec, weight_format, state)
    tensors = {name: value for name, value in state.items() if not name.endswith(_COUNTER)}
    packed: dict[str, dict[str, object]] = {}
    for layer_name, layer in quantised_layers(model).items():
        name, step = f"{layer_name}.weight", f"{layer_name}.weight_step"
        if layer.levels:
            packed[name] = {
                "format": layer.weight_format,
                "shape": list(layer.weight.shape),
                "step": step,
            }
            fmt = number_format(layer.weight_format)
            tensors[name] = torch.from_numpy(pack(layer.codes().numpy(), fmt, PACKING))
            each = (layer.weight.shape[0], *layer.weight_step.shape[1:])
            tensors[step] = tensors[step].expand(each).contiguous()
        elif layer.weight_format == "bf16":
            tensors[name] = tensors[name].to(torch.bfloat16)
    metadata = {
        "workload": spec.name,
        "weight_format": weight_format,
        "seed": str(seed),
        "spec_hash": spec_hash(spec),
        "packing": PACKING,
        "packed_tensors": json.dumps(packed, sort_keys=True),
    }
    return _stamped(tensors, metadata)


def restamped(checkpoint: bytes, spec: WorkloadSpec) -> bytes:
    """Return a packed checkpoint as that of `spec`, which trains the same network."""
    tensors = safetensors.torch.load(checkpoint)
    metadata = _metadata(checkpoint) | {"workload": spec.name, "spec_hash": spec_hash(spec)}
    del metadata["sha256"]
    return _stamped(tensors, metadata)


def _stamped(tensors: Mapping[str, Tensor], metadata: dict[str, str]) -> bytes:
    """Return the checkpoint with the hash of its content among its metadata."""
    plain = plain_tensors(serialise(tensors, {}))
    return serialise(tensors, metadata | {"sha256": content_sha256(plain, metadata)})


def _metadata(checkpoint: bytes) -> dict[str, str]:
    end = 8 + int.from_bytes(checkpoint[:8], "little")
    found: dict[str, str] = json.loads(checkpoint[8:end])["__metadata__"]
    return found


def model_of(checkpoint: Checkpoint, spec: WorkloadSpec) -> nn.Module:
    """Return the network of `checkpoint` in evaluation mode, as exact as it was trained.

    Raises
    ------
    SpecError
        If the checkpoint's tensors are not those of the network that `spec` describes.
    """
    model = deployed_model(spec, checkpoint.weight_format)
    arrays = dict(checkpoint.tensors)
    arrays.update({name: weight.values for name, weight in checkpoint.packed.items()})
    state = model.state_dict()
    wanted = {name: tuple(v.shape) for name, v in state.items() if not name.endswith(_COUNTER)}
    given = {name: array.shape for name, array in arrays.items()}
    if wanted != given:
        odd = sorted(name for name, _ in wanted.items() ^ given.items())
        raise spec_error(f"{spec.name}: the checkpoint does not fit the network at {odd[0]}")
    state.update({name: torch.from_numpy(np.array(array)) for name, array in arrays.items()})
    model.load_state_dict(state)
    return model.eval()


def load_model(path: Path, spec: WorkloadSpec) -> nn.Module:
    """Return the network stored at `path`; see `load_packed` and `model_of` for the errors."""
    return model_of(load_packed(path, spec_hash(spec)), spec)
