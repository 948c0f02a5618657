from dataclasses import replace

import numpy as np
import pytest
from tiny import PLAIN, gate, netlist, priced, tiny

from lowbit_sim.netlist.critical_path import critical_path_ns
from lowbit_sim.netlist.liberty import Arc, Table
from lowbit_sim.netlist.switching import Priced


def path_ns(*made, **named):
    return critical_path_ns(priced(netlist(*made, **named)))


def test_a_chain_of_inverters_from_port_to_port():
    # an inverter takes 0.05 + (slew − 0.1) / 2 + load / 20 ns if it rises, later than if it falls,
    # and leaves a slew of 0.2 ns. First: slew 0.1, load 1: 0.10; second: slew 0.2, load 0: 0.10
    chain = [gate("g1", "INV", A=2, Y=3), gate("g2", "INV", A=3, Y=4)]
    assert path_ns({"a": 2}, {"y": 4}, chain) == pytest.approx(0.20)


def test_the_later_of_two_pins_decides():
    # a comes through two inverters, 0.05 + 1/20 and 0.05 + 0.1/2 + 1/20, then 0.2 from NAND A;
    # b comes at 0: 0.3
    gates = [
        gate("g1", "INV", A=2, Y=4),
        gate("g2", "INV", A=4, Y=5),
        gate("g3", "NAND2", A=5, B=3, Y=6),
    ]
    assert path_ns({"a": 2, "b": 3}, {"y": 6}, gates) == pytest.approx(0.45)
    # a through one inverter and NAND B (2 fF): 0.05 + 2/20 + 0.3
    gates = [gate("g1", "INV", A=2, Y=4), gate("g2", "NAND2", A=3, B=4, Y=5)]
    assert path_ns({"a": 2, "b": 3}, {"y": 5}, gates) == pytest.approx(0.45)


def test_a_slew_goes_with_the_arc_that_is_latest():
    # the inverter leaves 0.2 ns, the exclusive or 0.1 ns; behind either one, another inverter
    slow = [gate("g1", "INV", A=2, Y=3), gate("g2", "INV", A=3, Y=4)]
    fast = [gate("g1", "XOR2", A=2, B=2, Y=3), gate("g2", "INV", A=3, Y=4)]
    # 0.05 + 1/20 = 0.10, then 0.05 + 0.1/2; and 0.4, then 0.05
    assert path_ns({"a": 2}, {"y": 4}, slow) == pytest.approx(0.10 + 0.10)
    assert path_ns({"a": 2}, {"y": 4}, fast) == pytest.approx(0.40 + 0.05)


def test_from_flip_flop_to_flip_flop_with_setup():
    # CK to Q 0.5; inverter into D: 0.05 + 1/20, slew 0.2; setup 0.2/2 + 0.05
    flops = [gate("f", "DFF", D=3, CK=4, Q=2)]
    gates = [gate("g", "INV", A=2, Y=3)]
    assert path_ns({}, {"y": 2}, gates, flops) == pytest.approx(0.5 + 0.1 + 0.15)


def test_from_a_port_to_a_flip_flop_and_from_one_to_a_port():
    # a port into D: setup alone, 0.1/2 + 0.05; out of Q: 0.5
    flops = [gate("f", "DFF", D=2, CK=4, Q=3)]
    assert path_ns({"a": 2}, {}, (), flops) == pytest.approx(0.1)
    assert path_ns({"a": 2}, {"y": 3}, (), flops) == pytest.approx(0.5)


def test_what_a_flip_flop_is_given_does_not_delay_what_it_shows():
    # three exclusive ors in front of D: 1.2 + 0.1; Q still shows after 0.5
    gates = [gate(f"g{n}", "XOR2", A=n, B=n, Y=n + 1) for n in (2, 3, 4)]
    flops = [gate("f", "DFF", D=5, CK=7, Q=6)]
    assert path_ns({"a": 2}, {"y": 6}, gates, flops) == pytest.approx(1.3)


def test_only_the_clock_starts_what_a_flip_flop_shows():
    # an arc from another pin, as of a clear, that takes 0.9 ns
    flop = tiny().cells["DFF"]
    slow = Table(np.zeros(1), np.zeros(1), np.array([[0.9]]))
    shown = replace(flop.pins["Q"], arcs=(*flop.pins["Q"].arcs, Arc("D", (slow,), (slow,))))
    cells = {**tiny().cells, "DFF": replace(flop, pins={**flop.pins, "Q": shown})}
    made = netlist({"a": 2}, {"y": 3}, (), [gate("f", "DFF", D=2, CK=4, Q=3)])
    library = replace(tiny(), cells=cells)
    assert critical_path_ns(Priced(made, library, PLAIN)) == pytest.approx(0.5)
