"""Area of a machine and the power that it leaks, part by part.

**Formula.**::

    array       = rows · cols · (PE + (W - technology's accumulator) · per accumulator bit
                                 + second registers · bit)
    vector unit = lanes · lane
    decoder     = read width of the memory before it · decoder per bit (weights in digit words)
    sram        = banks · what a bank of its cells takes (`lowbit_sim.energy.sram_price`)
    dram        = 0: it is off the chip

A PE has a second register of the operand that stays where the next one moves in meanwhile
(``preload: hidden``), and one of its sum, W bit, where sums that stayed leave through the rows
meanwhile (``folds: overlapped``).

The decoder stands behind a memory and must keep up with its port. It is the largest
that any format needs, so that a machine's area does not depend on what it runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lowbit_sim.arch.accelerator import Accelerator, NamedArray
from lowbit_sim.arch.pe_arrays import parameters
from lowbit_sim.energy.sram_price import sram_price
from lowbit_sim.energy.technology import Silicon, Technology
from lowbit_sim.errors import nearest, spec_error

VECTOR_UNIT, DECODER = "vector_unit", "decoder"


def silicon_by_component(technology: Technology, accelerator: Accelerator) -> dict[str, Silicon]:
    """Return area and leakage of every part on the chip, by the part's name.

    Raises
    ------
    SpecError
        If the technology has no row for a PE kind or a memory's cells, or two parts have one name.
    """
    parts = list(silicon_apart_from_memories(technology, accelerator))
    parts += [
        (level.name, sram_price(technology, level).silicon)
        for level in accelerator.memories
        if level.technology == "sram"
    ]
    names = [name for name, _ in parts]
    for name in names:
        if names.count(name) > 1:
            raise spec_error(f"{accelerator.name}: two parts are called '{name}'")
    return dict(parts)


def silicon_apart_from_memories(
    technology: Technology, accelerator: Accelerator
) -> Iterator[tuple[str, Silicon]]:
    """Yield the name of every part on the chip that is no memory, with its area and leakage.

    The decoder's depend on the width of the memory before it.
    """
    yield VECTOR_UNIT, technology.vector_lane * accelerator.vector_unit.lanes
    if accelerator.packing.startswith("word_"):
        source = accelerator.path("weight")[accelerator.decoder_depth]
        yield DECODER, technology.decoder_bit * source.read_bits_per_cycle
    for array in accelerator.arrays:
        yield array.name, _array(technology, array)


def _array(technology: Technology, array: NamedArray) -> Silicon:
    pe = array.pe
    given = {"organisation": pe.organisation, **parameters(pe.element)}
    row = technology.pes[pe_row(technology, array)]
    further_bits = pe.accumulator_bits - technology.accumulator_bits
    one = row.silicon(given, further_bits)
    if min(one.area_um2, one.leakage_nw) <= 0:
        reason = f"leaves no area or leakage for the {pe.accumulator_bits} bit accumulators of"
        raise spec_error(f"{reason} '{array.name}'", technology.path, key=f"pes.{pe.kind}")
    second_bits = 0
    if pe.conventions.preload == "hidden" and set(pe.stationary) != {"output"}:
        second_bits += row.second_register_bits(given)
    drains = pe.conventions.drain == "through_rows" and "output" in pe.stationary
    if pe.conventions.folds == "overlapped" and drains:
        second_bits += pe.accumulator_bits
    return (one + technology.second_register_bit * second_bits) * (pe.rows * pe.cols)


def pe_row(technology: Technology, array: NamedArray) -> str:
    """Return the name of the row that holds for an array's processing elements.

    Raises
    ------
    SpecError
        If there is none.
    """
    kind = array.pe.kind
    given = {"organisation": array.pe.organisation, **parameters(array.pe.element)}
    for name, row in technology.pes.items():
        if row.kind == kind and row.fits(given):
            return name
    rows = [row for row in technology.pes.values() if row.kind == kind]
    reason = f"no area and leakage for the PE kind '{kind}'"
    if not rows:
        known = {row.kind for row in technology.pes.values()}
        raise spec_error(f"{reason}; {nearest(kind, known)}", technology.path, key="pes")
    wanted = {key: value for key, value in given.items() if key in rows[0].parameters}
    there = ", or ".join(_said(row.parameters) for row in rows)
    reason = f"{reason} with {_said(wanted)}; there is one with {there}"
    raise spec_error(reason, technology.path, key="pes")


def _said(values: Mapping[str, object]) -> str:
    return " and ".join(f"{key} {value}" for key, value in values.items())


def area_um2_by_component(technology: Technology, accelerator: Accelerator) -> dict[str, float]:
    """Return the area of every part on the chip [um2], by the part's name.

    Wires between the parts, control and clock tree are left out.

    Raises
    ------
    SpecError
        As `silicon_by_component`.
    """
    parts = silicon_by_component(technology, accelerator)
    return {name: part.area_um2 for name, part in parts.items()}
