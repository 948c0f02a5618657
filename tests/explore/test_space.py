import shutil

import pytest
from made_space import machine_path, make_space, workload_path, write_space

from lowbit_sim.arch.load import load_accelerator
from lowbit_sim.errors import SpecError
from lowbit_sim.explore.space import is_space, load_space

MACHINES = ("ternary_pe", "shift_add_pe")
#: free, structural, free with two fields, structural because one of its fields is
AXES = [
    {"memories.shared_sram.capacity": ["64 KiB", "128 KiB", "256 KiB"]},
    {"vector_unit.lanes": [8, 16]},
    {"clock": ["500 MHz", "1 GHz"], "memories.dram.latency": ["50 cycle", "100 cycle"]},
    {
        "arrays.rows": [8, 16],
        "memories.input_scratchpad.read": ["256 bit/cycle", "512 bit/cycle"],
    },
]


@pytest.fixture
def space(tmp_path):
    return make_space(tmp_path, MACHINES, axes=AXES)


def test_axes_by_what_they_touch(space):
    assert [axis.fields[0] for axis in space.structural] == ["vector_unit.lanes", "arrays.rows"]
    assert [axis.fields[0] for axis in space.free] == ["memories.shared_sram.capacity", "clock"]
    assert space.axes == (*space.structural, *space.free)
    assert (space.structures, space.designs_of_a_structure, space.designs) == (8, 6, 48)


def test_designs_are_numbered_with_the_machine_slowest(space):
    # machine · 24 + lanes · 12 + rows · 6 + capacity · 2 + clock
    assert space.steps(0) == (0, 0, 0, 0, 0)
    assert space.steps(1) == (0, 0, 0, 0, 1)
    assert space.steps(2) == (0, 0, 0, 1, 0)
    assert space.steps(6) == (0, 0, 1, 0, 0)
    assert space.steps(12) == (0, 1, 0, 0, 0)
    assert space.steps(24) == (1, 0, 0, 0, 0)
    assert space.steps(24 + 12 + 6 + 2 * 2 + 1) == (1, 1, 1, 2, 1)
    for design in range(space.designs):
        machine, lanes, rows, capacity, clock = space.steps(design)
        assert 24 * machine + 12 * lanes + 6 * rows + 2 * capacity + clock == design


@pytest.mark.parametrize("design", [-1, 48])
def test_beyond_the_last_there_is_none(space, design):
    with pytest.raises(IndexError, match=f"design {design} of 48"):
        space.steps(design)


def test_values_by_field(space):
    assert space.values(24 + 6 + 4 + 1) == {
        "vector_unit.lanes": 8,
        "arrays.rows": 16,
        "memories.input_scratchpad.read": "512 bit/cycle",
        "memories.shared_sram.capacity": "256 KiB",
        "clock": "1 GHz",
        "memories.dram.latency": "100 cycle",
    }


def test_every_design_is_another(space):
    told = [(space.source(d).path, *space.values(d).items()) for d in range(space.designs)]
    assert len(set(told)) == space.designs
    assert len({space.accelerator(d) for d in range(space.designs)}) == space.designs


def test_a_design_as_a_file_and_as_a_machine(space):
    source, machine = space.source(24 + 12 + 2), space.accelerator(24 + 12 + 2)
    assert source.path == machine_path("shift_add_pe")
    assert source.content["arrays"][0]["rows"] == 8
    assert source.content["vector_unit"]["lanes"] == 16
    memories = {level.name: level for level in machine.memories}
    assert machine.name == "shift_add_pe"
    assert machine.clock_hz == 500 * 10**6
    assert machine.arrays[0].pe.rows == 8
    assert machine.vector_unit.lanes == 16
    assert memories["shared_sram"].capacity_bits == 128 * 8192
    assert memories["dram"].latency_cycles == 50
    assert memories["input_scratchpad"].read_bits_per_cycle == 256
    assert memories["weight_scratchpad"].read_bits_per_cycle == 512


def test_a_design_of_the_files_own_values_is_the_machine_of_the_file(space):
    # lanes 16, rows 16, 128 KiB, 500 MHz and 50 cycles
    for index, name in enumerate(MACHINES):
        own = load_accelerator(machine_path(name))
        assert space.accelerator(24 * index + 12 + 6 + 2) == own


def test_files_are_named_beside_the_space(tmp_path):
    arch, work = tmp_path / "arch", tmp_path / "work"
    shutil.copytree(machine_path("technologies").with_suffix(""), arch / "technologies")
    work.mkdir()
    (arch / "ternary_pe.yaml").write_bytes(machine_path("ternary_pe").read_bytes())
    (work / "fcnn_digits.yaml").write_bytes(workload_path("fcnn_digits").read_bytes())
    path = write_space(tmp_path, accelerators=["arch/ternary_pe.yaml"])
    text = path.read_text().replace(str(workload_path("fcnn_digits")), "work/fcnn_digits.yaml")
    path.write_text(text)
    space = load_space(path)
    assert space.workloads == (work / "fcnn_digits.yaml",)
    assert [one.path for one in space.machines] == [arch / "ternary_pe.yaml"]


def test_a_study_is_called_as_its_directory(tmp_path):
    folder = tmp_path / "edge"
    folder.mkdir()
    path = write_space(tmp_path, name="edge").rename(folder / "study.yaml")
    assert load_space(path).spec.name == "edge"
    path.write_text(path.read_text().replace("name: edge", "name: study"))
    (fault,) = faults_of(path)
    assert fault.reason.endswith("'edge'")


def test_a_space_is_told_from_other_files(tmp_path):
    assert is_space(write_space(tmp_path))
    assert not is_space(machine_path("ternary_pe"))


def faults_of(path):
    with pytest.raises(SpecError) as caught:
        load_space(path)
    assert all(fault.file == path for fault in caught.value.faults)
    return caught.value.faults


def line_of(path, text, nth=0):
    lines = path.read_text(encoding="utf-8").splitlines()
    return [number for number, line in enumerate(lines, 1) if text in line][nth]


def test_a_field_that_a_machine_does_not_have(tmp_path):
    axes = [
        {"clok": ["1 GHz"]},
        {"memories.shared_sram.capcity": ["64 KiB"]},
        {"memories.shard_sram.capacity": ["64 KiB"]},
    ]
    path = write_space(tmp_path, MACHINES, axes=axes)
    told = [(fault.key, fault.line, fault.reason) for fault in faults_of(path)]
    top = "unknown key; did you mean 'clock'? allowed: "
    misspelt = "unknown key; did you mean 'capacity'? allowed: banks, "
    missing = "memories has no 'shard_sram'; did you mean 'shared_sram'? allowed: dram, "
    wanted = [
        (f"axes.{index}.{field}", line_of(path, field), f"{name}.yaml: {reason}")
        for index, field, reason in (
            (0, "clok", top),
            (1, "memories.shared_sram.capcity", misspelt),
            (2, "memories.shard_sram.capacity", missing),
        )
        for name in MACHINES
    ]
    assert [(key, line) for key, line, _ in told] == [(key, line) for key, line, _ in wanted]
    for (_, _, reason), (_, _, start) in zip(told, wanted, strict=True):
        assert reason.startswith(start)


def test_a_field_that_only_some_machines_have(tmp_path):
    # the other's array is called adders
    axes = [{"arrays.shifters.rows": [8]}]
    (fault,) = faults_of(write_space(tmp_path, MACHINES, axes=axes))
    assert fault.reason == "ternary_pe.yaml: arrays has no 'shifters'; allowed: adders"


def test_a_key_of_another_kind_of_array(tmp_path):
    axes = [{"arrays.weights_per_group": [4]}]
    path = write_space(tmp_path, ("ternary_skip_pe", "ternary_pe"), axes=axes)
    (fault,) = faults_of(path)
    assert fault.reason.startswith("ternary_pe.yaml: unknown key of ternary_adder; ")


def test_a_field_in_two_axes(tmp_path):
    axes = [{"clock": ["1 GHz"]}, {"arrays.rows": [8], "clock": ["500 MHz"]}]
    path = write_space(tmp_path, axes=axes)
    (fault,) = faults_of(path)
    assert (fault.key, fault.line) == ("axes.1.clock", line_of(path, "clock", 1))
    assert fault.reason == "this field stands in two axes"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"arrays.rows": [8, 16]}, {"arrays.adders.rows": [4, 8]}),
        (
            {"memories.read": ["64 bit/cycle"]},
            {"memories.weight_scratchpad.read": ["32 bit/cycle"]},
        ),
    ],
)
def test_fields_that_change_the_same(tmp_path, first, second):
    (whole,), (part,) = first, second
    (fault,) = faults_of(write_space(tmp_path, axes=[first, second]))
    assert (fault.key, fault.reason) == (f"axes.1.{part}", f"this field changes what {whole} does")
    (fault,) = faults_of(write_space(tmp_path, axes=[second | first]))
    assert (fault.key, fault.reason) == (f"axes.0.{whole}", f"this field changes what {part} does")


def test_every_missing_file_every_wrong_axis_and_a_wrong_name_at_once(tmp_path):
    path = write_space(
        tmp_path,
        name="other",
        accelerators=[str(machine_path("ternary_pee")), str(machine_path("ternary_pe"))],
        workloads=["none.yaml"],
        axes=[{"clock": ["1 GHz"]}, {"arrays.rows": []}, {"arrays.cols": [1, 1]}],
    )
    told = {fault.key: (fault.line, fault.reason) for fault in faults_of(path)}
    line, reason = told["name"]
    assert line == 1
    assert reason.startswith("must be the file's own name")
    assert reason.endswith("'made'")
    line, reason = told["accelerators.0"]
    assert line == line_of(path, "ternary_pee")
    assert reason.startswith("there is no such file; did you mean 'ternary_pe.yaml'?")
    assert told["workloads.0"][1].startswith("there is no such file; ")
    assert told["axes.1.arrays.rows"][1].startswith("needs a list of values")
    assert told["axes.2.arrays.cols"] == (line_of(path, "arrays.cols"), "names a value twice")
    assert len(told) == 5


def test_a_machine_that_could_not_be_run_is_told_by_its_own_file(tmp_path):
    broken = tmp_path / "ternary_pe.yaml"
    broken.write_text(machine_path("ternary_pe").read_text("utf-8").partition("memories:")[0])
    with pytest.raises(SpecError) as caught:
        load_space(write_space(tmp_path, accelerators=["ternary_pe.yaml"]))
    assert {one.file for one in caught.value.faults} == {broken}
    assert ("memories", "is missing") in {(one.key, one.reason) for one in caught.value.faults}


def test_an_unknown_key(tmp_path):
    (fault,) = faults_of(write_space(tmp_path, axis=[]))
    assert fault.reason.startswith("unknown key; did you mean 'axes'?")


@pytest.mark.parametrize(
    ("field", "values", "reason", "value"),
    [
        ("memories.shared_sram.cell", ["lstp", "lstq"], "must be 'lstp' or 'hp'; did", "lstq"),
        (
            "memories.shared_sram.read",
            ["1 bit/cycle", "0 bit/cycle"],
            "must be more tha",
            "0 bit/c",
        ),
        ("memories.shared_sram.capacity", [1, 3], "needs a number with a unit, one of: bit", 1),
        ("memories.dram.capacity", ["1 GiB"], "a dram is taken as unbounded", "1 GiB"),
        ("memories.dram.latency", ["0 bit"], "unit 'bit' is not one of: cycle", "0 bit"),
        ("clock", ["1 GHz", "0 Hz"], "must be more than zero", "0 Hz"),
        ("vector_unit.lanes", [16, 0], "must be greater than 0", 0),
        ("arrays.rows", [0, 8], "rows must be a whole number above zero", 0),
        ("arrays.organisation", ["systolic", "brodcast"], "must be 'systolic' or", "brodcast"),
        ("arrays.adders.kind", ["integer_mac", "ternary_ader"], "unknown kind", "ternary_ader"),
        ("packing", ["byte", "wrd_8"], "must be 'whole_field', 'byte'", "wrd_8"),
        ("memories.dram.buffers", [3], "must be less than or equal to 2", 3),
    ],
)
def test_a_value_that_no_machine_can_have(tmp_path, field, values, reason, value):
    path = write_space(tmp_path, axes=[{"unfolding": ["array"]}, {field: values}])
    fault = faults_of(path)[0]
    at = [str(one).startswith(str(value)) for one in values].index(True)
    assert fault.key == f"axes.1.{field}.{at}"
    assert fault.line == line_of(path, f"- {value}")
    assert fault.reason.startswith(f"ternary_pe.yaml: {reason}")


def test_a_value_that_only_goes_with_others_is_left_to_the_designs(tmp_path):
    # less than its ports pass, which another axis might change
    space = make_space(tmp_path, axes=[{"memories.shared_sram.capacity": ["64 bit"]}])
    with pytest.raises(SpecError, match="must be at least 1024 bit"):
        space.accelerator(0)
