"""A technology on a machine: what every action costs.

**Formula.** Energy of an action on a machine whose accumulators have W bit::

    energy = value + (W - technology's accumulator) · per_accumulator_bit

Reading and writing a memory level costs what a bit of its technology costs at its capacity.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from lowbit_sim.arch.accelerator import Accelerator
from lowbit_sim.energy.load import load_technology
from lowbit_sim.energy.technology import ActionEnergy, Confidence, Technology, weakest
from lowbit_sim.errors import nearest, spec_error
from lowbit_sim.memory import sram
from lowbit_sim.memory.base import MemoryLevel

__all__ = ["EnergyRow", "EnergyTable", "component", "energy_table", "load_technology"]


@dataclass(frozen=True, slots=True)
class EnergyRow:
    """Energy of one action.

    Parameters
    ----------
    energy_pj : float
        Energy each time [pJ].
    source, confidence, note : str
        Where the number comes from.
    """

    energy_pj: float
    source: str
    confidence: Confidence
    note: str = ""


@dataclass(frozen=True, slots=True)
class EnergyTable:
    """What every action costs on one machine.

    Parameters
    ----------
    rows : Mapping[str, EnergyRow]
        By action name.
    file : Path
        The technology file, to be named in errors.
    """

    rows: Mapping[str, EnergyRow]
    file: Path

    def __getitem__(self, action: str) -> EnergyRow:
        """Return the row of `action`.

        Raises
        ------
        SpecError
            If the technology has none: no action is free by omission.
        """
        if action not in self.rows:
            reason = f"no energy for the action '{action}'; {nearest(action, self.rows)}"
            raise spec_error(reason, self.file, key="actions")
        return self.rows[action]

    def scaled(self, factors: Mapping[str, float]) -> EnergyTable:
        """Return the table with each component in `factors` that many times as costly.

        Raises
        ------
        ValueError
            If a component has no row.
        """
        unknown = factors.keys() - {component(action) for action in self.rows}
        if unknown:
            raise ValueError(f"no action belongs to: {', '.join(sorted(unknown))}")
        rows = {
            action: replace(row, energy_pj=row.energy_pj * factors.get(component(action), 1.0))
            for action, row in self.rows.items()
        }
        return EnergyTable(MappingProxyType(rows), self.file)


def component(action: str) -> str:
    """Return the part of an action's name before the dot.

    Examples
    --------
    >>> component("dram.read_bit")
    'dram'
    """
    return action.partition(".")[0]


def energy_table(technology: Technology, accelerator: Accelerator) -> EnergyTable:
    """Return what every action costs on `accelerator`.

    Raises
    ------
    SpecError
        If arrays that share an action differ in accumulator width, or a memory has the name of
        another component.
    """
    rows = {
        name: _action_row(technology, accelerator, name, action)
        for name, action in technology.actions.items()
    }
    taken = {component(name) for name in rows}
    for level in accelerator.memories:
        if level.name in taken:
            reason = f"a memory cannot be called '{level.name}': that is a component of the table"
            raise spec_error(reason, technology.path, key="actions")
        rows |= _memory_rows(technology, level)
    return EnergyTable(MappingProxyType(rows), technology.path)


def _action_row(
    technology: Technology, accelerator: Accelerator, name: str, action: ActionEnergy
) -> EnergyRow:
    arrays = [array.pe for array in accelerator.arrays if array.pe.kind in action.kinds]
    widths = {pe.accumulator_bits for pe in arrays} or {technology.accumulator_bits}
    if len(widths) > 1:
        reason = f"{accelerator.name}: arrays with one row need one accumulator width"
        raise spec_error(reason, technology.path, key=f"actions.{name}", value=sorted(widths))
    width = widths.pop()
    further_bits = width - technology.accumulator_bits
    confidence = action.evidence.confidence
    energy_pj = action.energy_pj + further_bits * action.pj_per_accumulator_bit
    if energy_pj <= 0:
        reason = f"leaves no energy for the {width} bit accumulators of {accelerator.name}"
        raise spec_error(reason, technology.path, key=f"actions.{name}.per_accumulator_bit")
    return EnergyRow(
        energy_pj,
        action.evidence.source,
        weakest(confidence, "scaled") if further_bits else confidence,
        action.evidence.note,
    )


def _memory_rows(technology: Technology, level: MemoryLevel) -> dict[str, EnergyRow]:
    if level.technology == "dram":
        dram = technology.dram
        reading, writing = dram.read_pj_per_bit, dram.write_pj_per_bit
        read, write = dram.read, dram.write
        weaker = write.confidence
    else:
        rows = technology.sram
        reading = sram.read_pj_per_bit(level.capacity_bits, rows.law)
        writing = sram.write_pj_per_bit(level.capacity_bits, rows.law, rows.write_over_read)
        read, write = rows.read, rows.write
        weaker = weakest(read.confidence, write.confidence)
    return {
        f"{level.name}.read_bit": EnergyRow(reading, read.source, read.confidence, read.note),
        f"{level.name}.write_bit": EnergyRow(writing, write.source, weaker, write.note),
    }
