"""Where an unfinished run stands: written after every epoch, read to go on to the bit.

Between epochs a run is its network, the optimiser's moments and rates, and what was measured. The
order of the images and all augmentation are drawn anew from the seed and the epoch's number, so
no state of a random generator has to be kept.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import safetensors
import safetensors.torch
from torch import Tensor, nn
from torch.optim import AdamW

from lowbit_sim.atomic import write_atomically
from lowbit_sim.errors import spec_error
from lowbit_sim.training.optimisation import HIGHEST_RATE
from lowbit_sim.training.serialise import serialise
from lowbit_sim.workload.run_record import Epoch

#: what AdamW keeps of each parameter
_MOMENTS = ("exp_avg", "exp_avg_sq", "step")


def save_partial(
    path: Path, key: str, model: nn.Module, optimiser: AdamW, history: Sequence[Epoch]
) -> None:
    """Write where the run called `key` stands after the epochs of `history`.

    Raises
    ------
    SpecError
        If the file cannot be written, as on a full disk; the one of the epoch before stays.
    """
    tensors = {f"model.{name}": value.contiguous() for name, value in model.state_dict().items()}
    for index, parameter in enumerate(_parameters(optimiser)):
        for moment in _MOMENTS:
            tensors[f"{moment}.{index}"] = optimiser.state[parameter][moment].contiguous()
    about = {
        "key": key,
        "history": json.dumps([asdict(epoch) for epoch in history]),
        "rates": json.dumps([group[HIGHEST_RATE] for group in optimiser.param_groups]),
    }
    write_atomically(path, serialise({n: t.detach().cpu() for n, t in tensors.items()}, about))


def load_partial(path: Path, key: str, model: nn.Module, optimiser: AdamW) -> list[Epoch]:
    """Put `model` and `optimiser` where the run at `path` stood; return its epochs so far.

    Raises
    ------
    SpecError
        If the file is damaged, or belongs to another run than `key`. Both stay as they were.
    """
    try:
        raw = path.read_bytes()
        tensors = safetensors.torch.load(raw)
        about = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])["__metadata__"]
        history = [Epoch(**epoch) for epoch in json.loads(about["history"])]
        rates, owner = json.loads(about["rates"]), about["key"]
    except (OSError, safetensors.SafetensorError, KeyError, TypeError, ValueError) as error:
        raise spec_error(f"is no whole checkpoint, delete it: {error}", path) from error
    if owner != key:
        reason = f"is the checkpoint of another run ({owner[:12]}, not {key[:12]}); delete it"
        raise spec_error(reason, path)
    try:
        _restore(tensors, rates, model, optimiser)
    except (KeyError, RuntimeError, ValueError) as error:
        raise spec_error(f"does not fit the network, delete it: {error}", path) from error
    return history


def _restore(
    tensors: dict[str, Tensor], rates: Sequence[float], model: nn.Module, optimiser: AdamW
) -> None:
    groups = zip(optimiser.param_groups, rates, strict=True)
    parameters = _parameters(optimiser)
    moments = [{m: tensors[f"{m}.{i}"] for m in _MOMENTS} for i in range(len(parameters))]
    prefix = "model."
    state = {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}
    model.load_state_dict(state)
    for group, rate in groups:
        group[HIGHEST_RATE] = rate
    for parameter, kept in zip(parameters, moments, strict=True):
        device = parameter.device
        optimiser.state[parameter] = {name: value.to(device) for name, value in kept.items()}


def _parameters(optimiser: AdamW) -> list[nn.Parameter]:
    return [parameter for group in optimiser.param_groups for parameter in group["params"]]
