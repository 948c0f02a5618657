"""What the SRAMs of a machine cost: energy, area, leakage and access time of each.

A memory is so many equal banks; an access reaches one bank, and the banks of a buffer share the
width of its port::

    bank = capacity / banks by port / banks of a buffer

A bank that is exactly one of the technology's points, read and written at one width, costs what
that point does; any other costs what the laws say. A bank outside the range of the laws is built
as `lowbit_sim.memory.sram` says, and its price is only "scaled". Area and leakage go by the wider
of the two ports, since there is only one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from lowbit_sim.arch.accelerator import Accelerator
from lowbit_sim.energy.technology import Evidence, Silicon, SramRows, Technology, weakest
from lowbit_sim.errors import nearest, spec_error
from lowbit_sim.memory import sram
from lowbit_sim.memory.base import MemoryLevel
from lowbit_sim.memory.sram import Macro
from lowbit_sim.units import ceil_div

_NS_PER_S = 1e9


@dataclass(frozen=True, slots=True)
class SramPrice:
    """What one memory costs.

    Parameters
    ----------
    read_pj_per_bit, write_pj_per_bit : float
        Energy of a bit, in accesses of the port's whole width [pJ/bit].
    silicon : Silicon
        All banks together.
    access_ns : float or None
        Access time of a bank [ns]; None where the technology does not say.
    read, write : Evidence
        Where the energies come from.
    """

    read_pj_per_bit: float
    write_pj_per_bit: float
    silicon: Silicon
    access_ns: float | None
    read: Evidence
    write: Evidence


@dataclass(frozen=True, slots=True)
class LateMemory:
    """A memory that takes longer than its machine gives it.

    Parameters
    ----------
    name : str
    access_ns, given_ns : float
        Access time, and the cycles that the machine gives to it [ns].
    """

    name: str
    access_ns: float
    given_ns: float


def sram_price(technology: Technology, level: MemoryLevel) -> SramPrice:
    """Return what the memory `level` costs.

    Raises
    ------
    SpecError
        If the technology has no rows for the memory's cells.
    """
    rows = technology.sram.get(level.cell or "")
    if rows is None:
        reason = (
            f"no rows for cells '{level.cell}', which '{level.name}' is made of; "
            f"{nearest(str(level.cell), technology.sram)}"
        )
        raise spec_error(reason, technology.path, key="sram")
    bank_bits = max(level.capacity_bits // max(level.banks, 1), 1)
    reading, writing = (
        Macro(bank_bits, ceil_div(port_bits, level.banks_of_a_buffer))
        for port_bits in (level.read_bits_per_cycle, level.write_bits_per_cycle)
    )
    banks = level.capacity_bits / bank_bits
    if reading == writing and reading in rows.points:
        return _by_point(rows, reading, banks)
    return _by_law(rows, reading, writing, banks)


def _by_point(rows: SramRows, macro: Macro, banks: float) -> SramPrice:
    point, evidence = rows.points[macro], rows.points_evidence
    assert evidence is not None
    note = f"The point of {macro.capacity_bits} bit by {macro.width_bits} bit, not the fit."
    found = replace(evidence, note=f"{note} {evidence.note}".strip())
    return SramPrice(
        point.read_pj / macro.width_bits,
        point.write_pj / macro.width_bits,
        Silicon(banks * point.area_um2, banks * point.leakage_nw),
        point.access_ns,
        found,
        found,
    )


def _by_law(rows: SramRows, reading: Macro, writing: Macro, banks: float) -> SramPrice:
    within = rows.within
    read_pj = sram.energy_pj_per_bit(reading, rows.read_law, within)
    write_pj = sram.energy_pj_per_bit(writing, rows.write_law, within) * rows.write_factor
    wider = max(reading, writing, key=lambda macro: macro.width_bits)
    silicon = Silicon(
        banks * sram.amount(wider, rows.area_law, within),
        banks * sram.amount(wider, rows.leakage_law, within),
    )
    read = _beyond(rows.read, within.holds(reading))
    write = _beyond(rows.write, within.holds(writing))
    law = rows.access_law
    late_ns = None if law is None else sram.access_ns(reading, law, within)
    confidence = weakest(read.confidence, write.confidence)
    return SramPrice(
        read_pj, write_pj, silicon, late_ns, read, replace(write, confidence=confidence)
    )


def _beyond(evidence: Evidence, within: bool) -> Evidence:
    """Return the evidence of a law, weakened outside of what it holds for."""
    if within:
        return evidence
    return replace(evidence, confidence=weakest(evidence.confidence, "scaled"))


def late_memories(technology: Technology, accelerator: Accelerator) -> Iterator[LateMemory]:
    """Yield the memories whose access takes longer than their latency, at least one cycle.

    Cycles are counted as the machine's file says; a memory named here cannot run at its clock
    without a longer latency and accesses that overlap.
    """
    for level in accelerator.memories:
        if level.technology != "sram":
            continue
        took_ns = sram_price(technology, level).access_ns
        given_ns = max(level.latency_cycles, 1) * _NS_PER_S / accelerator.clock_hz
        if took_ns is not None and took_ns > given_ns:
            yield LateMemory(level.name, took_ns, given_ns)
