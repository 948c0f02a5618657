import dataclasses
import shutil
from pathlib import Path

import pytest
import yaml

from lowbit_sim.arch.load import TAKEN_NAMES, load_accelerator
from lowbit_sim.energy.load import load_technology
from lowbit_sim.energy.table import component
from lowbit_sim.errors import SpecError
from lowbit_sim.formats.catalogue import FORMATS, number_format

ROOT = Path(__file__).parents[2] / "arch_specs"
KIB = 8 * 1024
PLANES = "{name: planes, kind: bit_serial, rows: 16, cols: 16, accumulator: 24 bit, encoding"
INPUT = "{name: input_scratchpad, technology: sram"
#: machine -> array, kind, accumulator, packing, parameters of the kind
SHIPPED = {
    "bit_serial_pe": ("planes", "bit_serial", 24, "whole_field", {"encoding": "twos_complement"}),
    "float_systolic": ("floats", "float_mac", 32, "whole_field", {}),
    "int8_packed": ("macs", "integer_mac", 24, "word_8", {"operand_bits": 8}),
    "int8_systolic": ("macs", "integer_mac", 24, "byte", {"operand_bits": 8}),
    "ternary_pe": ("adders", "ternary_adder", 24, "word_8", {}),
}


def test_these_machines_are_shipped(shipped):
    assert set(shipped) == set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_machine_has_the_array_it_says(shipped, name):
    machine = shipped[name]
    array, kind, accumulator_bits, packing, parameters = SHIPPED[name]
    (found,) = machine.arrays
    assert (machine.name, machine.packing) == (name, packing)
    assert (found.name, found.pe.kind) == (array, kind)
    assert dataclasses.asdict(found.pe) == {
        "rows": 16,
        "cols": 16,
        "accumulator_bits": accumulator_bits,
        **parameters,
    }


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_machines_differ_in_array_and_packing_alone(shipped, name):
    machine = shipped[name]
    assert (machine.clock_hz, machine.vector_unit.lanes) == (500_000_000, 16)
    assert [
        (m.name, m.technology, m.capacity_bits, m.read_bits_per_cycle, m.write_bits_per_cycle)
        for m in machine.memories
    ] == [
        ("dram", "dram", 0, 64, 64),
        ("shared_sram", "sram", 128 * KIB, 512, 512),
        ("weight_scratchpad", "sram", 8 * KIB, 512, 512),
        ("input_scratchpad", "sram", 8 * KIB, 512, 512),
        ("output_scratchpad", "sram", 16 * KIB, 512, 512),
    ]
    assert [m.latency_cycles for m in machine.memories] == [50, 2, 0, 0, 0]
    assert [m.shared_port for m in machine.memories] == [True, False, False, False, False]
    assert {m.buffers for m in machine.memories} == {2}
    everything = {"weight", "input", "output"}
    assert [set(m.serves) for m in machine.memories] == [
        *(everything, everything),
        *({"weight"}, {"input"}, {"output"}),
    ]


UNITS = {"KiB": KIB, "bit/cycle": 1, "MHz": 10**6, "cycle": 1, "bit": 1}


def base_units(text):
    """Read a quantity by the table above alone."""
    number, unit = text.split(" ")
    return int(number) * UNITS[unit]


@pytest.mark.parametrize("name", SHIPPED)
def test_yaml_round_trip(shipped, name):
    """Whatever stands in the file stands in the machine."""
    machine = shipped[name]
    said = yaml.safe_load((ROOT / f"{name}.yaml").read_text(encoding="utf-8"))
    assert machine.name == said.pop("name")
    assert machine.clock_hz == base_units(said.pop("clock"))
    assert machine.technology == said["technology"]
    assert machine.technology_path == ROOT / "technologies" / f"{said.pop('technology')}.yaml"
    assert machine.packing == said.pop("packing")
    assert machine.vector_unit.lanes == said.pop("vector_unit")["lanes"]
    assert machine.sources == tuple(said.pop("sources"))
    for array, keys in zip(machine.arrays, said.pop("arrays"), strict=True):
        assert (array.name, array.pe.kind) == (keys.pop("name"), keys.pop("kind"))
        for key, value in keys.items():
            if key in {"accumulator", "operand"}:
                assert getattr(array.pe, f"{key}_bits") == base_units(value)
            else:
                assert getattr(array.pe, key) == value
    for level, keys in zip(machine.memories, said.pop("memories"), strict=True):
        assert level.name == keys.pop("name")
        assert level.technology == keys.pop("technology")
        assert level.capacity_bits == base_units(keys.pop("capacity", "0 bit"))
        assert level.read_bits_per_cycle == base_units(keys.pop("read"))
        assert level.write_bits_per_cycle == base_units(keys.pop("write"))
        assert level.latency_cycles == base_units(keys.pop("latency", "0 cycle"))
        assert level.serves == frozenset(keys.pop("serves"))
        assert level.shared_port == keys.pop("shared_port", False)
        assert keys == {}
    assert set(said) == {"description"}  # for the reader, not for the machine


def test_the_shipped_technology_is_sound_and_prices_every_kind(shipped):
    for machine in shipped.values():
        technology = load_technology(machine.technology_path)
        assert technology.name == machine.technology
        assert {array.pe.kind for array in machine.arrays} <= set(technology.pes)


def test_no_memory_can_take_the_name_of_a_priced_component(shipped):
    technology = load_technology(shipped["ternary_pe"].technology_path)
    assert {component(action) for action in technology.actions} <= TAKEN_NAMES


def test_only_the_floating_point_machine_runs_everything(shipped):
    int8, fp32 = number_format("int8"), number_format("fp32")
    for name, machine in shipped.items():
        runs = {f.name for f in FORMATS.values() if machine.array_for(f, int8) is not None}
        integers = {f.name for f in FORMATS.values() if f.is_integer}
        assert runs == (set(FORMATS) if name == "float_systolic" else integers)
        assert (machine.array_for(fp32, fp32) is None) == (name != "float_systolic")


def test_every_machine_says_where_it_comes_from(shipped):
    for machine in shipped.values():
        assert machine.sources[0].startswith("Own design: ")
        assert all(source.endswith(".") for source in machine.sources)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        *(
            ("clock: 500 MHz", f"clock: {given}", f"clock: {reason}")
            for given, reason in [
                ("500", "needs a number with a unit, one of: Hz, kHz, MHz, GHz (got 500)"),
                (".nan", "needs a number with a unit, one of: Hz, kHz, MHz, GHz (got nan)"),
                ("", "needs a number with a unit, one of: Hz, kHz, MHz, GHz; it is empty"),
                (
                    "inf MHz",
                    "is no finite number with a unit, one of: Hz, kHz, MHz, GHz (got 'inf MHz')",
                ),
                (
                    "500 mhz",
                    (
                        "unit 'mhz' is not one of: Hz, kHz, MHz, GHz; did you mean 'MHz'?"
                        " (got '500 mhz')"
                    ),
                ),
                ("0 MHz", "must be more than zero (got '0 MHz')"),
                ("-5 MHz", "must be more than zero (got '-5 MHz')"),
                ("0.5 Hz", "must be a whole number of Hz (got '0.5 Hz')"),
            ]
        ),
        (
            "capacity: 128 KiB",
            "capacity: 256 KB",
            (
                "memories.1.capacity: unit 'KB' is ambiguous: "
                "write kB (1000 byte) or KiB (1024 byte) (got '256 KB')"
            ),
        ),
        (
            "latency: 50 cycle",
            "latency: -1 cycle",
            "memories.0.latency: must be zero or more (got '-1 cycle')",
        ),
        ("lanes: 16", "lanes: 0", "vector_unit.lanes: must be greater than 0 (got 0)"),
        ("lanes: 16", "lanes: true", "vector_unit.lanes: must be a valid integer (got True)"),
        ("lanes: 16", "lanes: 16.0", "vector_unit.lanes: must be a valid integer (got 16.0)"),
        (
            "packing: whole_field",
            "packing: word8",
            (
                "packing: must be 'whole_field', 'byte', 'word_8', 'word_16', 'word_32', 'word_64' "
                "or 'word_128'; did you mean 'word_8'? (got 'word8')"
            ),
        ),
        (
            "technology: cmos_45nm",
            "technology: ../cmos_45nm",
            "technology: string should match pattern '^[a-z][a-z0-9_]*$' (got '../cmos_45nm')",
        ),
        (
            "    read: 64 bit/cycle     #",
            "    raed: 64 bit/cycle     #",
            (
                "memories.0.raed: unknown key; did you mean 'read'? allowed: buffers, capacity, "
                "latency, name, read, serves, shared_port, technology, write"
            ),
        ),
    ],
)
def test_a_fault_stands_at_its_line_with_key_value_and_the_nearest(faults, line, old, new, told):
    assert f"{line(old)}: {told}" in faults((old, new))


def test_an_unknown_technology_names_the_nearest(faults, line, tmp_path):
    (told,) = faults(("technology: cmos_45nm", "technology: cmos_45mn"))
    assert told == (
        f"{line('cmos_45nm')}: technology: there is no {tmp_path}/technologies/cmos_45mn.yaml; "
        "did you mean 'cmos_45nm'? allowed: cmos_45nm (got 'cmos_45mn')"
    )


def test_a_missing_folder_of_technologies(changed, tmp_path):
    path = changed()
    shutil.rmtree(tmp_path / "technologies")
    with pytest.raises(SpecError, match=r"cmos_45nm\.yaml; there is none to choose from"):
        load_accelerator(path)


def test_the_file_is_called_after_the_machine(faults):
    assert faults(("name: bit_serial_pe", "name: bit_serial")) == [
        "1: name: must be the file's own name, 'bit_serial_pe' (got 'bit_serial')"
    ]


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        (INPUT, "{name: weight_scratchpad, technology: sram", "memories.3.name"),
        (INPUT, "{name: planes, technology: sram", "memories.3.name"),
        ("name: shared_sram", "name: dram", "memories.1.name"),
    ],
)
def test_a_name_stands_once_on_a_machine(faults, line, old, new, key):
    name = new.rpartition("name: ")[2].partition(",")[0]
    first = line("name: dram") if name == "dram" else line(f"{{name: {name},")
    assert faults((old, new)) == [
        f"{line(old)}: {key}: this name stands twice, first in line {first} (got '{name}')"
    ]


def test_an_array_stands_once_on_a_machine(faults, line):
    twice = f"{PLANES}: sign_magnitude}}\n  - {PLANES}"
    at = line(PLANES)
    assert faults((PLANES, twice)) == [
        f"{at + 1}: arrays.1.name: this name stands twice, first in line {at} (got 'planes')"
    ]


@pytest.mark.parametrize("name", sorted(TAKEN_NAMES))
def test_a_name_that_every_machine_uses_is_taken(faults, line, name):
    assert faults((INPUT, INPUT.replace("input_scratchpad", name))) == [
        (
            f"{line(INPUT)}: memories.3.name: is a part of every machine; choose another name "
            f"(got '{name}')"
        )
    ]


def test_every_fault_of_every_part_at_once_in_the_order_of_the_file(faults):
    told = faults(
        ("name: bit_serial_pe", "name: other"),
        ("clock: 500 MHz", "clok: 500 MHz"),
        ("technology: cmos_45nm", "technology: cmos"),
        ("rows: 16", "rows: x"),
        ("lanes: 16", "lanes: 0"),
        ("name: shared_sram", "name: dram"),
        ("serves: [input]", "serves: [weight]"),
    )
    assert [entry.split(": ")[1] for entry in told] == [
        *("clock", "name", "clok", "technology", "arrays.0.rows", "vector_unit.lanes"),
        *("memories.1.name", "memories.3.serves"),
    ]


@pytest.mark.parametrize("part", ["arrays", "memories", "technology", "name"])
@pytest.mark.parametrize("held", ["3", "[]", "{}", "[3]", "[{}]", "[[]]", "", "{name: 3}"])
def test_a_part_of_the_wrong_shape_is_a_fault_and_no_crash(tmp_path, part, held):
    path = tmp_path / "small.yaml"
    path.write_text(f"name: small\n{part}_: 1\n".replace("name_: 1", "") + f"{part}: {held}\n")
    if part == "name":
        path.write_text(f"name: {held}\n")
    with pytest.raises(SpecError) as caught:
        load_accelerator(path)
    assert any(f"{fault.key}.".startswith(f"{part}.") for fault in caught.value.faults)
