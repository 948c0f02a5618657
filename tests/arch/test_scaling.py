from fractions import Fraction
from pathlib import Path

import pytest

from lowbit_sim.arch.load import load_accelerator
from lowbit_sim.arch.scaling import grain, scaled
from lowbit_sim.spec_file import read_spec_file

SPECS = Path(__file__).parents[2] / "arch_specs"
MACHINES = sorted(path.stem for path in SPECS.glob("*.yaml"))


def source(name):
    return read_spec_file(SPECS / f"{name}.yaml")


def test_half_and_double_by_hand():
    # ternary_pe: 16 × 16, 16 lanes, 128 KiB between, scratchpads of 8, 8, 16 KiB and 512 bit/cycle
    half = scaled(source("ternary_pe"), Fraction(1, 2))
    assert (half.arrays[0].pe.rows, half.arrays[0].pe.cols) == (8, 8)
    assert half.vector_unit.lanes == 8
    dram, shared, weight, inputs, output = half.memories
    assert (shared.capacity_bits, shared.read_bits_per_cycle) == (128 * 8192, 512)
    assert [one.capacity_bits for one in (weight, inputs, output)] == [16384, 16384, 32768]
    assert {one.read_bits_per_cycle for one in (weight, inputs, output)} == {256}
    assert dram.read_bits_per_cycle == 64
    double = scaled(source("ternary_pe"), Fraction(2))
    assert double.arrays[0].pe.rows == 32
    assert double.memories[2].capacity_bits == 4 * 8 * 8192


@pytest.mark.parametrize("name", MACHINES)
def test_at_scale_1_a_machine_is_itself(name):
    assert scaled(source(name), Fraction(1)) == load_accelerator(SPECS / f"{name}.yaml")


@pytest.mark.parametrize("name", MACHINES)
def test_arrays_keep_their_shape_and_ports_feed_them(name):
    base = load_accelerator(SPECS / f"{name}.yaml")
    scale = Fraction(1, grain(base)) * 2
    found = scaled(source(name), scale)
    for one, other in zip(found.arrays, base.arrays, strict=True):
        assert Fraction(one.pe.rows, other.pe.rows) == scale
        assert Fraction(one.pe.cols, other.pe.cols) == scale
    for one, other in zip(found.memories, base.memories, strict=True):
        assert one.read_bits_per_cycle >= min(1, scale) * other.read_bits_per_cycle
        assert one.serves == other.serves


def test_the_grain_of_two_arrays_is_common():
    assert grain(load_accelerator(SPECS / "edge_soc.yaml")) == 8
    assert grain(load_accelerator(SPECS / "eyeriss_like.yaml")) == 2


@pytest.mark.parametrize("scale", [Fraction(1, 32), Fraction(-1), Fraction(0)])
def test_no_half_rows(scale):
    with pytest.raises(ValueError, match="cannot be scaled"):
        scaled(source("ternary_pe"), scale)


def test_another_bandwidth_in_whole_bits_a_cycle():
    # 4 GB/s at 200 MHz: 160 bit/cycle; at 700 MHz 45.7
    found = scaled(source("eyeriss_like"), Fraction(1), 32e9)
    assert (found.dram.read_bits_per_cycle, found.dram.write_bits_per_cycle) == (160, 160)
    assert found.memories[1:] == load_accelerator(SPECS / "eyeriss_like.yaml").memories[1:]
    assert scaled(source("tpu_like"), Fraction(1), 32e9).dram.read_bits_per_cycle == 45
