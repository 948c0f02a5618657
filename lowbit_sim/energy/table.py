"""A technology on a machine: what every action costs.

**Formula.** Energy of an action on a machine whose accumulators have W bit::

    energy = value + (W - technology's accumulator) · per_accumulator_bit
                   + Σ (parameter - row's) · each, over the parameters that have a slope

where a technology may have a row of its own for arrays of a kind. Arrays that share the action and
differ share the dearest row: an upper bound, "scaled".

Reading and writing an SRAM costs what `lowbit_sim.energy.sram_price` says of its cells, capacity,
banks and ports. A DRAM whose rows are told apart costs, with E of a bit, A of activating a row of
R bit, and r bit in a row of the machine::

    read_bit = E - A / R,  activate = A · r / R

so that a row read whole costs as much as where rows are not told apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from lowbit_sim.arch.accelerator import Accelerator
from lowbit_sim.arch.pe_arrays import parameters
from lowbit_sim.energy.load import load_technology
from lowbit_sim.energy.sram_price import sram_price
from lowbit_sim.energy.technology import (
    ActionEnergy,
    Confidence,
    Evidence,
    Technology,
    weakest,
)
from lowbit_sim.errors import nearest, spec_error
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
    row : str
        The technology's row behind it, by its place in the file, as ``dram.read``.
    """

    energy_pj: float
    source: str
    confidence: Confidence
    note: str = ""
    row: str = ""


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
        If an accumulator is too narrow for a row, a memory has the name of another component or
        cells that the technology does not price, or rows of a DRAM are told apart and it does not
        price them.
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
        rows |= memory_rows(technology, level)
    return EnergyTable(MappingProxyType(rows), technology.path)


def _action_row(
    technology: Technology, accelerator: Accelerator, name: str, action: ActionEnergy
) -> EnergyRow:
    own = technology.accumulator_bits
    of_arrays = [
        (row.at(parameters(pe.element), pe.accumulator_bits - own), row, pe.kind)
        for pe in (array.pe for array in accelerator.arrays)
        for row in (technology.action(name, pe.kind),)
        if pe.kind in row.kinds
    ]
    found = of_arrays or [(action.energy_pj, action, "")]
    energies_pj = [energy_pj for energy_pj, _, _ in found]
    if min(energies_pj) <= 0:
        reason = f"leaves no energy for the accumulators or parameters of {accelerator.name}"
        raise spec_error(reason, technology.path, key=f"actions.{name}")
    energy_pj, row, kind = found[energies_pj.index(max(energies_pj))]
    scaled = any(one_pj != other.energy_pj for one_pj, other, _ in found)
    evidence = row.evidence
    confidence = weakest(evidence.confidence, "scaled") if scaled else evidence.confidence
    return _priced(energy_pj, evidence, confidence, technology.action_place(name, kind))


def memory_rows(technology: Technology, level: MemoryLevel) -> dict[str, EnergyRow]:
    """Return what the actions of one memory cost, by name; errors as of `energy_table`."""
    return (_dram_rows if level.technology == "dram" else _sram_rows)(technology, level)


def _sram_rows(technology: Technology, level: MemoryLevel) -> dict[str, EnergyRow]:
    price = sram_price(technology, level)
    read, write = price.read, price.write
    place = f"sram.{level.cell}"
    return {
        f"{level.name}.read_bit": _priced(
            price.read_pj_per_bit, read, read.confidence, f"{place}.read"
        ),
        f"{level.name}.write_bit": _priced(
            price.write_pj_per_bit, write, write.confidence, f"{place}.write"
        ),
    }


def _dram_rows(technology: Technology, level: MemoryLevel) -> dict[str, EnergyRow]:
    rows, share_pj = technology.dram, 0.0
    found: dict[str, EnergyRow] = {}
    if level.row_bits:
        if rows.activate_pj_per_bit is None or rows.activate is None:
            reason = f"no energy for activating a row of '{level.name}', which tells rows apart"
            raise spec_error(reason, technology.path, key="dram.activate")
        share_pj = rows.activate_pj_per_bit
        energy_pj = share_pj * level.row_bits
        activated = _priced(energy_pj, rows.activate, rows.activate.confidence, "dram.activate")
        found[f"{level.name}.activate"] = activated
    for side, whole_pj, evidence in (
        ("read", rows.read_pj_per_bit, rows.read),
        ("write", rows.write_pj_per_bit, rows.write),
    ):
        if whole_pj <= share_pj:
            reason = f"activating a row takes more than all of a {side}, {whole_pj:g} pJ/bit"
            raise spec_error(reason, technology.path, key="dram.activate", value=share_pj)
        confidence = evidence.confidence
        if share_pj and rows.activate is not None:
            confidence = weakest(confidence, rows.activate.confidence)
        found[f"{level.name}.{side}_bit"] = _priced(
            whole_pj - share_pj, evidence, confidence, f"dram.{side}"
        )
    return found


def _priced(energy_pj: float, evidence: Evidence, confidence: Confidence, place: str) -> EnergyRow:
    return EnergyRow(energy_pj, evidence.source, confidence, evidence.note, place)
