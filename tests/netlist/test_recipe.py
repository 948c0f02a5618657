import pytest
import yaml
from tiny import ROOT

from lowbit_sim.errors import SpecError
from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.netlist.elements import Decoder, GrowingSum, HeldWeight
from lowbit_sim.netlist.recipe import ElementSpec, load_recipe
from lowbit_sim.pe.bit_serial import BitSerial
from lowbit_sim.pe.integer_mac import IntegerMac
from lowbit_sim.pe.shift_add import ShiftAdd
from lowbit_sim.pe.ternary_adder import TernaryAdder

GOOD = """\
name: toy
cell_library: tiny
conditions: {slew: 100 ps, wire_load: short, tree_factor: 1.5}
traces:
  test_images: 1
  layers:
    - {workload: toy.yaml, parameter: 7.weight}
elements:
  adder:
    kind: ternary_adder
    built_for: [levels_3, int8]
    runs: [levels_5]
  mac: {kind: integer_mac, operand: 3 bit, built_for: [levels_5]}
operators:
  add_8: {operator: add, operand: 8 bit}
technology: |
  name: toy
"""
THREE = number_format("levels_3")


def recipe(tmp_path, text=GOOD, name="toy"):
    path = tmp_path / f"{name}.yaml"
    path.write_text(text)
    return load_recipe(path)


def test_a_recipe_is_read(tmp_path):
    found = recipe(tmp_path)
    assert (found.name, found.cell_library, found.technology) == ("toy", "tiny", "name: toy\n")
    conditions = found.conditions
    assert (conditions.slew, conditions.wire_load, conditions.tree_factor) == (0.1, "short", 1.5)
    assert found.traces.layers[0].parameter == "7.weight"
    assert list(found.elements) == ["adder", "mac"]
    assert (found.operators["add_8"].operator, found.operators["add_8"].operand) == ("add", 8)


def test_wires_may_be_left_out_but_not_forgotten(tmp_path):
    assert recipe(tmp_path, GOOD.replace("short", "null")).conditions.wire_load is None
    with pytest.raises(SpecError, match="wire_load"):
        recipe(tmp_path, GOOD.replace("wire_load: short, ", ""))


@pytest.mark.parametrize(
    ("asked", "element"),
    [
        ({"kind": "ternary_adder"}, HeldWeight(TernaryAdder(), THREE, 8, 24)),
        (
            {"kind": "shift_add", "accumulator": "32 bit", "activation": "4 bit"},
            HeldWeight(ShiftAdd(), THREE, 4, 32),
        ),
        (
            {"kind": "bit_serial", "encoding": "sign_magnitude", "preload": "hidden"},
            HeldWeight(BitSerial("sign_magnitude"), THREE, 8, 24, hidden=True),
        ),
        (
            {"kind": "integer_mac", "operand": "16 bit", "stationary": "output"},
            GrowingSum(IntegerMac(16), THREE, 8, 24),
        ),
        (
            {"kind": "ternary_adder", "weights_per_word": 5},
            Decoder(TernaryAdder(), THREE, 5),
        ),
    ],
)
def test_an_element_is_what_its_keys_say(asked, element):
    assert ElementSpec(**asked, built_for=["levels_3"]).element(THREE) == element


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("kind: ternary_adder", "kind: ternary_ader", 10, "ternary_ader"),
        ("levels_3, int8", "levels_3, level_5", 11, "did you mean 'levels_5'"),
        ("runs: [levels_5]", "runs: [bf16]", 12, "is no integer format"),
        ("name: toy\ncell_library", "name: tow\ncell_library", 1, "must be the file's, 'toy'"),
        ("100 ps", "100", 3, "needs a number with a unit"),
        ("100 ps", "0 ps", 3, "more than zero"),
        ("tree_factor: 1.5", "tree_factor: 0.5", 3, "tree_factor"),
        ("tree_factor: 1.5", "tree_factor: .inf", 3, "tree_factor"),
        ("operand: 3 bit", "operand: 3", 13, "needs a number with a unit"),
        ("operand: 3 bit", "operand: 2 bit", 13, "does not fit an operand of 2 bit"),
        ("operator: add", "operator: divide", 15, "divide"),
        ("test_images: 1", "test_images: 0", 5, "test_images"),
        ("built_for: [levels_3, int8]", "built_for: []", 11, "built_for"),
        ("runs: [levels_5]", "runz: [levels_5]", 12, "runz"),
        ("  adder:\n", "  Adder:\n", 9, "Adder"),
    ],
)
def test_a_fault_has_its_line(tmp_path, old, new, line, words):
    assert old in GOOD
    with pytest.raises(SpecError) as error:
        recipe(tmp_path, GOOD.replace(old, new))
    (fault,) = error.value.faults
    assert words in str(fault)
    assert (fault.line, fault.file) == (line, tmp_path / "toy.yaml")


def test_a_recipe_without_elements_is_refused(tmp_path):
    content = yaml.safe_load(GOOD)
    for elements in ({}, None):
        with pytest.raises(SpecError, match="elements"):
            recipe(tmp_path, yaml.safe_dump({**content, "elements": elements}))
    del content["elements"]
    with pytest.raises(SpecError, match="elements"):
        recipe(tmp_path, yaml.safe_dump(content))


def test_all_faults_are_told_at_once(tmp_path):
    text = GOOD.replace("int8]", "int9]").replace("runs: [levels_5]", "runs: [levels_6]")
    with pytest.raises(SpecError) as error:
        recipe(tmp_path, text, name="other")
    assert [fault.line for fault in error.value.faults] == [1, 11, 12]


@pytest.mark.parametrize(
    "path", sorted((ROOT / "arch_specs/characterisations").glob("*.yaml")), ids=lambda p: p.stem
)
def test_shipped_recipes_are_good(path):
    assert load_recipe(path).name == path.stem
