from fractions import Fraction
from pathlib import Path

import pytest

from lowbit_sim.arch.scaling import grain, scaled
from lowbit_sim.energy.area import area_um2_by_component
from lowbit_sim.energy.load import load_technology
from lowbit_sim.judge.equal_area import TooLargeError, of_area
from lowbit_sim.spec_file import read_spec_file

SPECS = Path(__file__).parents[2] / "arch_specs"
TECHNOLOGY = load_technology(SPECS / "technologies" / "cmos_45nm.yaml")


def source(name):
    return read_spec_file(SPECS / f"{name}.yaml")


def area_um2(machine):
    return sum(area_um2_by_component(TECHNOLOGY, machine).values())


@pytest.mark.parametrize("name", ["ternary_pe", "bit_fusion", "edge_soc", "tpu_like"])
@pytest.mark.parametrize("budget_um2", [1.3e6, 3e6])
def test_the_largest_that_fits(name, budget_um2):
    machine, scale = of_area(source(name), TECHNOLOGY, budget_um2)
    assert area_um2(machine) <= budget_um2
    assert machine == scaled(source(name), scale)
    next_one = scaled(source(name), scale + Fraction(1, grain(scaled(source(name), Fraction(1)))))
    assert area_um2(next_one) > budget_um2


def test_its_own_area_gives_the_machine_itself():
    machine = scaled(source("int8_packed"), Fraction(1))
    found, scale = of_area(source("int8_packed"), TECHNOLOGY, area_um2(machine))
    assert (found, scale) == (machine, 1)


def test_memories_alone_may_be_too_large():
    with pytest.raises(TooLargeError, match=r"takes at least 0\.\d+ mm² of 0\.2"):
        of_area(source("ternary_pe"), TECHNOLOGY, 0.2e6)
