import dataclasses

import pytest

from lowbit_sim.memory.base import MemoryLevel

SRAM = MemoryLevel("weights", "sram", 65536, 64, 32, 1, 2, frozenset({"weight"}), False)


def test_a_level_is_a_frozen_value():
    assert dataclasses.replace(SRAM) == SRAM
    assert hash(dataclasses.replace(SRAM)) == hash(SRAM)
    with pytest.raises(dataclasses.FrozenInstanceError):
        SRAM.capacity_bits = 1


def test_only_a_dram_is_unbounded():
    dram = dataclasses.replace(SRAM, technology="dram", capacity_bits=0)
    assert dram.capacity_bits == 0
    with pytest.raises(ValueError, match="cannot hold 0"):
        dataclasses.replace(SRAM, capacity_bits=0)
    with pytest.raises(ValueError, match="cannot hold -1"):
        dataclasses.replace(dram, capacity_bits=-1)


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("name", "", "needs a name"),
        ("name", "a.b", "without a dot"),
        ("technology", "flash", "unknown memory technology 'flash'"),
        ("read_bits_per_cycle", 0, "at least 1 bit/cycle"),
        ("write_bits_per_cycle", -8, "at least 1 bit/cycle"),
        ("latency_cycles", -1, "latency is 0 or more"),
        ("buffers", 3, "buffers are 1 or 2"),
        ("serves", frozenset(), "at least one"),
        ("serves", frozenset({"bias"}), "weight, input, output"),
    ],
)
def test_a_level_out_of_range_is_refused(field, value, reason):
    with pytest.raises(ValueError, match=reason):
        dataclasses.replace(SRAM, **{field: value})
