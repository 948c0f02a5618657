import pytest

from lowbit_sim.arch.hierarchy import decoder_depth, memory_level, memory_levels
from lowbit_sim.errors import SpecError
from lowbit_sim.memory.base import MemoryLevel
from lowbit_sim.spec_file import SpecFile

EVERYTHING = ["weight", "input", "output"]


def entry(name, serves, technology="sram", **more):
    port = {"read": "64 bit/cycle", "write": "32 bit/cycle"}
    capacity = {"cell": "lstp", "capacity": "1 KiB"} if technology == "sram" else {}
    return {"name": name, "technology": technology, "serves": serves, **port, **capacity, **more}


def memories():
    return [
        entry("dram", EVERYTHING, "dram"),
        entry("shared", EVERYTHING),
        entry("w", ["weight"]),
        entry("i", ["input"]),
        entry("o", ["output"]),
    ]


def source(content, tmp_path, **more):
    return SpecFile(tmp_path / "m.yaml", {"memories": content, **more}, {(): 1})


def levels(content, tmp_path):
    return memory_levels(source(content, tmp_path))


def wrong(content, tmp_path):
    with pytest.raises(SpecError) as caught:
        levels(content, tmp_path)
    return [(fault.key, fault.reason, fault.value) for fault in caught.value.faults]


def test_a_level_by_hand(tmp_path):
    content = memories()
    content[0] |= {
        "latency": "5 cycle",
        "buffers": 1,
        "shared_port": True,
        "burst": "64 B",
        "row": "8 KiB",
        "row_miss": "14 cycle",
    }
    content[2] |= {"banks": 4, "cell": "hp"}
    found = levels(content, tmp_path)
    everything = frozenset(EVERYTHING)
    assert found[0] == MemoryLevel(
        "dram", "dram", 0, 64, 32, 5, 1, everything, True, 0, 512, 65536, 14
    )
    assert found[1] == MemoryLevel(
        "shared", "sram", 8192, 64, 32, 0, 2, everything, False, cell="lstp"
    )
    weights = frozenset({"weight"})
    assert found[2] == MemoryLevel("w", "sram", 8192, 64, 32, 0, 2, weights, False, 4, cell="hp")
    assert [level.name for level in found] == ["dram", "shared", "w", "i", "o"]


def test_a_memory_alone_is_as_among_the_others(tmp_path):
    content = memories()
    content[0] |= {
        "latency": "5 cycle",
        "shared_port": True,
        "row": "8 KiB",
        "row_miss": "14 cycle",
    }
    content[2] |= {"banks": 4, "cell": "hp", "buffers": 1}
    assert tuple(memory_level(one) for one in content) == levels(content, tmp_path)


def test_scratchpads_stand_in_any_order(tmp_path):
    content = memories()
    found = levels([*content[:2], *reversed(content[2:])], tmp_path)
    assert [level.name for level in found[2:]] == ["o", "i", "w"]


@pytest.mark.parametrize(
    "serves",
    [
        [["weight"], ["input"], ["output"]],  # straight at the dram
        [["weight"], ["input", "output"], ["output"]],  # weights bypass, sums behind
        [EVERYTHING, EVERYTHING, ["weight", "input"], ["output"]],  # four levels
        [["input", "output"], ["input", "weight"], ["output"], ["weight"]],
    ],
)
def test_any_number_of_levels_with_a_way_for_every_operand(tmp_path, serves):
    if serves[1] == ["input", "weight"]:  # at depth 2 for inputs, 1 for weights
        reasons = [reason for _, reason, _ in wrong(made(serves), tmp_path)]
        assert reasons == [
            "lies at different depths for what it serves (input 2, weight 1): all must be equal"
        ]
        return
    assert len(levels(made(serves), tmp_path)) == len(serves) + 1


def made(serves):
    inner = [entry(f"m{index}", served) for index, served in enumerate(serves)]
    return [entry("dram", EVERYTHING, "dram"), *inner]


@pytest.mark.parametrize(
    ("order", "they_are"),
    [
        ([], "none"),
        ([1, 0, 2, 3, 4], "sram, dram, sram, sram, sram"),
        ([0, 0, 2, 3, 4], "dram, dram, sram, sram, sram"),
        ([1, 2, 3, 4], "sram, sram, sram, sram"),
    ],
)
def test_a_dram_stands_first_and_once(tmp_path, order, they_are):
    content = memories()
    assert wrong([content[index] for index in order], tmp_path) == [
        (
            "memories",
            (
                "must be, outermost first: one dram, then memories of technology sram; "
                f"they are: {they_are}"
            ),
            None,
        )
    ]


@pytest.mark.parametrize("missing", EVERYTHING)
def test_a_hole_an_operand_without_a_way_to_the_array(tmp_path, missing):
    inner = [entry(f"m_{operand}", [operand]) for operand in EVERYTHING if operand != missing]
    content = [entry("dram", EVERYTHING, "dram"), *inner]
    assert wrong(content, tmp_path) == [
        ("memories", f"no memory on the chip serves {missing}: it has no way to the array", None)
    ]


def test_a_dram_alone_leaves_all_three_without_a_way(tmp_path):
    told = wrong(memories()[:1], tmp_path)
    assert [reason.split(":")[0] for _, reason, _ in told] == [
        f"no memory on the chip serves {operand}" for operand in EVERYTHING
    ]


@pytest.mark.parametrize("serves", [["weight"], ["weight", "input"]])
def test_the_dram_serves_everything(tmp_path, serves):
    content = memories()
    content[0]["serves"] = serves
    assert wrong(content, tmp_path) == [
        (
            "memories.0.serves",
            "must be weight, input, output: each of them passes through dram",
            serves,
        )
    ]


@pytest.mark.parametrize("index", [0, 1, 2])
@pytest.mark.parametrize("serves", [[], ["weight", "weight"], [*EVERYTHING, "input"]])
def test_a_memory_serves_something_once(tmp_path, index, serves):
    content = memories()
    content[index]["serves"] = serves
    first = wrong(content, tmp_path)[0]
    assert first == (
        f"memories.{index}.serves",
        "names at least one of weight, input, output, each once",
        serves,
    )


def test_a_memory_at_two_depths(tmp_path):
    content = memories()
    content[2]["serves"] = ["weight", "input"]  # both at depth 2, so that i is at depth 3
    content[4]["serves"] = ["output", "input"]
    assert wrong(content, tmp_path) == [
        (
            "memories.4.serves",
            "lies at different depths for what it serves (output 2, input 4): all must be equal",
            ["output", "input"],
        )
    ]


def test_a_buffer_that_holds_less_than_its_port_passes(tmp_path):
    content = memories()
    content[2] |= {"capacity": "127 bit"}  # two buffers of 64 bit are 128
    content[3] |= {"capacity": "64 bit", "buffers": 1}
    assert wrong(content, tmp_path) == [
        (
            "memories.2.capacity",
            (
                "must be at least 128 bit: each of 2 buffers holds what a port passes in a cycle, "
                "64 bit"
            ),
            "127 bit",
        )
    ]


def test_every_fault_of_a_hierarchy_at_once(tmp_path):
    content = memories()
    content[0]["serves"] = ["weight"]
    content[2]["serves"] = []
    content[3]["capacity"] = "1 bit"
    keys = [key for key, _, _ in wrong(content, tmp_path)]
    assert keys == ["memories.0.serves", "memories.2.serves", "memories.3.capacity"]


@pytest.mark.parametrize("content", [None, 3, {}, [3], [{"name": "dram"}]])
def test_what_is_no_memory_is_left_to_the_mirror(tmp_path, content):
    assert levels(content, tmp_path) == ()


PACKED = {"packing": "word_8"}


@pytest.mark.parametrize(
    ("decoder", "depth"), [(None, 1), ({"after": "shared"}, 1), ({"after": "dram"}, 0)]
)
def test_weights_are_decoded_before_the_innermost_or_where_it_is_said(tmp_path, decoder, depth):
    file = source(memories(), tmp_path, decoder=decoder, **PACKED)
    assert decoder_depth(file, memory_levels(file)) == depth


def test_with_one_memory_of_weights_the_decoder_stands_at_the_dram(tmp_path):
    file = source(made([["weight"], ["input"], ["output"]]), tmp_path, **PACKED)
    assert decoder_depth(file, memory_levels(file)) == 0


@pytest.mark.parametrize(
    ("after", "nearest"),
    [
        ("shraed", "did you mean 'shared'? allowed: dram, shared"),
        ("w", "allowed: dram, shared"),  # nothing comes behind the innermost
        ("i", "allowed: dram, shared"),  # weights do not pass it
    ],
)
def test_a_decoder_stands_behind_a_memory_of_weights(tmp_path, after, nearest):
    file = source(memories(), tmp_path, decoder={"after": after}, **PACKED)
    with pytest.raises(SpecError) as caught:
        decoder_depth(file, memory_levels(file))
    (fault,) = caught.value.faults
    reason = f"must be a memory of weights before the innermost; {nearest}"
    assert (fault.key, fault.reason, fault.value) == ("decoder.after", reason, after)


@pytest.mark.parametrize("packing", ["whole_field", "byte"])
def test_nothing_is_decoded_where_nothing_is_packed(tmp_path, packing):
    file = source(memories(), tmp_path, decoder={"after": "dram"}, packing=packing)
    with pytest.raises(SpecError, match=f"packing {packing} lays weights out one by one"):
        decoder_depth(file, memory_levels(file))


@pytest.mark.parametrize("decoder", [3, [], {"after": 3}, {}])
def test_what_is_no_decoder_is_left_to_the_mirror(tmp_path, decoder):
    file = source(memories(), tmp_path, decoder=decoder, **PACKED)
    assert decoder_depth(file, memory_levels(file)) == 1


ROW_OF_A_DRAM = "shared_port: true\n    row: 8 KiB\n    burst: 64 B"
BANKS = "must be 1, 2, 4, 8, 16, 32, 64, 128, 256, 512 or 1024"


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        ("    capacity: 128 KiB\n", "", "memories.1.capacity", "an sram needs a capacity"),
        ("    cell: lstp\n", "", "memories.1.cell", "an sram needs a cell: lstp or hp"),
        (
            "    cell: lstp\n",
            "    cell: lstq\n",
            "memories.1.cell",
            "must be 'lstp' or 'hp'; did you mean 'lstp'? (got 'lstq')",
        ),
        (
            "technology: dram\n",
            "technology: dram\n    cell: hp\n",
            "memories.0.cell",
            "only a memory of technology sram has it (got 'hp')",
        ),
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
        (
            "    write: 512 bit/cycle\n    latency",
            "    write: 0 bit/cycle\n    latency",
            "memories.1.write",
            "must be more than zero (got '0 bit/cycle')",
        ),
        ("    latency: 2 cycle", "    banks: 3", "memories.1.banks", f"{BANKS} (got 3)"),
        ("    latency: 2 cycle", "    banks: 0", "memories.1.banks", f"{BANKS} (got 0)"),
        (
            "    latency: 2 cycle",
            "    banks:",
            "memories.1.banks",
            "leave it out; it is empty",
        ),
        (
            "shared_port: true",
            "banks: 2",
            "memories.0.banks",
            "only a memory of technology sram has it (got 2)",
        ),
        (
            "    latency: 2 cycle",
            "    row: 1 KiB",
            "memories.1.row",
            "only a memory of technology dram has it (got '1 KiB')",
        ),
        (
            "shared_port: true",
            ROW_OF_A_DRAM.replace("64 B", "100 bit"),
            "memories.0.row",
            "must be a multiple of burst, 100 bit: none crosses its end (got '8 KiB')",
        ),
        (
            "shared_port: true",
            "row_miss: 14 cycle",
            "memories.0.row_miss",
            "is about rows: say how much a row holds, with the key row (got '14 cycle')",
        ),
        (
            "shared_port: true",
            "row_miss: 14",
            "memories.0.row_miss",
            "needs a number with a unit, one of: cycle (got 14)",
        ),
        (
            "shared_port: true",
            "burst: 0 B",
            "memories.0.burst",
            "must be more than zero (got '0 B')",
        ),
    ],
)
def test_a_fault_inside_one_memory(faults, old, new, key, reason):
    assert [entry.partition(": ")[2] for entry in faults((old, new))] == [f"{key}: {reason}"]


@pytest.mark.parametrize(("index", "fits"), [(0, True), (1, True), (2, False), (4, False)])
def test_reads_and_writes_wait_for_each_other_only_where_that_is_modelled(tmp_path, index, fits):
    content = memories()
    content[index]["shared_port"] = True
    if fits:
        assert levels(content, tmp_path)[index].shared_port
        return
    ((key, reason, value),) = wrong(content, tmp_path)
    assert (key, value) == (f"memories.{index}.shared_port", True)
    assert reason == "is modelled only where outputs pass and no operand reaches the array"
