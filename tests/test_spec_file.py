import json
import re
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, ValidationError

from lowbit_sim.errors import SpecError
from lowbit_sim.spec_file import fault_of, read_spec_file, validate
from lowbit_sim.units import parse_quantity

TEXT = """\
# a comment
name: small
parts:
  - {kind: a, width: 2 bit}
  - kind: b
    width: 4 bit
"""


@pytest.fixture
def written(tmp_path):
    """Return a function that writes text or bytes to a file and returns its path."""

    def write(content, name="file.yaml"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture
def faults(written):
    """Return a function: what reading `content` says, without the file's own path."""

    def told(content, model=None):
        path = written(content)
        with pytest.raises(SpecError) as caught:
            read_spec_file(path) if model is None else validate(read_spec_file(path), model)
        return str(caught.value).replace(f"{path}:", "").splitlines()

    return told


def test_content_and_the_line_of_every_key_and_entry(written):
    spec = read_spec_file(written(TEXT))
    assert spec.content == {
        "name": "small",
        "parts": [{"kind": "a", "width": "2 bit"}, {"kind": "b", "width": "4 bit"}],
    }
    assert spec.lines == {
        (): 2,
        ("name",): 2,
        ("parts",): 3,
        ("parts", 0): 4,
        ("parts", 0, "kind"): 4,
        ("parts", 0, "width"): 4,
        ("parts", 1): 5,
        ("parts", 1, "kind"): 5,
        ("parts", 1, "width"): 6,
    }


@pytest.mark.parametrize("start", [b"\xef\xbb\xbf", b"---\n", b"# \xc3\x97\r\n"])
def test_byte_order_mark_document_start_and_windows_lines_are_fine(written, start):
    assert read_spec_file(written(start + b"a: 1\r\nb: 2\r\n")).content == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("plain", "value"),
    [
        ("7", 7),
        ("-7", -7),
        ("0", 0),
        ("0.5", 0.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e-3", 0.001),
        ("1E3", 1000.0),
        ("-.inf", float("-inf")),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("'7'", "7"),
        # none of these is a number, a truth or a date
        ("010", "010"),
        ("0x10", "0x10"),
        ("0o10", "0o10"),
        ("1_000", "1_000"),
        ("16:30", "16:30"),
        ("2020-01-01", "2020-01-01"),
        ("2020-13-41", "2020-13-41"),
        ("yes", "yes"),
        ("off", "off"),
        ("=", "="),
        ("9" * 5000, "9" * 5000),
        ("500 MHz", "500 MHz"),
    ],
)
def test_a_plain_word_is_what_it_looks_like(written, plain, value):
    found = read_spec_file(written(f"key: {plain}\n")).content["key"]
    assert found == value
    assert type(found) is type(value)


def test_not_a_number_is_read_and_left_to_the_model(written):
    found = read_spec_file(written("key: .nan\n")).content["key"]
    assert found != found  # noqa: PLR0124


WORDS = st.text("abz019 .:-#'\"\\{}[]<>&*!~×Σ\n\t", max_size=8)
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=False, allow_infinity=False)
    | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=10,
)


@given(content=st.dictionaries(WORDS, PLAIN, max_size=4), indent=st.sampled_from([None, 2]))
def test_whatever_json_can_say_is_read_back(tmp_path_factory, content, indent):
    path = tmp_path_factory.mktemp("round") / "trip.yaml"
    path.write_text(json.dumps(content, indent=indent, ensure_ascii=False), encoding="utf-8")
    assert read_spec_file(path).content == content


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("width: !!str 3", "tags (!) are refused: YAML is data"),
        ("width: !include other.yaml", "tags (!) are refused: YAML is data"),
        ("width: !!python/object/apply:os.system [ls]", "tags (!) are refused: YAML is data"),
        ("width: &w 3", "anchors (&) are refused: nothing is inherited"),
        ("width: *w", "aliases (*) are refused: write the value out"),
        ("<<: {width: 3}", "merge keys (<<) are refused: write the keys out"),
    ],
)
def test_yaml_is_data(faults, line, reason):
    assert faults(f"name: small\ninner:\n  {line}\n") == [f"3: {reason}"]


def test_all_that_is_no_data_is_told_at_once(faults):
    assert faults("base: &base {a: 1}\nother:\n  <<: *base\n  b: !x 2\n") == [
        "1: anchors (&) are refused: nothing is inherited",
        "3: merge keys (<<) are refused: write the keys out",
        "3: aliases (*) are refused: write the value out",
        "4: tags (!) are refused: YAML is data",
    ]


def test_a_mapping_within_itself_is_refused_before_it_is_followed(faults):
    assert len(faults("a: &a [*a]\n")) == 2


def test_signs_inside_quotes_are_text(written):
    spec = read_spec_file(written("a: '<<'\nb: '*c'\nc: \"&d !e\"\nd: 2 * 3 & 4!\n"))
    assert spec.content == {"a": "<<", "b": "*c", "c": "&d !e", "d": "2 * 3 & 4!"}


def test_every_repeated_key_is_told_wherever_it_stands(faults):
    text = "a: 1\nb:\n  - {c: 1, c: 2}\n  - d: 1\n    e: 2\n    'd': 3\na: 4\na: 5\n"
    assert faults(text) == [
        "3: b.0.c: this key stands here twice, first in line 3",
        "6: b.1.d: this key stands here twice, first in line 4",
        "7: a: this key stands here twice, first in line 1",
        "8: a: this key stands here twice, first in line 1",
    ]


@pytest.mark.parametrize("key", ["1", "true", "null", "1.5", "? [a, b]\n  ", "? {a: b}\n  "])
def test_a_key_is_a_text(faults, key):
    assert faults(f"inner:\n  {key}: 3\n") == ["2: inner: a key must be a text: put it in quotes"]


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("a: 1\nb: [1, 2\nc: 3\n", 3, "expected ',' or ']', but got ':' .* from line 2"),
        ("a: 1\n\tb: 2\n", 2, "found character '\\\\t' that cannot start any token"),
        ("a: 1\nb: 'open\n", 3, "found unexpected end of stream .* from line 2"),
        ("a: 1\n b: 2\n", 2, "mapping values are not allowed here"),
        ("a: 1\n---\nb: 2\n", 2, "found another document"),
        ("a: 1\nb: \x00\n", 2, "a control character"),
    ],
)
def test_what_is_no_yaml_is_told_with_its_line(faults, text, place, reason):
    (told,) = faults(text)
    assert re.match(f"{place}: is not YAML: .*{reason}", told)


def test_nesting_has_an_end(written):
    with pytest.raises(SpecError, match="is nested too deeply"):
        read_spec_file(written("a: " + "[" * 1000))


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("", "is empty"),
        ("# only a comment\n", "is empty"),
        ("---\n", "holds a single value"),
        ("500 MHz\n", "holds a single value"),
        ("- a\n- b\n", "holds a list"),
        ("[]", "holds a list"),
    ],
)
def test_a_file_holds_a_mapping(faults, text, held):
    assert faults(text) == [f"1: must hold a mapping of keys to values; it {held}"]


def test_what_is_no_utf_8_is_told_with_its_line(faults):
    assert faults("a: 1\nb: 2 × 3\n".encode("latin-1")) == ["2: is not UTF-8: byte 0xd7"]


def test_a_missing_file_names_the_nearest(written):
    there = written(TEXT, "ternary_pe.yaml")
    written(TEXT, "notes.md")
    for name in ("ternary.yaml", "ternary_pe"):
        with pytest.raises(SpecError) as caught:
            read_spec_file(there.parent / name)
        assert str(caught.value) == (
            f"{there.parent / name}: no such file; "
            "did you mean 'ternary_pe.yaml'? allowed: ternary_pe.yaml"
        )


def test_a_missing_file_in_an_empty_or_missing_directory(tmp_path):
    with pytest.raises(SpecError, match=r"a\.yaml: no such file$"):
        read_spec_file(tmp_path / "a.yaml")
    with pytest.raises(SpecError, match=rf"no such file: there is no directory {tmp_path}/no$"):
        read_spec_file(tmp_path / "no" / "a.yaml")


def test_a_directory_or_a_file_taken_for_a_directory(written, tmp_path):
    with pytest.raises(SpecError, match="cannot be read: Is a directory"):
        read_spec_file(tmp_path)
    with pytest.raises(SpecError, match="cannot be read: Not a directory"):
        read_spec_file(written(TEXT) / "a.yaml")


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Part(Strict):
    kind: Literal["adder", "shifter"]
    width: Annotated[int, BeforeValidator(lambda text: parse_quantity(text, "bits"))] = 8
    lane_count: Annotated[int, Field(strict=True, gt=0, alias="lanes")] = 1


class Left(Strict):
    side: Literal["left"]


class Right(Strict):
    side: Literal["right"]


class Whole(Strict):
    name: Annotated[str, Field(min_length=1)]
    parts: Annotated[list[Part], Field(min_length=1)] = [Part(kind="adder")]
    named: dict[Annotated[str, Field(pattern="^[a-z.]+$")], Part] = {}
    hand: Left | Right | None = None
    is_shared: StrictBool = False


def test_a_sound_file_becomes_the_model(written):
    whole = validate(read_spec_file(written("name: x\nparts: [{kind: adder}]\n")), Whole)
    assert (whole.name, whole.parts[0].kind, whole.parts[0].width) == ("x", "adder", 8)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name: ''", "1: name: must not be empty (got '')"),
        ("name: 3", "1: name: must be a text (got 3)"),
        ("name:", "1: name: must be a text; it is empty"),
        ("name: x\nparts: []", "2: parts: must not be empty (got [])"),
        ("name: x\nparts: many", "2: parts: must be a list (got 'many')"),
        ("name: x\nparts:\n  - a", "3: parts.0: must be a mapping of keys to values (got 'a')"),
        ("name: x\nis_shared: yes", "2: is_shared: must be true or false (got 'yes')"),
        (
            "name: x\nparts: [{kind: addr}]",
            "2: parts.0.kind: must be 'adder' or 'shifter'; did you mean 'adder'? (got 'addr')",
        ),
        (
            "name: x\nparts: [{kind: 7}]",
            "2: parts.0.kind: must be 'adder' or 'shifter' (got 7)",
        ),
        (
            "name: x\nparts:\n  - kind: adder\n    lanes: 0",
            "4: parts.0.lanes: must be greater than 0 (got 0)",
        ),
        (
            "name: x\nparts:\n  - kind: adder\n    lanes: true",
            "4: parts.0.lanes: must be a valid integer (got True)",
        ),
        ("name: x\nparts: [{}]", "2: parts.0.kind: is missing"),
        (
            "name: x\nparts:\n  - kind: adder\n    wdith: 3",
            "4: parts.0.wdith: unknown key; did you mean 'width'? allowed: kind, lanes, width",
        ),
        (
            "name: x\nnamed:\n  a.b: {kind: adder, lane: 3}",
            "3: named.a.b.lane: unknown key; did you mean 'lanes'? allowed: kind, lanes, width",
        ),
        (
            "name: x\nnamed:\n  A: {kind: adder}",
            "3: named.A: string should match pattern '^[a-z.]+$' (got 'A')",
        ),
        (
            "name: x\nparts: [{kind: adder, width: 2.5 bit}]",
            "2: parts.0.width: must be a whole number of bit (got '2.5 bit')",
        ),
    ],
)
def test_a_fault_names_line_key_value_and_what_is_allowed(faults, text, told):
    assert faults(text, Whole) == [told]


def test_a_branch_of_a_union_is_no_part_of_the_key(faults):
    assert {line.partition(": ")[2] for line in faults("name: x\nhand: {side: up}", Whole)} == {
        "hand.side: must be 'left' (got 'up')",
        "hand.side: must be 'right' (got 'up')",
    }


def test_a_long_value_is_not_shown(faults):
    (told,) = faults(f"name: {list(range(30))}", Whole)
    assert told == "1: name: must be a text"


def test_all_faults_at_once_in_the_order_of_the_file(faults):
    text = "is_shared: 1\nparts:\n  - kind: addr\n    lane: 2\nextra: 1\n"
    assert [line.split(" ")[:2] for line in faults(text, Whole)] == [
        ["1:", "is_shared:"],
        ["1:", "name:"],
        ["3:", "parts.0.kind:"],
        ["4:", "parts.0.lane:"],
        ["5:", "extra:"],
    ]


def test_a_fault_of_a_key_that_is_not_there_points_to_its_owner(written):
    spec = read_spec_file(written(TEXT))
    fault = spec.fault(("parts", 1, "depth"), "is missing")
    assert (fault.line, fault.key) == (5, "parts.1.depth")
    assert spec.fault((), "is wrong").line == 2
    assert spec.fault((), "is wrong").key is None


def test_a_detail_of_pydantic_can_be_placed_by_hand(written):
    spec = read_spec_file(written(TEXT))
    with pytest.raises(ValidationError) as caught:
        Part.model_validate({"kind": "adder", "lanes": -1})
    fault = fault_of(spec, ("parts", 1, "width"), caught.value.errors()[0])
    assert str(fault) == f"{spec.path}:6: parts.1.width: must be greater than 0 (got -1)"
