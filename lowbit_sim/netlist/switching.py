"""Energy of changes, area, leakage and critical path of a netlist.

**Formula.** A change of a net costs, with the net's capacitance C and its driver's internal
energy at the load C::

    C = Σ capacitance of the pins that read it + wire capacitance of the fanout
    E = ½ · C · V² + internal energy of the driver's output
        + internal energy of the flip-flops' inputs that read it

and every cycle each flip-flop that is clocked costs the two edges at its clock pin::

    E = C_clock pin · V² + 2 · mean internal energy of the clock pin, times a factor for the tree

What is left out: a placement's wires (the library's wire load model stands for them, or nothing),
short-circuit currents of slow slopes (one slew for all), leakage that depends on the state.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from lowbit_sim.netlist.liberty import Cell, Library
from lowbit_sim.netlist.mapped import Instance, Netlist


@dataclass(frozen=True, slots=True)
class Conditions:
    """What energies and delays are looked up at.

    Parameters
    ----------
    slew_ns : float
        Of every signal, for energies; of the ports, for delays [ns].
    wire_load : str or None
        The library's model of a net's wires; None leaves wires out.
    tree_factor : float
        What a clock edge costs over its flip-flops' pins; 1 leaves the tree out.
    """

    slew_ns: float
    wire_load: str | None
    tree_factor: float


@dataclass(frozen=True)
class Priced:
    """A netlist with what its changes cost.

    Parameters
    ----------
    netlist : Netlist
    cell_library : Library
    conditions : Conditions
    """

    netlist: Netlist
    cell_library: Library
    conditions: Conditions

    @cached_property
    def load_ff(self) -> list[float]:
        """Capacitance of each net [fF]."""
        pins_ff = [0.0] * self.netlist.nets
        fanout = [0] * self.netlist.nets
        for one in (*self.netlist.gates, *self.netlist.flops):
            cell = self.cell_library.cells[one.cell]
            for pin, net in one.nets.items():
                if not cell.pins[pin].is_output and pin != cell.clock:
                    pins_ff[net] += cell.pins[pin].capacitance_ff
                    fanout[net] += 1
        return [ff + self._wire_ff(n) for ff, n in zip(pins_ff, fanout, strict=True)]

    def _wire_ff(self, fanout: int) -> float:
        if self.conditions.wire_load is None or fanout == 0:
            return 0.0
        model = self.cell_library.wire_ff[self.conditions.wire_load]
        return model[min((n for n in model if n >= fanout), default=max(model))]

    @cached_property
    def change_fj(self) -> list[float]:
        """Energy of one change of each net [fJ]."""
        volts, slew_ns = self.cell_library.supply_volts, self.conditions.slew_ns
        found = [0.5 * ff * volts**2 for ff in self.load_ff]
        for one in (*self.netlist.gates, *self.netlist.flops):
            cell = self.cell_library.cells[one.cell]
            for pin, net in one.nets.items():
                reads = not cell.pins[pin].is_output
                if pin == cell.clock or (reads and not cell.clock):
                    continue
                found[net] += cell.pins[pin].internal_fj(slew_ns, self.load_ff[net])
        return found

    def clock_fj(self, flop: Instance) -> float:
        """Return what a cycle costs at the clock pin of a flip-flop [fJ]."""
        cell: Cell = self.cell_library.cells[flop.cell]
        pin = cell.pins[cell.clock]
        edges_fj = 2 * pin.internal_fj(self.conditions.slew_ns, 0.0)
        charge_fj = pin.capacitance_ff * self.cell_library.supply_volts**2
        return (edges_fj + charge_fj) * self.conditions.tree_factor

    @property
    def area_um2(self) -> float:
        """Area of all cells [um2]."""
        return sum(self._cells(lambda cell: cell.area_um2))

    @property
    def leakage_nw(self) -> float:
        """Leakage of all cells, mean over states [nW]."""
        return sum(self._cells(lambda cell: cell.leakage_nw))

    def _cells(self, what: Callable[[Cell], float]) -> list[float]:
        netlist = self.netlist
        return [what(self.cell_library.cells[one.cell]) for one in (*netlist.gates, *netlist.flops)]
