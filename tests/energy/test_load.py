import re
from pathlib import Path

import pytest
import yaml

from lowbit_sim.energy.load import load_technology, technology_files
from lowbit_sim.errors import SpecError


@pytest.fixture
def refusal(technology_path, tmp_path):
    """Return a function: the faults of the shipped file with one piece of text replaced."""

    def fault(old, new, count=1):
        text = technology_path.read_text(encoding="utf-8")
        assert old in text
        path = tmp_path / technology_path.name
        path.write_text(text.replace(old, new, count), encoding="utf-8")
        line = text[: text.index(old)].count("\n") + 1
        with pytest.raises(SpecError) as caught:
            load_technology(path)
        return str(caught.value).removeprefix(f"{path}:{line}: ")

    return fault


def test_the_shipped_file_says_its_conditions(technology):
    assert (technology.name, technology.family) == ("cmos_45nm", "horowitz_2014")
    assert (technology.node_nm, technology.supply_volts) == (45, 0.9)
    assert (technology.temperature_kelvins, technology.accumulator_bits) == (300, 24)


def _rows(part):
    if isinstance(part, dict):
        if "value" in part:
            yield part
        for entry in part.values():
            yield from _rows(entry)


def test_every_row_has_source_and_confidence_and_every_source_is_used(technology_path):
    content = yaml.safe_load(technology_path.read_text(encoding="utf-8"))
    rows = list(_rows(content))
    # actions, second register, pes, lane, decoder, srams of two cells, dram
    assert len(rows) == 28 + 2 + 2 * 16 + 2 + 2 + 2 * 4 + 3
    for row in rows:
        assert row["source"]
        assert row["confidence"]
        assert row["confidence"] not in {"scaled", "assumed"} or row["note"]
    assert {row["source"] for row in rows} == set(content["sources"])


def test_sources_reach_the_rows_in_full(technology):
    assert "ISSCC 2014" in technology.actions["vector.add"].evidence.source
    assert technology.actions["vector.add"].evidence.confidence == "simulated"


OF_A_KIND = """kind_actions:
  bit_serial:
    adder.{name}: {{value: 50 fJ, source: netlist, confidence: synthesised}}

second_register: """


def test_rows_of_a_kind_are_read(technology_path, tmp_path):
    text = technology_path.read_text(encoding="utf-8")
    path = tmp_path / technology_path.name
    path.write_text(text.replace("second_register: ", OF_A_KIND.format(name="add"), 1))
    found = load_technology(path)
    assert found.action("adder.add", "bit_serial").energy_pj == 0.05
    assert found.action("adder.add", "bit_serial").kinds == ("bit_serial",)
    assert found.action("adder.add", "ternary_adder") is found.actions["adder.add"]


def test_a_row_of_a_kind_for_no_action_is_refused_and_told_the_nearest(refusal):
    reason = refusal("second_register: ", OF_A_KIND.format(name="ad"))
    assert "kind_actions.bit_serial.adder.ad: is no action; did you mean 'adder.add'?" in reason


def test_a_bare_number_is_refused_at_its_line(refusal):
    reason = refusal("value: 0.4 pJ", "value: 0.4")
    assert re.match(r"actions\.vector\.add\.value: needs a number with a unit", reason)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("value: 0.4 pJ", "value: 0.4 J", "unit 'J' is not one of: fJ, pJ, nJ"),
        ("value: 0.4 pJ", "value: 0.4 pJ/bit", "unit 'pJ/bit' is not one of"),
        ("value: 0.4 pJ", "value: 0 pJ", "must be more than zero"),
        ("value: 0.4 pJ", "value: -0.4 pJ", "must be more than zero"),
        ("capacity: 8 KiB", "capacity: 8 KB", "unit 'KB' is ambiguous"),
        ("node: 45 nm", "node: 45", "needs a number with a unit"),
        ("voltage: 0.9 V", "voltage: 0.9 W", "unit 'W' is not one of: mV, V"),
        ("temperature: 300 K", "temperature: 27 C", "unit 'C' is not one of: K"),
        ("value: 2.224 pW", "value: 2.224 pW/bit", "unit 'pW/bit' is not one of"),
        ("value: 19.82 um2/bit", "value: 19.82 um2", "unit 'um2' is not one of: um2/bit"),
        ("row: 8 KiB", "row: 65536", "needs a number with a unit"),
        ("held: 12 bit", "held: 12", "needs a number with a unit"),
        ("largest: 1 MiB", "largest: 1 MB/s", "is not one of: bit, B"),
        ("operand: 8 bit", "operand: 0 bit", "must be more than zero"),
        ("exponent: 0.5", "exponent: 1.5", "less than or equal to 1"),
        ("exponent: 0.5", 'exponent: "0.5"', "valid number"),
        ("width_exponent: 1 ", "width_exponent: -1.5 ", "greater than or equal to -1"),
        ("largest: 1 MiB", "largest: 1 MiB, smallest: 2 MiB", "must end after it begins"),
        ("range: {largest", "range: {larges", "unknown key; did you mean 'largest'?"),
        ("  hp:\n", "  hpp:\n", "must be 'lstp' or 'hp'; did you mean 'hp'?"),
        ("value: 1.1\n", "value: 0.0\n", "greater than 0"),
        ("confidence: scaled", "confidence: certain", "'measured', 'synthesised'"),
        ("source: horowitz", "source: horrowitz", "did you mean 'horowitz'"),
        ("name: cmos_45nm", "name: cmos_28nm", "must be the file's, 'cmos_45nm'"),
        ("  vector.add:", "  vector_add:", "should match pattern"),
    ],
)
def test_a_bad_value_is_refused_at_its_line(refusal, old, new, reason):
    told = refusal(old, new)
    assert reason in told
    assert "cmos_45nm.yaml" not in told  # the place was the right one, and there is one fault


def test_an_unknown_key_is_refused_with_the_nearest(refusal):
    told = refusal("value: 0.4 pJ", "valu: 0.4 pJ")
    assert "actions.vector.add.valu: unknown key; did you mean 'value'?" in told
    assert "actions.vector.add.value: is missing" in told


@pytest.mark.parametrize("key", ["source", "confidence"])
def test_a_row_without_its_evidence_is_refused(technology_path, tmp_path, key):
    head, found, tail = technology_path.read_text(encoding="utf-8").partition("  vector.add:\n")
    path = tmp_path / technology_path.name
    path.write_text(head + found + re.sub(rf"    {key}: .*\n", "", tail, count=1), encoding="utf-8")
    line = head.count("\n") + 1
    with pytest.raises(SpecError, match=rf":{line}: actions\.vector\.add\.{key}: is missing"):
        load_technology(path)


@pytest.mark.parametrize(
    ("old", "new", "row", "reason"),
    [
        (
            *("{group: 13.40 fJ}", "{groop: 13.40 fJ}", "actions.lookup.read"),
            "each names 'groop', which is no number among parameters",
        ),
        (
            *("each: {bricks: 69.64 um2}", "each: {}", "pes.bit_brick"),
            "each of area and each of leakage name the same parameters",
        ),
        (
            *("held_each: {lanes: 8 bit}", "held_each: {lines: 8 bit}", "pes.bit_serial_both"),
            "each names 'lines', which is no number among parameters",
        ),
    ],
)
def test_a_row_that_contradicts_itself_is_refused_at_its_line(
    technology_path, tmp_path, old, new, row, reason
):
    text = technology_path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path = tmp_path / technology_path.name
    path.write_text(text.replace(old, new), encoding="utf-8")
    key = row.partition(".")[2]
    line = text[: text.index(f"\n  {key}:")].count("\n") + 2
    with pytest.raises(SpecError) as caught:
        load_technology(path)
    assert str(caught.value) == f"{path}:{line}: {row}: {reason}"


@pytest.mark.parametrize("kinds", ["    kinds: [integer_mac]\n", "    kinds: [lookup_table]\n"])
def test_a_slope_needs_to_know_whose_accumulator_or_parameter(refusal, kinds):
    assert "stand together" in refusal(kinds, "")


def test_rows_of_one_kind_differ_in_what_they_hold_for(technology):
    found = {
        (row.kind, *row.parameters.values()) for row in technology.pes.values() if row.parameters
    }
    assert found >= {
        ("integer_mac", 8),
        ("integer_mac", 16),
        ("lookup_table", 3, "broadcast"),
        ("lookup_table", 4, "broadcast"),
    }
    assert len({(row.kind, *row.parameters.values()) for row in technology.pes.values()}) == len(
        technology.pes
    )


def test_a_dram_may_do_without_the_price_of_a_row(technology_path, tmp_path):
    text = technology_path.read_text(encoding="utf-8")
    head, found, _ = text.partition("  activate:")
    path = tmp_path / technology_path.name
    path.write_text(head.replace("  dramsim3: >-", "  dramsim3_: >-"), encoding="utf-8")
    assert found
    dram = load_technology(path).dram
    assert (dram.activate_pj_per_bit, dram.activate) == (None, None)


def test_every_fault_is_told_at_once(technology_path, tmp_path):
    text = technology_path.read_text(encoding="utf-8")
    path = tmp_path / technology_path.name
    path.write_text(text.replace("300 K", "300").replace("8 KiB", "8 KB"), encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load_technology(path)
    assert [fault.key for fault in caught.value.faults] == [
        *("temperature", "sram.lstp.read.capacity", "sram.hp.read.capacity", "dram.activate.row")
    ]


@pytest.fixture
def cacti_refusal(cacti_path, tmp_path):
    """Return a function: the faults of a technology with points, its files changed."""

    def fault(old="", new="", points=None):
        text = cacti_path.read_text(encoding="utf-8")
        assert old in text
        path = tmp_path / cacti_path.name
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        table = cacti_path.parent / "cacti7_45nm.csv"
        given = table.read_text(encoding="utf-8")
        if points is not None:
            assert points[0] in given
            given = given.replace(*points, 1)
        (tmp_path / table.name).write_text(given, encoding="utf-8")
        with pytest.raises(SpecError) as caught:
            load_technology(path)
        line = text[: text.index(old)].count("\n") + 1
        return str(caught.value).replace(f"{path}:{line}: ", "").replace(f"{tmp_path}/", "")

    return fault


def test_points_arrive_at_the_technology_s_temperature(cacti_technology):
    assert cacti_technology.sram.keys() == {"lstp", "hp"}
    for rows in cacti_technology.sram.values():
        assert len(rows.points) == 95
        assert rows.points_evidence.confidence == "simulated"
        assert "CACTI 7" in rows.points_evidence.source


def test_a_points_file_that_is_missing_is_refused_at_its_line(cacti_refusal):
    assert cacti_refusal("file: cacti7_45nm.csv", "file: cacti_45nm.csv") == (
        "sram.lstp.points.file: there is no cacti_45nm.csv; did you mean 'cacti7_45nm.csv'? "
        "allowed: cacti7_45nm.csv (got 'cacti_45nm.csv')"
    )


def test_points_at_another_temperature_are_refused(cacti_refusal):
    told = cacti_refusal("temperature: 300 K", "temperature: 310 K")
    assert "sram.lstp.points.file: holds no macro of cell lstp at 310 K" in told


def test_an_ill_formed_point_is_refused_at_its_own_line(cacti_refusal):
    told = cacti_refusal(points=("512,16,hp,350,0.237745", "512,16,hp,350,fast"))
    assert told == "cacti7_45nm.csv:7: access_ns: must be a finite number above zero (got 'fast')"


def test_a_technology_of_no_cell_at_all_is_refused(technology_path, tmp_path):
    text = technology_path.read_text(encoding="utf-8")
    head, _, rest = text.partition("\nsram:\n")
    path = tmp_path / technology_path.name
    tail = rest[rest.index("\ndram:") :]
    path.write_text(f"{head}\nsram: {{}}\n{tail}", encoding="utf-8")
    with pytest.raises(SpecError, match=r"sram: must not be empty"):
        load_technology(path)


def test_the_files_of_a_technology_are_its_own_and_its_macros():
    folder = Path(__file__).parents[2] / "arch_specs" / "technologies"
    found = [path.name for path in technology_files(folder / "nangate45_rtl.yaml")]
    assert found == ["nangate45_rtl.yaml", "cacti7_45nm.csv"]
    assert technology_files(folder / "cmos_45nm.yaml")[0] == folder / "cmos_45nm.yaml"
