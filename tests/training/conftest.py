"""Networks so small that a whole training takes a fraction of a second."""

import pytest
import yaml

from lowbit_sim.training.datasets import load_split
from lowbit_sim.training.trainer import Task, train
from lowbit_sim.workload.run_record import PRETRAINED
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
RECIPE = {
    "pretraining": {"epochs": 2, "learning_rate": 0.01},
    "finetuning": {"epochs": 1, "learning_rate": 0.01},
    "batch_size": 100,
    "weight_decay": 0.01,
    "warmup_fraction": 0.1,
    "augmentation": {
        "max_shift_pixels": 1,
        "flip": False,
        "cutout_pixels": 0,
        "noise_fraction": 0.0,
    },
    "quantiser": {
        "step": "learned",
        "granularity": "channel",
        "gradient_mask": "none",
        "step_learning_rate_factor": 0.1,
    },
    "batch_norm_images": 0,
}


@pytest.fixture
def write_spec(tmp_path):
    def write(family="fcnn", formats=("levels_3", "fp32"), seeds=(0, 1), **recipe):
        """Write a workload file; ``pretraining={"epochs": 1}`` changes what is named, no more."""
        changed = {
            key: value | recipe.get(key, {}) if isinstance(value, dict) else recipe.get(key, value)
            for key, value in RECIPE.items()
        }
        content = {
            "name": family,
            "description": "A network for tests.",
            "data": {
                "dataset": "digits",
                "test_fraction": 0.5,
                "validation_fraction": 0.1,
                "split_seed": 0,
            },
            "model": MODELS[family],
            "quantisation": {
                "weight_formats": list(formats),
                "activation_format": "int8",
                "first_layer": "same" if family == "fcnn" else "int8",
                "last_layer": "int8",
            },
            "recipe": changed,
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


@pytest.fixture
def run(split, tmp_path):
    """Train from the beginning: once in fp32, and on in a format."""

    def run(spec, weight_format, seed=0, part=split, tick=lambda: None):
        partial = tmp_path / "partial.safetensors"
        first = train(Task(spec, PRETRAINED, seed, partial), part, None, tick)
        partial.unlink(missing_ok=True)
        done = train(Task(spec, weight_format, seed, partial), part, first.state, tick)
        partial.unlink(missing_ok=True)
        return done

    return run
