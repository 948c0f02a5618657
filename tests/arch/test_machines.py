"""What the shipped machines do with a layer."""

from itertools import pairwise
from pathlib import Path

import pytest

from lowbit_sim.energy.load import load_technology
from lowbit_sim.energy.table import energy_table
from lowbit_sim.engines.closed_form import timing
from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.mapping.mapper import Mapper
from lowbit_sim.mapping.network import NetworkMapper
from lowbit_sim.mapping.refusal import UnmappableError
from lowbit_sim.pe.base import Tile
from lowbit_sim.study.price import Pricing
from lowbit_sim.workload.graph import Edge, Workload
from lowbit_sim.workload.op import Convolution, Op

MACHINES = sorted(path.stem for path in (Path(__file__).parents[2] / "arch_specs").glob("*.yaml"))


def network(machine):
    technology = load_technology(machine.technology_path)
    pricing = Pricing(machine, technology, energy_table(technology, machine))
    return NetworkMapper(
        machine, Mapper(timing, pricing.pj_per_action, pricing.leakage_pj_per_cycle)
    )


def linear(name, activation="int8", weight="levels_3", *, computed=False):
    """Return a product of 16 × 64 by 64 × 48; computed: of two activations."""
    return Op(
        name=name,
        kind="matmul" if computed else "linear",
        batch=1,
        m=16,
        k=64,
        n=48,
        weight=activation if computed else weight,
        activation=activation,
        output=activation,
        parameter=None if computed else f"{name}.weight",
        convolution=None,
        statistics=None,
    )


def convolution(name, side):
    """Return 3 × 3 convolutions of 96 into 96 channels, all ternary."""
    geometry = Convolution(96, 96, side, side, 3, 3, 1, 1, 1, 1, 1, 1, 1)
    return Op(
        name=name,
        kind="conv2d",
        batch=1,
        m=side * side,
        k=864,
        n=96,
        weight="levels_3",
        activation="levels_3",
        output="levels_3",
        parameter=f"{name}.weight",
        convolution=geometry,
        statistics=None,
    )


def workload(*ops):
    pairs = pairwise(ops)
    edges = tuple(Edge(a.name, b.name, a.output_bits) for a, b in pairs)
    return Workload("toy", "levels_3", ops, edges)


def cycles(mapped):
    return timing(mapped.schedule).total_cycles


@pytest.mark.parametrize("name", MACHINES)
def test_every_machine_runs_a_low_bit_layer_and_attention_or_says_why_not(shipped, name):
    toy = workload(linear("layer"), linear("attention", computed=True))
    if name == "ternary_popcount":
        with pytest.raises(UnmappableError, match="'layer': array 'channels': int8 has values"):
            network(shipped[name]).map(toy)
        return
    low_bit, attention = network(shipped[name]).map(toy).ops
    assert low_bit.actions["dram.read_bit"] > 0
    assert cycles(low_bit) > 0
    assert cycles(attention) > 0
    units = (low_bit.unit, attention.unit)
    first = shipped[name].arrays[0].name
    assert units == (("shifters", "macs") if name == "edge_soc" else (first, first))


def test_a_dram_with_rows_counts_what_it_activates(shipped):
    (layer,) = network(shipped["edge_soc"]).map(workload(linear("layer"))).ops
    # 615 B of weights (64 · 48, 5 in a byte) come, 768 B of results go: a row of 8 KiB each; the
    # inputs of a layer that no other feeds are on the chip
    assert layer.actions["dram.read_bit"] == 8 * 615
    assert layer.actions["dram.write_bit"] == 8 * 768
    assert layer.actions["dram.activate"] == 2
    (layer,) = network(shipped["shift_add_pe"]).map(workload(linear("layer"))).ops
    assert layer.actions["dram.activate"] == 0


def test_completely_unrolled_convolutions_take_a_beat_for_each_pixel(shipped):
    machine, three = shipped["ternary_popcount"], number_format("levels_3")
    pe = machine.arrays[0].pe
    # 9 kernel positions move in, 1024 pixels, a tree of ⌈log2 9⌉ = 4 levels
    assert pe.cycles(Tile(m=1024, k=864, n=96), three, three, "weight") == 9 + 1024 + 4
    layers = [convolution(f"layer_{index}", 32) for index in range(3)]
    mapped = network(machine).map(workload(*layers), weights_stay=True)
    assert mapped.activations_on_chip
    assert mapped.weights_on_chip
    assert all(cycles(layer) >= 1037 for layer in mapped.ops)
    # nothing but the network's input and output crosses the DRAM's port
    inner = mapped.ops[1].actions
    assert (inner["dram.read_bit"], inner["dram.write_bit"]) == (0, 0)


def test_hidden_weights_keep_the_tpu_like_array_busy(shipped):
    pe, int8 = shipped["tpu_like"].arrays[0].pe, number_format("int8")
    # 2 · 2 folds of 2048 rows: 256 cycles for the first tile of weights, 510 of skew at the end
    tile = Tile(m=2048, k=512, n=512)
    assert pe.cycles(tile, int8, int8, "weight") == 256 + 4 * 2048 + 510
    # 64 rows hide a quarter of a tile of weights: the array waits for them
    assert pe.cycles(Tile(m=64, k=512, n=512), int8, int8, "weight") == 4 * 256 + 64 + 510


def test_fusion_units_take_up_to_four_products_of_int8_a_beat(shipped):
    pe, int8 = shipped["bit_fusion"].arrays[0].pe, number_format("int8")
    # k in words of 4, 2 or 1 over 16 rows, n over 32 columns; 16 rows of weights before the first
    for name, folds in (("levels_3", 2 * 3), ("levels_5", 4 * 3), ("int8", 8 * 3)):
        found = pe.cycles(Tile(m=100, k=128, n=96), number_format(name), int8, "weight")
        assert found == 16 + folds * 100 + (16 + 32 - 2)
