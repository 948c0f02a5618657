import numpy as np
import pytest
from tiny import needs_yosys, synthesised

from lowbit_sim.errors import LowbitSimError
from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.netlist.columns import LEVELS, TreeColumn
from lowbit_sim.netlist.elements import BLOCK
from lowbit_sim.netlist.lanes import Trace, from_lanes
from lowbit_sim.netlist.measure import measure
from lowbit_sim.pe.bit_serial import BitSerial
from lowbit_sim.pe.integer_mac import IntegerMac
from lowbit_sim.pe.shift_add import ShiftAdd
from lowbit_sim.pe.ternary_adder import TernaryAdder


def trace(name, m=4, n=3):
    drawn = np.random.default_rng(1)
    fmt = number_format(name)
    inputs = drawn.integers(-128, 128, (m, 2 * BLOCK))
    return Trace(fmt, inputs, drawn.choice(fmt.levels, (2 * BLOCK, n)))


def column(element, name):
    return TreeColumn(element, number_format(name), 8, 24)


def test_a_column_is_loaded_from_the_bottom_and_then_streams():
    given = trace("levels_9")
    work = column(TernaryAdder(), "levels_9").work(given)
    # 16 words, then 4 inputs of 2 trits
    assert [len(one) for one in work.stimulus.values()] == [BLOCK + 8] * len(work.stimulus)
    assert [cycle[0] for cycle in work.stimulus["enters"]] == [7] * BLOCK + [0] * 8
    words = column(TernaryAdder(), "levels_9").digits.words(given.levels)
    assert from_lanes(work.stimulus["word"][0], 3).tolist() == words[BLOCK - 1].tolist()
    # the tree of 16 has 4 levels: the first sum is there 4 cycles after its beat
    assert min(work.expected) == BLOCK + LEVELS == BLOCK + 4
    trits = given.levels[:BLOCK] - 3 * np.round(given.levels[:BLOCK] / 3).astype(int)
    assert work.expected[BLOCK + 4].tolist() == (given.inputs[0, :BLOCK] @ trits).tolist()


@needs_yosys
@pytest.mark.parametrize(
    ("element", "name"),
    [
        (TernaryAdder(), "levels_3"),
        (ShiftAdd(), "levels_9"),
        (BitSerial("twos_complement"), "levels_5"),
        (IntegerMac(3), "levels_5"),
    ],
)
def test_the_netlist_of_a_column_computes_what_numpy_says(tmp_path, element, name):
    made = column(element, name)
    found = measure(made, synthesised(made, tmp_path), [trace(name, m=12)])
    assert found.pass_fj > 0
    assert found.zero_fraction == 0  # a column has no zero digit of its own


@needs_yosys
def test_a_trace_that_ends_before_the_first_sum_is_told(tmp_path):
    made = column(TernaryAdder(), "levels_3")
    with pytest.raises(LowbitSimError, match="too short"):
        measure(made, synthesised(made, tmp_path), [trace("levels_3", m=3)])
