"""A technology: what actions, arrays and memories cost, each row with its source.

The numbers of one technology belong to one family (one node, voltage and way of estimating),
so that ratios between its rows mean something.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from lowbit_sim.memory.sram import AccessLaw

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
    """Energy of one action, linear in the accumulator width where `kinds` is not empty.

    Parameters
    ----------
    energy_pj : float
        At the technology's ``accumulator_bits`` [pJ].
    pj_per_accumulator_bit : float
        What every further bit adds [pJ/bit].
    kinds : tuple of str
        PE kinds whose accumulator is meant.
    evidence : Evidence
    """

    energy_pj: float
    pj_per_accumulator_bit: float
    kinds: tuple[str, ...]
    evidence: Evidence


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
class SramRows:
    """What an SRAM costs: the law of its read energy, and the bit's area and leakage."""

    law: AccessLaw
    read: Evidence
    write_over_read: float
    write: Evidence
    bit: Silicon


@dataclass(frozen=True, slots=True)
class DramRows:
    """What a DRAM costs [pJ/bit]."""

    read_pj_per_bit: float
    read: Evidence
    write_pj_per_bit: float
    write: Evidence


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
    pes, pes_per_accumulator_bit : Mapping[str, Silicon]
        One PE by kind, and what every further accumulator bit adds to it.
    vector_lane : Silicon
        One lane of the vector unit.
    decoder_bit : Silicon
        Weight decoder, per bit of the port that it follows.
    sram : SramRows
    dram : DramRows
    """

    name: str
    family: str
    path: Path
    node_nm: float
    supply_volts: float
    temperature_kelvins: float
    accumulator_bits: int
    actions: Mapping[str, ActionEnergy]
    pes: Mapping[str, Silicon]
    pes_per_accumulator_bit: Mapping[str, Silicon]
    vector_lane: Silicon
    decoder_bit: Silicon
    sram: SramRows
    dram: DramRows
