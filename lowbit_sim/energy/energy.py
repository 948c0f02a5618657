"""Energy: counts times a table, and leakage power times time.

**Formula.**::

    energy of a component = Σ count · energy of the action, over the component's actions
    leakage energy        = Σ leakage power of the parts · cycles / clock
"""

from __future__ import annotations

from lowbit_sim.actions import ActionCounts
from lowbit_sim.arch.accelerator import Accelerator
from lowbit_sim.energy.area import silicon_by_component
from lowbit_sim.energy.table import EnergyTable, component
from lowbit_sim.energy.technology import Technology

_PJ_PER_NJ = 1000


def energy_pj_by_component(actions: ActionCounts, table: EnergyTable) -> dict[str, float]:
    """Return the dynamic energy of `actions` by component [pJ].

    Parameters
    ----------
    actions : ActionCounts
        What happened; ``component.action`` belongs to ``component``.
    table : EnergyTable
        What each action costs.

    Raises
    ------
    SpecError
        If the table has no row for an action.

    Examples
    --------
    Three additions of 0.5 pJ:

    >>> from pathlib import Path
    >>> from lowbit_sim.energy.table import EnergyRow
    >>> table = EnergyTable({"adder.add": EnergyRow(0.5, "a book", "assumed")}, Path("t.yaml"))
    >>> energy_pj_by_component(ActionCounts({"adder.add": 3}), table)
    {'adder': 1.5}
    """
    found: dict[str, float] = {}
    for action in actions:
        name = component(action)
        found[name] = found.get(name, 0.0) + actions[action] * table[action].energy_pj
    return found


def leakage_pj(technology: Technology, accelerator: Accelerator, total_cycles: int) -> float:
    """Return the energy that the whole chip leaks in `total_cycles` [pJ].

    Nothing is switched off while it idles. The DRAM's standby power is not counted.

    Parameters
    ----------
    technology : Technology
        Leakage power of every part.
    accelerator : Accelerator
        The machine, and its clock.
    total_cycles : int
        How long it is on [cycle].

    Raises
    ------
    SpecError
        If the technology has no row for a PE kind.
    """
    parts = silicon_by_component(technology, accelerator)
    leakage_nw = sum(part.leakage_nw for part in parts.values())
    return leakage_nw * _PJ_PER_NJ * total_cycles / accelerator.clock_hz
