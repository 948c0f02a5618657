import ast
import re

import pytest
from source import MODULES, PACKAGE, dataclass_fields, functions

BANNED = {"bits", "precision", "size", "bw", "latency", "util", "info"}
#: words that name a quantity, and the unit that must stand last in the name
QUANTITIES = {
    r"(^|_)cycles?($|_)": ("_cycles", "_per_cycle", "_bits_per_cycle"),
    r"(^|_)energy($|_)": ("_pj", "_pj_by_component", "_pj_cycles"),
    r"(^|_)clock($|_)": ("_hz",),
    r"(^|_)capacity($|_)": ("_bits",),
    r"(^|_)area($|_)": ("_um2", "_um2_by_component"),
    r"(^|_)bandwidth($|_)": ("_bits_per_cycle",),
}
NUMBERS = {"int", "float", "int | None", "float | None"}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_no_field_or_parameter_has_a_banned_name(path):
    names = {field for _, field, _ in dataclass_fields(path)}
    names |= {arg.arg for f in functions(path) for arg in (*f.args.args, *f.args.kwonlyargs)}
    assert names & BANNED == set()
    assert {n for n in names if n.startswith(("num_", "nb_")) or n.endswith("_old")} == set()


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_numeric_fields_carry_their_unit(path):
    wrong = []
    for owner, field, annotation in dataclass_fields(path):
        if annotation not in NUMBERS:
            continue
        for word, endings in QUANTITIES.items():
            if re.search(word, field) and not f"_{field}".endswith(endings):
                wrong.append(f"{owner}.{field}")
    assert wrong == []


def test_nothing_is_computed_in_a_frozen_records_constructor():
    """`__init__` belongs to the mutable state of one engine run; records only check themselves."""
    allowed = {
        "_Rounds",
        "_PrivatePorts",
        "_LockStep",
        "_Run",
        "GateSimulation",
    }
    found = {
        node.name
        for path in MODULES
        if not {"training", "frontends", "rtl"} & set(path.parts)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
        and "Elaboratable" not in {base.id for base in node.bases if isinstance(base, ast.Name)}
        and any(isinstance(p, ast.FunctionDef) and p.name == "__init__" for p in node.body)
    }
    assert found <= allowed
