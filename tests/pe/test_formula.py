import doctest
import importlib
import re
import sys
import types

import pytest

from lowbit_sim import registry
from lowbit_sim.pe.formula import formula

KINDS = list(registry.registered("lowbit_sim.pe"))
HEADINGS = ["Formula", "Worked example", "Assumes", "Ignores", "Sources"]
MODULES = [f"lowbit_sim.pe.{name}" for name in (*KINDS, "vector_unit")]


def test_the_built_in_kinds_are_registered():
    assert {"bit_serial", "float_mac", "integer_mac", "ternary_adder"} <= set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_formula_is_the_docstring_of_the_kinds_module(kind):
    text = formula(kind)
    assert text == importlib.import_module(f"lowbit_sim.pe.{kind}").__doc__.strip()
    stated = text.split("**Formula**")[1].split("**Worked example**")[0]
    assert "passes" in stated
    assert "systolic" in stated or "broadcast" in stated


def test_an_unknown_kind_names_the_nearest():
    with pytest.raises(registry.PluginError, match="did you mean 'bit_serial'"):
        formula("bit_serail")


def test_a_kind_that_explains_nothing_is_refused(monkeypatch):
    silent = types.ModuleType("silent")
    monkeypatch.setitem(sys.modules, "silent", silent)
    kind = type("Kind", (), {"__module__": "silent"})
    monkeypatch.setattr(registry, "load", lambda _group, _name: kind)
    with pytest.raises(registry.PluginError, match="'mute' has no docstring in silent"):
        formula("mute")


@pytest.mark.parametrize("name", MODULES)
def test_docstring_is_one_line_then_the_headings_in_order(name):
    lines = importlib.import_module(name).__doc__.splitlines()
    assert lines[0].endswith(".")
    assert not lines[1]
    assert lines[2].startswith("**Formula**")
    assert re.findall(r"^\*\*(.+?)\*\*", "\n".join(lines), flags=re.MULTILINE) == HEADINGS


@pytest.mark.parametrize("name", MODULES)
def test_the_worked_example_runs(name):
    module = importlib.import_module(name)
    example = module.__doc__.split("**Worked example**")[1].split("**Assumes**")[0]
    assert ">>>" in example
    outcome = doctest.testmod(module)
    assert outcome.attempted > 0
    assert outcome.failed == 0
