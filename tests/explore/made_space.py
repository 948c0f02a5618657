"""Small design spaces around shipped machines and networks."""

from pathlib import Path

import yaml

from lowbit_sim.explore.space import load_space

ROOT = Path(__file__).parents[2]


def machine_path(name):
    return ROOT / "arch_specs" / f"{name}.yaml"


def workload_path(name):
    return ROOT / "workloads" / f"{name}.yaml"


def write_space(folder, machines=("ternary_pe",), workloads=("fcnn_digits",), **change):
    """Return the path of a space's file; `change` are its keys."""
    given = {
        "name": "made",
        "kind": "space",
        "description": "Made up.",
        "workloads": [str(workload_path(name)) for name in workloads],
        "accelerators": [str(machine_path(name)) for name in machines],
        "weight_formats": ["levels_3"],
        "axes": [{"clock": ["500 MHz"]}],
    }
    path = folder / "made.yaml"
    path.write_text(yaml.safe_dump(given | change, sort_keys=False, width=1000), encoding="utf-8")
    return path


def make_space(folder, *given, **change):
    return load_space(write_space(folder, *given, **change))
