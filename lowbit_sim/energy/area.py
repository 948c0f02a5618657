"""Area of a machine and the power that it leaks, part by part.

**Formula.**::

    array       = rows · cols · (PE + (W - technology's accumulator) · per accumulator bit)
    vector unit = lanes · lane
    decoder     = read width of the shared SRAM · decoder per bit      (weights in digit words)
    sram        = capacity · bit
    dram        = 0: it is off the chip

The decoder stands where the shared SRAM is read and must keep up with its port. It is the largest
that any format needs, so that a machine's area does not depend on what it runs.
"""

from __future__ import annotations

from lowbit_sim.arch.accelerator import Accelerator, NamedArray
from lowbit_sim.energy.technology import Silicon, Technology
from lowbit_sim.errors import nearest, spec_error
from lowbit_sim.memory import sram

VECTOR_UNIT, DECODER = "vector_unit", "decoder"


def silicon_by_component(technology: Technology, accelerator: Accelerator) -> dict[str, Silicon]:
    """Return area and leakage of every part on the chip, by the part's name.

    Raises
    ------
    SpecError
        If the technology has no row for a PE kind, or two parts have one name.
    """
    lanes = technology.vector_lane * accelerator.vector_unit.lanes
    parts = [(VECTOR_UNIT, lanes)]
    if accelerator.packing.startswith("word_"):
        port_bits = accelerator.shared_sram.read_bits_per_cycle
        parts.append((DECODER, technology.decoder_bit * port_bits))
    parts += [(array.name, _array(technology, array)) for array in accelerator.arrays]
    bit = technology.sram.bit
    for level in accelerator.memories:
        if level.technology == "sram":
            area_um2 = sram.area_um2(level.capacity_bits, bit.area_um2)
            leakage_nw = sram.leakage_nw(level.capacity_bits, bit.leakage_nw)
            parts.append((level.name, Silicon(area_um2, leakage_nw)))
    names = [name for name, _ in parts]
    for name in names:
        if names.count(name) > 1:
            raise spec_error(f"{accelerator.name}: two parts are called '{name}'")
    return dict(parts)


def _array(technology: Technology, array: NamedArray) -> Silicon:
    pe = array.pe
    if pe.kind not in technology.pes:
        reason = f"no area and leakage for the PE kind '{pe.kind}'"
        hint = nearest(pe.kind, technology.pes)
        raise spec_error(f"{reason}; {hint}", technology.path, key="pes")
    further_bits = pe.accumulator_bits - technology.accumulator_bits
    one = technology.pes[pe.kind] + technology.pes_per_accumulator_bit[pe.kind] * further_bits
    if min(one.area_um2, one.leakage_nw) <= 0:
        reason = f"leaves no area or leakage for the {pe.accumulator_bits} bit accumulators of"
        raise spec_error(f"{reason} '{array.name}'", technology.path, key=f"pes.{pe.kind}")
    return one * (pe.rows * pe.cols)


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
