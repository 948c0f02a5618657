import copy

import pytest
from made_space import machine_path

from lowbit_sim.explore.fields import changed, is_free, memory_of
from lowbit_sim.spec_file import read_spec_file


@pytest.fixture
def source():
    return read_spec_file(machine_path("edge_soc"))


@pytest.mark.parametrize("key", ["capacity", "read", "write", "latency", "cell"])
def test_what_a_single_memory_may_be_is_free(key):
    field = f"memories.shared_sram.{key}"
    assert memory_of(field) == "shared_sram"
    assert is_free(field)


@pytest.mark.parametrize(
    "field",
    [
        "memories.shared_sram.banks", "memories.shared_sram.buffers", "memories.capacity",
        "memories.dram.burst", "memories.a.capacity.b", "arrays.capacity.read", "arrays.rows",
        "packing", "vector_unit.lanes", "technology", "capacity",
    ],
)  # fmt: skip
def test_everything_else_but_the_clock_changes_what_the_mapper_may_do(field):
    assert memory_of(field) is None
    assert not is_free(field)


def test_the_clock_is_free_and_no_memory():
    assert memory_of("clock") is None
    assert is_free("clock")


def test_fields_by_their_paths(source):
    before = copy.deepcopy(source.content)
    changes = {
        "clock": "1 GHz",
        "vector_unit.lanes": 3,
        "arrays.rows": 5,
        "arrays.macs.cols": 7,
        "memories.shared_sram.capacity": "1 KiB",
        "memories.buffers": 1,
        "concurrent": False,
        "unfolding": "scratchpad",
    }
    found = changed(source, changes.items())
    shifters, macs = found.content["arrays"]
    assert (shifters["rows"], macs["rows"], shifters["cols"], macs["cols"]) == (5, 5, 16, 7)
    assert found.content["clock"] == "1 GHz"
    assert found.content["vector_unit"] == {"lanes": 3}
    memories = {one["name"]: one for one in found.content["memories"]}
    assert memories["shared_sram"]["capacity"] == "1 KiB"
    assert memories["weight_scratchpad"]["capacity"] == "16 KiB"
    assert {one["buffers"] for one in memories.values()} == {1}
    assert found.content["concurrent"] is False
    assert found.path == source.path
    assert source.content == before


def test_lines_are_kept_and_a_new_key_has_its_parents(source):
    memory = next(i for i, one in enumerate(source.content["memories"]) if one["name"] == "dram")
    before = dict(source.lines)
    found = changed(source, [("clock", "1 GHz"), ("memories.dram.x", 1), ("y", 2)])
    new = {("memories", memory, "x"): before["memories", memory], ("y",): before[()]}
    assert found.lines == before | new
    assert source.lines == before


def test_the_last_change_counts(source):
    found = changed(source, [("arrays.rows", 5), ("arrays.macs.rows", 6)])
    assert [one["rows"] for one in found.content["arrays"]] == [5, 6]


@pytest.mark.parametrize(
    ("field", "told"),
    [
        (
            "memories.shard_sram.capacity",
            "memories has no 'shard_sram'; did you mean 'shared_sram'? allowed: dram, ",
        ),
        ("arrays.mac.rows", "arrays has no 'mac'; did you mean 'macs'? allowed: macs, shifters"),
        ("arrays.macs.rows.x", "arrays has no 'macs.rows'; did you mean 'macs'?"),
        ("memory.dram.read", "there is no 'memory.dram'; did you mean 'memories'? allowed: arr"),
        ("clock.x", "there is no 'clock'; allowed: arrays, memories, sources, vector_unit"),
        ("vector_unit.a.lanes", "there is no 'vector_unit.a'; did you mean 'vector_unit'?"),
    ],
)
def test_a_part_that_is_not_there_is_told_with_the_nearest(source, field, told):
    with pytest.raises(ValueError, match="no '") as caught:
        changed(source, [(field, 1)])
    assert str(caught.value).startswith(told)
