import importlib.util
import shutil
import sys

import pytest
from process import refused, within
from tiny import PATH, ROOT, needs_yosys

from lowbit_sim.netlist.table import read_table

#: a two-line technology, and a recipe of one element, one operator and one image
RECIPE = f"""\
name: toy
cell_library: tiny
conditions: {{slew: 100 ps, wire_load: short, tree_factor: 1}}
traces:
  test_images: 1
  layers:
    - {{workload: {ROOT}/workloads/cvnn_digits.yaml, parameter: 7.weight}}
elements:
  adder: {{kind: ternary_adder, built_for: [levels_3]}}
operators:
  add_4: {{operator: add, operand: 4 bit}}
technology: |
  name: toy
  value: "{{{{adder.levels_3.levels_3.add_fj}}}} fJ and {{{{2 * add_4.random.area_um2}}}} um2"
"""


@pytest.fixture
def recipe(tmp_path):
    path = tmp_path / "arch_specs/characterisations/toy.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(RECIPE)
    return path


def characterise(folder, recipe, *options, library=PATH):
    return within(folder, "characterise", recipe, "--library", library, *options)


def before(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@needs_yosys
def test_a_table_and_a_technology_are_written_the_same_every_time(recipe, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "400")
    done = characterise(tmp_path, recipe, "--work", "work")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.startswith("wrote ")
    assert done.stdout.endswith(": 2 rows\n")
    table = recipe.with_suffix(".csv")
    adder, add = read_table(table)
    assert (adder.element, adder.built_for, adder.runs) == ("adder", "levels_3", "levels_3")
    assert (add.element, add.runs) == ("add_4", "random")
    technology = tmp_path / "arch_specs/technologies/toy.yaml"
    value = f"{adder.add_fj:.4g} fJ and {2 * add.area_um2:.4g} um2"
    assert technology.read_text() == f'name: toy\nvalue: "{value}"\n'
    first_line = table.read_text().splitlines()[0]
    assert first_line.startswith("# Yosys 0.")
    assert "; tiny, 2 V, 25 C, sha256 " in first_line
    # again, elsewhere, with the netlists that lie there
    again = characterise(tmp_path, recipe, "--work", "work", "--to", "out")
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "out/toy.csv").read_text() == table.read_text()
    assert (tmp_path / "out/toy.yaml").read_text() == technology.read_text()


@needs_yosys
def test_a_place_for_what_was_not_measured_writes_nothing(recipe, tmp_path):
    recipe.write_text(RECIPE.replace("adder.levels_3.levels_3.add_fj", "adder.levels_3.ad_fj"))
    for old in (recipe.with_suffix(".csv"), tmp_path / "arch_specs/technologies/toy.yaml"):
        old.parent.mkdir(exist_ok=True)
        old.write_text("mine")
    files = before(tmp_path / "arch_specs")
    done = characterise(tmp_path, recipe)
    refused(done, "toy.yaml", "technology: 'adder.levels_3.ad_fj' was not measured", "did you mean")
    assert before(tmp_path / "arch_specs") == files


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("kind: ternary_adder", "kind: ternary_ader", ["toy.yaml:9", "ternary_ader"]),
        ("built_for: [levels_3]", "built_for: [level_3]", ["toy.yaml:9", "levels_3"]),
        (
            "cell_library: tiny",
            "cell_library: huge",
            ["is the library tiny; the recipe is for huge"],
        ),
        ("wire_load: short", "wire_load: long", ["has no wire load model 'long'", "short"]),
    ],
)
@needs_yosys
def test_a_faulty_recipe_is_named(recipe, tmp_path, old, new, parts):
    recipe.write_text(RECIPE.replace(old, new))
    files = before(tmp_path)
    refused(characterise(tmp_path, recipe), *parts)
    assert before(tmp_path) == files


@needs_yosys
def test_a_missing_library_is_named(recipe, tmp_path):
    files = before(tmp_path)
    refused(characterise(tmp_path, recipe, library="none.lib"), "none.lib", "for the library tiny")
    assert before(tmp_path) == files


@needs_yosys
def test_a_recipe_as_a_library_is_named(recipe, tmp_path):
    done = characterise(tmp_path, recipe, library=recipe)
    refused(done, "toy.yaml: is no Liberty file that can be used")


def test_a_missing_tool_says_what_to_install(recipe, tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    files = before(tmp_path)
    refused(characterise(tmp_path, recipe), "synthesis needs yosys: pip install")
    assert before(tmp_path) == files


@pytest.mark.parametrize("package", ["amaranth", "liberty"])
def test_a_missing_package_says_what_to_install(recipe, tmp_path, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    done = characterise(tmp_path, recipe)
    refused(done, f"needs the package {package}: pip install 'lowbit-sim[netlist]'")


def test_a_missing_recipe_is_named(tmp_path):
    refused(characterise(tmp_path, "none.yaml"), "none.yaml")
