"""One element measured: its netlist under the traces, told apart by what it costs.

**Formula.** In the cycles that count, of all lanes::

    register bit   = (changes of the written registers' outputs + their clock) / (cycles · bits)
    add            = everything else in cycles with a digit that is not zero / such cycles
    skip           = everything else in cycles with a zero digit / such cycles
    pass           = add · (1 − zeros) + skip · zeros + register bit · bits

"Everything else" are gates, ports, and registers that only carry what goes with a beat. Registers
that hold their word see no clock meanwhile: they are taken as gated.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol

import numpy as np
from amaranth.hdl import Elaboratable, Value
from numpy.typing import NDArray

from lowbit_sim.errors import LowbitSimError
from lowbit_sim.netlist.activity import GateSimulation
from lowbit_sim.netlist.lanes import Trace, Work, from_lanes
from lowbit_sim.netlist.mapped import Instance, Netlist, outputs_of
from lowbit_sim.netlist.switching import Priced

Array = NDArray[Any]


class Element(Protocol):
    """What can be measured; see `lowbit_sim.netlist.elements`."""

    @property
    def written(self) -> tuple[str, ...]:
        """Outputs whose registers are written in every beat."""
        ...

    @property
    def held(self) -> tuple[str, ...]:
        """Outputs whose registers hold."""
        ...

    def design(self) -> tuple[Elaboratable, dict[str, Value]]:
        """Return the hardware and its ports."""
        ...

    def work(self, trace: Any) -> Work:
        """Return what it does with a trace."""
        ...


@dataclass(frozen=True, slots=True)
class Switching:
    """Energies of an element under some traces.

    Parameters
    ----------
    zero_fraction : float
        Share of the digits that are zero.
    add_fj, skip_fj : float
        Of a cycle with a digit, registers left out; `skip_fj` is 0 if there was none [fJ].
    register_bit_fj : float
        Of a written register, a bit and a cycle [fJ/bit].
    pass_fj, pass_glitch_fj : float
        Of a cycle as it comes, without and with glitches [fJ].
    """

    zero_fraction: float
    add_fj: float
    skip_fj: float
    register_bit_fj: float
    pass_fj: float
    pass_glitch_fj: float


def measure(element: Element, priced: Priced, traces: Iterable[Trace | None]) -> Switching:
    """Return the energies of an element under `traces`.

    Raises
    ------
    LowbitSimError
        If the netlist does not compute what the trace says, or no cycle of it counts.
    """
    works = [element.work(trace) for trace in traces]
    parts = _Parts.of(element, priced)
    smooth, glitchy = ([_changes(w, priced, unit_delay=d) for w in works] for d in (False, True))
    cycles = np.array([[_count(c) for c in _classes(w)] for w in works]).sum(axis=0)
    per_class = np.sum([parts.energies(one) for one in smooth], axis=0)  # class, (rest, written)
    with_glitches = float(np.sum([parts.energies(one) for one in glitchy]))
    total = float(cycles.sum())
    if total == 0:
        raise LowbitSimError("the traces are too short: no cycle counts")
    written_fj = per_class[:, 1].sum() / total + parts.written_edges_fj
    add_fj, skip_fj = (
        float(energy / max(count, 1) + parts.tag_edges_fj)
        for energy, count in zip(per_class[:, 0], cycles, strict=True)
    )
    clocks_fj = parts.written_edges_fj + parts.tag_edges_fj
    return Switching(
        zero_fraction=float(cycles[1] / total),
        add_fj=add_fj,
        skip_fj=skip_fj if cycles[1] else 0.0,
        register_bit_fj=float(written_fj / max(parts.written_bits, 1)),
        pass_fj=float(per_class.sum() / total + clocks_fj),
        pass_glitch_fj=with_glitches / total + clocks_fj,
    )


@dataclass(frozen=True, slots=True)
class _Parts:
    """What of a netlist belongs to the written registers, and what clocks cost."""

    change_fj: Array
    is_written: Array
    written_bits: int
    written_edges_fj: float
    tag_edges_fj: float

    @classmethod
    def of(cls, element: Element, priced: Priced) -> _Parts:
        netlist = priced.netlist
        written = _nets(netlist, element.written)
        held = _nets(netlist, element.held)
        flops = [(flop, set(outputs_of(flop, priced.cell_library))) for flop in netlist.flops]

        def clock_fj(wanted: list[Instance]) -> float:
            return sum(priced.clock_fj(flop) for flop in wanted)

        is_written = np.zeros(netlist.nets, bool)
        is_written[list(written)] = True
        found = [flop for flop, nets in flops if nets & written]
        tags = [flop for flop, nets in flops if not nets & (written | held)]
        return cls(
            np.array(priced.change_fj), is_written, len(found), clock_fj(found), clock_fj(tags)
        )

    def energies(self, changes: Array) -> Array:
        """Return of each class the energy of the rest, and of the written registers' outputs."""
        energy = changes * self.change_fj
        return np.stack(
            [energy[:, ~self.is_written].sum(axis=1), energy[:, self.is_written].sum(axis=1)],
            axis=1,
        )


def _nets(netlist: Netlist, ports: tuple[str, ...]) -> set[int]:
    return set(chain.from_iterable(netlist.outputs.get(name, ()) for name in ports))


def _classes(work: Work) -> list[list[int]]:
    """Return, cycle by cycle, the lanes with a digit that is not zero, and with a zero one."""
    pairs = list(zip(work.busy, work.nonzero, strict=True))
    return [
        [busy & nonzero for busy, nonzero in pairs],
        [busy & ~nonzero for busy, nonzero in pairs],
    ]


def _count(lanes: list[int]) -> int:
    return sum(one.bit_count() for one in lanes)


def _changes(work: Work, priced: Priced, *, unit_delay: bool) -> Array:
    simulation = GateSimulation(
        priced.netlist, priced.cell_library, work.lanes, unit_delay=unit_delay
    )
    found = simulation.run(work.stimulus, _classes(work))
    shown = found.outputs[work.result]
    mask = np.uint64((1 << len(shown[0])) - 1)
    for cycle, expected in work.expected.items():
        if not np.array_equal(
            from_lanes(shown[cycle], work.lanes), expected.astype(np.uint64) & mask
        ):
            raise LowbitSimError(f"the netlist computes another {work.result} in cycle {cycle}")
    return np.array(found.changes, dtype=np.float64)
