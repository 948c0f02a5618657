import pytest
from tiny import PLAIN, gate, netlist, priced

from lowbit_sim.netlist.switching import Conditions

WIRED = Conditions(slew_ns=0.1, wire_load="short", tree_factor=1)


def small(conditions=PLAIN):
    """Return a NAND of two ports into a flip-flop, whose output an inverter and the NOR read.

    Nets: 2 and 3 are ports, 4 is the NAND's, 5 the flip-flop's, 6 the inverter's, 7 the NOR's.
    """
    made = netlist(
        {"a": 2, "b": 3},
        {"y": (6, 7)},
        [
            gate("nand", "NAND2", A=2, B=3, Y=4),
            gate("inv", "INV", A=5, Y=6),
            gate("nor", "NOR2", A=5, B=6, Y=7),
        ],
        [gate("f", "DFF", D=4, CK=8, Q=5)],
    )
    return priced(made, conditions)


def test_the_load_of_a_net_is_that_of_the_pins_that_read_it():
    # ports 1 and 2 fF; the NAND's D 1 fF; Q: INV 1 + NOR A 2; INV: NOR B 2; a port reads nothing;
    # the clock's pin is not counted here
    assert small().load_ff[2:] == pytest.approx([1, 2, 1, 3, 2, 0, 0])


def test_a_wire_is_as_long_as_its_fanout_says():
    # + 1 fF for one reader, + 1.5 for two
    assert small(WIRED).load_ff[2:] == pytest.approx([2, 3, 2, 4.5, 3, 0, 0])


@pytest.mark.parametrize(("fanout", "wire_ff"), [(1, 1), (2, 1.5), (3, 4), (4, 4), (6, 4)])
def test_a_fanout_between_takes_the_next_and_one_beyond_the_last(fanout, wire_ff):
    gates = [gate(f"g{at}", "INV", A=2, Y=3 + at) for at in range(fanout)]
    made = priced(netlist({"a": 2}, {"y": range(3, 3 + fanout)}, gates), WIRED)
    assert made.load_ff[2] == pytest.approx(fanout + wire_ff)


def test_a_change_costs_its_load_and_what_its_driver_takes_inside():
    # at 2 V, 2 fJ for each fF
    assert small().change_fj[2:] == pytest.approx(
        [
            2,  # 2 · 1, a port has no driver
            4,  # 2 · 2
            2 + 3 + 2,  # 2 · 1, the NAND's 3, the flip-flop's 2 at D
            6 + 6,  # 2 · 3, the flip-flop's 6
            4 + 1,  # 2 · 2, the inverter's 1
            0 + 1,  # no load, where the NOR's 2 fJ at 1 fF and 4 fJ at 3 fF are 1 fJ
            0,
        ]
    )


def test_wires_are_charged_too_and_a_drivers_table_sees_them():
    found = small(WIRED).change_fj
    assert found[5] == pytest.approx(2 * 4.5 + 6)
    # a NOR that drives an inverter over a wire: 1 + 1 = 2 fF, 3 fJ inside
    gates = [gate("nor", "NOR2", A=2, B=3, Y=4), gate("inv", "INV", A=4, Y=5)]
    chain = priced(netlist({"a": 2, "b": 3}, {"y": 5}, gates), WIRED)
    assert chain.change_fj[4] == pytest.approx(2 * 2 + 3)


def test_a_cycle_costs_two_edges_at_the_clock_pin():
    # 2 fF · (2 V)² + 2 · 3 fJ
    made = small()
    assert made.clock_fj(made.netlist.flops[0]) == pytest.approx(8 + 6)


def test_a_clock_tree_is_a_factor():
    made = small(Conditions(slew_ns=0.1, wire_load=None, tree_factor=1.5))
    assert made.clock_fj(made.netlist.flops[0]) == pytest.approx(21)
    assert made.change_fj == small().change_fj


def test_area_and_leakage_are_those_of_all_cells():
    # NAND 2 + INV 1 + NOR 2 + DFF 8; 2 + 1 + 3 + 8 nW
    assert small().area_um2 == pytest.approx(13)
    assert small().leakage_nw == pytest.approx(14)
