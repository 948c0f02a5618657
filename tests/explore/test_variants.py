import json

import numpy as np
import pytest
import yaml
from made_space import machine_path, make_space

from lowbit_sim.errors import SpecError
from lowbit_sim.explore.variants import UnbuildableError, variants_of
from lowbit_sim.mapping.bounds import rates_of

#: ports and capacities of which some do not go together, two memories that move together,
#: cells, the clock with a latency, and an axis that changes the structure
AXES = [
    {
        "memories.weight_scratchpad.read": ["64 bit/cycle", "512 bit/cycle"],
        "memories.weight_scratchpad.write": ["32 bit/cycle", "1024 bit/cycle"],
    },
    {"vector_unit.lanes": [8, 16]},
    {"memories.weight_scratchpad.capacity": ["256 bit", "1024 bit", "2 KiB"]},
    {
        "memories.shared_sram.capacity": ["1 KiB", "64 bit"],
        "memories.output_scratchpad.read": ["512 bit/cycle", "1024 bit/cycle"],
    },
    {"memories.shared_sram.cell": ["lstp", "hp"]},
    {"clock": ["1 GHz", "300 MHz", "500 MHz"],
     "memories.dram.latency": ["0 cycle", "7 cycle", "9 cycle"]},
]  # fmt: skip
PORTS = {"read_bits_per_cycle", "write_bits_per_cycle", "latency_cycles"}


@pytest.fixture(scope="module")
def space(tmp_path_factory):
    return make_space(tmp_path_factory.mktemp("variants"), ("edge_soc", "ternary_pe"), axes=AXES)


def designs_of(space, structure):
    """Return the designs of a structure one by one, None where there can be none such."""
    first = structure * space.designs_of_a_structure
    found = []
    for design in range(first, first + space.designs_of_a_structure):
        try:
            found.append(space.accelerator(design))
        except SpecError:
            found.append(None)
    return found


@pytest.mark.parametrize("structure", [0, 3])
def test_every_design_has_its_memories_its_clock_and_its_rates(space, structure):
    count = space.designs_of_a_structure
    variants = variants_of(space, structure, 0, count)
    designs = designs_of(space, structure)
    assert variants.designs == count == 72
    assert variants.sound().tolist() == [one is not None for one in designs]
    assert 0 < variants.sound().sum() < count
    rates, rate_of = variants.rates()
    for design, machine in enumerate(designs):
        if machine is None:
            continue
        told = [levels[pick] for levels, pick in
                zip(variants.memories, variants.picks[:, design], strict=True)]  # fmt: skip
        assert tuple(told) == machine.memories
        assert variants.clock_hz[design] == machine.clock_hz
        own = rates_of(machine)
        for name, latency_cycles in own.latency_cycles.items():
            assert rates.latency_cycles[name][rate_of[design], 0] == latency_cycles
        for port, width_bits in own.width_bits.items():
            assert rates.width_bits[port][rate_of[design], 0] == width_bits


def test_rates_are_told_once(space):
    variants = variants_of(space, 0, 0, space.designs_of_a_structure)
    rates, rate_of = variants.rates()
    columns = [*rates.width_bits.values(), *rates.latency_cycles.values()]
    rows = np.hstack(columns)
    # ports of the weights' memory, of the sums', latency; a variant that cannot be has none
    assert len(rows) == len(np.unique(rows, axis=0))
    assert sorted(set(rate_of.tolist())) == list(range(len(rows)))
    assert all(column.shape == (len(rows), 1) for column in columns)


@pytest.mark.parametrize("structure", [0, 3])
def test_a_part_of_the_designs_is_a_slice_of_all(space, structure):
    count = space.designs_of_a_structure
    whole = variants_of(space, structure, 0, count)
    for first, last in ((0, 1), (5, 30), (count - 1, count)):
        part = variants_of(space, structure, first, last)
        assert part.designs == last - first
        assert np.array_equal(part.picks, whole.picks[:, first:last])
        assert np.array_equal(part.clock_hz, whole.clock_hz[first:last])
        assert np.array_equal(part.sound(), whole.sound()[first:last])
        assert (part.memories, part.machine) == (whole.memories, whole.machine)


def test_the_machine_is_every_design_but_for_its_single_memories(space):
    variants = variants_of(space, 3, 0, space.designs_of_a_structure)
    design = next(one for one in designs_of(space, 3) if one is not None)
    machine = variants.machine
    assert machine.clock_hz == 1
    for field in ("arrays", "vector_unit", "packing", "technology", "decoder_depth", "unfolding"):
        assert getattr(machine, field) == getattr(design, field)
    assert machine.vector_unit.lanes == 16
    largest = {level.name: level.capacity_bits for level in machine.memories}
    assert largest == {
        "dram": 0,
        "shared_sram": 8192,  # 64 bit are less than its ports pass
        "weight_scratchpad": 2 * 8192,
        "input_scratchpad": 8 * 8192,
        "output_scratchpad": 16 * 8192,
    }


def test_fields_of_variants_are_0_where_there_is_none(space):
    variants = variants_of(space, 0, 0, 1)
    # capacity for each of the ports: 256 bit, 1024 bit and 2 KiB
    assert variants.of_memory(2, "capacity_bits").tolist() == [256, 1024, 16384, 0, 0, 16384]
    assert variants.of_memory(2, "write_bits_per_cycle").tolist() == [32, 32, 32, 0, 0, 1024]


def test_why_variants_cannot_be_is_told_by_memory(space):
    told = variants_of(space, 0, 0, 1).refusals
    assert [one.partition(":")[0] for one in told] == ["shared_sram"] * 2 + [
        "weight_scratchpad"
    ] * 2
    assert all("must be at least" in one for one in told)


def test_a_space_without_free_axes_has_one_design_for_each_structure(tmp_path):
    space = make_space(tmp_path, axes=[{"arrays.rows": [8, 16]}])
    for structure, rows in enumerate((8, 16)):
        variants = variants_of(space, structure, 0, 1)
        assert variants.designs == 1
        assert variants.sound().tolist() == [True]
        assert variants.machine.arrays[0].pe.rows == rows
        machine = space.accelerator(structure)
        assert tuple(levels[0] for levels in variants.memories) == machine.memories
        assert variants.clock_hz.tolist() == [machine.clock_hz]


@pytest.mark.parametrize(
    ("axes", "told"),
    [
        ({"memories.shared_sram.capacity": ["64 bit"]}, "shared_sram: must be at least 1024 bit"),
        (
            {"memories.weight_scratchpad.shared_port": [True]},
            "weight_scratchpad: is modelled only where",
        ),
    ],
)
def test_where_there_can_be_no_design_that_is_an_error(tmp_path, axes, told):
    space = make_space(tmp_path, axes=[axes, {"clock": ["500 MHz", "1 GHz"]}])
    with pytest.raises(UnbuildableError, match=told):
        variants_of(space, 0, 0, 2)


def test_the_eleventh_memory_is_not_the_second(tmp_path):
    content = yaml.safe_load(machine_path("ternary_pe").read_text(encoding="utf-8"))
    *outer, weights, inputs, outputs = content["memories"]
    chain = [weights | {"name": f"w{index}"} for index in range(8)]
    content["memories"] = [*outer, inputs, *chain, outputs]
    (tmp_path / "ternary_pe.yaml").write_text(json.dumps(content), encoding="utf-8")
    (tmp_path / "technologies").symlink_to(machine_path("technologies").with_suffix(""))
    axes = [{f"memories.{name}.capacity": ["64 bit", "8 KiB"]} for name in ("shared_sram", "w7")]
    space = make_space(tmp_path, accelerators=["ternary_pe.yaml"], axes=axes)
    assert [one["name"] for one in content["memories"]].index("w7") == 10
    variants = variants_of(space, 0, 0, 4)
    assert variants.sound().tolist() == [one is not None for one in designs_of(space, 0)]
    assert variants.sound().tolist() == [False, False, False, True]
    assert [one.partition(":")[0] for one in variants.refusals] == ["shared_sram", "w7"]
