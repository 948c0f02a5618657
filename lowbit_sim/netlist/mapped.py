"""A netlist of library cells, as a synthesiser writes it, in the order in which values settle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lowbit_sim.netlist.liberty import Library

#: the nets of constants 0 and 1
LOW, HIGH = 0, 1


@dataclass(frozen=True, slots=True)
class Instance:
    """A cell of the netlist: the net at each of its connected pins."""

    name: str
    cell: str
    nets: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Netlist:
    """A flat netlist.

    Parameters
    ----------
    inputs, outputs : dict of str to tuple of int
        Nets of each port, the lowest bit first; the clock is none of them.
    gates : tuple of Instance
        Without state, each after what drives it.
    flops : tuple of Instance
        With state.
    nets : int
        How many there are; 0 and 1 are the constants.
    """

    inputs: Mapping[str, tuple[int, ...]]
    outputs: Mapping[str, tuple[int, ...]]
    gates: tuple[Instance, ...]
    flops: tuple[Instance, ...]
    nets: int


def netlist_of(text: str, library: Library) -> Netlist:
    """Return the netlist of a JSON file of yosys, of one module ``top``.

    Raises
    ------
    ValueError
        If a cell is not of the library, or gates drive one another in a circle.
    """
    module = json.loads(text)["modules"]["top"]
    numbers: dict[Any, int] = {"0": LOW, "1": HIGH, "x": LOW}

    def net(bit: Any) -> int:
        return numbers.setdefault(bit, len(numbers) - 1)  # "x" has no net of its own

    def port(direction: str) -> dict[str, tuple[int, ...]]:
        return {
            name: tuple(net(bit) for bit in one["bits"])
            for name, one in module["ports"].items()
            if one["direction"] == direction and name not in {"clk", "rst"}
        }

    inputs, outputs = port("input"), port("output")
    instances = []
    for name, cell in sorted(module["cells"].items()):
        if cell["type"] not in library.cells:
            raise ValueError(f"{cell['type']} is no cell of {library.name}")
        nets = {pin: net(bits[0]) for pin, bits in cell["connections"].items() if bits}
        instances.append(Instance(name, cell["type"], nets))
    has_state = {name for name, cell in library.cells.items() if cell.clock}
    flops = tuple(one for one in instances if one.cell in has_state)
    gates = [one for one in instances if one.cell not in has_state]
    known = {LOW, HIGH, *(n for nets in inputs.values() for n in nets)}
    known |= {n for one in flops for n in outputs_of(one, library)}
    known |= {net(bit) for name in ("clk", "rst") for bit in _bits(module, name)}
    return Netlist(inputs, outputs, _ordered(gates, known, library), flops, len(numbers) - 1)


def _bits(module: Mapping[str, Any], name: str) -> list[Any]:
    return list(module["ports"].get(name, {"bits": []})["bits"])


def outputs_of(one: Instance, library: Library) -> list[int]:
    """Return the nets that an instance drives."""
    pins = library.cells[one.cell].pins
    return [net for pin, net in one.nets.items() if pins[pin].is_output]


def inputs_of(one: Instance, library: Library) -> list[int]:
    """Return the nets that an instance reads."""
    pins = library.cells[one.cell].pins
    return [net for pin, net in one.nets.items() if not pins[pin].is_output]


def _ordered(gates: list[Instance], known: set[int], library: Library) -> tuple[Instance, ...]:
    """Return the gates so that each stands after those that it reads."""
    ordered: list[Instance] = []
    waiting = gates
    while waiting:
        ready = [one for one in waiting if known.issuperset(inputs_of(one, library))]
        if not ready:
            raise ValueError(f"no value settles at {waiting[0].name}: a circle, or no driver")
        for one in ready:
            known.update(outputs_of(one, library))
        ordered += ready
        placed = {one.name for one in ready}
        waiting = [one for one in waiting if one.name not in placed]
    return tuple(ordered)
