"""``arch_specs/<name>.yaml`` becomes an `Accelerator`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lowbit_sim.arch.accelerator import Accelerator, VectorUnit
from lowbit_sim.arch.hierarchy import decoder_depth, memory_levels
from lowbit_sim.arch.pe_arrays import named_arrays
from lowbit_sim.arch.schema import AcceleratorSpec
from lowbit_sim.errors import Fault, SpecError, collecting, in_file_order, nearest
from lowbit_sim.spec_file import SpecFile, read_spec_file, validate

#: parts of every machine, and components that share their actions
TAKEN_NAMES = frozenset(
    {
        *("vector_unit", "decoder", "leakage"),
        *("adder", "shift_adder", "bit_pair", "bit_brick", "lookup", "xnor_popcount"),
        *("ternary_popcount", "integer_mac", "float_mac", "register", "vector"),
        "multiplexer",
    }
)


def load_accelerator(path: Path) -> Accelerator:
    """Read the accelerator at `path`.

    Raises
    ------
    SpecError
        With every fault of the file, each at its line.
    """
    return accelerator_of(read_spec_file(path))


def accelerator_of(source: SpecFile) -> Accelerator:
    """Return the accelerator that a file's content describes.

    Raises
    ------
    SpecError
        As `load_accelerator`.
    """
    faults = [*_name_faults(source)]
    with collecting(faults):
        spec = validate(source, AcceleratorSpec)
    with collecting(faults):
        technology_path = _technology_path(source)
    with collecting(faults):
        arrays = named_arrays(source)
    with collecting(faults):
        memories = memory_levels(source)
        decoded = decoder_depth(source, memories)
    if faults:
        raise SpecError(in_file_order(faults))
    return Accelerator(
        name=spec.name,
        clock_hz=spec.clock,
        arrays=arrays,
        vector_unit=VectorUnit(spec.vector_unit.lanes),
        memories=memories,
        packing=spec.packing,
        technology=spec.technology,
        technology_path=technology_path,
        sources=tuple(spec.sources),
        decoder_depth=decoded,
        unfolding=spec.unfolding,
        concurrent=spec.concurrent,
    )


def _technology_path(source: SpecFile) -> Path:
    name = source.content.get("technology")
    folder = source.path.parent / "technologies"
    path = folder / f"{name}.yaml"
    # a name that is no word is told by the mirror
    if isinstance(name, str) and re.fullmatch(r"\w+", name) and not path.is_file():
        known = [found.stem for found in folder.glob("*.yaml")]
        reason = f"there is no {path}; {nearest(name, known)}"
        raise SpecError((source.fault(("technology",), reason, name),))
    return path


def _name_faults(source: SpecFile) -> Iterator[Fault]:
    """Yield every name that stands twice, is taken, or is not the file's."""
    name = source.content.get("name")
    if isinstance(name, str) and name != source.path.stem:
        reason = f"must be the file's own name, '{source.path.stem}'"
        yield source.fault(("name",), reason, name)
    seen: dict[str, int] = {}
    for part in ("arrays", "memories"):
        entries = source.content.get(part)
        for index, entry in enumerate(entries if isinstance(entries, list) else []):
            place = (part, index, "name")
            if place not in source.lines or not isinstance(entry["name"], str):
                continue
            if entry["name"] in TAKEN_NAMES:
                reason = "is a part of every machine; choose another name"
                yield source.fault(place, reason, entry["name"])
            if entry["name"] in seen:
                reason = f"this name stands twice, first in line {seen[entry['name']]}"
                yield source.fault(place, reason, entry["name"])
            seen.setdefault(entry["name"], source.lines[place])
