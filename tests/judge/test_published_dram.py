from pathlib import Path

import pytest

from lowbit_sim.errors import SpecError
from lowbit_sim.judge.published_dram import COLUMNS, PublishedDram, read_published_dram

SHIPPED = Path(__file__).parents[2] / "arch_specs" / "technologies" / "published_dram.csv"
HEADER = ",".join(COLUMNS)


def table(folder, *rows, header=HEADER):
    path = folder / "dram.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def test_rows_are_read_as_they_stand(tmp_path):
    path = table(tmp_path, "HBM2,3.9,3.9,somebody", '"A, B",4,8,"one, two"')
    assert read_published_dram(path) == (
        PublishedDram("HBM2", 3.9, 3.9, "somebody"),
        PublishedDram("A, B", 4.0, 8.0, "one, two"),
    )
    assert read_published_dram(table(tmp_path)) == ()


@pytest.mark.parametrize(
    ("row", "key", "message"),
    [
        ("a,1,2", None, "must hold 4 values, it holds 3"),
        (" ,1,2,s", "name", "must not be empty"),
        ("a,1,2,", "source", "must not be empty"),
        ("a,x,2,s", "energy_pj_per_bit_low", "finite number above zero"),
        ("a,1,inf,s", "energy_pj_per_bit_high", "finite number above zero"),
        ("a,0,2,s", "energy_pj_per_bit_low", "finite number above zero"),
        ("a,3,2,s", "energy_pj_per_bit_high", "must not be below energy_pj_per_bit_low"),
        ("known,1,2,s", "name", "stands twice, first in line 2"),
    ],
)
def test_a_bad_row_is_one_error_at_its_line(tmp_path, row, key, message):
    path = table(tmp_path, "known,1,1,s", row)
    with pytest.raises(SpecError) as caught:
        read_published_dram(path)
    (fault,) = caught.value.faults
    assert (fault.file, fault.line, fault.key) == (path, 3, key)
    assert message in fault.reason


def test_every_bad_row_is_told(tmp_path):
    with pytest.raises(SpecError) as caught:
        read_published_dram(table(tmp_path, "a,0,0,", "b,1,1,s", "c,2,1,s"))
    assert [fault.line for fault in caught.value.faults] == [2, 4]


def test_other_columns_and_no_file_are_errors(tmp_path):
    with pytest.raises(SpecError, match="columns must be name,energy_pj_per_bit_low"):
        read_published_dram(table(tmp_path, header="name,value"))
    with pytest.raises(SpecError, match="cannot be read"):
        read_published_dram(tmp_path / "none.csv")
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(SpecError, match="columns must be"):
        read_published_dram(tmp_path / "empty.csv")


def test_the_shipped_table_holds_what_its_sources_say():
    found = {one.name: one for one in read_published_dram(SHIPPED)}
    # Horowitz, ISSCC 2014: 1.3 to 2.6 nJ for 64 bit
    horowitz = found["Horowitz"]
    assert horowitz.low_pj_per_bit == pytest.approx(1300 / 64, abs=0.05)
    assert horowitz.high_pj_per_bit == pytest.approx(2600 / 64, abs=0.05)
    assert found["HBM2"].low_pj_per_bit < found["LPDDR"].low_pj_per_bit
    assumed = {name for name, one in found.items() if "assum" in one.source}
    assert assumed == {"HBM3", "HBM3E", "LPDDR5X", "LPDDR3 I/O"}
