import sys
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint
from typing import ClassVar

import pytest

from lowbit_sim import registry
from lowbit_sim.arch.load import load_accelerator
from lowbit_sim.arch.pe_arrays import GROUP, named_arrays, parameters
from lowbit_sim.errors import SpecError
from lowbit_sim.pe.folding import Conventions
from lowbit_sim.spec_file import SpecFile

ROW = "{name: planes, kind: bit_serial, rows: 16, cols: 16, accumulator: 32 bit, encoding"
ALLOWED = (
    "accumulator, cols, convention, drain, encoding, folds, kind, most_passes, name, organisation, "
    "planes_per_cycle, preload, rows, stationary"
)
KINDS = ", ".join(sorted(registry.registered(GROUP)))
WITH_A_UNIT = "needs a number with a unit, one of: bit, B, kB, KiB, MB, MiB, GB, GiB"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "kind: bit_serial",
            "kind: bit_serail",
            [
                (
                    f"kind: unknown kind of PE; did you mean 'bit_serial'? allowed: {KINDS} "
                    "(got 'bit_serail')"
                )
            ],
        ),
        ("kind: bit_serial, ", "", ["kind: is missing"]),
        ("kind: bit_serial", "kind: 3", ["kind: must be a text (got 3)"]),
        (
            "encoding",
            "encodng",
            [
                "encoding: is missing",
                f"encodng: unknown key of bit_serial; did you mean 'encoding'? allowed: {ALLOWED}",
            ],
        ),
        (
            "accumulator: 32 bit",
            "accumulator_bits: 24",
            [
                "accumulator: is missing",
                (
                    "accumulator_bits: unknown key of bit_serial; did you mean 'accumulator'? "
                    f"allowed: {ALLOWED}"
                ),
            ],
        ),
        (
            "name: planes",
            "nam: planes",
            [
                f"nam: unknown key of bit_serial; did you mean 'name'? allowed: {ALLOWED}",
                "name: is missing",
            ],
        ),
        ("rows: 16, ", "", ["rows: is missing"]),
        ("rows: 16, cols: 16, ", "", ["cols: is missing", "rows: is missing"]),
        *(
            ("rows: 16", f"rows: {given}", [f"rows: must be a valid integer (got {shown})"])
            for given, shown in [
                ('"16"', "'16'"),
                ("true", "True"),
                ("16.0", "16.0"),
                ("1e3", "1000.0"),
                (".nan", "nan"),
                (".inf", "inf"),
                ("[16]", "[16]"),
                ("2020-01-01", "'2020-01-01'"),
                ("16 bit", "'16 bit'"),
            ]
        ),
        ("rows: 16", "rows: ", ["rows: must be a valid integer; it is empty"]),
        ("rows: 16", "rows: 0", ["rows: rows must be a whole number above zero, got 0"]),
        ("rows: 16", "rows: -3", ["rows: rows must be a whole number above zero, got -3"]),
        ("accumulator: 32 bit", "accumulator: 24", [f"accumulator: {WITH_A_UNIT} (got 24)"]),
        (
            "accumulator: 32 bit",
            "accumulator: 0 bit",
            ["accumulator: must be more than zero (got '0 bit')"],
        ),
        (
            "encoding: twos_complement",
            "encoding: twos_complment",
            [
                (
                    "encoding: must be 'twos_complement' or 'sign_magnitude'; "
                    "did you mean 'twos_complement'? (got 'twos_complment')"
                )
            ],
        ),
        (
            "rows: 16, cols: 16, accumulator: 32 bit",
            "rows: x, cols: y, accumulator: 24",
            [
                f"accumulator: {WITH_A_UNIT} (got 24)",
                "cols: must be a valid integer (got 'y')",
                "rows: must be a valid integer (got 'x')",
            ],
        ),
        (
            "rows: 16, cols: 16",
            "rows: x, cols: y",
            ["cols: must be a valid integer (got 'y')", "rows: must be a valid integer (got 'x')"],
        ),
    ],
)
def test_a_parameter_is_checked_against_the_kind(faults, line, old, new, told):
    row = ROW + ": twos_complement"
    assert old in row
    at = line(ROW)
    assert faults((row, row.replace(old, new))) == [f"{at}: arrays.0.{each}" for each in told]


@pytest.mark.parametrize(
    ("new", "told"),
    [
        ("planes", "7: arrays.0: must be a mapping of keys to values (got 'planes')"),
        ("[planes]", "7: arrays.0: must be a mapping of keys to values (got ['planes'])"),
    ],
)
def test_an_array_is_a_mapping(faults, new, told):
    assert faults((ROW + ": twos_complement}", new)) == [told]


def test_several_arrays_keep_their_order_and_tell_all_their_faults(changed, faults, line):
    first = "{name: wide, kind: integer_mac, rows: 4, cols: 4, accumulator: 32 bit, operand: 8 bit}"
    machine = load_accelerator(changed((ROW, f"{first}\n  - {ROW}")))
    assert [array.name for array in machine.arrays] == ["wide", "planes"]
    bad = first.replace("rows: 4", "rows: -4")
    worse = ROW.replace("cols", "columns")
    told = faults((ROW, f"{bad}\n  - {worse}"))
    assert [each.split(" ")[:2] for each in told] == [
        [f"{line(ROW)}:", "arrays.0.rows:"],
        [f"{line(ROW) + 1}:", "arrays.1.cols:"],
        [f"{line(ROW) + 1}:", "arrays.1.columns:"],
    ]


SOUND_ROW = f"{ROW}: twos_complement}}"


def with_keys(keys):
    return (SOUND_ROW, SOUND_ROW.replace("}", f", {keys}}}"))


@pytest.mark.parametrize(
    ("keys", "organisation", "stationary", "conventions"),
    [
        ("planes_per_cycle: 1", "systolic", ("weight", "output"), Conventions()),
        ("organisation: broadcast", "broadcast", ("weight", "output"), Conventions()),
        ("stationary: [input]", "systolic", ("input",), Conventions()),
        (
            "preload: hidden, folds: overlapped",
            *("systolic", ("weight", "output")),
            Conventions("hidden", "overlapped", "through_rows"),
        ),
        (
            "convention: scale_sim",
            *("systolic", ("weight", "output")),
            Conventions("exposed", "separate", "direct"),
        ),
        (
            "convention: scale_sim, preload: exposed, drain: direct",
            *("systolic", ("weight", "output")),
            Conventions("exposed", "separate", "direct"),
        ),
    ],
)
def test_a_frame(changed, keys, organisation, stationary, conventions):
    (found,) = load_accelerator(changed(with_keys(keys))).arrays
    assert (found.pe.organisation, found.pe.stationary) == (organisation, stationary)
    assert found.pe.conventions == conventions
    assert (found.pe.rows, found.pe.cols, found.pe.accumulator_bits) == (16, 16, 32)


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        (
            "convention: scale_sim, preload: hidden",
            ["preload: contradicts convention scale_sim, which means exposed (got 'hidden')"],
        ),
        (
            "convention: scale_sim, folds: overlapped, drain: through_rows",
            [
                "drain: contradicts convention scale_sim, which means direct (got 'through_rows')",
                "folds: contradicts convention scale_sim, which means separate (got 'overlapped')",
            ],
        ),
        (
            "stationary: [weight], drain: direct",
            [
                (
                    "drain: is about sums that stay, and stationary does not name output "
                    "(got 'direct')"
                )
            ],
        ),
        (
            "stationary: [output], preload: hidden",
            ["preload: is about an operand that stays, and only outputs do (got 'hidden')"],
        ),
        (
            "preload: hiden",
            ["preload: must be 'exposed' or 'hidden'; did you mean 'hidden'? (got 'hiden')"],
        ),
        (
            "folds: overlaped",
            [
                (
                    "folds: must be 'separate' or 'overlapped'; did you mean 'overlapped'? "
                    "(got 'overlaped')"
                )
            ],
        ),
        (
            "drain: direkt",
            ["drain: must be 'through_rows' or 'direct'; did you mean 'direct'? (got 'direkt')"],
        ),
        (
            "convention: scalesim",
            ["convention: must be 'scale_sim'; did you mean 'scale_sim'? (got 'scalesim')"],
        ),
        (
            "organisation: systollic",
            [
                (
                    "organisation: must be 'systolic' or 'broadcast'; did you mean 'systolic'? "
                    "(got 'systollic')"
                )
            ],
        ),
        (
            "stationary: [wieght]",
            [
                (
                    "stationary.0: must be 'weight', 'output' or 'input'; did you mean 'weight'? "
                    "(got 'wieght')"
                )
            ],
        ),
        ("stationary: weight", ["stationary: must be a list (got 'weight')"]),
        ("stationary: []", ["stationary: stationary names at least one of: weight, output, input"]),
        ("stationary: [weight, weight]", ["stationary: names an operand twice"]),
        ("most_passes: 0", ["most_passes: must be a whole number above zero (got 0)"]),
        ('most_passes: "2"', ["most_passes: must be a valid integer (got '2')"]),
        (
            "planes_per_cycle: 0",
            ["planes_per_cycle: planes_per_cycle must be a whole number above zero, got 0"],
        ),
        *(
            (f"{key}: ", [f"{key}: leave it out; it is empty"])
            for key in ("preload", "folds", "drain", "convention", "most_passes")
        ),
    ],
)
def test_a_frame_that_contradicts_itself(faults, line, keys, told):
    assert faults(with_keys(keys)) == [f"{line(ROW)}: arrays.0.{each}" for each in told]


def test_a_kind_that_does_not_fit_its_frame(faults, line):
    skipping = SOUND_ROW.replace("kind: bit_serial", "kind: ternary_skip")
    skipping = skipping.replace(", encoding: twos_complement", "")
    (told,) = faults((SOUND_ROW, skipping))
    start = f"{line(ROW)}: arrays.0: stationary weight on a systolic array does not suit"
    assert told.startswith(f"{start} ternary_skip: ")


def test_the_limit_of_passes_belongs_to_the_machine(changed):
    (found,) = load_accelerator(changed(with_keys("most_passes: 2"))).arrays
    assert found.most_passes == 2
    assert parameters(found.pe.element) == {"encoding": "twos_complement", "planes_per_cycle": 1}


@dataclass(frozen=True)
class Lookup:
    """A kind as a stranger might write it."""

    kind: ClassVar[str] = "lookup"
    depth: int
    entry_bits: int
    delay_cycles: int
    port_bits_per_cycle: int
    look_up_pj_per_bit: float = 0.5
    tables: tuple[int, ...] = (1, 2)
    names: list[str] = field(default_factory=list)
    derived: int = field(init=False, default=7)

    def __post_init__(self):
        if self.depth < 1:
            raise ValueError("a look-up table has some depth")


@dataclass(frozen=True)
class Square:
    """A kind that takes a key of the frame for its own."""

    kind: ClassVar[str] = "square"
    cols: int


def function_for_a_class():
    """Stand where a dataclass should."""


@pytest.fixture
def plug_in(monkeypatch):
    """Return a function that registers one kind, `mine`, in place of what is installed."""

    def register(*values):
        points = [EntryPoint("mine", value, "lowbit_sim.pe") for value in values]
        monkeypatch.setattr(registry, "entry_points", lambda group: points if group else [])
        registry.registered.cache_clear()

    monkeypatch.setitem(sys.modules, "stranger", sys.modules[__name__])
    yield register
    registry.registered.cache_clear()


SOUND = {
    "name": "luts",
    "kind": "mine",
    "rows": 4,
    "cols": 4,
    "accumulator": "3 B",
    "depth": 2,
    "entry": "3 B",
    "delay": "0 cycle",
    "port": "64 bit/cycle",
}


def arrays(tmp_path, **changes):
    row = {key: value for key, value in (SOUND | changes).items() if value != "left out"}
    return named_arrays(SpecFile(tmp_path / "m.yaml", {"arrays": [row]}, {(): 1}))


def reasons(tmp_path, **changes):
    with pytest.raises(SpecError) as caught:
        arrays(tmp_path, **changes)
    return [(fault.key, fault.reason) for fault in caught.value.faults]


def test_a_field_that_names_its_unit_takes_a_quantity(plug_in, tmp_path):
    plug_in("stranger:Lookup")
    (found,) = arrays(tmp_path, look_up="250 fJ/bit", tables=[3, 4])
    assert found.name == "luts"
    assert found.pe.element == Lookup(2, 24, 0, 64, 0.25, (3, 4))
    assert parameters(found.pe.element)["port"] == 64


def test_what_has_a_default_may_be_left_out_and_what_is_derived_may_not_be_given(plug_in, tmp_path):
    plug_in("stranger:Lookup")
    assert arrays(tmp_path)[0].pe.element == Lookup(2, 24, 0, 64)
    ((key, reason),) = reasons(tmp_path, derived=8)
    assert key == "arrays.0.derived"
    assert reason.startswith("unknown key of mine; ")


def test_all_parameters_of_a_plug_in_are_checked(plug_in, tmp_path):
    plug_in("stranger:Lookup")
    told = reasons(tmp_path, port="64 bit", delay="1", depth="left out")
    assert sorted(key for key, _ in told) == ["arrays.0.delay", "arrays.0.depth", "arrays.0.port"]
    assert reasons(tmp_path, tables=[1, "2"]) == [("arrays.0.tables.1", "must be a valid integer")]
    assert reasons(tmp_path, depth=0) == [("arrays.0", "a look-up table has some depth")]
    told = reasons(tmp_path, depth="left out", rows="left out")
    assert [key for key, _ in told] == ["arrays.0.rows", "arrays.0.depth"]


def test_a_kind_may_not_have_a_key_of_the_frame(plug_in, tmp_path):
    plug_in("stranger:Square")
    reason = "stranger:Square has 'cols', which is a key of every array"
    assert reasons(tmp_path) == [("arrays.0.kind", reason)]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (
            ["no_such_module_anywhere:Thing"],
            (
                "lowbit_sim.pe: 'mine' cannot be loaded: ModuleNotFoundError: "
                "No module named 'no_such_module_anywhere'"
            ),
        ),
        (["one:A", "two:B"], "lowbit_sim.pe: 'mine' is registered twice: one:A and two:B"),
        (["stranger:function_for_a_class"], "stranger:function_for_a_class is no dataclass"),
        (["pathlib:Path"], "pathlib:Path is no dataclass"),
    ],
)
def test_a_broken_plug_in_is_a_fault_of_the_file_that_names_it(plug_in, tmp_path, values, reason):
    plug_in(*values)
    assert reasons(tmp_path) == [("arrays.0.kind", reason)]


@pytest.mark.parametrize("content", [None, 3, {}, [3], [{"name": "x"}], [{"kind": 3}]])
def test_what_is_no_array_is_left_to_the_mirror(tmp_path, content):
    assert named_arrays(SpecFile(tmp_path / "m.yaml", {"arrays": content}, {(): 1})) == ()
