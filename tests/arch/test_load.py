import re
import shutil
from pathlib import Path

import pytest
import yaml

from lowbit_sim.arch.load import TAKEN_NAMES, load_accelerator
from lowbit_sim.arch.pe_arrays import parameters
from lowbit_sim.energy.area import area_um2_by_component
from lowbit_sim.energy.load import load_technology
from lowbit_sim.energy.table import component, energy_table
from lowbit_sim.errors import SpecError
from lowbit_sim.formats.catalogue import FORMATS, number_format

ROOT = Path(__file__).parents[2] / "arch_specs"
KIB = 8 * 1024
PLANES = "{name: planes, kind: bit_serial, rows: 16, cols: 16, accumulator: 32 bit, encoding"
INPUT = "{name: input_scratchpad, technology: sram"
#: machine -> its arrays (name, kind, rows, cols, accumulator, parameters of the kind), packing
SHIPPED = {
    "bit_fusion": ([("fusion_units", "bit_brick", 16, 32, 32, {"bricks": 16})], "whole_field"),
    "bit_serial_both_pe": (
        [
            (
                *("units", "bit_serial_both", 16, 16, 32),
                {
                    "encoding": "twos_complement",
                    "lanes": 16,
                    "weight_planes_per_cycle": 1,
                    "activation_planes_per_cycle": 1,
                },
            )
        ],
        "whole_field",
    ),
    "bit_serial_pe": (
        [
            (
                *("planes", "bit_serial", 16, 16, 32),
                {"encoding": "twos_complement", "planes_per_cycle": 1},
            )
        ],
        "whole_field",
    ),
    "bit_serial_skip_pe": (
        [
            (
                *("planes", "bit_serial_skip", 16, 16, 32),
                {"skip": "each", "encoding": "sign_magnitude", "weights_per_group": 64},
            )
        ],
        "whole_field",
    ),
    "edge_soc": (
        [
            ("shifters", "shift_add", 16, 16, 32, {}),
            ("macs", "integer_mac", 8, 8, 32, {"operand": 8}),
        ],
        "word_8",
    ),
    "eyeriss_like": ([("pes", "integer_mac", 12, 14, 32, {"operand": 16})], "byte"),
    "float_systolic": ([("floats", "float_mac", 16, 16, 32, {})], "whole_field"),
    "int8_packed": ([("macs", "integer_mac", 16, 16, 32, {"operand": 8})], "word_8"),
    "int8_systolic": ([("macs", "integer_mac", 16, 16, 32, {"operand": 8})], "byte"),
    "lookup_pe": ([("tables", "lookup_table", 16, 16, 32, {"group": 3})], "whole_field"),
    "shift_add_pe": ([("shifters", "shift_add", 16, 16, 32, {})], "word_8"),
    "ternary_pe": ([("adders", "ternary_adder", 16, 16, 32, {})], "word_8"),
    "ternary_popcount": ([("channels", "ternary_popcount", 9, 96, 16, {"lanes": 96})], "word_8"),
    "ternary_skip_pe": (
        [("skippers", "ternary_skip", 16, 16, 32, {"weights_per_group": 16})],
        "word_8",
    ),
    "tpu_like": ([("matrix_unit", "integer_mac", 256, 256, 32, {"operand": 8})], "byte"),
}
ALIKE = "Own design: clock, rows, columns, capacities and ports are one edge-class choice"
EVERYTHING = {"weight", "input", "output"}


def test_these_machines_are_shipped(shipped):
    assert set(shipped) == set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_machine_has_the_arrays_it_says(shipped, name):
    machine, (arrays, packing) = shipped[name], SHIPPED[name]
    assert (machine.name, machine.packing) == (name, packing)
    assert [
        (
            *(a.name, a.pe.kind, a.pe.rows, a.pe.cols, a.pe.accumulator_bits),
            parameters(a.pe.element),
        )
        for a in machine.arrays
    ] == arrays


def test_machines_that_say_so_differ_in_array_and_packing_alone(shipped):
    alike = [m for m in shipped.values() if m.sources[0].startswith(ALIKE)]
    assert {m.name for m in alike} >= {"ternary_pe", "bit_serial_pe", "int8_systolic"}
    for machine in alike:
        assert (machine.clock_hz, machine.vector_unit.lanes) == (500_000_000, 16)
        assert [(a.pe.rows, a.pe.cols) for a in machine.arrays] == [(16, 16)]
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
        assert {(m.buffers, m.banks, m.burst_bits, m.row_bits) for m in machine.memories} == {
            (2, 0, 1, 0)
        }
        assert [set(m.serves) for m in machine.memories] == [
            *(EVERYTHING, EVERYTHING),
            *({"weight"}, {"input"}, {"output"}),
        ]


def ways(machine):
    return [[m.name for m in machine.path(o)[1:]] for o in ("weight", "input", "output")]


def test_the_ways_of_the_other_machines(shipped):
    assert ways(shipped["bit_fusion"]) == [["wbuf"], ["ibuf"], ["obuf"]]
    assert shipped["bit_fusion"].home is None
    buffer = "unified_buffer"
    assert ways(shipped["tpu_like"]) == [["weight_fifo"], [buffer], [buffer, "accumulators"]]
    glb = "global_buffer"
    assert ways(shipped["eyeriss_like"]) == [
        ["filter_spads"],
        [glb, "ifmap_spads"],
        [glb, "psum_spads"],
    ]
    assert ways(shipped["ternary_popcount"]) == [
        ["weight_memory"],
        ["feature_maps", "line_buffer"],
        ["feature_maps", "sums"],
    ]


def test_published_machines_have_what_their_sources_say(shipped):
    """Sums that the sources give, from the parts that the files give."""
    fusion = shipped["bit_fusion"]
    on_chip_bits = sum(m.capacity_bits for m in fusion.memories)
    assert on_chip_bits == 112 * KIB  # the paper: 112 KB
    tpu, mxu = shipped["tpu_like"], shipped["tpu_like"].arrays[0].pe
    assert 2 * mxu.rows * mxu.cols * tpu.clock_hz == pytest.approx(92e12, rel=0.01)  # table 2
    macs_per_byte = mxu.rows * mxu.cols * 8 / tpu.dram.read_bits_per_cycle
    assert macs_per_byte == pytest.approx(1350, rel=0.01)  # figure 5
    (sums,) = (m for m in tpu.memories if m.name == "accumulators")
    assert sums.capacity_bits == 4096 * 256 * 32
    eyeriss, pes = shipped["eyeriss_like"], shipped["eyeriss_like"].arrays[0].pe
    assert pes.rows * pes.cols * eyeriss.clock_hz == 33_600_000_000  # table IV: 33.6 GMAC/s
    spads = {m.name: m.capacity_bits // (168 * 16) for m in eyeriss.memories}
    assert [spads[f"{n}_spads"] for n in ("filter", "ifmap", "psum")] == [224, 12, 24]
    cutie = shipped["ternary_popcount"].arrays[0].pe
    # completely unrolled: 96 × 96 × 3 × 3 products a beat
    assert cutie.rows * cutie.cols * cutie.element.lanes == 82944


UNITS = {"MiB": 1024 * KIB, "KiB": KIB, "B": 8, "bit/cycle": 1, "MHz": 10**6, "cycle": 1, "bit": 1}


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
    decoder = said.pop("decoder", {"after": machine.path("weight")[-2].name})["after"]
    assert machine.path("weight")[machine.decoder_depth].name == decoder
    assert machine.unfolding == said.pop("unfolding", "array")
    assert machine.concurrent == said.pop("concurrent", False)
    for array, keys in zip(machine.arrays, said.pop("arrays"), strict=True):
        check_array(array, keys)
    for level, keys in zip(machine.memories, said.pop("memories"), strict=True):
        check_memory(level, keys)
    assert set(said) == {"description"}  # for the reader, not for the machine


def check_array(array, keys):
    pe = array.pe
    assert (array.name, pe.kind) == (keys.pop("name"), keys.pop("kind"))
    assert (pe.rows, pe.cols) == (keys.pop("rows"), keys.pop("cols"))
    assert pe.accumulator_bits == base_units(keys.pop("accumulator"))
    assert array.most_passes == keys.pop("most_passes", None)
    assert pe.organisation == keys.pop("organisation", "systolic")
    assert pe.stationary == tuple(keys.pop("stationary", ["weight", "output"]))
    for switch, usual in (("preload", "exposed"), ("folds", "separate"), ("drain", "through_rows")):
        assert getattr(pe.conventions, switch) == keys.pop(switch, usual)
    assert parameters(pe.element) | {
        key: base_units(value) if "bit" in str(value).split(" ") else value
        for key, value in keys.items()
    } == parameters(pe.element)


def check_memory(level, keys):
    assert level.name == keys.pop("name")
    assert level.technology == keys.pop("technology")
    assert level.cell == keys.pop("cell", None)
    assert level.capacity_bits == base_units(keys.pop("capacity", "0 bit"))
    assert level.read_bits_per_cycle == base_units(keys.pop("read"))
    assert level.write_bits_per_cycle == base_units(keys.pop("write"))
    assert level.latency_cycles == base_units(keys.pop("latency", "0 cycle"))
    assert level.buffers == keys.pop("buffers", 2)
    assert level.banks == keys.pop("banks", 0)
    assert level.burst_bits == base_units(keys.pop("burst", "1 bit"))
    assert level.row_bits == base_units(keys.pop("row", "0 bit"))
    assert level.row_miss_cycles == base_units(keys.pop("row_miss", "0 cycle"))
    assert level.serves == frozenset(keys.pop("serves"))
    assert level.shared_port == keys.pop("shared_port", False)
    assert keys == {}


def test_every_shipped_machine_is_priced(shipped):
    for machine in shipped.values():
        technology = load_technology(machine.technology_path)
        assert technology.name == machine.technology
        table = energy_table(technology, machine)
        assert min(row.energy_pj for row in table.rows.values()) > 0
        parts = area_um2_by_component(technology, machine)
        arrays, memories = (
            {part.name for part in parts_of} for parts_of in (machine.arrays, machine.memories[1:])
        )
        assert set(parts) - {"vector_unit", "decoder"} == arrays | memories
        assert ("decoder" in parts) == machine.packing.startswith("word_")
        assert min(parts.values()) > 0


def test_no_memory_can_take_the_name_of_a_priced_component(shipped):
    technology = load_technology(shipped["ternary_pe"].technology_path)
    assert {component(action) for action in technology.actions} <= TAKEN_NAMES


def test_what_runs_where(shipped):
    int8, fp32 = number_format("int8"), number_format("fp32")
    integers = {f.name for f in FORMATS.values() if f.is_integer}
    floats, trits = {"float_systolic"}, {"ternary_popcount"}
    for name, machine in shipped.items():
        runs = {f.name for f in FORMATS.values() if machine.array_for(f, int8) is not None}
        assert runs == (set(FORMATS) if name in floats else set() if name in trits else integers)
        assert (machine.array_for(fp32, fp32) is None) == (name not in floats)
    three = number_format("levels_3")
    assert shipped["ternary_popcount"].array_for(three, three) is not None
    assert shipped["ternary_popcount"].refusal(three, int8) == (
        "array 'channels': int8 has values beyond −1, 0 and 1"
    )


def test_attention_goes_to_the_multipliers_and_low_bit_weights_to_the_shifters(shipped):
    int8, machine = number_format("int8"), shipped["edge_soc"]
    units = {f.name: machine.array_for(f, int8).name for f in FORMATS.values() if f.is_integer}
    assert units.pop("int8") == "macs"
    assert set(units.values()) == {"shifters"}


def test_every_machine_says_where_it_comes_from(shipped):
    for machine in shipped.values():
        assert all(source.endswith(".") for source in machine.sources)
        published = any(re.search(r"(19|20)\d\d", source) for source in machine.sources)
        assert published or machine.sources[0].startswith("Own design: ")


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
                "memories.0.raed: unknown key; did you mean 'read'? allowed: banks, buffers, "
                "burst, capacity, cell, latency, name, read, row, row_miss, serves, shared_port, "
                "technology, write"
            ),
        ),
    ],
)
def test_a_fault_stands_at_its_line_with_key_value_and_the_nearest(faults, line, old, new, told):
    assert f"{line(old)}: {told}" in faults((old, new))


def test_faults_of_a_hierarchy_stand_at_their_lines(faults, line):
    told = faults(
        ("packing: whole_field", "packing: word_8\ndecoder: {after: shared_srm}\n#"),
        ("capacity: 16 KiB, read: 512", "capacity: 16 bit, read: 512"),
    )
    at = line("name: output_scratchpad") + 2  # two lines came before
    assert told == [
        (
            f"{at}: memories.4.capacity: must be at least 1024 bit: each of 2 buffers holds what a "
            "port passes in a cycle, 512 bit (got '16 bit')"
        )
    ]
    told = faults(("packing: whole_field", "packing: word_8\ndecoder: {after: shared_srm}\n#"))
    assert told == [
        (
            f"{line('packing: whole_field') + 1}: decoder.after: must be a memory of weights "
            "before the innermost; did you mean 'shared_sram'? allowed: dram, shared_sram "
            "(got 'shared_srm')"
        )
    ]
    told = faults(("serves: [input]", "serves: [weight, input]"))
    assert told == [
        (
            f"{line('name: input_scratchpad')}: memories.3.serves: lies at different depths for "
            "what it serves (weight 3, input 2): all must be equal (got ['weight', 'input'])"
        )
    ]


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
        ("serves: [input]", "serves: []"),
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
