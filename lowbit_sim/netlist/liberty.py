"""A cell library: what each cell computes, takes, leaks, switches and delays.

Read from a Liberty file. Tables of power and delay (slew × load) are brought to what the sums here
need: the internal energy of a transition is the mean over rising and falling, related pins and
states; the delay is the larger of rising and falling, over all states.

The unit of internal power is capacitance × voltage²; that of this library's energies is fJ, of
capacitances fF, of delays ns, of leakage nW.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.errors import spec_error

Array = NDArray[Any]
_FF_OF_UNIT = {"ff": 1.0, "pf": 1000.0}
_NS_OF_UNIT = {"1ns": 1.0, "100ps": 0.1, "10ps": 0.01, "1ps": 0.001}
_NW_OF_UNIT = {"1mW": 1e6, "1uW": 1e3, "1nW": 1.0, "1pW": 1e-3}


@dataclass(frozen=True, slots=True)
class Table:
    """Values over slew [ns] and load [fF], linear between, the nearest edge's line beyond.

    Parameters
    ----------
    slew_ns, load_ff : ndarray, shapes (s,), (l,)
        Of one entry, if the value does not depend on it.
    values : ndarray, shape (s, l)
    """

    slew_ns: Array
    load_ff: Array
    values: Array

    def at(self, slew_ns: float, load_ff: float) -> float:
        """Return the value at a slew and a load."""
        value = self.values
        for axis, (given, along) in enumerate(((slew_ns, self.slew_ns), (load_ff, self.load_ff))):
            if len(along) == 1:
                value = value.take([0], axis)
                continue
            left = int(np.clip(np.searchsorted(along, given) - 1, 0, len(along) - 2))
            share = (given - along[left]) / (along[left + 1] - along[left])
            low, high = value.take([left], axis), value.take([left + 1], axis)
            value = low + share * (high - low)
        return float(value[0, 0])


@dataclass(frozen=True, slots=True)
class Arc:
    """Delays from a pin to an output: the tables of each edge and state, and those of its slew."""

    related: str
    delays: tuple[Table, ...]
    slews: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class Pin:
    """A pin of a cell.

    Parameters
    ----------
    is_output : bool
    capacitance_ff : float
        Zero at an output [fF].
    function : str
        Of an output; of a flip-flop's its state's name.
    energies : tuple of Table
        Internal energies of a transition of the pin, for each edge, related pin and state [fJ].
    arcs : tuple of Arc
        Delays to an output.
    setup : tuple of Table
        Of an input that a clock takes, in place of load the clock's slew [ns].
    """

    is_output: bool
    capacitance_ff: float
    function: str
    energies: tuple[Table, ...] = ()
    arcs: tuple[Arc, ...] = ()
    setup: tuple[Table, ...] = ()

    def internal_fj(self, slew_ns: float, load_ff: float) -> float:
        """Return the mean internal energy of one transition [fJ]."""
        return float(np.mean([t.at(slew_ns, load_ff) for t in self.energies] or [0.0]))


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: area [um2], leakage [nW], pins; for a flip-flop its state and what drives it.

    ``state`` names the state and its complement, ``next_state`` is a function of pins and
    ``clock`` the pin whose rising edge takes it; all empty where there is no flip-flop.
    """

    name: str
    area_um2: float
    leakage_nw: float
    pins: dict[str, Pin]
    state: tuple[str, ...] = ()
    next_state: str = ""
    clock: str = ""


@dataclass(frozen=True, slots=True)
class Library:
    """Cells of one process corner.

    Parameters
    ----------
    name : str
    path : Path
    text, sha256 : str
        The file's content, unpacked, and its hash.
    supply_volts, temperature_celsius : float
    cells : dict of str to Cell
    wire_ff : dict of str to dict of int to float
        Capacitance of a net by its fanout, of each wire load model [fF].
    """

    name: str
    path: Path
    text: str
    sha256: str
    supply_volts: float
    temperature_celsius: float
    cells: dict[str, Cell]
    wire_ff: dict[str, dict[int, float]] = field(default_factory=dict)


def read_liberty(path: Path) -> Library:
    """Read a Liberty file, packed by gzip if its name says so.

    Raises
    ------
    SpecError
        If there is none, or it cannot be read as one.
    """
    from liberty.parser import parse_liberty  # noqa: PLC0415  # an optional dependency

    try:
        read = gzip.open if path.suffix == ".gz" else open
        with read(path, "rt") as file:
            text = file.read()
        return _library(parse_liberty(text), path, text)
    except OSError as error:
        raise spec_error(f"cannot be read: {error.strerror or error}", path) from None
    except Exception as error:  # noqa: BLE001  # the parser's own errors are many
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise spec_error(f"is no Liberty file that can be used: {reason}", path) from None


def _library(group: Any, path: Path, text: str) -> Library:
    count, unit = group["capacitive_load_unit"]
    scale = _Units(
        float(count) * _FF_OF_UNIT[str(unit).lower()],
        _NS_OF_UNIT[_text(group["time_unit"])],
        _NW_OF_UNIT[_text(group["leakage_power_unit"])],
    )
    templates = {
        str(one.args[0]): one
        for kind in ("lu_table_template", "power_lut_template")
        for one in group.get_groups(kind)
    }
    cells = {_text(one.args[0]): _cell(one, scale, templates) for one in group.get_groups("cell")}
    wires = {_text(one.args[0]): _wire(one, scale) for one in group.get_groups("wire_load")}
    return Library(
        _text(group.args[0]),
        path,
        text,
        hashlib.sha256(text.encode()).hexdigest(),
        float(group["nom_voltage"]),
        float(group["nom_temperature"]),
        cells,
        wires,
    )


@dataclass(frozen=True, slots=True)
class _Units:
    ff: float
    ns: float
    nw: float


def _text(value: Any) -> str:
    return str(value).strip('"')


def _cell(group: Any, scale: _Units, templates: dict[str, Any]) -> Cell:
    pins = {_text(p.args[0]): _pin(p, scale, templates) for p in group.get_groups("pin")}
    flops = group.get_groups("ff")
    latched: dict[str, Any] = {}
    if flops:
        latched = {
            "state": tuple(_text(arg) for arg in flops[0].args),
            "next_state": _text(flops[0]["next_state"]),
            "clock": _text(flops[0]["clocked_on"]),
        }
    return Cell(
        _text(group.args[0]),
        float(group["area"] or 0),
        float(group["cell_leakage_power"] or 0) * scale.nw,
        pins,
        **latched,
    )


def _pin(group: Any, scale: _Units, templates: dict[str, Any]) -> Pin:
    is_output = _text(group["direction"]) == "output"
    energies = [
        _table(table, scale, templates, scale.ff)
        for power in group.get_groups("internal_power")
        for table in power.groups
    ]
    arcs, setup = [], []
    for timing in group.get_groups("timing"):
        tables = [(g.group_name, _table(g, scale, templates, scale.ns)) for g in timing.groups]
        if is_output:
            delays = tuple(t for name, t in tables if name.startswith("cell_"))
            slews = tuple(t for name, t in tables if name.endswith("_transition"))
            arcs.append(Arc(_text(timing["related_pin"]), delays, slews))
        elif _text(timing["timing_type"]).startswith("setup"):
            setup += [table for _, table in tables]
    return Pin(
        is_output,
        0.0 if is_output else float(group["capacitance"] or 0) * scale.ff,
        _text(group["function"] or ""),
        tuple(energies),
        tuple(arcs),
        tuple(setup),
    )


def _numbers(value: Any) -> Array:
    return np.array([float(v) for v in _text(value).replace(",", " ").split()])


def _table(group: Any, scale: _Units, templates: dict[str, Any], unit: float) -> Table:
    """Return a table with its axes in order: slew, load."""
    template = templates.get(_text(group.args[0]) if group.args else "")
    axes: dict[str, Array] = {}
    for place in (1, 2):
        variable = template[f"variable_{place}"] if template is not None else None
        if variable is None:
            continue
        index = group[f"index_{place}"]
        index = template[f"index_{place}"] if index is None and template is not None else index
        axes[_text(variable)] = _numbers(index[0] if isinstance(index, list) else index)
    values = np.array([_numbers(row) for row in group["values"]]) * unit
    shape = tuple(len(axis) for axis in axes.values())
    values = values.reshape(shape or (1,))
    of_load = {"total_output_net_capacitance": scale.ff, "related_pin_transition": scale.ns}
    slew, load = np.zeros(1), np.zeros(1)
    for name, axis in axes.items():
        if name in of_load:
            load = axis * of_load[name]
        else:
            slew = axis * scale.ns
    if len(axes) > 1 and next(iter(axes)) in of_load:
        values = values.T
    return Table(slew, load, values.reshape(len(slew), len(load)))


def _wire(group: Any, scale: _Units) -> dict[int, float]:
    per_length_ff = float(group["capacitance"]) * scale.ff
    found = {}
    for name, value in _pairs(group):
        if name == "fanout_length":
            found[int(value[0])] = float(value[1]) * per_length_ff
    return found


def _pairs(group: Any) -> Iterator[tuple[str, Any]]:
    for attribute in group.attributes:
        yield attribute.name, attribute.value
