import importlib.util
import shutil
import subprocess
import sys

import pytest
from amaranth.hdl import Module, Signal
from tiny import PATH, needs_yosys, tiny, tool, yosys_json

from lowbit_sim.errors import LowbitSimError, SpecError
from lowbit_sim.netlist import synthesis
from lowbit_sim.netlist.liberty import read_liberty
from lowbit_sim.netlist.synthesis import Synthesiser, find_synthesiser, synthesise


def inverted():
    """Return a port that is the complement of another, a cycle later, and the ports."""
    m = Module()
    a, y = Signal(2), Signal(2)
    m.d.sync += y.eq(~a)
    return m, {"a": a, "y": y}


def without(tmp_path, *names):
    """Return the library without some cells."""
    text = PATH.read_text()
    for name in names:
        begin = text.index(f"  cell ({name})")
        end = text.index("\n  }\n", begin) + len("\n  }\n")
        text = text[:begin] + text[end:]
    path = tmp_path / "less.lib"
    path.write_text(text)
    return read_liberty(path)


# the tool


def test_without_yosys_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(SpecError, match=r"needs yosys: pip install 'lowbit-sim\[netlist\]'"):
        find_synthesiser()


def test_a_yosys_on_the_path_is_found(monkeypatch, tmp_path):
    command = tmp_path / "yosys"
    command.write_text("#!/bin/sh\necho 'Yosys 9.99 (git sha1 0000)'\n")
    command.chmod(0o755)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(shutil, "which", lambda _: str(command))
    assert find_synthesiser() == Synthesiser((str(command),), "Yosys 9.99")


@needs_yosys
def test_the_packages_yosys_says_its_version():
    found = tool()
    assert found.command[0] == sys.executable
    assert found.version.startswith("Yosys 0.")


# netlists


@needs_yosys
def test_a_design_becomes_cells_of_the_library(tmp_path):
    netlist = synthesise(*inverted(), tiny(), tool(), tmp_path)
    assert (len(netlist.inputs["a"]), len(netlist.outputs["y"])) == (2, 2)
    assert [one.cell for one in netlist.flops] == ["DFF", "DFF"]
    assert {one.cell for one in netlist.gates} <= set(tiny().cells)
    (made,) = tmp_path.glob("*.json")
    kept = {made.with_suffix(end).name for end in (".json", ".il", ".ys", ".log")}
    assert {path.name for path in tmp_path.iterdir()} == kept | {f"{tiny().sha256[:16]}.lib"}


@needs_yosys
def test_a_netlist_that_lies_there_is_not_made_again(tmp_path, monkeypatch):
    first = synthesise(*inverted(), tiny(), tool(), tmp_path)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("made again"))
    assert synthesise(*inverted(), tiny(), tool(), tmp_path) == first


def test_another_tool_or_library_makes_another_netlist(tmp_path, monkeypatch):
    keys = []
    monkeypatch.setattr(synthesis, "_make", lambda *asked: keys.append(asked[-1].name))
    other = without(tmp_path, "XOR2")
    yosys = Synthesiser(("yosys",), "Yosys 1")
    for library, how in (
        (tiny(), yosys),
        (other, yosys),
        (tiny(), Synthesiser(("yosys",), "Yosys 2")),
        (tiny(), Synthesiser(("elsewhere/yosys",), "Yosys 1")),
    ):
        with pytest.raises(FileNotFoundError):
            synthesise(*inverted(), library, how, tmp_path / "work")
    # where the tool stands does not matter
    assert keys[3] == keys[0]
    assert len(set(keys)) == 3


# failures


def test_a_synthesis_that_fails_names_its_log_and_keeps_it(tmp_path):
    said = "import sys; print('first'); print('ERROR: no cell'); sys.exit(1)"
    failing = Synthesiser((sys.executable, "-c", said), "Yosys 0")
    with pytest.raises(LowbitSimError, match=r"synthesis failed: ERROR: no cell") as error:
        synthesise(*inverted(), tiny(), failing, tmp_path)
    (log,) = tmp_path.glob("*.log")
    assert str(log) in str(error.value)
    assert log.read_text() == "first\nERROR: no cell\n"
    assert not list(tmp_path.glob("*.json"))


def test_a_tool_that_says_nothing_is_told_what_a_library_needs(tmp_path):
    failing = Synthesiser((sys.executable, "-c", "raise SystemExit(1)"), "Yosys 0")
    with pytest.raises(LowbitSimError, match="no reason given; a library needs an inverter"):
        synthesise(*inverted(), tiny(), failing, tmp_path)


@needs_yosys
def test_a_library_without_a_buffer_stops_abc(tmp_path):
    with pytest.raises(LowbitSimError, match=r"synthesis failed: .*a buffer"):
        synthesise(*inverted(), without(tmp_path, "BUF"), tool(), tmp_path / "work")


@needs_yosys
def test_a_library_without_a_flip_flop_is_told_what_it_needs(tmp_path):
    work = tmp_path / "work"
    with pytest.raises(LowbitSimError, match=r"synthesis failed: .* and a flip-flop"):
        synthesise(*inverted(), without(tmp_path, "DFF"), tool(), work)
    assert not list(work.glob("*.json"))


def test_cells_that_are_not_of_the_library_are_told_what_it_needs(tmp_path):
    ports = {"a": ("input", [2, 3]), "y": ("output", [4, 5])}
    text = yosys_json(ports, {"f": ("$_DFF_P_", {"D": 2, "Q": 4})})
    said = (
        "import pathlib, sys; script = pathlib.Path(sys.argv[-1]);"
        f"script.with_suffix('.fresh').write_text({text!r})"
    )
    mapping_nothing = Synthesiser((sys.executable, "-c", said), "Yosys 0")
    with pytest.raises(SpecError, match=r"\$_DFF_P_ is no cell of tiny; it needs") as error:
        synthesise(*inverted(), tiny(), mapping_nothing, tmp_path)
    assert error.value.faults[0].file == PATH
