from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from lowbit_sim import registry
from lowbit_sim.errors import LowbitSimError

GROUP = "lowbit_sim.pe"
HAND_TABLES = Path(__file__).with_name("pe")


@pytest.fixture
def plug_ins(monkeypatch):
    """Return a function that registers `name -> value` pairs in place of what is installed."""

    def register(*pairs):
        points = [EntryPoint(name, value, GROUP) for name, value in pairs]
        monkeypatch.setattr(registry, "entry_points", lambda group: points if group else [])
        registry.registered.cache_clear()

    yield register
    registry.registered.cache_clear()


def test_the_built_in_kinds_are_registered_like_anybody_elses():
    names = list(registry.registered(GROUP))
    tables = {path.stem for path in HAND_TABLES.glob("*.md")} - {"timelines"}
    assert set(names) == tables
    for name in names:
        kind = registry.load(GROUP, name)
        assert (kind.kind, kind.__module__) == (name, f"lowbit_sim.pe.{name}")


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(registry.PluginError) as caught:
        registry.load(GROUP, "bit_serail")
    assert str(caught.value) == (
        "lowbit_sim.pe: 'bit_serail' is not registered; did you mean 'bit_serial'? "
        f"allowed: {', '.join(registry.registered(GROUP))}"
    )
    assert isinstance(caught.value, LowbitSimError)


def test_a_group_that_nobody_knows_is_empty():
    assert dict(registry.registered("lowbit_sim.nothing")) == {}
    with pytest.raises(registry.PluginError, match="there is none to choose from"):
        registry.load("lowbit_sim.nothing", "any")


def test_nothing_is_imported_before_it_is_loaded(plug_ins):
    plug_ins(("broken", "no_such_module_anywhere:Thing"))
    assert list(registry.registered(GROUP)) == ["broken"]


def test_every_name_that_stands_for_two_things_is_an_error(plug_ins):
    plug_ins(("a", "one:A"), ("b", "one:B"), ("a", "two:A"), ("b", "two:B"), ("c", "one:C"))
    with pytest.raises(registry.PluginError) as caught:
        registry.registered(GROUP)
    assert str(caught.value).splitlines() == [
        "lowbit_sim.pe: 'a' is registered twice: one:A and two:A",
        "lowbit_sim.pe: 'b' is registered twice: one:B and two:B",
    ]
    with pytest.raises(registry.PluginError, match="'a' is registered twice"):
        registry.load(GROUP, "c")


def test_the_same_thing_seen_twice_is_one_thing(plug_ins):
    plug_ins(("path", "pathlib:Path"), ("path", "pathlib:Path"))
    assert list(registry.registered(GROUP)) == ["path"]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("no_such_module_anywhere:Thing", "ModuleNotFoundError: No module named"),
        ("pathlib:NoSuchThing", "AttributeError: "),
        ("plug_in_with_a_typo:Thing", "SyntaxError: "),
        ("plug_in_that_divides:Thing", "ZeroDivisionError: "),
    ],
)
def test_whatever_breaks_a_plug_in_is_told_with_its_name(
    plug_ins, monkeypatch, tmp_path, value, reason
):
    (tmp_path / "plug_in_with_a_typo.py").write_text("def (:\n")
    (tmp_path / "plug_in_that_divides.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    plug_ins(("mine", value))
    with pytest.raises(registry.PluginError, match=f"'mine' cannot be loaded: {reason}") as caught:
        registry.load(GROUP, "mine")
    assert caught.value.__cause__ is not None


def test_nobody_can_change_what_is_registered():
    with pytest.raises(TypeError):
        registry.registered(GROUP)["mine"] = None
