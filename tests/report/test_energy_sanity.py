import csv
import io

import pytest

from lowbit_sim.errors import SpecError
from lowbit_sim.netlist.table import Row, table_text
from lowbit_sim.report.energy_sanity import sanity_files

REFERENCES = """
name: sanity
measured: measured.csv
voltage: 1.0 V
references:
  - name: A book
    source: A. Author, 1999
    voltage: 0.5 V
    rows:
      - {what: sum, ours: ternary_adder.levels_3, energy: 0.1 pJ, area: 50 um2}
  - name: Another
    source: B. Author
    rows:
      - {what: product, ours: integer_mac_any.int8, energy: 2 pJ, area: 400 um2}
reasons: ["**One.** Because."]
"""


def row(element, built_for, runs=None):
    return Row(
        element, built_for, runs or built_for, 1, 9, 9, 100.0, 9.0, 1.0, 0, 0, 0, 0, 500, 600
    )


@pytest.fixture
def folder(tmp_path):
    names = [
        *(("ternary_adder", "levels_3"), ("shift_add", "levels_5"), ("shift_add", "levels_9")),
        *(
            ("integer_mac_3", "levels_5"),
            ("integer_mac_4", "levels_9"),
            ("integer_mac_any", "int8"),
        ),
    ]
    wide = [row("integer_mac_any", "int8", f"levels_{n}") for n in (2, 3, 5, 9, 17)]
    rows = [*(row(*name) for name in names), *wide]
    (tmp_path / "measured.csv").write_text(table_text(rows, "by hand"))
    (tmp_path / "references.yaml").write_text(REFERENCES)
    return tmp_path


def test_ratios_are_ours_over_theirs_at_either_supply_and_with_glitches(folder):
    rows = list(csv.DictReader(io.StringIO(sanity_files(folder)["ratios.csv"])))
    first, second = rows
    assert (first["reference"], first["what"]) == ("A book", "sum")
    assert float(first["ratio"]) == 5  # 0.5 / 0.1 pJ
    assert float(first["ratio_at_their_supply"]) == 1.25  # 5 · (0.5 / 1.0)²
    assert float(first["ratio_with_glitches"]) == 6
    assert float(first["area_ratio"]) == 2
    assert float(second["ratio"]) == 0.25
    assert second["ratio_at_their_supply"] == ""  # no voltage is known


def test_the_page_names_the_span_the_reasons_and_the_sources(folder):
    page = sanity_files(folder)["README.md"]
    assert "At the supply of A book they take 1.2 to 1.2 times its energies" in page
    assert "- **One.** Because." in page
    assert "- **Another**: B. Author." in page


def test_a_row_that_was_not_measured_is_told_with_the_nearest(folder):
    text = REFERENCES.replace("integer_mac_any.int8", "integer_mac_any.int9")
    (folder / "references.yaml").write_text(text)
    with pytest.raises(SpecError) as caught:
        sanity_files(folder)
    assert "references.yaml:14: references.1.rows.0.ours: was not measured" in str(caught.value)
    assert "did you mean 'integer_mac_any.int8'?" in str(caught.value)


def test_a_number_without_a_unit_is_refused(folder):
    (folder / "references.yaml").write_text(REFERENCES.replace("0.1 pJ", "0.1"))
    with pytest.raises(SpecError, match="energy: needs a number with a unit"):
        sanity_files(folder)


def test_a_missing_table_is_told(folder):
    (folder / "measured.csv").unlink()
    with pytest.raises(SpecError, match=r"measured\.csv"):
        sanity_files(folder)
