from pathlib import Path

import pytest

from lowbit_sim.arch.load import load_accelerator
from lowbit_sim.commands.pricing import pricing_files, pricings
from lowbit_sim.errors import SpecError

ROOT = Path(__file__).parents[2]
TECHNOLOGIES = ROOT / "arch_specs/technologies"


def machine(name="ternary_pe"):
    return load_accelerator(ROOT / "arch_specs" / f"{name}.yaml")


def names(asked):
    return [priced.technology.name for priced in pricings(machine(), asked)]


def test_a_machine_has_its_own_technology_where_none_is_asked_for():
    (own,) = pricings(machine(), [])
    assert own.technology.name == machine().technology == "cmos_45nm"
    assert own.machine == machine()


def test_the_one_that_is_asked_for_stands_instead():
    assert names(["nangate45_rtl"]) == ["nangate45_rtl"]


def test_several_keep_their_order_and_none_comes_twice():
    assert names(["nangate45_rtl", "cmos_45nm"]) == ["nangate45_rtl", "cmos_45nm"]
    assert names(["cmos_45nm", "cmos_45nm"]) == ["cmos_45nm"]


def test_energies_are_those_of_the_technology():
    one, other = pricings(machine(), ["cmos_45nm", "nangate45_rtl"])
    assert one.pj_per_action["adder.add"] != other.pj_per_action["adder.add"]


def test_a_technology_may_be_a_path(tmp_path):
    path = tmp_path / "mine.yaml"
    text = (TECHNOLOGIES / "nangate45_rtl.yaml").read_text()
    path.write_text(text.replace("name: nangate45_rtl", "name: mine", 1))
    (tmp_path / "cacti7_45nm.csv").write_bytes((TECHNOLOGIES / "cacti7_45nm.csv").read_bytes())
    assert names([str(path)]) == ["mine"]


def test_an_unknown_name_has_the_nearest_and_what_is_allowed_beside_it():
    with pytest.raises(SpecError, match="did you mean 'nangate45_rtl'") as error:
        names(["nangate45_rt"])
    assert "allowed: cmos_45nm, nangate45_rtl" in str(error.value)
    assert error.value.faults[0].key == "--technology"


def test_a_path_that_leads_nowhere_is_refused(tmp_path):
    with pytest.raises(SpecError, match=r"there is no .*none\.yaml"):
        names([str(tmp_path / "none.yaml")])


def test_a_technology_without_a_machines_kind_of_pe_is_refused():
    with pytest.raises(SpecError, match="float_mac"):
        pricings(machine("float_systolic"), ["nangate45_rtl"])


def test_the_files_that_are_read_are_technologies_and_their_macros():
    files = pricing_files(machine(), ["nangate45_rtl", "cmos_45nm"])
    names = ["nangate45_rtl.yaml", "cacti7_45nm.csv", "cmos_45nm.yaml"]
    assert [path.name for path in files] == names
    assert all(path.is_file() for path in files)
    assert pricing_files(machine(), []) == [machine().technology_path]
