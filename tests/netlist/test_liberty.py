import gzip
import hashlib

import numpy as np
import pytest
from tiny import PATH, tiny

from lowbit_sim.errors import SpecError
from lowbit_sim.netlist.liberty import Table, read_liberty


def test_a_librarys_own_figures():
    library = tiny()
    assert (library.name, library.path) == ("tiny", PATH)
    assert (library.supply_volts, library.temperature_celsius) == (2.0, 25.0)
    assert library.text == PATH.read_text()
    assert library.sha256 == hashlib.sha256(PATH.read_bytes()).hexdigest()
    assert list(library.cells) == ["INV", "BUF", "NAND2", "NOR2", "XOR2", "DFF"]


def test_units_of_capacitance_time_and_leakage():
    nand = tiny().cells["NAND2"]
    # 0.2 × 10 fF; 0.002 × 1 µW; 3 × 100 ps
    assert nand.pins["B"].capacitance_ff == 2.0
    assert nand.leakage_nw == pytest.approx(2.0)
    assert nand.area_um2 == 2.0
    assert nand.pins["Y"].arcs[1].delays[1].at(0.1, 1.0) == pytest.approx(0.3)


def test_pins_and_functions():
    nand = tiny().cells["NAND2"]
    assert {name: pin.is_output for name, pin in nand.pins.items()} == {
        "A": False,
        "B": False,
        "Y": True,
    }
    assert nand.pins["Y"].function == "!(A & B)"
    assert nand.pins["Y"].capacitance_ff == 0.0
    assert [arc.related for arc in nand.pins["Y"].arcs] == ["A", "B"]
    assert [len(arc.delays) + len(arc.slews) for arc in nand.pins["Y"].arcs] == [4, 4]
    assert (nand.state, nand.next_state, nand.clock) == ((), "", "")


def test_internal_energy_is_the_mean_over_edges_and_related_pins():
    # (0.1 + 0.3 + 0.4 + 0.4) / 4 × 10 fF · V²
    assert tiny().cells["NAND2"].pins["Y"].internal_fj(0.1, 5.0) == pytest.approx(3.0)
    assert tiny().cells["NAND2"].pins["A"].internal_fj(0.1, 5.0) == 0.0


def test_a_flip_flop():
    flop = tiny().cells["DFF"]
    assert (flop.state, flop.next_state, flop.clock) == (("IQ", "IQN"), "D", "CK")
    assert (flop.pins["Q"].function, flop.pins["QN"].function) == ("IQ", "IQN")
    assert flop.pins["D"].internal_fj(0.1, 0.0) == pytest.approx(2.0)
    assert flop.pins["CK"].internal_fj(0.1, 0.0) == pytest.approx(3.0)
    # hold is not read
    assert len(flop.pins["D"].setup) == 2


def test_a_wire_load_by_fanout():
    # 0.05 × 10 fF for each unit of length; lengths 2, 3 and 8
    (name,) = tiny().wire_ff
    assert name == "short"
    assert tiny().wire_ff["short"] == pytest.approx({1: 1.0, 2: 1.5, 4: 4.0})


# tables

#: 1 + 10 · slew + load · (1 + slew), at slews 1 and 3, loads 0 and 2
PLANE = Table(np.array([1.0, 3.0]), np.array([0.0, 2.0]), np.array([[11.0, 15.0], [31.0, 39.0]]))


@pytest.mark.parametrize(
    ("slew_ns", "load_ff", "expected"),
    [
        (1, 0, 11),
        (3, 2, 39),
        (1, 1, 13),
        (2, 0, 21),
        # 1 + 20 + 1 · 3
        (2, 1, 24),
        # beyond: 1 + 40 + 4 · 5, and 1 + 0 − 1 · 1
        (4, 4, 61),
        (0, -1, 0),
    ],
)
def test_a_table_is_linear_between_and_beyond_its_entries(slew_ns, load_ff, expected):
    assert PLANE.at(slew_ns, load_ff) == pytest.approx(expected)


def test_of_three_entries_the_nearest_two_decide():
    table = Table(np.array([0.0, 1.0, 2.0]), np.zeros(1), np.array([[0.0], [10.0], [100.0]]))
    assert [table.at(slew, 7.0) for slew in (0.5, 1.5, 3, -1)] == [5, 55, 190, -10]


def test_one_value_does_not_depend_on_anything():
    table = Table(np.zeros(1), np.zeros(1), np.array([[4.0]]))
    assert table.at(9.0, 9.0) == 4.0


def test_axes_in_the_other_order():
    # delay in 100 ps: 1 and 2 at 1 fF, 3 and 4 at 3 fF; slews 0.1 and 0.3 ns
    (delay, _) = tiny().cells["NOR2"].pins["Y"].arcs[0].delays
    corners = [delay.at(slew, load) for slew in (0.1, 0.3) for load in (1, 3)]
    assert corners == pytest.approx([0.1, 0.3, 0.2, 0.4])
    assert tiny().cells["NOR2"].pins["Y"].internal_fj(0.2, 2.0) == pytest.approx(3.0)


def test_of_a_setup_the_first_axis_is_the_datas_slew_in_either_order():
    for setup in tiny().cells["DFF"].pins["D"].setup:
        assert setup.at(0.1, 0.3) == pytest.approx(0.1)
        assert setup.at(0.3, 0.1) == pytest.approx(0.2)


# files


def test_a_packed_library_is_the_same(tmp_path):
    path = tmp_path / "tiny.lib.gz"
    path.write_bytes(gzip.compress(PATH.read_bytes()))
    found = read_liberty(path)
    assert found.sha256 == tiny().sha256
    assert found.cells.keys() == tiny().cells.keys()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.lib", "name: no library\n"),
        ("a.lib", ""),
        ("a.lib", "library (a) { }"),
        ("a.lib.gz", "library (a) { }"),
        ("a.lib", PATH.read_text().replace('"100ps"', '"1fs"')),
        ("a.lib", PATH.read_text().replace('"0.5, 0.5", "0.5, 0.5"', '"0.5, 0.5"')),
    ],
)
def test_what_is_no_library_is_named(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(SpecError, match=r"a\.lib") as error:
        read_liberty(path)
    assert error.value.faults[0].file == path


def test_what_is_not_packed_says_so(tmp_path):
    path = tmp_path / "a.lib.gz"
    path.write_bytes(PATH.read_bytes())
    with pytest.raises(SpecError, match="cannot be read: Not a gzipped file"):
        read_liberty(path)


def test_a_library_that_is_missing_is_named(tmp_path):
    with pytest.raises(SpecError, match="No such file") as error:
        read_liberty(tmp_path / "none.lib")
    assert error.value.faults[0].file == tmp_path / "none.lib"
