"""The machine after CUTIE against what is published and released of it.

Completely unrolled for 96 channels of 3 × 3 × 96 trits it makes all channels of one output pixel
a cycle (M. Scherer et al., arXiv:2011.01713 and 2212.00688; github pulp-platform/CUTIE,
conf/cutie_conf.sv: N_I = N_O = 96, K = 3). Its network: ``workloads/cutie_cifar10.yaml``.
"""

from functools import cache
from pathlib import Path

import pytest

from lowbit_sim.arch.load import load_accelerator
from lowbit_sim.commands.run import Options, run
from lowbit_sim.energy.load import load_technology
from lowbit_sim.energy.table import energy_table
from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.study.experiment import simulate
from lowbit_sim.study.price import Pricing
from lowbit_sim.study.shipped import load_shipped

ROOT = Path(__file__).parents[2]
NETWORK = ROOT / "workloads" / "cutie_cifar10.yaml"
TRITS = number_format("levels_3")
#: output pixels of the eight convolutions
PIXELS = (1024, 1024, 1024, 256, 256, 64, 64, 16)
MACS = sum(PIXELS) * 9 * 96 * 96 + 16 * 96 * 10


@cache
def result(machine_name, weight_format="levels_3"):
    machine = load_accelerator(ROOT / "arch_specs" / f"{machine_name}.yaml")
    technology = load_technology(machine.technology_path)
    pricing = Pricing(machine, technology, energy_table(technology, machine))
    study = simulate(load_shipped(NETWORK, [weight_format]), pricing, "closed_form")
    return next(one for one in study.results if one.weight_format == weight_format)


def convolutions(found):
    return [layer for layer in found.layers if layer.mapped.op.k == 864]


def test_a_beat_is_82944_products_of_trits():
    pe = load_accelerator(ROOT / "arch_specs" / "ternary_popcount.yaml").arrays[0].pe
    assert pe.passes(TRITS, TRITS) == 1
    assert pe.rows * pe.cols * pe.terms(TRITS, TRITS) == 9 * 96 * 96 == 82_944


@pytest.mark.parametrize("pixels", sorted(set(PIXELS)))
def test_a_layer_is_one_fold_of_a_beat_for_each_output_pixel(pixels):
    pe = load_accelerator(ROOT / "arch_specs" / "ternary_popcount.yaml").arrays[0].pe
    folds = pe.folds(pixels, 864, 96, (TRITS, TRITS), "weight")
    assert (folds.count, folds.beats) == (1, pixels)


def test_the_network_keeps_weights_and_activations_on_the_chip():
    steady = result("ternary_popcount").steady
    assert steady is not None
    assert steady.activations_on_chip
    read = {
        layer.mapped.op.name: layer.cost.actions["dram.read_bit"]
        for layer in steady.layers
        if layer.cost.actions["dram.read_bit"]
    }
    assert read == {"stages.0.0.conv": 32 * 32 * 96 * 2}  # the image
    assert steady.cost.actions["dram.write_bit"] == 10 * 32  # the logits


@pytest.mark.parametrize("weights", ["levels_2", "levels_3"])
def test_no_layer_takes_fewer_cycles_than_it_has_pixels(weights):
    cold = result("ternary_popcount", weights)
    for found in (cold, cold.steady):
        layers = convolutions(found)
        assert tuple(layer.mapped.op.m for layer in layers) == PIXELS
        for layer in layers:
            assert layer.cost.timing.compute_cycles >= layer.mapped.op.m
    assert cold.total_cycles > cold.steady.total_cycles
    assert cold.energy_pj > cold.steady.energy_pj


def test_every_product_of_trits_is_counted_or_silent():
    counts = result("ternary_popcount").cost.actions
    assert counts["ternary_popcount.term"] + counts["ternary_popcount.skip"] == MACS
    binary = result("ternary_popcount", "levels_2").cost.actions
    assert (binary["ternary_popcount.term"], binary["ternary_popcount.skip"]) == (MACS, 0)


@pytest.mark.parametrize("name", ["int8_systolic", "int8_packed", "ternary_pe"])
def test_machines_for_int8_run_it_too(name):
    found = result(name)
    assert found.refusal is None
    assert sum(layer.mapped.op.macs for layer in found.layers) == MACS
    assert found.total_cycles >= MACS // 256  # 16 × 16 PEs


def test_it_runs_from_the_command_line_and_refuses_fp32(capsys):
    options = Options((), None, None, "closed_form", "edp", 0.5, None, verify=False)
    run(NETWORK, ROOT / "arch_specs" / "ternary_popcount.yaml", options)
    told = " ".join(capsys.readouterr().out.split())
    assert "levels_3" in told
    assert "fp32 has values beyond −1, 0 and 1" in told
