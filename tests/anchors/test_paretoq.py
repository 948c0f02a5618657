"""The shipped accuracies of ParetoQ against its table task by task, and its grids against formats.

``paretoq.csv`` is the table Model Release in the README.md of facebookresearch/ParetoQ at commit
655e3386617845e1e3516198437ebad8dab8dc68, without its last column (a perplexity).
"""

import csv
from pathlib import Path

import numpy as np
import pytest

from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.study.published import published_path, read_published
from lowbit_sim.workload.network_spec import load_network_spec

WORKLOADS = Path(__file__).parents[2] / "workloads"
with Path(__file__).with_name("paretoq.csv").open(newline="", encoding="utf-8") as file:
    TABLE = {row["published_as"]: row for row in csv.DictReader(file)}
SIZES = {"125M": "125m", "350M": "350m", "600M": "600m", "1B": "1b", "1.5B": "1_5b"}
BITS = {"levels_2": "1", "levels_3": "1.58", "levels_4": "2", "levels_8": "3", "levels_16": "4"}


@pytest.mark.parametrize("published_as", TABLE)
def test_the_average_is_that_of_the_eight_tasks(published_as):
    *tasks, average = (
        float(value) for name, value in TABLE[published_as].items() if name.endswith("_percent")
    )
    assert len(tasks) == 8
    # every printed number is rounded to a tenth, so both sides are off by at most 0.05
    assert sum(tasks) / 8 == pytest.approx(average, abs=0.1)


@pytest.mark.parametrize("size", SIZES)
def test_every_shipped_row_is_the_tables(size):
    path = WORKLOADS / f"mobilellm_{SIZES[size]}_decode.yaml"
    spec = load_network_spec(path)
    formats = spec.quantisation.weight_formats
    found = read_published(published_path(path), spec.name, formats, "fp32")
    names = {name: f"MobileLLM-ParetoQ-{size}-{bits}-bit" for name, bits in BITS.items()}
    names |= dict.fromkeys(("bf16", "fp32"), f"MobileLLM-ParetoQ-{size}-BF16")
    assert {name: one.published_as for name, one in found.items()} == names
    for one in found.values():
        percent = float(TABLE[one.published_as]["average_percent"])
        assert one.mean_fraction == pytest.approx(percent / 100, abs=1e-9)


def stretched(x, bits):
    """Round as StretchedElasticQuant does; 0 bit stands for three levels."""
    count, shift = (1.5, 0) if bits == 0 else (2 ** (bits - 1), 0.5)
    return (np.round(np.clip(x, -0.99, 0.99) * count - shift) + shift) / count


def learned_step(x, bits):
    """Round as LsqBinaryTernaryExtension does, in units of its step."""
    if bits == 1:
        return np.sign(x)
    return np.clip(np.round(x), -(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


@pytest.mark.parametrize(
    ("grid", "bits", "name"),
    [
        (learned_step, 1, "levels_2"),
        (stretched, 0, "levels_3"),
        (stretched, 2, "levels_4"),
        (learned_step, 3, "levels_8"),
        (learned_step, 4, "levels_16"),
    ],
)
def test_its_grids_are_these_formats_up_to_the_step(grid, bits, name):
    values = np.unique(grid(np.linspace(-20, 20, 4000), bits))  # no sample is exactly 0
    levels = np.array(FORMATS[name].levels)
    assert values / values[-1] == pytest.approx(levels / levels[-1])
