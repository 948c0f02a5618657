"""Which rows of a technology an energy and an area are made of.

**Formula.**::

    energy of a row = Σ count · energy of the action, over the actions that the row prices
    leakage of a row = leakage power of the parts that the row describes · cycles / clock
    area of a row = area of those parts

Rows are named by their place in the technology's file (``actions.adder.add``, ``dram.read``,
``sram.lstp.leakage``, ``pes.ternary_adder.area``), so that a doubt about a row can be carried to
every number that rests on it. What a row says scales with it: second registers go with the row of
their PE, a write that is priced by a ratio to reads with ``sram.<cell>.write``.
"""

from __future__ import annotations

from lowbit_sim.actions import ActionCounts
from lowbit_sim.arch.accelerator import Accelerator
from lowbit_sim.energy.area import DECODER, VECTOR_UNIT, pe_row, silicon_by_component
from lowbit_sim.energy.table import EnergyTable
from lowbit_sim.energy.technology import Confidence, Silicon, Technology

_PJ_PER_NJ = 1000


def energy_pj_by_row(
    actions: ActionCounts,
    table: EnergyTable,
    technology: Technology,
    accelerator: Accelerator,
    total_cycles: int,
) -> dict[str, float]:
    """Return the energy of an inference by the technology's rows [pJ], leakage included.

    Parameters
    ----------
    actions : ActionCounts
        Of the inference.
    table : EnergyTable
        What they cost on `accelerator`.
    technology : Technology
    accelerator : Accelerator
    total_cycles : int
        How long the chip leaks [cycle].

    Raises
    ------
    SpecError
        If the table has no row for an action, or the technology none for a part.
    """
    found: dict[str, float] = {}
    for action in actions:
        row = table[action]
        found[row.row] = found.get(row.row, 0.0) + actions[action] * row.energy_pj
    for place, silicon in _silicon(technology, accelerator):
        leaked_pj = silicon.leakage_nw * _PJ_PER_NJ * total_cycles / accelerator.clock_hz
        row_name = f"{place}.leakage"
        found[row_name] = found.get(row_name, 0.0) + leaked_pj
    return found


def area_um2_by_row(technology: Technology, accelerator: Accelerator) -> dict[str, float]:
    """Return the area of a machine by the technology's rows [um2].

    Raises
    ------
    SpecError
        If the technology has no row for a part.
    """
    found: dict[str, float] = {}
    for place, silicon in _silicon(technology, accelerator):
        name = f"{place}.area"
        found[name] = found.get(name, 0.0) + silicon.area_um2
    return found


def row_confidences(technology: Technology, table: EnergyTable) -> dict[str, Confidence]:
    """Return how far each row can be trusted, by its name.

    A row that prices an action outside of what it was measured for counts as the table says.
    """
    written = {place: one.confidence for place, one in technology.evidence.items()}
    return {**written, **{row.row: row.confidence for row in table.rows.values()}}


def _silicon(technology: Technology, accelerator: Accelerator) -> list[tuple[str, Silicon]]:
    """Return every part on the chip, with the place of its row."""
    parts = silicon_by_component(technology, accelerator)
    places = {VECTOR_UNIT: "vector_lane", DECODER: "decoder"}
    places |= {array.name: f"pes.{pe_row(technology, array)}" for array in accelerator.arrays}
    places |= {level.name: f"sram.{level.cell}" for level in accelerator.memories}
    return [(places[name], silicon) for name, silicon in parts.items()]
