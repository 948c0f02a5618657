import os
from pathlib import Path

import numpy as np
import pytest
from tiny import PATH, ROOT, needs_yosys, tiny, tool

from lowbit_sim.errors import LowbitSimError, SpecError
from lowbit_sim.netlist.characterisation import characterised, count_elements, provenance
from lowbit_sim.netlist.lanes import Trace
from lowbit_sim.netlist.liberty import read_liberty
from lowbit_sim.netlist.recipe import RecipeSpec, load_recipe
from lowbit_sim.netlist.synthesis import Synthesiser
from lowbit_sim.netlist.table import by_name, read_table, table_text
from lowbit_sim.netlist.template import filled
from lowbit_sim.netlist.traces import TrainedTraces

SHIPPED = ROOT / "arch_specs/characterisations/nangate45_rtl.yaml"
TABLE = SHIPPED.with_suffix(".csv")
#: the environment variable that names the library which the shipped table was made with
LIBERTY = "LOWBIT_SIM_LIBERTY"


def recipe(elements=None, operators=None, **change):
    adder = {"kind": "ternary_adder", "activation": "4 bit", "accumulator": "8 bit"}
    content = {
        "name": "toy",
        "cell_library": "tiny",
        "conditions": {"slew": "100 ps", "wire_load": None, "tree_factor": 1.0},
        "traces": {"test_images": 1, "layers": [{"workload": "toy.yaml", "parameter": "w"}]},
        "elements": elements or {"adder": {**adder, "built_for": ["levels_3"]}},
        "operators": operators or {},
        "technology": "name: toy",
    }
    return RecipeSpec.model_validate({**content, **change})


def traces(weight):
    drawn = np.random.default_rng(0)
    return [Trace(weight, drawn.integers(-8, 8, (4, 3)), drawn.choice(weight.levels, (3, 4)))]


def rows(made, work, given=traces):
    return list(characterised(made, tiny(), tool(), given, work))


@needs_yosys
def test_an_element_has_a_row_for_each_format_that_it_runs_in(tmp_path):
    adder = {
        "kind": "ternary_adder",
        "activation": "4 bit",
        "accumulator": "8 bit",
        "built_for": ["levels_5", "levels_3"],
        "runs": ["levels_3"],
    }
    made = recipe({"adder": adder}, {"add_4": {"operator": "add", "operand": "4 bit"}})
    found = rows(made, tmp_path)
    assert count_elements(made) == len(found) == 3
    names = [[(row.element, row.built_for, row.runs, row.passes) for row in one] for one in found]
    assert names == [
        [("adder", "levels_5", "levels_5", 2), ("adder", "levels_5", "levels_3", 1)],
        [("adder", "levels_3", "levels_3", 1)],
        [("add_4", "random", "random", 1)],
    ]
    five, five_in_three = found[0]
    assert (five.gates, five.area_um2) == (five_in_three.gates, five_in_three.area_um2)
    # the registers of activation, sum, two trits and their place
    assert five.flip_flops == 4 + 8 + 4 + 1
    assert found[2][0].flip_flops == found[2][0].register_bit_fj == 0


@needs_yosys
def test_an_area_is_that_of_the_cells(tmp_path):
    made = recipe(operators={"register_4": {"operator": "register", "operand": "4 bit"}})
    *_, (row,) = rows(made, tmp_path)
    # four flip-flops of 8 µm² and 8 nW; a reset of each is an inverter or so more
    assert row.flip_flops == 4
    assert row.area_um2 >= 4 * 8
    assert row.leakage_nw >= 4 * 8
    assert row.zero_fraction == 0


@needs_yosys
def test_what_does_not_compute_names_element_and_formats(tmp_path):
    serial = {"kind": "bit_serial", "built_for": ["int8"], "runs": ["levels_2"]}
    with pytest.raises(LowbitSimError, match="serial, built for int8, in levels_2: the netlist"):
        rows(recipe({"serial": serial}), tmp_path)


def test_another_library_than_the_recipes_is_refused(tmp_path):
    with pytest.raises(SpecError, match="is the library tiny; the recipe is for huge") as error:
        list(characterised(recipe(cell_library="huge"), tiny(), no_tool(), traces, tmp_path))
    assert error.value.faults[0].file == PATH


def test_an_unknown_wire_load_has_the_nearest_beside_it(tmp_path):
    conditions = {"slew": "1 ns", "wire_load": "shrot", "tree_factor": 1.0}
    with pytest.raises(SpecError, match="no wire load model 'shrot'; did you mean 'short'"):
        list(characterised(recipe(conditions=conditions), tiny(), no_tool(), traces, tmp_path))
    assert list(tmp_path.iterdir()) == []


def no_tool():
    return Synthesiser((), "none")


def test_what_made_a_table_is_one_line():
    made = provenance(Synthesiser((), "Yosys 9"), tiny())
    assert made == f"Yosys 9; tiny, 2 V, 25 C, sha256 {tiny().sha256}"


# what is shipped


def test_the_shipped_technology_is_what_the_shipped_table_gives():
    made = filled(load_recipe(SHIPPED).technology, by_name(read_table(TABLE)))
    assert made == (ROOT / "arch_specs/technologies/nangate45_rtl.yaml").read_text()


def test_the_shipped_table_has_a_row_for_all_that_the_recipe_asks():
    made = load_recipe(SHIPPED)
    asked = [
        (name, built_for, runs)
        for name, spec in made.elements.items()
        for built_for in spec.built_for
        for runs in dict.fromkeys((built_for, *spec.runs))
    ]
    asked += [(name, "random", "random") for name in made.operators]
    assert [(row.element, row.built_for, row.runs) for row in read_table(TABLE)] == asked


def test_in_the_shipped_table_glitches_never_save_energy():
    for row in read_table(TABLE):
        assert row.pass_glitch_fj >= row.pass_fj * (1 - 1e-5), row
        assert 0 <= row.zero_fraction < 1
        assert min(row.area_um2, row.leakage_nw, row.critical_path_ns, row.pass_fj) > 0


def the_library():
    """Return the library that the shipped table was made with, or skip."""
    if LIBERTY not in os.environ:
        pytest.skip(f"{LIBERTY} does not name the cell library")
    library = read_liberty(Path(os.environ[LIBERTY]))
    said = TABLE.read_text().splitlines()[0]
    if provenance(tool(), library) != said.removeprefix("# "):
        pytest.skip(f"the tool or the library that {LIBERTY} names is another than the table's")
    return library


@needs_yosys
def test_some_shipped_rows_are_measured_again(tmp_path):
    library = the_library()
    shipped = load_recipe(SHIPPED)
    some = {name: shipped.elements[name] for name in ("integer_mac_3", "decoder_levels_5")}
    some["ternary_adder"] = shipped.elements["ternary_adder"].model_copy(
        update={"built_for": ["levels_3"]}
    )
    part = shipped.model_copy(
        update={"elements": some, "operators": {"add_16": shipped.operators["add_16"]}}
    )
    trained = TrainedTraces(part.traces, SHIPPED.parent)
    found = [row for one in characterised(part, library, tool(), trained, tmp_path) for row in one]
    wanted = {(row.element, row.built_for, row.runs) for row in found}
    shipped_rows = [r for r in read_table(TABLE) if (r.element, r.built_for, r.runs) in wanted]
    texts = [
        table_text(sorted(few, key=lambda row: row.element), "") for few in (found, shipped_rows)
    ]
    assert texts[0] == texts[1]
    assert len(found) == 4
