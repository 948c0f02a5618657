"""A study of mixed precision on a tiny network: losses and accuracies by hand, costs simulated."""

from dataclasses import replace
from pathlib import Path

import torch
import yaml
from made_runs import ROOT, record

from lowbit_sim.frontends.torch_export import trace
from lowbit_sim.judge.mixing import choices, compared, trained
from lowbit_sim.judge.mixing_files import (
    RUN_KEY,
    layers_graph_path,
    layers_key,
    run_graph_path,
)
from lowbit_sim.judge.mixing_spec import load_mixing
from lowbit_sim.judge.sensitivity_table import FILE, SensitivityRow, sensitivity_text
from lowbit_sim.training.models import deployed_model
from lowbit_sim.workload.layer_names import layer_names
from lowbit_sim.workload.run_key import run_key
from lowbit_sim.workload.run_record import PRETRAINED, record_path, to_json
from lowbit_sim.workload.store import write_graph

NETWORK = {
    "name": "tiny",
    "description": "Two linear layers, 64-16-10.",
    "data": {
        "dataset": "digits",
        "test_fraction": 0.5,
        "validation_fraction": 0.1,
        "split_seed": 0,
    },
    "model": {"family": "fcnn", "hidden_features": [16]},
    "quantisation": {
        "weight_formats": ["levels_3", "fp32"],
        "activation_format": "int8",
        "first_layer": "same",
        "last_layer": "int8",
    },
    "recipe": {
        "pretraining": {"epochs": 2, "learning_rate": 0.01},
        "finetuning": {"epochs": 1, "learning_rate": 0.01},
        "batch_size": 64,
        "weight_decay": 0.01,
        "warmup_fraction": 0.1,
        "augmentation": {
            "max_shift_pixels": 0,
            "flip": False,
            "cutout_pixels": 0,
            "noise_fraction": 0.0,
        },
        "quantiser": {
            "step": "learned",
            "granularity": "channel",
            "gradient_mask": "none",
            "step_learning_rate_factor": 3.0,
        },
        "batch_norm_images": 0,
    },
    "seeds": [0, 1, 2],
}
WEIGHTS = {"1": 64 * 16, "3": 16 * 10}
#: the first layer, which has most weights, does not mind few levels; the last one does
LOSSES = {
    ("1", "levels_2"): 0.02, ("1", "levels_3"): 0.015, ("1", "levels_5"): 0.01, ("1", "int8"): 0.0,
    ("3", "levels_2"): 0.5, ("3", "levels_3"): 0.4, ("3", "levels_5"): 0.2, ("3", "int8"): 0.01,
}  # fmt: skip


def study_text(folder, **changes):
    """Write the study and its network below `folder`; return the path of its file."""
    networks = folder / "reports" / "networks"
    networks.mkdir(parents=True, exist_ok=True)
    (networks / "tiny.yaml").write_text(yaml.safe_dump(NETWORK, sort_keys=False))
    content = {
        "name": "mixed",
        "kind": "mixed_precision",
        "question": "Does a mixture win?",
        "networks": ["../networks/tiny.yaml"],
        "accelerators": [str(ROOT / "arch_specs" / "ternary_pe.yaml")],
        "objectives": ["energy", "memory"],
        "estimates": ["measured"],
        "layer_formats": ["levels_2", "levels_3", "levels_5", "int8"],
        "uniform_formats": ["levels_2", "levels_3", "levels_5"],
        "reference": "levels_5",
        "margin_fraction": 0.005,
        "hessian_probes": 4,
        "seeds": [0, 1, 2],
    }
    path = folder / "reports" / "mixed" / "study.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump(content | changes, sort_keys=False))
    return path


def write_losses(mixing, losses=None):
    """Write the sensitivities: those above, the same for every seed, the second order doubled."""
    losses = losses or LOSSES
    rows = [
        SensitivityRow(
            one.name, seed, run_key(one, PRETRAINED, seed), mixing.spec.hessian_probes, layer,
            name, WEIGHTS[layer], losses[layer, name], 2 * losses[layer, name], 3,
        )
        for one in mixing.networks
        for seed in mixing.spec.seeds
        for layer in layer_names(one.model)
        for name in mixing.spec.layer_formats
    ]  # fmt: skip
    (mixing.folder / FILE).write_text(sensitivity_text(rows))


def write_graphs(mixing):
    """Trace untrained networks with all layers in one format."""
    for network in mixing.networks:
        same = network.quantisation.model_copy(update={"first_layer": "same", "last_layer": "same"})
        spec = network.model_copy(update={"quantisation": same})
        for name in mixing.spec.layer_formats:
            _write(
                layers_graph_path(mixing, network, name), spec, name, layers_key(mixing, network)
            )


def made(folder, **changes):
    """Return a study of which everything is measured and nothing trained."""
    mixing = load_mixing(study_text(folder, **changes))
    write_losses(mixing)
    write_graphs(mixing)
    return mixing


def write_runs(mixing, percent):
    """Write records and graphs of all networks that the study wants; return the run store."""
    runs = mixing.folder.parent / "runs"
    runs.mkdir(exist_ok=True)
    for key, one in trained(mixing, choices(mixing)).items():
        for seed in mixing.spec.seeds:
            own = record(
                one.weight_format, seed, percent(one, seed), key=one.key(seed), spec=one.spec
            )
            own = replace(own, workload=one.spec.name)
            record_path(runs, own.key).write_text(to_json(own))
        if key in compared(mixing, choices(mixing)):
            _write(run_graph_path(mixing, key), one.spec, one.weight_format, key)
    return runs


def _write(path: Path, spec, weight_format, key):
    torch.manual_seed(0)
    model = deployed_model(spec, weight_format)
    for layer in model.modules():
        if hasattr(layer, "choose_weight_step"):
            layer.choose_weight_step()
    image = spec.data.shape
    images = torch.zeros(1, image.channels, image.side, image.side)
    write_graph(path, trace(model, images, spec.name, weight_format), {RUN_KEY: key})
