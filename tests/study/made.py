"""Results made by hand, so that rankings can be worked out on paper."""

from pathlib import Path

from lowbit_sim.actions import ActionCounts
from lowbit_sim.arch.load import load_accelerator
from lowbit_sim.cost import Cost, Timing
from lowbit_sim.energy.load import load_technology
from lowbit_sim.energy.table import energy_table
from lowbit_sim.mapping.network import MappedOp
from lowbit_sim.mapping.schedule import Step, schedule_of
from lowbit_sim.study.accuracy import Accuracy
from lowbit_sim.study.experiment import FormatResult, LayerResult, Study
from lowbit_sim.study.price import Pricing
from lowbit_sim.workload.op import Op

ROOT = Path(__file__).parents[2]


def pricing(machine="ternary_pe"):
    accelerator = load_accelerator(ROOT / "arch_specs" / f"{machine}.yaml")
    technology = load_technology(accelerator.technology_path)
    return Pricing(accelerator, technology, energy_table(technology, accelerator))


def accuracy(weight_format, *percents):
    """Return the accuracy of seeds 0, 1, … in per cent of 1000 images."""
    fractions = {seed: percent / 100 for seed, percent in enumerate(percents)}
    return Accuracy("toy", weight_format, "int8", "top1", "made by hand", 3, 1000, fractions)


def result(weight_format, percents, cycles, energy_pj, model_bits=1000):
    """Return a result of one layer with these totals; `energy_pj` by component."""
    op = Op("fc", "linear", 1, 4, 8, 2, "levels_3", "int8", "fp32", "fc.weight", None, None)
    schedule = schedule_of([(1, Step(0, cycles, 0))])
    mapped = MappedOp(op, "adders", None, schedule, ActionCounts({"dram.read_bit": 1}))
    cost = Cost(Timing(compute_cycles=cycles), mapped.actions, energy_pj, op.macs, "closed_form")
    layers = (LayerResult(mapped, cost),)
    return FormatResult(weight_format, accuracy(weight_format, *percents), model_bits, layers)


def refused(weight_format, percents, reason="adds integers", model_bits=32000):
    made = accuracy(weight_format, *percents)
    return FormatResult(weight_format, made, model_bits, (), reason)


def study(*results):
    return Study("toy", "a toy set", pricing(), results, "closed_form")
