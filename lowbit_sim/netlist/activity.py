"""Gate-level simulation: how often each net of a netlist changes.

Many runs, the *lanes*, go side by side: a net's value is an integer with one bit for each. In a
cycle, flip-flops show what they took, the ports what they are given, and gates settle. What counts
is either each net's change from one settled state to the next (*zero delay*), or every change on
the way where each gate takes one step (*unit delay*), glitches included.

Changes are told apart by a *class* of lane and cycle, as whether the digit is zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lowbit_sim.netlist.functions import Evaluate, compiled
from lowbit_sim.netlist.lanes import Stimulus
from lowbit_sim.netlist.liberty import Library
from lowbit_sim.netlist.mapped import HIGH, LOW, Instance, Netlist, inputs_of


@dataclass(frozen=True, slots=True)
class Activity:
    """What changed.

    Parameters
    ----------
    changes : list of list of int
        Of each class, of each net, changes in all lanes and cycles of the class.
    outputs : dict of str to list of list of int
        Of each output port, in each cycle, the value of each bit.
    """

    changes: list[list[int]]
    outputs: dict[str, list[list[int]]]


class GateSimulation:
    """A netlist that runs.

    Parameters
    ----------
    netlist : Netlist
    library : Library
        Functions of its cells.
    lanes : int
        Runs side by side.
    unit_delay : bool
        Whether glitches count.
    """

    def __init__(
        self, netlist: Netlist, library: Library, lanes: int, *, unit_delay: bool = False
    ) -> None:
        self.netlist, self.mask, self.unit_delay = netlist, (1 << lanes) - 1, unit_delay
        self.gates: list[tuple[int, Evaluate]] = []
        self.readers: list[list[int]] = [[] for _ in range(netlist.nets)]
        for gate in netlist.gates:
            for pin, out in gate.nets.items():
                cell_pin = library.cells[gate.cell].pins[pin]
                if cell_pin.is_output:
                    for read in inputs_of(gate, library):
                        self.readers[read].append(len(self.gates))
                    self.gates.append((out, compiled(cell_pin.function, gate.nets, self.mask)))
        self.flops = [_flop(flop, library, self.mask) for flop in netlist.flops]

    def run(self, stimulus: Stimulus, classes: Sequence[Sequence[int]]) -> Activity:
        """Return what changes from cycle to cycle; changes into the first one are not counted.

        Parameters
        ----------
        stimulus : Mapping[str, Sequence[Sequence[int]]]
            Values of the input ports; left-out ports are 0.
        classes : sequence of sequence of int
            Of each class, in each cycle, its lanes.
        """
        netlist = self.netlist
        values = [0] * netlist.nets
        values[HIGH] = self.mask
        changes = [[0] * netlist.nets for _ in classes]
        outputs: dict[str, list[list[int]]] = {name: [] for name in netlist.outputs}
        states = [0] * len(self.flops)
        for cycle in range(len(classes[0])):
            counted = [one[cycle] for one in classes] if cycle else None
            started = self._started(values, stimulus, states, cycle)
            self._settle(values, started, counted, changes)
            states = [take(values) for _, take in self.flops]
            for name, nets in netlist.outputs.items():
                outputs[name].append([values[net] for net in nets])
        return Activity(changes, outputs)

    def _started(
        self, values: list[int], stimulus: Stimulus, states: list[int], cycle: int
    ) -> dict[int, int]:
        """Return the nets that change at the clock's edge, with their new values."""
        new = {LOW: 0, HIGH: self.mask}
        for name, nets in self.netlist.inputs.items():
            if name in stimulus:
                new |= zip(nets, stimulus[name][cycle], strict=True)
        for state, (outs, _) in zip(states, self.flops, strict=True):
            new |= {net: state ^ inverted for net, inverted in outs}
        everything = cycle == 0
        return {net: v for net, v in new.items() if everything or v != values[net]}

    def _settle(
        self,
        values: list[int],
        started: dict[int, int],
        counted: list[int] | None,
        changes: list[list[int]],
    ) -> None:
        if counted is None or not self.unit_delay:
            before = values.copy()
            for net, value in started.items():
                values[net] = value
            for out, evaluate in self.gates:
                values[out] = evaluate(values)
            if counted is not None:
                news = {n: v for n, v in enumerate(values) if v != before[n]}
                _count(before, news, counted, changes)
            return
        step = started
        while step:
            _count(values, step, counted, changes)
            touched: set[int] = set()
            for net, value in step.items():
                values[net] = value
                touched.update(self.readers[net])
            later = ((self.gates[at][0], self.gates[at][1](values)) for at in touched)
            step = {out: value for out, value in later if value != values[out]}


def _count(
    before: list[int], news: Mapping[int, int], counted: list[int], changes: list[list[int]]
) -> None:
    for net, value in news.items():
        changed = before[net] ^ value
        for lanes, found in zip(counted, changes, strict=True):
            found[net] += (changed & lanes).bit_count()


def _flop(flop: Instance, library: Library, mask: int) -> tuple[list[tuple[int, int]], Evaluate]:
    """Return the nets that a flip-flop drives, each with what inverts it, and what it takes."""
    cell = library.cells[flop.cell]
    outs = []
    for pin, net in flop.nets.items():
        if cell.pins[pin].is_output:
            outs.append((net, 0 if cell.pins[pin].function == cell.state[0] else mask))
    return outs, compiled(cell.next_state, flop.nets, mask)
