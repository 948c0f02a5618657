from pathlib import Path

import pytest

from lowbit_sim.energy.sram_points import COLUMNS, points_at, read_points
from lowbit_sim.errors import SpecError
from lowbit_sim.memory.sram import Macro

SHIPPED = Path(__file__).parents[2] / "arch_specs" / "technologies" / "cacti7_45nm.csv"
HEAD = ",".join(COLUMNS)
#: two macros at 350 K, one of them at 300 K too
ROWS = """\
1024,64,lstp,350,1.5,2.0,3.0,10.0,1.0,0.5
1024,64,lstp,300,1.5,2.0,3.0,2.5,1.0,0.5
2048,64,lstp,350,1.6,2.2,3.3,20.0,2.0,0.9
"""


@pytest.fixture
def points_file(tmp_path):
    def write(text):
        path = tmp_path / "points.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_row_by_hand(points_file):
    first, *_ = read_points(points_file(f"# by hand\n{HEAD}\n{ROWS}"))
    assert (first.macro, first.cell, first.temperature_kelvins) == (Macro(8192, 64), "lstp", 350)
    point = first.point
    assert (point.access_ns, point.read_pj, point.write_pj) == (1.5, 2.0, 3.0)
    assert point.area_um2 == 500_000  # 0.5 mm2
    assert point.leakage_nw == pytest.approx(11e6)  # 10 + 1 mW
    assert first.channel_leakage_nw == pytest.approx(10e6)


def test_leakage_is_brought_to_a_temperature_by_hand(points_file):
    rows = read_points(points_file(f"{HEAD}\n{ROWS}"))
    found = points_at(rows, "lstp", 300)
    # 2.5 / 10 of what flows below threshold; what flows through gates stays
    assert found[Macro(8192, 64)].leakage_nw == pytest.approx(3.5e6)
    assert found[Macro(16384, 64)].leakage_nw == pytest.approx((20 / 4 + 2) * 1e6)
    assert found[Macro(16384, 64)].read_pj == 2.2
    hot = points_at(rows, "lstp", 350)
    assert [point.leakage_nw for point in hot.values()] == pytest.approx([11e6, 22e6])


@pytest.mark.parametrize(
    ("cell", "kelvins", "reason"),
    [
        ("hp", 300, "holds no macro of cell hp at 300 K"),
        ("lstp", 320, "holds no macro of cell lstp at 320 K"),
    ],
)
def test_what_is_not_there_is_said(points_file, cell, kelvins, reason):
    rows = read_points(points_file(f"{HEAD}\n{ROWS}"))
    with pytest.raises(ValueError, match=reason):
        points_at(rows, cell, kelvins)


def test_without_a_macro_at_both_temperatures_nothing_is_brought(points_file):
    other = ROWS.replace("1024,64,lstp,300", "4096,64,lstp,300")
    rows = read_points(points_file(f"{HEAD}\n{other}"))
    with pytest.raises(ValueError, match="lstp both at 300 K and at 350 K"):
        points_at(rows, "lstp", 300)


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ("2048,64,", "2048,", 5, "must hold 10 values, it holds 9"),
        ("2048,64,lstp", "2048,64,lstq", 5, "cell: is no cell; did you mean 'lstp'?"),
        ("2048,64,", "2048,0,", 5, "width_bits: must be a finite number above zero (got '0')"),
        ("2048,64,", "2048.5,64,", 5, "capacity_bytes: must be a whole number (got '2048.5')"),
        ("2.2,", "x,", 5, "read_pj: must be a finite number above zero (got 'x')"),
        ("2.2,", "nan,", 5, "read_pj: must be a finite number above zero (got 'nan')"),
        ("2.2,", "-2.2,", 5, "read_pj: must be a finite number above zero (got '-2.2')"),
        ("350,1.6", "inf,1.6", 5, "temperature_kelvins: must be a finite number above zero"),
        ("2048,", "1024,", 5, "this macro stands twice, first in line 3"),
        ("width_bits", "width", 2, "must begin with the columns capacity_bytes,width_bits,cell"),
        ("\n2048", "\n\n2048", 5, "must hold 10 values, it holds 0"),
    ],
)
def test_an_ill_formed_row_is_refused_at_its_line(points_file, old, new, line, told):
    text = f"# by hand\n{HEAD}\n{ROWS}"
    assert old in text
    path = points_file(text.replace(old, new))
    with pytest.raises(SpecError) as caught:
        read_points(path)
    assert str(caught.value).startswith(f"{path}:{line}: {told}")


def test_an_empty_or_unreadable_file_is_refused(points_file, tmp_path):
    with pytest.raises(SpecError, match="must begin with the columns"):
        read_points(points_file("# nothing\n"))
    with pytest.raises(SpecError, match="cannot be read"):
        read_points(tmp_path)


def test_the_shipped_macros():
    rows = read_points(SHIPPED)
    assert len(rows) == 2 * (95 + 4)
    for cell, ratio in (("lstp", 0.11197), ("hp", 0.49209)):
        found = points_at(rows, cell, 300)
        assert len(found) == 95
        assert min(m.capacity_bits // m.width_bits for m in found) == 32
        base = {r.macro: r for r in rows if (r.cell, r.temperature_kelvins) == (cell, 350)}
        here = {r.macro: r for r in rows if (r.cell, r.temperature_kelvins) == (cell, 300)}
        for macro, row in here.items():
            brought = row.channel_leakage_nw / base[macro].channel_leakage_nw
            assert brought == pytest.approx(ratio, rel=1e-4)
            assert dict(vars_of(row)) == dict(vars_of(base[macro]))


def vars_of(row):
    """Yield what does not depend on the temperature."""
    yield "gate", row.gate_leakage_nw
    for name in ("read_pj", "write_pj", "area_um2", "access_ns"):
        yield name, getattr(row.point, name)
