from pathlib import Path

import pytest

from lowbit_sim.arch.accelerator import Accelerator, NamedArray, VectorUnit
from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.memory.base import MemoryLevel
from lowbit_sim.pe.float_mac import FloatMac
from lowbit_sim.pe.integer_mac import IntegerMac
from lowbit_sim.pe.ternary_adder import TernaryAdder

EVERYTHING = frozenset({"weight", "input", "output"})
SMALL = NamedArray("small", IntegerMac(rows=2, cols=2, accumulator_bits=24, operand_bits=4))
WIDE = NamedArray("wide", FloatMac(rows=2, cols=2, accumulator_bits=32))
ADDERS = NamedArray("adders", TernaryAdder(rows=2, cols=2, accumulator_bits=24))
INT8, FP32, FIVE = number_format("int8"), number_format("fp32"), number_format("levels_5")


def memory(name, technology, serves):
    capacity_bits = 0 if technology == "dram" else 8192
    return MemoryLevel(name, technology, capacity_bits, 64, 64, 0, 2, frozenset(serves), False)


def machine(*arrays):
    memories = (
        memory("dram", "dram", EVERYTHING),
        memory("shared", "sram", EVERYTHING),
        memory("o", "sram", ["output"]),
        memory("w", "sram", ["weight"]),
        memory("i", "sram", ["input"]),
    )
    return Accelerator(
        name="small",
        clock_hz=10**6,
        arrays=arrays,
        vector_unit=VectorUnit(4),
        memories=memories,
        packing="whole_field",
        technology="made_up",
        technology_path=Path("made_up.yaml"),
        sources=("a test",),
    )


def test_a_memory_is_found_by_its_part_and_a_scratchpad_by_its_operand():
    made = machine(ADDERS)
    assert (made.dram.name, made.shared_sram.name) == ("dram", "shared")
    found = {operand: made.scratchpad(operand).name for operand in sorted(EVERYTHING)}
    assert found == {"weight": "w", "input": "i", "output": "o"}


def test_an_operator_goes_to_the_first_array_that_computes_its_formats():
    both = machine(SMALL, ADDERS, WIDE)
    assert both.array_for(FIVE, FIVE) is SMALL
    assert both.array_for(FIVE, INT8) is ADDERS  # int8 does not fit four bits
    assert both.array_for(FP32, FP32) is WIDE
    assert machine(WIDE, SMALL).array_for(FIVE, FIVE) is WIDE
    assert both.refusal(FP32, FP32) is None


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
