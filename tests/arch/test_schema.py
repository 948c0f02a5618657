import json
import re
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from lowbit_sim.arch.pe_arrays import GROUP, FrameSpec, _keys
from lowbit_sim.arch.schema import AcceleratorSpec, ArraySpec, MemorySpec, accelerator_json_schema
from lowbit_sim.registry import load, registered

ROOT = Path(__file__).parents[2] / "arch_specs"
SHIPPED = sorted(ROOT.glob("*.yaml"))
SCHEMA = json.loads(accelerator_json_schema())
MEMORY = SCHEMA["$defs"]["MemorySpec"]["properties"]


TYPES = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}


def fits(value, node):
    """Say whether a single value is as `node` of the schema says."""
    kind = TYPES.get(node["type"], type(None))
    pattern, choices = node.get("pattern", ""), node.get("enum", [value])
    return type(value) is kind and re.search(pattern, str(value)) and value in choices


def resolved(node):
    return SCHEMA["$defs"][node["$ref"].removeprefix("#/$defs/")] if "$ref" in node else node


def disagreements(value, node, place=""):
    """Yield where `value` is not as `node` of the schema says, for the words the schema uses."""
    node = resolved(node)
    branches = [resolved(branch) for branch in node.get("anyOf", [node])]
    fitting = [branch for branch in branches if fits(value, branch)]
    node = fitting[0] if fitting else node
    if not fitting:
        yield place
    elif isinstance(value, dict):
        known = node["properties"]
        yield from (f"{place}.{key}" for key in node["required"] if key not in value)
        for key, inner in value.items():
            if key in known:
                yield from disagreements(inner, known[key], f"{place}.{key}")
            elif not node["additionalProperties"]:
                yield f"{place}.{key}"
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from disagreements(inner, node["items"], f"{place}.{index}")


def test_the_schema_beside_the_files_is_fresh():
    assert (ROOT / "schema.json").read_text(encoding="utf-8") == accelerator_json_schema()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_shipped_files_keep_to_the_schema(path):
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert list(disagreements(content, SCHEMA)) == []


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("clock: 500 MHz", "clock: 500", ".clock"),
        ("clock: 500 MHz", "clock: 500 MB", ".clock"),
        ("clock: 500 MHz", "clok: 500 MHz", ".clock"),
        ("capacity: 128 KiB", "capacity: 128 KB", ".memories.1.capacity"),
        ("packing: whole_field", "packing: word8", ".packing"),
        ("technology: dram", "technology: drum", ".memories.0.technology"),
        ("serves: [input]", "serves: [inputs]", ".memories.3.serves.0"),
        ("latency: 50 cycle", "latncy: 50 cycle", ".memories.0.latncy"),
        ("kind: bit_serial", "kind: 3", ".arrays.0.kind"),
        ("shared_port: true", "banks: 3", ".memories.0.banks"),
        ("shared_port: true", "row: 8", ".memories.0.row"),
        ("vector_unit:", "decoder: {behind: dram}\nvector_unit:", ".decoder.after"),
        ("vector_unit:", "unfolding: dram\nvector_unit:", ".unfolding"),
        ("rows: 16", "anything: [at, all]", None),  # parameters belong to the kind
    ],
)
def test_an_editor_marks_what_the_reader_refuses(old, new, place):
    text = (ROOT / "bit_serial_pe.yaml").read_text(encoding="utf-8")
    assert old in text
    found = list(disagreements(yaml.safe_load(text.replace(old, new)), SCHEMA))
    assert (place in found) if place else (found == [])


def test_quantities_are_strings_and_pe_parameters_stay_open():
    assert SCHEMA["properties"]["clock"]["type"] == "string"
    assert MEMORY["read"]["pattern"].endswith("(?:bit/cycle|B/cycle)$")
    assert MEMORY["latency"]["default"] == "0 cycle"
    array = SCHEMA["$defs"]["ArraySpec"]
    assert array["additionalProperties"] is True
    assert set(array["properties"]) == set(array["required"]) == {"name", "kind"}
    for part in (SCHEMA, SCHEMA["$defs"]["MemorySpec"], SCHEMA["$defs"]["VectorUnitSpec"]):
        assert part["additionalProperties"] is False


def test_every_key_is_explained_in_the_readme():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    keys = {*SCHEMA["properties"], *MEMORY, *SCHEMA["$defs"]["ArraySpec"]["properties"], "lanes"}
    keys |= {"after", *_keys(FrameSpec)}
    for kind in registered(GROUP):
        keys |= _keys(load(GROUP, kind))
    assert {key for key in keys if f"`{key}`" not in text} == set()
    assert {path.stem for path in SHIPPED if f"`{path.stem}`" not in text} == set()


@pytest.mark.parametrize("model", [AcceleratorSpec, ArraySpec, MemorySpec])
def test_a_spec_is_frozen(model):
    assert model.model_config["frozen"] is True


def test_defaults_of_a_memory():
    port = {"read": "1 bit/cycle", "write": "1 bit/cycle", "serves": ["weight"]}
    memory = MemorySpec.model_validate({"name": "d", "technology": "dram", **port})
    assert (memory.cell, memory.capacity) == (None, None)
    assert (memory.latency_cycles, memory.buffers) == (0, 2)
    assert memory.shared_port is False
    assert (memory.banks, memory.burst, memory.row, memory.row_miss_cycles) == (None, 1, None, 0)
    with pytest.raises(ValidationError, match="an sram needs a capacity"):
        MemorySpec.model_validate({"name": "s", "technology": "sram", "cell": "hp", **port})


@pytest.mark.parametrize("name", ["Dram", "2nd", "a-b", "a b", "a.b", "", "a\n"])
def test_a_name_is_a_lower_case_word(name):
    with pytest.raises(ValidationError, match="should match pattern"):
        ArraySpec.model_validate({"name": name, "kind": "bit_serial"})
