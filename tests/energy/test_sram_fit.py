"""Laws by least squares; and every fit that a technology states, drawn again from its points."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from lowbit_sim.energy.load import load_technology
from lowbit_sim.energy.sram_fit import COLUMNS, fit_law, fit_points
from lowbit_sim.energy.sram_points import points_at, read_points
from lowbit_sim.memory.sram import Macro

FOLDER = Path(__file__).parents[2] / "arch_specs" / "technologies"
#: the rows of a technology of CACTI's memories, and every shipped one that names points
STATED = [
    Path(__file__).parent / "cacti7_45nm_rows.yaml",
    *(path for path in sorted(FOLDER.glob("*.yaml")) if "    points:\n" in path.read_text()),
]


def test_exact_points_give_the_law_back():
    capacities, widths = np.meshgrid([2**13, 2**16, 2**20], [8, 64, 512])
    values = 3.0 * (capacities / 2**16) ** 0.4 * (widths / 64) ** -0.2
    found = fit_law(values.ravel(), capacities.ravel(), widths.ravel(), Macro(2**16, 64))
    law = found.law
    assert (law.value, law.exponent, law.width_exponent) == pytest.approx((3, 0.4, -0.2))
    assert (law.capacity_bits, law.width_bits) == (2**16, 64)
    assert found.residual_largest_fraction < 1e-9
    assert found.points == 9


def test_residuals_by_hand():
    # the same macro at 1 and at 4: the law goes through their geometric mean, 2, which is off by
    # 2 / 1 - 1 = 1 and 2 / 4 - 1 = -1/2; the two others are met exactly
    found = fit_law([1, 4, 5, 7], [8, 8, 16, 8], [4, 4, 4, 8], Macro(8, 4))
    assert found.law.value == pytest.approx(2.0)
    assert found.residual_largest_fraction == pytest.approx(1.0)
    assert found.residual_median_fraction == pytest.approx(0.25)  # of 0, 0, 1/2, 1
    assert found.law.exponent == pytest.approx(np.log2(5 / 2))
    assert found.law.width_exponent == pytest.approx(np.log2(7 / 2))


@pytest.mark.parametrize("widths", [[4, 4, 4], [4, 8, 16]])
def test_points_that_do_not_tell_width_from_capacity_are_refused(widths):
    with pytest.raises(ValueError, match="differ in both"):
        fit_law([1, 2, 3], [8, 16, 32], widths, Macro(8, 4))


@pytest.mark.parametrize("path", STATED, ids=lambda path: path.stem)
@pytest.mark.parametrize("cell", ["lstp", "hp"])
def test_a_stated_fit_is_what_the_points_give(path, cell):
    rows = yaml.safe_load(path.read_text(encoding="utf-8"))["sram"][cell]
    points = points_at(read_points(FOLDER / rows["points"]["file"]), cell, 300)
    capacities = [macro.capacity_bits for macro in points]
    widths = [macro.width_bits for macro in points]
    kib = 8 * 1024
    assert rows["range"] == {"smallest": "512 B", "largest": "4 MiB"} | {
        "narrowest": f"{min(widths)} bit",
        "widest": f"{max(widths)} bit",
    }
    assert (min(capacities), max(capacities)) == (kib // 2, 4096 * kib)
    unit = {"pJ": 1, "um2": 1, "nW": 1, "uW": 1000, "ns": 1}
    found = fit_points(points, Macro(8 * kib, 64))
    assert found.keys() == COLUMNS.keys()
    for key, fit in found.items():
        row = rows[key]
        number, name = row["value"].split()
        assert float(f"{fit.law.value / unit[name]:.4g}") == float(number), key
        assert (row["capacity"], row["width"]) == ("8 KiB", "64 bit")
        assert round(fit.law.exponent, 4) == row["exponent"], key
        assert round(fit.law.width_exponent, 4) == row["width_exponent"], key
        assert row["fit"] == {
            "points": fit.points,
            "residual_median_fraction": round(fit.residual_median_fraction, 3),
            "residual_largest_fraction": round(fit.residual_largest_fraction, 3),
        }, key


def test_what_the_laws_miss_by_is_stated(cacti_technology):
    """The laws as loaded, to the digits of the file, against every point."""
    for rows in cacti_technology.sram.values():
        laws = (rows.read_law, rows.write_law, rows.area_law, rows.leakage_law, rows.access_law)
        for law, column in zip(laws, COLUMNS.values(), strict=True):
            fractions = [
                abs(law.at(macro.capacity_bits, macro.width_bits) / column(point) - 1)
                for macro, point in rows.points.items()
            ]
            assert 0.05 < np.median(fractions) < 0.2
            assert max(fractions) < 0.7


def test_no_number_of_horowitz_is_mixed_with_points():
    horowitz = load_technology(FOLDER / "cmos_45nm.yaml")
    assert all(not rows.points for rows in horowitz.sram.values())
