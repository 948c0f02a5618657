from tiny import gate, netlist, tiny

from lowbit_sim.netlist.activity import GateSimulation


def run(made, stimulus, classes, *, lanes=1, unit_delay=False):
    return GateSimulation(made, tiny(), lanes, unit_delay=unit_delay).run(stimulus, classes)


def toggling():
    """Return a flip-flop that takes its complement: nets 2 is Q, 3 its complement."""
    return netlist(
        {},
        {"y": 2},
        [gate("g", "INV", A=2, Y=3)],
        [gate("f", "DFF", D=3, CK=4, Q=2)],
    )


def hazard():
    """Return a & !a: never one in the end, but one for a step when a rises."""
    return netlist(
        {"a": 2},
        {"y": 5},
        [
            gate("g1", "INV", A=2, Y=3),
            gate("g2", "NAND2", A=2, B=3, Y=4),
            gate("g3", "INV", A=4, Y=5),
        ],
    )


def test_a_toggling_flip_flop_changes_in_every_cycle():
    found = run(toggling(), {}, [[1] * 5])
    # begins at 0; changes into the first cycle do not count
    assert [cycle[0] for cycle in found.outputs["y"]] == [0, 1, 0, 1, 0]
    assert found.changes == [[0, 0, 4, 4, 0]]


def test_both_outputs_of_a_flip_flop():
    made = netlist({"a": 2}, {"y": (3, 4)}, (), [gate("f", "DFF", D=2, CK=5, Q=3, QN=4)])
    found = run(made, {"a": [[1], [0], [0]]}, [[1, 1, 1]])
    assert found.outputs["y"] == [[0, 1], [1, 0], [0, 1]]
    assert found.changes == [[0, 0, 1, 2, 2, 0]]


def test_a_hazard_changes_only_where_gates_take_time():
    stimulus, classes = {"a": [[0], [1], [0], [1]]}, [[1] * 4]
    settled = run(hazard(), stimulus, classes)
    assert settled.changes == [[0, 0, 3, 3, 0, 0]]
    # a rises twice: the NAND sees a = 1 and !a = 1 for one step, and the inverter behind it
    # follows; when a falls, one of the NAND's inputs is 0 at any time
    stepped = run(hazard(), stimulus, classes, unit_delay=True)
    assert stepped.changes == [[0, 0, 3, 3, 4, 4]]
    assert stepped.outputs == settled.outputs


def test_without_hazards_both_delays_count_the_same():
    assert run(toggling(), {}, [[1] * 5], unit_delay=True) == run(toggling(), {}, [[1] * 5])


def test_lanes_are_independent():
    # lane 0 shows 0, 1, 0; lane 1 shows 1, 1, 1; lane 2 shows 0, 0, 1
    stimulus = {"a": [[0b010], [0b011], [0b110]]}
    together = run(hazard(), stimulus, [[0b111] * 3], lanes=3, unit_delay=True)
    alone = [
        run(
            hazard(),
            {"a": [[bits[0] >> lane & 1] for bits in stimulus["a"]]},
            [[1] * 3],
            unit_delay=True,
        ).changes[0]
        for lane in range(3)
    ]
    assert together.changes[0] == [sum(one) for one in zip(*alone, strict=True)]
    assert alone[1] == [0] * 6


def test_classes_are_told_apart_by_lane_and_cycle():
    stimulus = {"a": [[0b00], [0b11], [0b00]]}
    classes = [[0b01, 0b01, 0b00], [0b10, 0b10, 0b10]]
    found = run(hazard(), stimulus, classes, lanes=2)
    # the first class has lane 0 in cycle 1; the second lane 1 in both; lane 0 in cycle 2 is in none
    assert [one[2] for one in found.changes] == [1, 2]
    assert [one[3] for one in found.changes] == [1, 2]


def test_a_port_that_is_given_nothing_is_zero_and_constants_hold():
    made = netlist({"a": 2, "b": 3}, {"y": (1, 4)}, [gate("g", "NAND2", A=2, B=3, Y=4)])
    found = run(made, {"a": [[1], [1]]}, [[1, 1]])
    assert found.outputs["y"] == [[1, 1], [1, 1]]
    assert found.changes == [[0] * 5]
