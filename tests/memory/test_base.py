import dataclasses
import random

import pytest

from lowbit_sim.memory.base import MemoryLevel

SRAM = MemoryLevel(
    "weights", "sram", 65536, 64, 32, 1, 2, frozenset({"weight"}), False, cell="lstp"
)


def test_a_level_is_a_frozen_value():
    assert dataclasses.replace(SRAM) == SRAM
    assert hash(dataclasses.replace(SRAM)) == hash(SRAM)
    with pytest.raises(dataclasses.FrozenInstanceError):
        SRAM.capacity_bits = 1


def test_only_a_dram_is_unbounded():
    dram = dataclasses.replace(SRAM, technology="dram", cell=None, capacity_bits=0)
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
        ("cell", None, "an sram cannot be of cells None"),
        ("cell", "lop", "an sram cannot be of cells 'lop'"),
        ("technology", "dram", "a dram cannot be of cells 'lstp'"),
        ("read_bits_per_cycle", 0, "at least 1 bit/cycle"),
        ("write_bits_per_cycle", -8, "at least 1 bit/cycle"),
        ("latency_cycles", -1, "latency is 0 or more"),
        ("buffers", 3, "buffers are 1 or 2"),
        ("serves", frozenset(), "at least one"),
        ("serves", frozenset({"bias"}), "weight, input, output"),
        ("banks", 3, "banks are a power of two, got 3"),
        ("banks", -1, "banks are a power of two"),
        ("burst_bits", 0, "a burst is 1 bit or more"),
        ("row_bits", -1, "rows are 0 or more"),
        ("row_miss_cycles", -1, "rows are 0 or more"),
    ],
)
def test_a_level_out_of_range_is_refused(field, value, reason):
    with pytest.raises(ValueError, match=reason):
        dataclasses.replace(SRAM, **{field: value})


def banked(banks, buffers=2):
    return dataclasses.replace(SRAM, banks=banks, buffers=buffers)


@pytest.mark.parametrize(
    ("buffers", "banks", "overlapping"),
    [(1, 0, 1), (2, 0, 2), (1, 4, 1), (2, 1, 1), (2, 2, 2), (2, 8, 2)],
)
def test_buffers_overlap_if_they_lie_in_different_banks(buffers, banks, overlapping):
    assert banked(banks, buffers).overlapping_buffers == overlapping


def test_a_buffer_is_its_share():
    assert banked(0).buffer_capacity_bits == 32768
    unbounded = dataclasses.replace(SRAM, technology="dram", cell=None, capacity_bits=0)
    assert unbounded.buffer_capacity_bits == 0


@pytest.mark.parametrize("banks", [1, 2, 4, 8, 32])
@pytest.mark.parametrize("buffers", [1, 2])
def test_words_a_stride_apart_meet_so_many_banks(banks, buffers):
    """Counted: word i lies in bank i mod b, of the banks of one buffer."""
    own = max(banks // buffers, 1)
    for stride in range(1, 3 * own + 2):
        met = {word * stride % own for word in range(own)}
        assert banked(banks, buffers).conflict_factor(stride) == own // len(met)


def test_runs_are_rounded_up_to_bursts():
    burst = dataclasses.replace(SRAM, burst_bits=64)
    assert [burst.moved_bits(bits, 3) for bits in (1, 64, 65)] == [192, 192, 384]
    assert SRAM.moved_bits(13, 3) == 39


def literal_rows(row_bits, run_bits, runs, stride_bits):
    """Return the rows that runs touch, the first one at the start of a row."""
    return {
        bit // row_bits
        for run in range(runs)
        for bit in range(run * stride_bits, run * stride_bits + run_bits)
    }


def test_rows_are_those_that_runs_touch():
    """Exactly where runs follow one another, or each has a row (or several) of its own.

    Else each run is taken to lie in as few rows as it can: never more rows than are touched,
    and at most one less for each run.
    """
    rng = random.Random(0)
    for _ in range(400):
        row_bits, runs = rng.randint(1, 20), rng.randint(1, 6)
        run_bits = rng.randint(1, 40)
        stride_bits = run_bits + rng.choice([0, 0, rng.randint(0, 60)])
        ram = dataclasses.replace(SRAM, technology="dram", cell=None, row_bits=row_bits)
        touched = len(literal_rows(row_bits, run_bits, runs, stride_bits))
        found = ram.rows_touched(run_bits, runs, stride_bits)
        assert touched - runs < found <= touched
        if stride_bits == run_bits or stride_bits % row_bits == 0:
            assert found == touched


def test_without_rows_or_bits_nothing_is_activated():
    ram = dataclasses.replace(SRAM, technology="dram", cell=None, row_bits=64)
    assert ram.rows_touched(0, 1, 0) == 0
    assert SRAM.rows_touched(100, 3, 200) == 0
