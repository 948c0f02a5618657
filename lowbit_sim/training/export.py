"""Trained networks to packed checkpoints, and back into torch."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from torch import nn

from lowbit_sim.atomic import write_atomically
from lowbit_sim.errors import spec_error
from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.formats.packing import Packing, pack
from lowbit_sim.training.layers import QuantisedWeight
from lowbit_sim.training.models import build_model
from lowbit_sim.training.quantizers import nearest_codes
from lowbit_sim.training.serialise import serialise
from lowbit_sim.training.trainer import State, restored
from lowbit_sim.workload.checkpoint import Checkpoint, content_sha256, load_packed, plain_tensors
from lowbit_sim.workload.spec import WorkloadSpec, spec_hash

#: how the codes are packed in every exported checkpoint
PACKING: Packing = "word_64"

#: a training counter of batch norm, of no use to a trained network
_COUNTER = "num_batches_tracked"


def export_packed(
    path: Path, spec: WorkloadSpec, weight_format: str, seed: int, state: State
) -> None:
    """Write the trained `state` as a packed checkpoint.

    Low-bit weights become code streams, bf16 weights bf16, everything else stays fp32.

    Raises
    ------
    SpecError
        If the file cannot be written.
    """
    model = restored(spec, weight_format, state)
    tensors = {name: value for name, value in state.items() if not name.endswith(_COUNTER)}
    packed: dict[str, dict[str, object]] = {}
    for layer_name, layer in model.named_modules():
        if not isinstance(layer, QuantisedWeight):
            continue
        name = f"{layer_name}.weight"
        if layer.levels:
            tensors[name] = _packed_codes(layer)
            packed[name] = {
                "format": layer.weight_format,
                "shape": list(layer.weight.shape),
                "step": f"{layer_name}.weight_step",
            }
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
    plain = plain_tensors(serialise(tensors, {}))
    metadata["sha256"] = content_sha256(plain, metadata)
    write_atomically(path, serialise(tensors, metadata))


def _packed_codes(layer: QuantisedWeight) -> torch.Tensor:
    ratio = layer.weight.detach() / layer.weight_step.detach()
    codes = nearest_codes(ratio, layer.levels).numpy()
    return torch.from_numpy(pack(codes, number_format(layer.weight_format), PACKING))


def model_of(checkpoint: Checkpoint, spec: WorkloadSpec) -> nn.Module:
    """Return the network of `checkpoint` in evaluation mode, as exact as it was trained.

    Raises
    ------
    SpecError
        If the checkpoint's tensors are not those of the network that `spec` describes.
    """
    model = build_model(spec, checkpoint.weight_format)
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
