"""Networks so small that a whole training takes a fraction of a second."""

import pytest
import yaml

from lowbit_sim.training.datasets import load_split
from lowbit_sim.workload.spec import load_workload_spec

MODELS = {
    "fcnn": {"family": "fcnn", "hidden_features": [12]},
    "cvnn": {"family": "cvnn", "stage_channels": [[4], [6]]},
    "vit": {
        "family": "vit",
        "patch_side": 4,
        "width": 8,
        "depth": 1,
        "heads": 2,
        "hidden_features": 12,
    },
}


@pytest.fixture
def write_spec(tmp_path):
    def write(family="fcnn", formats=("levels_3", "fp32"), seeds=(0, 1), **recipe):
        content = {
            "name": family,
            "description": "A network for tests.",
            "data": {"dataset": "digits", "test_fraction": 0.5, "split_seed": 0},
            "model": MODELS[family],
            "quantisation": {
                "weight_formats": list(formats),
                "activation_format": "int8",
                "first_layer": "same" if family == "fcnn" else "int8",
                "last_layer": "int8",
            },
            "recipe": {
                "pretrain_epochs": 2,
                "finetune_epochs": 1,
                "batch_size": 100,
                "pretrain_learning_rate": 0.01,
                "finetune_learning_rate": 0.01,
                "step_learning_rate_factor": 0.1,
                "weight_decay": 0.01,
                "warmup_fraction": 0.1,
                "max_shift_pixels": 1,
            }
            | recipe,
            "seeds": list(seeds),
        }
        path = tmp_path / "workloads" / f"{family}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(content))
        return path

    return write


@pytest.fixture
def make_spec(write_spec):
    return lambda *args, **kwargs: load_workload_spec(write_spec(*args, **kwargs))


@pytest.fixture
def split(make_spec):
    return load_split(make_spec().data)
