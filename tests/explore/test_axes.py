import pytest

from lowbit_sim.errors import SpecError
from lowbit_sim.explore.axes import MOST_VALUES, Axis, axis_of, dimension_of
from lowbit_sim.spec_file import read_spec_file


@pytest.fixture
def read(tmp_path):
    """Return a function: the axis that stands in a file, its first field in line 2."""

    def axis(*lines):
        path = tmp_path / "s.yaml"
        path.write_text("\n    ".join(("axes:\n  -", *lines)).replace("-\n   ", "-"))
        source = read_spec_file(path)
        return axis_of(source, ("axes", 0), source.content["axes"][0])

    return axis


@pytest.fixture
def refused(read):
    """Return a function: the one fault of an axis as (line, key, reason, value)."""

    def fault(*lines):
        with pytest.raises(SpecError) as caught:
            read(*lines)
        (found,) = caught.value.faults
        assert found.file.name == "s.yaml"
        assert str(found).startswith(f"{found.file}:{found.line}: {found.key}: {found.reason}")
        return found.line, found.key, found.reason, found.value

    return fault


def test_a_list_is_taken_as_it_stands(read):
    axis = read("arrays.rows: [8, 24, 16]")
    assert axis == Axis(("arrays.rows",), ((8,), (24,), (16,)))
    assert len(axis) == 3


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("{from: 8, to: 64, factor: 2}", [8, 16, 32, 64]),
        ("{from: 8, to: 63, factor: 2}", [8, 16, 32]),  # 64 is beyond
        ("{from: 2, to: 8, step: 3}", [2, 5, 8]),
        ("{from: 2, to: 7, step: 3}", [2, 5]),
        ("{from: 4, to: 4, step: 1}", [4]),
        ("{from: 0.1, to: 0.3, step: 0.1}", [0.1, 0.2, 0.3]),  # no rounding loses the last
        ("{from: 4, to: 10, factor: 1.5}", [4, 6, 9]),
        ("{from: 1 KiB, to: 4 KiB, factor: 2}", ["8192 bit", "16384 bit", "32768 bit"]),
        ("{from: 1 KiB, to: 3 kB, step: 1 KiB}", ["8192 bit", "16384 bit"]),
        ("{from: 32 bit/cycle, to: 8 B/cycle, step: 32 bit/cycle}",
         ["32 bit/cycle", "64 bit/cycle"]),
        ("{from: 500 MHz, to: 1 GHz, factor: 2}", ["500000000 Hz", "1000000000 Hz"]),
        ("{from: 1 cycle, to: 3 cycle, step: 1 cycle}", ["1 cycle", "2 cycle", "3 cycle"]),
    ],
)  # fmt: skip
def test_a_range_ends_with_the_last_value_that_is_not_beyond(read, written, values):
    found = [value for (value,) in read(f"a: {written}").values]
    assert found == values
    assert list(map(type, found)) == list(map(type, values))


def test_fields_of_one_axis_move_together(read):
    axis = read("arrays.rows: {from: 8, to: 32, factor: 2}", "clock: [1 GHz, 700 MHz, 500 MHz]")
    assert axis.fields == ("arrays.rows", "clock")
    assert axis.values == ((8, "1 GHz"), (16, "700 MHz"), (32, "500 MHz"))


def test_columns_are_plain_numbers_with_their_unit_in_the_name(read):
    axis = read(
        "memories.shared_sram.capacity: [1 KiB, 1 kB, 16 bit]",
        "memories.dram.read: [8 B/cycle, 32 bit/cycle, 7 bit/cycle]",
        "memories.dram.latency: [0 cycle, 1 cycle, 2 cycle]",
        "memories.shared_sram.cell: [lstp, hp, other]",
        "arrays.rows: [1, 2, 3]",
        "arrays.adders.cols: [4, 5, 6]",
        "clock: {from: 1 MHz, to: 3 MHz, step: 1 MHz}",
    )
    assert dict(axis.columns()) == {
        "shared_sram_capacity_bits": [8192, 8000, 16],
        "dram_read_bits_per_cycle": [64, 32, 7],
        "dram_latency_cycles": [0, 1, 2],
        "shared_sram_cell": ["lstp", "hp", "other"],
        "rows": [1, 2, 3],
        "adders_cols": [4, 5, 6],
        "clock_hz": [10**6, 2 * 10**6, 3 * 10**6],
    }


@pytest.mark.parametrize(
    ("value", "dimension"),
    [("1 KiB", "bits"), ("1 GHz", "hz"), ("0 cycle", "cycles"), ("3 KB", None), ("lstp", None),
     (3, None), (True, None), ("", None)],
)  # fmt: skip
def test_dimension_of(value, dimension):
    assert dimension_of(value) == dimension


LIST = "needs a list of values, or a range: {from: 8, to: 64, factor: 2}"
KEYS = "a range has the keys from, to and either step or factor"
ENDS = "from is more than zero, and to is not less than from"
ONE_KIND = "from and to must be of one kind"
NUMBERS = "must be numbers or quantities with a unit"


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("[]", LIST),
        ("8", LIST),
        ("", LIST),
        ("{from: 8, to: 64}", KEYS),
        ("{from: 8, to: 64, factor: 2, step: 8}", KEYS),
        ("{from: 8, to: 64, by: 2}", KEYS),
        ("{}", KEYS),
        ("[32 KiB, 32 KiB]", "names a value twice"),
        ("[8, 16, 8]", "names a value twice"),
        ("[1 KiB, 1 kB, 1024 B]", "names a value twice"),
        ("[8, 8 bit]", "mixes numbers, words or quantities"),
        ("[8 bit, 8 bit/cycle]", "mixes numbers, words or quantities"),
        ("[8, many]", "mixes numbers, words or quantities"),
        ("[1, true]", "mixes numbers, words or quantities"),
        ("{from: 8 bit, to: 16 bit/cycle, factor: 2}", ONE_KIND),
        ("{from: 8, to: 16 bit, factor: 2}", ONE_KIND),
        ("{from: 64, to: 8, factor: 2}", ENDS),
        ("{from: 0, to: 8, step: 2}", ENDS),
        ("{from: -2, to: 8, step: 2}", ENDS),
        ("{from: 8, to: 64, factor: 1}", "factor must be more than 1"),
        ("{from: 8, to: 64, factor: 0.5}", "factor must be more than 1"),
        ("{from: 8, to: 64, step: 0}", "step must be more than 0"),
        ("{from: 8, to: 64, step: -1}", "step must be more than 0"),
        ("{from: 8 bit, to: 64 bit, step: 0 bit}", "must be more than zero"),
        ("{from: 8 bit, to: 64 bit, step: 8}",
         "needs a number with a unit, one of: bit, B, kB, KiB, MB, MiB, GB, GiB"),
        ("{from: 8 bit, to: 64 bit, factor: 2 bit}", NUMBERS),
        ("{from: a, to: b, step: 1}", NUMBERS),
        ("{from: true, to: true, step: 1}", NUMBERS),
        ("{from: 8 bit, to: 64 bit, factor: 1.5}", "leads to parts of what comes whole"),
        ("{from: 8 bit, to: 64 bit, factor: .inf}", NUMBERS),
        ("{from: 1, to: .inf, step: 1}", NUMBERS),
        (f"{{from: 1, to: {MOST_VALUES + 1}, step: 1}}", "has more than 10,000 values"),
        ("{from: 1, to: 2, factor: 1.00001}", "has more than 10,000 values"),
    ],
)  # fmt: skip
def test_what_is_no_list_of_values_is_refused_at_its_line(refused, written, reason):
    line, key, told, _ = refused("a: [1, 2]", f"memories.x.capacity: {written}")
    assert (line, key) == (3, "axes.0.memories.x.capacity")
    assert told == reason


def test_as_many_values_as_may_be(read):
    assert len(read(f"a: {{from: 1, to: {MOST_VALUES}, step: 1}}")) == MOST_VALUES


@pytest.mark.parametrize(
    ("written", "index", "value", "told"),
    [
        ("[16 KiB, 32 KB]", 1, "32 KB", "has no known unit; did you mean 'kB'? allowed: B, B/cyc"),
        ("[3 apples]", 0, "3 apples", "has no known unit; allowed: "),
        ("[1 bit, 0.5 bit]", 1, "0.5 bit", "must be a whole number of bit"),
        ("[1 Hz, 1.2.3 Hz]", 1, "1.2.3 Hz", "is no finite number with a unit, one of: Hz, "),
        ("[1, [2]]", 1, [2], "must be a number, a word or a quantity with a unit"),
        ("[1, {a: 2}]", 1, {"a": 2}, "must be a number, a word or a quantity with a unit"),
        ("[~]", 0, None, "must be a number, a word or a quantity with a unit"),
    ],
)
def test_a_value_that_is_none_is_named(refused, written, index, value, told):
    line, key, reason, got = refused(f"a: {written}")
    assert (line, key, got) == (2, f"axes.0.a.{index}", value)
    assert reason.startswith(told)


def test_fields_that_move_together_have_as_many_values(refused):
    assert refused("a: [1, 2]", "b: {from: 1, to: 3, step: 1}") == (
        2,
        "axes.0",
        "fields of one axis move together and need as many values each: a has 2, b has 3",
        None,
    )


@pytest.mark.parametrize("written", ["{}", "[1]", "clock"])
def test_an_axis_is_a_mapping_of_fields(refused, written):
    line, key, reason, _ = refused(written)
    assert (line, key) == (2, "axes.0")
    assert reason == "must be a mapping of fields to values, as arrays.rows: [8, 16]"


def test_every_wrong_value_is_told_at_once(read):
    with pytest.raises(SpecError) as caught:
        read("a: [1, ~, 2 KB, 3]")
    assert [fault.key for fault in caught.value.faults] == ["axes.0.a.1", "axes.0.a.2"]
