"""Results made by hand, so that rankings can be worked out on paper."""

from dataclasses import replace
from pathlib import Path

from machines import make_op, make_workload

from lowbit_sim.actions import ActionCounts
from lowbit_sim.arch.load import load_accelerator
from lowbit_sim.cost import Cost, Timing
from lowbit_sim.energy.load import load_technology
from lowbit_sim.energy.table import energy_table
from lowbit_sim.mapping.network import MappedOp
from lowbit_sim.mapping.schedule import Step, TileSchedule
from lowbit_sim.study.accuracy import Accuracy
from lowbit_sim.study.experiment import FormatResult, LayerResult, Study, simulate
from lowbit_sim.study.price import Pricing
from lowbit_sim.study.shipped import Shipped
from lowbit_sim.workload.assumed_weights import assumed_statistics
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


def published(found, percent, *, half_percent=None):
    """Return a result whose accuracy others published, with an interval or without."""
    name = found.weight_format
    stated = None if half_percent is None else half_percent / 100
    texts = ("toy", name, "bf16", "average of two tasks", "A. Author, table 1")
    said = {"published_as": f"toy in {name}", "conditions": "nothing besides weights"}
    fractions = {0: percent / 100}
    accuracy = Accuracy(*texts, 0, 0, fractions, **said, stated_half_width_fraction=stated)
    return replace(found, accuracy=accuracy)


def made_layer(name, cycles, energy_pj, begin_cycles=0):
    """Return one operator of 64 multiply-accumulates that computes for so many cycles."""
    op = Op(name, "linear", 1, 4, 8, 2, "levels_3", "int8", "fp32", f"{name}.weight", None, None)
    schedule = TileSchedule((Step(0, cycles, 0),))
    mapped = MappedOp(op, "adders", None, schedule, ActionCounts({"dram.read_bit": 1}))
    cost = Cost(Timing(compute_cycles=cycles), mapped.actions, energy_pj, op.macs, "closed_form")
    return LayerResult(mapped, cost, begin_cycles, begin_cycles + cycles)


def result(weight_format, percents, cycles, energy_pj, model_bits=1000, **change):
    """Return a result of one layer with these totals; `energy_pj` by component.

    Without `percents` nothing is known of its accuracy.
    """
    measured = accuracy(weight_format, *percents) if percents else None
    layers = (made_layer("fc", cycles, energy_pj),)
    return FormatResult(weight_format, measured, model_bits, layers, **change)


def refused(weight_format, percents, reason="adds integers", model_bits=32000):
    measured = accuracy(weight_format, *percents) if percents else None
    return FormatResult(weight_format, measured, model_bits, (), reason)


def study(*results, **change):
    dataset = "a toy set" if results[0].accuracy else None
    return Study("toy", dataset, pricing(), results, "closed_form", **change)


def two_branches(features=64):
    """Return a network of a layer and a norm that read one input, and their sum."""
    weights = features * features
    ops = [
        make_op("image", "input", 16, features),
        make_op(
            "layer",
            "linear",
            16,
            features,
            k=features,
            statistics=assumed_statistics("levels_3", weights, features),
        ),
        make_op("norm", "layer_norm", 16, features),
        make_op("sum", "add", 16, features, k=2),
    ]
    pairs = [("image", "layer"), ("image", "norm"), ("layer", "sum"), ("norm", "sum")]
    return Shipped((make_workload(ops, pairs),), {}, None, ())


def small_study(*, at_once=False, engine="closed_form", features=64):
    """Return the study of `two_branches` on the machine of ternary adders."""
    priced = pricing()
    priced = replace(priced, machine=replace(priced.machine, concurrent=at_once))
    return simulate(two_branches(features), priced, engine)
