from pathlib import Path

import pytest

from lowbit_sim.arch.accelerator import Accelerator, NamedArray, VectorUnit
from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.memory.base import MemoryLevel
from lowbit_sim.pe.array import PEArray
from lowbit_sim.pe.float_mac import FloatMac
from lowbit_sim.pe.integer_mac import IntegerMac
from lowbit_sim.pe.ternary_adder import TernaryAdder

EVERYTHING = frozenset({"weight", "input", "output"})
INT8, FP32, FIVE, NINE = (number_format(n) for n in ("int8", "fp32", "levels_5", "levels_9"))


def array(name, element, most_passes=None):
    pe = PEArray(element, rows=2, cols=2, accumulator_bits=24)
    return NamedArray(name, pe, most_passes)


SMALL = array("small", IntegerMac(operand_bits=4))
WIDE = array("wide", FloatMac())
ADDERS = array("adders", TernaryAdder())


def memory(name, serves, technology="sram"):
    capacity_bits = 0 if technology == "dram" else 8192
    cell = "lstp" if technology == "sram" else None
    operands = frozenset(serves)
    return MemoryLevel(name, technology, capacity_bits, 64, 64, 0, 2, operands, False, cell=cell)


def scratchpads():
    return (
        memory("dram", EVERYTHING, "dram"),
        memory("shared", EVERYTHING),
        memory("o", ["output"]),
        memory("w", ["weight"]),
        memory("i", ["input"]),
    )


def machine(*arrays, memories=None):
    return Accelerator(
        name="small",
        clock_hz=10**6,
        arrays=arrays,
        vector_unit=VectorUnit(4),
        memories=memories or scratchpads(),
        packing="whole_field",
        technology="made_up",
        technology_path=Path("made_up.yaml"),
        sources=("a test",),
    )


def names(levels):
    return [level.name for level in levels]


def test_every_operand_has_its_way_and_every_memory_its_depth():
    made = machine(ADDERS)
    assert made.dram.name == "dram"
    assert names(made.path("weight")) == ["dram", "shared", "w"]
    assert names(made.path("input")) == ["dram", "shared", "i"]
    assert names(made.path("output")) == ["dram", "shared", "o"]
    assert made.boundaries == 2
    assert [made.depth(level) for level in made.memories] == [0, 1, 2, 2, 2]
    assert made.home is made.memories[1]


def test_ways_of_different_length():
    # weights bypass the buffer that inputs and outputs share; inputs have no memory behind it
    memories = (
        memory("dram", EVERYTHING, "dram"),
        memory("buffer", ["input", "output"]),
        memory("fifo", ["weight"]),
        memory("sums", ["output"]),
    )
    made = machine(ADDERS, memories=memories)
    assert names(made.path("weight")) == ["dram", "fifo"]
    assert names(made.path("input")) == ["dram", "buffer"]
    assert names(made.path("output")) == ["dram", "buffer", "sums"]
    assert made.boundaries == 2
    assert [made.depth(level) for level in memories] == [0, 1, 1, 2]
    assert made.home is memories[1]


def test_activations_have_no_home_where_inputs_and_outputs_part_at_the_dram():
    memories = (
        memory("dram", EVERYTHING, "dram"),
        memory("i", ["input"]),
        memory("w", ["weight"]),
        memory("o", ["output"]),
    )
    assert machine(ADDERS, memories=memories).home is None


def test_an_operator_goes_to_the_first_array_that_computes_its_formats():
    both = machine(SMALL, ADDERS, WIDE)
    assert both.array_for(FIVE, FIVE) is SMALL
    assert both.array_for(FIVE, INT8) is ADDERS  # int8 does not fit four bits
    assert both.array_for(FP32, FP32) is WIDE
    assert machine(WIDE, SMALL).array_for(FIVE, FIVE) is WIDE
    assert both.refusal(FP32, FP32) is None


def test_formats_that_take_too_many_passes_go_to_the_next_array():
    # levels_9 takes two ternary digits, int8 six
    macs = array("macs", IntegerMac())
    made = machine(array("adders", TernaryAdder(), most_passes=2), macs)
    assert made.array_for(NINE, INT8).name == "adders"
    assert made.array_for(INT8, INT8) is macs
    alone = machine(made.arrays[0])
    assert alone.array_for(INT8, INT8) is None
    assert alone.refusal(INT8, INT8) == (
        "array 'adders': int8 takes 6 passes, this array takes at most 2"
    )
    # what the kind refuses is told first
    assert "floating-point" in alone.refusal(FP32, FP32)


def test_a_refusal_names_every_array_and_its_reason():
    made = machine(SMALL, ADDERS)
    assert made.array_for(FP32, FP32) is None
    first, second = made.refusal(FP32, FP32).split("; ")
    assert first == f"array 'small': {SMALL.pe.refuses(FP32, FP32)}"
    assert second == f"array 'adders': {ADDERS.pe.refuses(FP32, FP32)}"
    assert machine(SMALL).refusal(FIVE, INT8) == "array 'small': int8 does not fit operands of -8…7"


def test_a_machine_is_a_value():
    assert machine(SMALL) == machine(SMALL)
    assert hash(machine(SMALL)) == hash(machine(SMALL))
    assert machine(SMALL) != machine(ADDERS)
    with pytest.raises(AttributeError):
        machine(SMALL).clock_hz = 5
