import pytest

from lowbit_sim.arch.hierarchy import memory_levels
from lowbit_sim.errors import SpecError
from lowbit_sim.memory.base import MemoryLevel
from lowbit_sim.spec_file import SpecFile

EVERYTHING = ["weight", "input", "output"]


def entry(name, serves, technology="sram", **more):
    port = {"read": "64 bit/cycle", "write": "32 bit/cycle"}
    capacity = {"capacity": "1 KiB"} if technology == "sram" else {}
    return {"name": name, "technology": technology, "serves": serves, **port, **capacity, **more}


def memories():
    return [
        entry("dram", EVERYTHING, "dram"),
        entry("shared", EVERYTHING),
        entry("w", ["weight"]),
        entry("i", ["input"]),
        entry("o", ["output"]),
    ]


def levels(content, tmp_path):
    return memory_levels(SpecFile(tmp_path / "m.yaml", {"memories": content}, {(): 1}))


def wrong(content, tmp_path):
    with pytest.raises(SpecError) as caught:
        levels(content, tmp_path)
    return [(fault.key, fault.reason, fault.value) for fault in caught.value.faults]


def test_a_level_by_hand(tmp_path):
    content = memories()
    content[0] |= {"latency": "5 cycle", "buffers": 1, "shared_port": True}
    found = levels(content, tmp_path)
    everything = frozenset(EVERYTHING)
    assert found[0] == MemoryLevel("dram", "dram", 0, 64, 32, 5, 1, everything, True)
    assert found[1] == MemoryLevel("shared", "sram", 8192, 64, 32, 0, 2, everything, False)
    assert [level.name for level in found] == ["dram", "shared", "w", "i", "o"]


def test_scratchpads_stand_in_any_order(tmp_path):
    content = memories()
    found = levels([*content[:2], *reversed(content[2:])], tmp_path)
    assert [level.name for level in found[2:]] == ["o", "i", "w"]


@pytest.mark.parametrize(
    ("order", "they_are"),
    [
        ([], "none"),
        ([0], "dram"),
        ([0, 1, 2, 3], "dram, sram, sram, sram"),
        ([1, 0, 2, 3, 4], "sram, dram, sram, sram, sram"),
        ([0, 0, 2, 3, 4], "dram, dram, sram, sram, sram"),
        ([0, 1, 2, 3, 4, 4], "dram, sram, sram, sram, sram, sram"),
    ],
)
def test_there_is_one_order(tmp_path, order, they_are):
    content = memories()
    assert wrong([content[index] for index in order], tmp_path) == [
        (
            "memories",
            (
                "must be, outermost first: one dram, one shared sram, and a scratchpad (sram) for "
                f"each of weight, input, output; they are: {they_are}"
            ),
            None,
        )
    ]


@pytest.mark.parametrize("index", [0, 1])
@pytest.mark.parametrize("serves", [[], ["weight"], ["weight", "input"], [*EVERYTHING, "input"]])
def test_dram_and_shared_sram_serve_everything_once(tmp_path, index, serves):
    content = memories()
    content[index]["serves"] = serves
    ((key, reason, value),) = wrong(content, tmp_path)
    assert (key, value) == (f"memories.{index}.serves", serves)
    name = content[index]["name"]
    assert reason == f"must be weight, input, output: each of them passes through {name}"


def test_an_operand_served_twice_and_one_not_at_all(tmp_path):
    content = memories()
    content[3]["serves"] = ["weight"]
    assert wrong(content, tmp_path) == [
        ("memories.3.serves", "weight is served by w already; unserved: input", ["weight"])
    ]


def test_an_operand_not_served_at_all(tmp_path):
    content = memories()
    content[4]["serves"] = []
    assert wrong(content, tmp_path) == [
        ("memories.4.serves", "a scratchpad serves one operand; unserved: output", [])
    ]


def test_a_scratchpad_for_two_operands(tmp_path):
    content = memories()
    content[2]["serves"] = ["weight", "input"]
    assert wrong(content, tmp_path) == [
        (
            "memories.2.serves",
            "a scratchpad serves one operand; unserved: none",
            ["weight", "input"],
        ),
        ("memories.3.serves", "input is served by w already; unserved: none", ["input"]),
    ]


def test_an_operand_named_twice_in_one_scratchpad(tmp_path):
    content = memories()
    content[2]["serves"] = ["weight", "weight"]
    ((key, reason, _),) = wrong(content, tmp_path)
    assert (key, reason) == ("memories.2.serves", "a scratchpad serves one operand; unserved: none")


@pytest.mark.parametrize("content", [None, 3, {}, [3], [{"name": "dram"}]])
def test_what_is_no_memory_is_left_to_the_mirror(tmp_path, content):
    assert levels(content, tmp_path) == ()


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        ("    capacity: 128 KiB\n", "", "memories.1.capacity", "an sram needs a capacity"),
        (
            "technology: dram\n",
            "technology: dram\n    capacity: 4 GiB\n",
            "memories.0.capacity",
            "a dram is taken as unbounded: leave its capacity out (got '4 GiB')",
        ),
        (
            "technology: dram\n",
            "technology: drum\n",
            "memories.0.technology",
            "must be 'dram' or 'sram'; did you mean 'dram'? (got 'drum')",
        ),
        (
            "serves: [input]",
            "serves: [inputs]",
            "memories.3.serves.0",
            "must be 'weight', 'input' or 'output'; did you mean 'input'? (got 'inputs')",
        ),
        ("serves: [input]", "serves: input", "memories.3.serves", "must be a list (got 'input')"),
        (
            "shared_port: true",
            "shared_port: yes",
            "memories.0.shared_port",
            "must be true or false (got 'yes')",
        ),
        (
            "shared_port: true",
            "buffers: true",
            "memories.0.buffers",
            "must be a valid integer (got True)",
        ),
        (
            "shared_port: true",
            "buffers: 3",
            "memories.0.buffers",
            "must be less than or equal to 2 (got 3)",
        ),
    ],
)
def test_a_fault_inside_one_memory(faults, old, new, key, reason):
    assert [entry.partition(": ")[2] for entry in faults((old, new))] == [f"{key}: {reason}"]
