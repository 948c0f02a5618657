"""A technology: what actions, arrays and memories cost, each row with its source.

The numbers of one technology belong to one family (one node, voltage and way of estimating),
so that ratios between its rows mean something.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from lowbit_sim.energy.sram_points import SramPoint
from lowbit_sim.memory.sram import LawRange, Macro, PowerLaw

#: keys in a machine's file -> what a row holds for
Parameters = Mapping[str, Any]
Confidence = Literal["measured", "synthesised", "simulated", "scaled", "assumed"]


def weakest(first: Confidence, *others: Confidence) -> Confidence:
    """Return the least trustworthy of some confidences.

    Examples
    --------
    >>> weakest("simulated", "assumed", "measured")
    'assumed'
    """
    order: tuple[Confidence, ...] = get_args(Confidence)
    return max((first, *others), key=order.index)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a number comes from.

    Parameters
    ----------
    source : str
        The paper, tool or document.
    confidence : str
        ``measured``, ``synthesised``, ``simulated``, ``scaled`` or ``assumed``.
    note : str
        How it was derived.
    """

    source: str
    confidence: Confidence
    note: str = ""


@dataclass(frozen=True, slots=True)
class ActionEnergy:
    """Energy of one action, linear in what the arrays of its `kinds` are, if there are any.

    Parameters
    ----------
    energy_pj : float
        At the technology's ``accumulator_bits`` and at `parameters` [pJ].
    pj_per_accumulator_bit : float
        What every further bit adds [pJ/bit].
    kinds : tuple of str
        PE kinds whose accumulators and parameters are meant.
    evidence : Evidence
    parameters : Mapping[str, int or str]
        The parameters that `energy_pj` holds for.
    each : Mapping[str, float]
        What every further unit of a parameter adds [pJ].
    """

    energy_pj: float
    pj_per_accumulator_bit: float
    kinds: tuple[str, ...]
    evidence: Evidence
    parameters: Parameters = field(default_factory=dict)
    each: Mapping[str, float] = field(default_factory=dict)

    def at(self, given: Mapping[str, Any], further_bits: int) -> float:
        """Return the energy at these parameters and so many further accumulator bits [pJ]."""
        energy_pj = self.energy_pj + further_bits * self.pj_per_accumulator_bit
        for key, every_pj in self.each.items():
            energy_pj += every_pj * (given.get(key, self.parameters[key]) - self.parameters[key])
        return energy_pj


@dataclass(frozen=True, slots=True)
class Silicon:
    """Area and leakage of something.

    Parameters
    ----------
    area_um2 : float
        Area [um2].
    leakage_nw : float
        Leakage power [nW].
    """

    area_um2: float
    leakage_nw: float

    def __add__(self, other: Silicon) -> Silicon:
        return Silicon(self.area_um2 + other.area_um2, self.leakage_nw + other.leakage_nw)

    def __mul__(self, times: int) -> Silicon:
        return Silicon(self.area_um2 * times, self.leakage_nw * times)


@dataclass(frozen=True, slots=True)
class PeRow:
    """One processing element of a kind.

    Parameters
    ----------
    kind : str
    parameters : Mapping[str, int or str]
        The organisation and parameters that `one` holds for, by their keys in a machine's file.
    one : Silicon
        At these parameters and the technology's ``accumulator_bits``.
    per_accumulator_bit : Silicon
        What every further accumulator bit adds.
    each : Mapping[str, Silicon]
        What every further unit of a parameter adds; the others must be as in `parameters`.
    held_bits : int
        What a second register of the operand that stays takes, at these parameters [bit].
    held_each_bits : Mapping[str, int]
        What every further unit of a parameter adds to that [bit].
    """

    kind: str
    parameters: Parameters
    one: Silicon
    per_accumulator_bit: Silicon
    each: Mapping[str, Silicon]
    held_bits: int
    held_each_bits: Mapping[str, int]

    def fits(self, given: Mapping[str, object]) -> bool:
        """Return whether the row holds for a processing element with these parameters."""
        fixed = self.parameters.keys() - self.each.keys()
        same = all(given.get(key) == self.parameters[key] for key in fixed)
        return same and self.each.keys() <= given.keys()

    def silicon(self, given: Mapping[str, Any], further_bits: int) -> Silicon:
        """Return one with these parameters and so many further accumulator bits."""
        made = self.one + self.per_accumulator_bit * further_bits
        for key, every in self.each.items():
            made += every * (given[key] - self.parameters[key])
        return made

    def second_register_bits(self, given: Mapping[str, Any]) -> int:
        """Return what a second register of the operand that stays takes [bit]."""
        held_bits = self.held_bits
        for key, every_bits in self.held_each_bits.items():
            held_bits += every_bits * (given[key] - self.parameters[key])
        return held_bits


@dataclass(frozen=True, slots=True)
class SramRows:
    """What SRAMs of one cell cost.

    Parameters
    ----------
    read_law, write_law : PowerLaw
        Energy of one access [pJ]; a write takes `write_factor` times what its law says.
    area_law, leakage_law : PowerLaw
        Area [um2] and leakage power [nW].
    within : LawRange
        What the laws hold for.
    read, write : Evidence
        Of the energies.
    write_factor : float
        1 where writes have a law of their own.
    access_law : PowerLaw, optional
        Access time [ns].
    points : Mapping[Macro, SramPoint]
        Macros that cost what they were simulated to; none where the laws serve all.
    points_evidence : Evidence, optional
    """

    read_law: PowerLaw
    write_law: PowerLaw
    area_law: PowerLaw
    leakage_law: PowerLaw
    within: LawRange
    read: Evidence
    write: Evidence
    write_factor: float = 1.0
    access_law: PowerLaw | None = None
    points: Mapping[Macro, SramPoint] = field(default_factory=dict)
    points_evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class DramRows:
    """What a DRAM costs [pJ/bit], reads and writes with their share of a row's activation.

    ``activate_pj_per_bit`` is that share, where it is known: activating a row, by its bits.
    """

    read_pj_per_bit: float
    read: Evidence
    write_pj_per_bit: float
    write: Evidence
    activate_pj_per_bit: float | None = None
    activate: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Technology:
    """Everything a technology file says.

    Parameters
    ----------
    name, family : str
        Its name, and the family that all its numbers are brought to.
    path : Path
        The file it was read from.
    node_nm, supply_volts, temperature_kelvins : float
        The conditions that the numbers hold at.
    accumulator_bits : int
        Accumulator width that the rows of actions and PEs are for [bit].
    actions : Mapping[str, ActionEnergy]
        By action name; memory actions are derived from `sram` and `dram`.
    kind_actions : Mapping[str, Mapping[str, ActionEnergy]]
        By PE kind and action name, where an action costs something else in arrays of that kind.
    second_register_bit : Silicon
        One bit of a second register, which takes over from the first.
    pes : Mapping[str, PeRow]
        Processing elements, by the name of their row.
    vector_lane : Silicon
        One lane of the vector unit.
    decoder_bit : Silicon
        Weight decoder, per bit of the port that it follows.
    sram : Mapping[str, SramRows]
        By the cell that a memory is made of.
    dram : DramRows
    evidence : Mapping[str, Evidence]
        Of every row, by its place in the file, as ``pes.ternary_adder.area``.
    """

    name: str
    family: str
    path: Path
    node_nm: float
    supply_volts: float
    temperature_kelvins: float
    accumulator_bits: int
    actions: Mapping[str, ActionEnergy]
    kind_actions: Mapping[str, Mapping[str, ActionEnergy]]
    second_register_bit: Silicon
    pes: Mapping[str, PeRow]
    vector_lane: Silicon
    decoder_bit: Silicon
    sram: Mapping[str, SramRows]
    dram: DramRows
    evidence: Mapping[str, Evidence] = field(default_factory=dict)

    def action(self, name: str, kind: str) -> ActionEnergy:
        """Return the row of an action in arrays of a kind."""
        return self.kind_actions.get(kind, {}).get(name, self.actions[name])

    def action_place(self, name: str, kind: str) -> str:
        """Return where in the file the row of an action in arrays of a kind stands."""
        own = name in self.kind_actions.get(kind, {})
        return f"kind_actions.{kind}.{name}" if own else f"actions.{name}"
