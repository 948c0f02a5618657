"""The longest way through a netlist, from flip-flop or port to flip-flop or port.

**Formula.** Arrival and slew go forward through the gates; at each output::

    arrival = max over arcs (arrival of the pin + delay(slew of the pin, load))
    slew    = the slew of that arc

with the larger of rising and falling in every state: an upper bound, since edges and states that
exclude one another are taken together. A way ends at a flip-flop's input, its setup time added, or
at a port.
"""

from __future__ import annotations

from lowbit_sim.netlist.liberty import Library
from lowbit_sim.netlist.mapped import Instance
from lowbit_sim.netlist.switching import Priced


def critical_path_ns(priced: Priced) -> float:
    """Return how long values take to settle [ns]."""
    netlist, library, slew_ns = priced.netlist, priced.cell_library, priced.conditions.slew_ns
    arrival = [0.0] * netlist.nets
    slew = [slew_ns] * netlist.nets
    for flop in netlist.flops:
        _pass(flop, priced, arrival, slew, start=library.cells[flop.cell].clock)
    for gate in netlist.gates:
        _pass(gate, priced, arrival, slew)
    ends = [arrival[net] for nets in netlist.outputs.values() for net in nets]
    return max(
        [*ends, *(_setup_ns(flop, library, arrival, slew, slew_ns) for flop in netlist.flops)]
    )


def _pass(
    one: Instance, priced: Priced, arrival: list[float], slew: list[float], start: str = ""
) -> None:
    """Carry arrival and slew from the pins of an instance to its outputs."""
    cell = priced.cell_library.cells[one.cell]
    for pin, net in one.nets.items():
        if not cell.pins[pin].is_output:
            continue
        load_ff = priced.load_ff[net]
        latest = (0.0, slew[net])
        for arc in cell.pins[pin].arcs:
            if start and arc.related != start:
                continue
            related = one.nets.get(arc.related)
            before_ns = 0.0 if start or related is None else arrival[related]
            slew_in = priced.conditions.slew_ns if start or related is None else slew[related]
            delay_ns = max(table.at(slew_in, load_ff) for table in arc.delays)
            slope_ns = max(table.at(slew_in, load_ff) for table in arc.slews)
            latest = max(latest, (before_ns + delay_ns, slope_ns))
        arrival[net], slew[net] = latest


def _setup_ns(
    flop: Instance, library: Library, arrival: list[float], slew: list[float], clock_slew_ns: float
) -> float:
    cell = library.cells[flop.cell]
    ends = []
    for pin, net in flop.nets.items():
        if not cell.pins[pin].is_output and pin != cell.clock:
            setup = [t.at(slew[net], clock_slew_ns) for t in cell.pins[pin].setup]
            ends.append(arrival[net] + max(setup, default=0.0))
    return max(ends)
