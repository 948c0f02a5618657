import pytest
from tiny import gate, read, tiny

from lowbit_sim.netlist.mapped import HIGH, LOW, inputs_of, outputs_of


def test_gates_stand_after_what_drives_them():
    # by name, the last comes first
    found = read(
        {"a": ("input", [2]), "y": ("output", [5])},
        {
            "g1": ("INV", {"A": 4, "Y": 5}),
            "g2": ("INV", {"A": 3, "Y": 4}),
            "g3": ("INV", {"A": 2, "Y": 3}),
        },
    )
    assert [one.name for one in found.gates] == ["g3", "g2", "g1"]
    assert found.nets == 2 + 4


def test_ports_keep_their_bits_in_order_and_the_clock_is_none_of_them():
    found = read(
        {
            "clk": ("input", [2]),
            "rst": ("input", [3]),
            "a": ("input", [7, 5]),
            "y": ("output", [5, 7]),
        },
        {"g": ("NAND2", {"A": 7, "B": 3, "Y": 9})},
    )
    assert set(found.inputs) == {"a"}
    assert found.outputs["y"] == found.inputs["a"][::-1]
    # clock and reset are nets all the same, and so is what nobody reads
    assert found.nets == 2 + 2 + 2 + 1


def test_constants_are_the_first_two_nets():
    found = read(
        {"y": ("output", ["0", "1", "x", 2])},
        {"g": ("NAND2", {"A": "1", "B": "0", "Y": 2})},
    )
    assert found.outputs["y"][:3] == (LOW, HIGH, LOW)
    assert inputs_of(found.gates[0], tiny()) == [HIGH, LOW]


def test_a_flip_flop_breaks_a_circle():
    found = read(
        {"clk": ("input", [2]), "y": ("output", [3])},
        {"f": ("DFF", {"D": 4, "CK": 2, "Q": 3}), "g": ("INV", {"A": 3, "Y": 4})},
    )
    assert [one.name for one in found.flops] == ["f"]
    assert [one.name for one in found.gates] == ["g"]


def test_a_circle_of_gates_is_refused():
    with pytest.raises(ValueError, match="no value settles at g1: a circle, or no driver"):
        read(
            {"y": ("output", [3])},
            {"g1": ("INV", {"A": 2, "Y": 3}), "g2": ("INV", {"A": 3, "Y": 2})},
        )


def test_a_net_that_nothing_drives_is_refused():
    with pytest.raises(ValueError, match="no value settles at g: a circle, or no driver"):
        read({"y": ("output", [3])}, {"g": ("INV", {"A": 2, "Y": 3})})


def test_a_cell_that_the_library_lacks_is_refused():
    with pytest.raises(ValueError, match="AND9 is no cell of tiny"):
        read({"a": ("input", [2]), "y": ("output", [3])}, {"g": ("AND9", {"A": 2, "Y": 3})})


def test_nets_that_an_instance_reads_and_drives():
    flop = gate("f", "DFF", D=2, CK=3, Q=4, QN=5)
    assert (inputs_of(flop, tiny()), outputs_of(flop, tiny())) == ([2, 3], [4, 5])
