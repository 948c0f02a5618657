from dataclasses import asdict

import pytest

from lowbit_sim.errors import SpecError
from lowbit_sim.netlist.table import Row, by_name, read_table, table_text

FIRST = Row("adder", "int8", "int8", 6, 244, 47, 470.5, 9711.75, 1.5, 0.25, 550.0, 450.0, 10, 8, 9)
SECOND = Row("adder", "int8", "levels_3", 1, 244, 47, 470.5, 9711.75, 1.5, 0.5, 3.0, 0.0, 9, 7, 8)
LINE = "adder,int8,int8,6,244,47,470.5,9711.75,1.5,0.25,550,450,10,8,9"


def test_a_table_is_a_line_of_what_made_it_a_head_and_rows():
    lines = table_text([FIRST], "Yosys 9; tiny").splitlines()
    assert lines[0] == "# Yosys 9; tiny"
    assert lines[1].split(",") == list(asdict(FIRST))
    assert lines[2:] == [LINE]


def test_numbers_have_six_significant_digits():
    row = Row(*asdict(FIRST).values())
    exact = Row(**{**asdict(row), "area_um2": 1234.56789, "leakage_nw": 1_234_567.0})
    line = table_text([exact], "").splitlines()[2]
    assert line.split(",")[6:8] == ["1234.57", "1.23457e+06"]


def test_a_table_comes_back(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(table_text([FIRST, SECOND], "Yosys 9, with a comma"))
    assert read_table(path) == [FIRST, SECOND]
    assert table_text(read_table(path), "Yosys 9, with a comma") == path.read_text()


@pytest.mark.parametrize(
    ("old", "new"),
    [("passes,", "beats,"), (",244,", ",many,"), (",244,", ",24.5,"), (",10,8,9", "")],
)
def test_another_file_is_refused(tmp_path, old, new):
    path = tmp_path / "a.csv"
    text = table_text([FIRST], "Yosys 9")
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(SpecError, match="is no table of a characterisation") as error:
        read_table(path)
    assert error.value.faults[0].file == path


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(SpecError, match=r"none\.csv: is no table"):
        read_table(tmp_path / "none.csv")


def test_values_have_names_with_and_without_the_format_they_ran_in():
    found = by_name([FIRST, SECOND])
    assert found["adder.int8.levels_3.add_fj"] == 3.0
    assert found["adder.int8.int8.add_fj"] == 550.0
    assert found["adder.int8.int8.passes"] == 6
    # what the format does not change; of what it does, the first row's
    assert found["adder.int8.area_um2"] == 470.5
    assert found["adder.int8.add_fj"] == 550.0
    assert not any(key.endswith((".element", ".built_for", ".runs")) for key in found)
    # 12 numbers of each row, and once more without its format
    assert len(found) == 12 * 3
