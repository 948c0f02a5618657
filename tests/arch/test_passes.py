from pathlib import Path

import pytest

from lowbit_sim.arch.passes import passes_table_markdown
from lowbit_sim.errors import SpecError
from lowbit_sim.formats.catalogue import FORMATS

ROOT = Path(__file__).parents[2] / "arch_specs"
PATHS = sorted(ROOT.glob("*.yaml"))
README = (ROOT / "README.md").read_text(encoding="utf-8")


def cells(line):
    return [cell.strip() for cell in line.strip("|").split("|")]


@pytest.fixture(scope="module")
def table():
    """Return machine, array -> format -> cell."""
    header, _, *rows = map(cells, passes_table_markdown(PATHS).splitlines())
    assert header[:3] == ["machine", "array", "activations"]
    assert len(header) == 3 + len(FORMATS)
    return {
        (row[0].strip("`"), row[1].split(" ")[0]): dict(zip(FORMATS, row[3:], strict=True))
        for row in rows
    }


def test_a_row_for_each_array(table, shipped):
    assert set(table) == {(m.name, a.name) for m in shipped.values() for a in m.arrays}


@pytest.mark.parametrize(
    ("machine", "array", "told"),
    [
        # ternary digits: ±1 one, up to ±4 two (4 = 3 + 1), up to ±13 three, int8 six
        ("ternary_pe", "adders", {"levels_2": "1", "levels_9": "2", "levels_17": "3", "int8": "6"}),
        # signed powers of two: ±2 and ±4 are one, 3 = 4 − 1 two
        ("shift_add_pe", "shifters", {"levels_5": "1", "levels_7": "2", "levels_7_pow2": "1"}),
        # int8 has up to four signed powers of two: it goes to the multipliers
        ("edge_soc", "shifters", {"levels_17": "2", "int8": "–", "fp32": "–"}),
        ("edge_soc", "macs", {"levels_17": "1", "int8": "1", "fp32": "–"}),
        # 16 bricks: 2 × 8 bit takes 4, 4 × 8 bit 8, 8 × 8 bit 16
        ("bit_fusion", "fusion_units", {"levels_3": "1/4", "levels_5": "1/2", "int8": "1"}),
        # two planes of eight, 16 passes, in 16 lanes; 8 by 8
        ("bit_serial_both_pe", "units", {"levels_3": "1", "int8": "4"}),
        # one plane of a group of 4 (±1), two of a group of 3
        ("lookup_pe", "tables", {"levels_2": "1/4", "levels_3": "2/3", "int8": "8/3"}),
        ("ternary_popcount", "channels", {"levels_3": "1/96", "levels_4": "–", "int8": "–"}),
        # the most that one can have: two digits of ±4, three planes of ±7
        ("ternary_skip_pe", "skippers", {"levels_3": "≤ 1", "levels_9": "≤ 2", "bf16": "–"}),
        ("bit_serial_skip_pe", "planes", {"levels_3": "≤ 1", "levels_15": "≤ 3"}),
        ("float_systolic", "floats", dict.fromkeys(FORMATS, "1")),
        ("tpu_like", "matrix_unit", {"levels_2": "1", "int8": "1", "bf16": "–"}),
    ],
)
def test_cells_by_hand(table, machine, array, told):
    assert {name: table[machine, array][name] for name in told} == told


def test_the_activations_are_named():
    lines = {tuple(cells(row)[:3]) for row in passes_table_markdown(PATHS).splitlines()}
    assert ("`ternary_popcount`", "channels (9 × 96)", "levels_3") in lines
    assert ("`eyeriss_like`", "pes (12 × 14)", "int8") in lines


def test_no_machine_is_a_table_without_rows():
    assert len(passes_table_markdown([]).splitlines()) == 2


def test_a_fault_of_a_machine_is_told(tmp_path):
    path = tmp_path / "broken.yaml"
    path.write_text("name: broken\n")
    with pytest.raises(SpecError, match=r"broken\.yaml"):
        passes_table_markdown([path])


def test_the_readme_of_the_machines_shows_it():
    shown = README.split("<!-- passes -->\n")[1].split("\n<!-- end of passes -->")[0]
    assert shown == passes_table_markdown(PATHS)
