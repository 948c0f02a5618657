from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from tiny import PLAIN, gate, needs_yosys, netlist, priced, synthesised

from lowbit_sim.errors import LowbitSimError
from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.netlist.elements import GrowingSum, HeldWeight
from lowbit_sim.netlist.lanes import Trace, Work
from lowbit_sim.netlist.measure import measure
from lowbit_sim.netlist.switching import Conditions
from lowbit_sim.pe.bit_serial import BitSerial
from lowbit_sim.pe.shift_add import ShiftAdd
from lowbit_sim.pe.ternary_adder import TernaryAdder

#: a ∧ ¬a goes to y through a register; a goes to z through one that only carries, and to w through
#: one that holds. Nets: a 2, its complement 3, the NAND's 4, the inverter's 5, y 6, z 7, w 8
MADE = netlist(
    {"a": 2},
    {"y": 6, "z": 7, "w": 8},
    [
        gate("g1", "INV", A=2, Y=3),
        gate("g2", "NAND2", A=2, B=3, Y=4),
        gate("g3", "INV", A=4, Y=5),
    ],
    [
        gate("f1", "DFF", D=2, CK=9, Q=6),
        gate("f2", "DFF", D=5, CK=9, Q=7),
        gate("f3", "DFF", D=2, CK=9, Q=8),
    ],
)


@dataclass(frozen=True)
class Toy:
    """One lane; the digit is a, and y shows it a cycle later."""

    a: tuple[int, ...]
    shown: dict[int, int]

    written: ClassVar[tuple[str, ...]] = ("y",)
    held: ClassVar[tuple[str, ...]] = ("w",)

    def work(self, _trace):
        cycles = len(self.a)
        busy = [0, *[1] * (cycles - 1)]
        expected = {cycle: np.array([value]) for cycle, value in self.shown.items()}
        return Work({"a": [[bit] for bit in self.a]}, 1, list(self.a), busy, "y", expected)


def measured(a, shown=None, conditions=PLAIN):
    return measure(Toy(a, shown or {}), priced(MADE, conditions), [None])


def test_energies_are_told_apart_by_hand():
    # a is 0, 1, 1, 0, 0; counted are cycles 1 to 4. At 2 V, 2 fJ for each fF.
    # a change of a: loads INV 1 + NAND 1 + D 1 + D 1 = 4 fF, 8 fJ, and 2 fJ in each D: 12
    # of its complement: NAND B 2 fF, 4 fJ + 1 = 5; of y and w: no load, 6; z never changes
    # a clock pin takes 8 + 6 = 14 a cycle
    found = measured((0, 1, 1, 0, 0))
    # a and its complement change in cycles 1 (digit 1) and 3 (digit 0), 17 each. w changes a
    # cycle later, in 2 (digit 1) and 4 (digit 0), 6 each: its output is part of the rest
    # cycles with a digit: 1 and 2: (17 + 6) / 2 + 14 of the register that only carries
    assert found.zero_fraction == 0.5
    assert found.add_fj == pytest.approx(23 / 2 + 14)
    assert found.skip_fj == pytest.approx(23 / 2 + 14)
    # y changes twice in four cycles
    assert found.register_bit_fj == pytest.approx(12 / 4 + 14)
    assert found.pass_fj == pytest.approx(23 / 2 + 14 + 3 + 14)


def test_glitches_are_in_the_pass_alone():
    # the rise of a in cycle 1 makes the NAND go down and up, and the inverter behind it up and
    # down: the NAND's net has 1 fF: 2 + 3 = 5; the inverter's D 1 fF: 2 + 1 + 2 = 5
    found = measured((0, 1, 1, 0, 0))
    assert found.pass_glitch_fj - found.pass_fj == pytest.approx((2 * 5 + 2 * 5) / 4)


def test_without_zero_digits_there_is_no_skip():
    found = measured((0, 1, 1, 1))
    assert (found.zero_fraction, found.skip_fj) == (0, 0)
    # cycle 1: 17, cycle 2: w's 6; three cycles
    assert found.add_fj == pytest.approx(23 / 3 + 14)


def test_a_clock_tree_raises_what_is_clocked_and_not_what_holds():
    plain = measured((0, 1, 1, 0, 0))
    found = measured((0, 1, 1, 0, 0), conditions=Conditions(0.1, None, 2))
    assert found.add_fj - plain.add_fj == pytest.approx(14)
    assert found.register_bit_fj - plain.register_bit_fj == pytest.approx(14)
    assert found.pass_fj - plain.pass_fj == pytest.approx(2 * 14)


def test_traces_count_by_their_cycles():
    toy = Toy((0, 1, 1, 0, 0), {})
    once, twice = (measure(toy, priced(MADE), [None] * n) for n in (1, 2))
    assert once == twice


def test_what_a_netlist_shows_is_checked():
    assert measured((0, 1, 1, 0), {1: 0, 2: 1, 3: 1}) == measured((0, 1, 1, 0))
    with pytest.raises(LowbitSimError, match="the netlist computes another y in cycle 2"):
        measured((0, 1, 1, 0), {2: 0})


# real netlists

FIVE = number_format("levels_5")


def trace():
    # zeros: of the weights 2 of 6
    levels = np.array([[0, 1], [2, -2], [-1, 0]])
    return Trace(FIVE, np.array([[1, 2, -3], [4, -5, 6], [-7, 8, 7], [3, 3, 0]]), levels)


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    return tmp_path_factory.mktemp("netlists")


@needs_yosys
@pytest.mark.parametrize("make", [HeldWeight, GrowingSum])
@pytest.mark.parametrize("kind", [TernaryAdder(), ShiftAdd(), BitSerial("twos_complement")])
def test_a_pass_is_the_sum_of_its_parts(work, make, kind):
    element = make(kind, FIVE, 5, 12)
    made = synthesised(element, work)
    found = measure(element, made, [trace()])
    written_bits = sum(len(made.netlist.outputs[name]) for name in element.written)
    zeros = found.zero_fraction
    parts = found.add_fj * (1 - zeros) + found.skip_fj * zeros
    assert found.pass_fj == pytest.approx(parts + found.register_bit_fj * written_bits, rel=1e-12)
    assert found.pass_glitch_fj >= found.pass_fj
    assert min(found.add_fj, found.skip_fj, found.register_bit_fj) > 0


@needs_yosys
@pytest.mark.parametrize(
    ("make", "kind", "zeros"),
    [
        # every input multiplies every weight; the first is not counted, which changes no share
        (HeldWeight, ShiftAdd(), 2 / 6),
        # trits of 0, 1, 2, −2, −1, 0 (low, high): 00 10 −1 1 1 −1 −1 0 00: low zeros 2 of 6,
        # high zeros 4 of 6. Of 4 inputs × 2 beats the first, a low one, is not counted
        (HeldWeight, TernaryAdder(), (3 * 2 + 4 * 4) / (7 * 6)),
        # of k, the first row (0, 1) is not counted; then (2, −2) and (−1, 0)
        (GrowingSum, ShiftAdd(), 1 / 4),
    ],
)
def test_zeros_are_those_of_the_digits_that_are_counted(work, make, kind, zeros):
    element = make(kind, FIVE, 5, 12)
    found = measure(element, synthesised(element, work), [trace()])
    assert found.zero_fraction == pytest.approx(zeros)
