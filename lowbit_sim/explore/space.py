"""A design space: machines and axes, and its designs by number.

Axes that change what the mapper may do (rows, packing, buffers) are *structural*; capacities, port
widths, latencies and cells of single memories and the clock are *free*: designs that differ in
these alone share one table of mappings. Designs are numbered with the machine's file slowest, then
the structural axes, then the free ones, each in the order of the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

from lowbit_sim.arch.accelerator import Accelerator
from lowbit_sim.arch.load import accelerator_of
from lowbit_sim.arch.pe_arrays import named_arrays
from lowbit_sim.arch.schema import AcceleratorSpec
from lowbit_sim.errors import Fault, SpecError, collecting, nearest
from lowbit_sim.explore.axes import Axis, axis_of
from lowbit_sim.explore.fields import changed, is_free, keys_of
from lowbit_sim.explore.space_spec import SpaceSpec
from lowbit_sim.spec_file import SpecFile, read_spec_file, validate

#: a study's file has the name of its directory
_STUDY = "study"


@dataclass(frozen=True, slots=True)
class Space:
    """A design space.

    Parameters
    ----------
    path : Path
        Its file.
    spec : SpaceSpec
    workloads : tuple of Path
    machines : tuple of SpecFile
        The files of the machines that it begins with.
    structural, free : tuple of Axis
    """

    path: Path
    spec: SpaceSpec
    workloads: tuple[Path, ...]
    machines: tuple[SpecFile, ...]
    structural: tuple[Axis, ...]
    free: tuple[Axis, ...]

    @property
    def axes(self) -> tuple[Axis, ...]:
        """All axes in the order in which designs are numbered, the slowest first."""
        return (*self.structural, *self.free)

    @property
    def structures(self) -> int:
        """Machines that differ in what the mapper may do."""
        return len(self.machines) * prod(len(axis) for axis in self.structural)

    @property
    def designs_of_a_structure(self) -> int:
        """Designs that share a structure."""
        return prod(len(axis) for axis in self.free)

    @property
    def designs(self) -> int:
        """All of them."""
        return self.structures * self.designs_of_a_structure

    def steps(self, design: int) -> tuple[int, ...]:
        """Return which machine a design is of, and which value of each axis it takes.

        Raises
        ------
        IndexError
            If there is no such design.
        """
        if not 0 <= design < self.designs:
            raise IndexError(f"design {design} of {self.designs}")
        lengths = [len(self.machines), *(len(axis) for axis in self.axes)]
        found = []
        for length in reversed(lengths):
            design, step = divmod(design, length)
            found.append(step)
        return tuple(reversed(found))

    def number(self, steps: Sequence[int]) -> int:
        """Return the design that takes these steps, as `steps` returns them."""
        lengths = [len(self.machines), *(len(axis) for axis in self.axes)]
        design = 0
        for length, step in zip(lengths, steps, strict=True):
            design = design * length + step
        return design

    def values(self, design: int) -> dict[str, Any]:
        """Return the values that a design takes, by field."""
        _, *steps = self.steps(design)
        return {
            field: value
            for axis, step in zip(self.axes, steps, strict=True)
            for field, value in zip(axis.fields, axis.values[step], strict=True)
        }

    def source(self, design: int) -> SpecFile:
        """Return a design as a machine's file."""
        machine, *_ = self.steps(design)
        return changed(self.machines[machine], self.values(design).items())

    def accelerator(self, design: int) -> Accelerator:
        """Return a design.

        Raises
        ------
        SpecError
            If there can be no such machine.
        """
        return accelerator_of(self.source(design))


def is_space(path: Path) -> bool:
    """Return whether the file at `path` describes a design space."""
    return read_spec_file(path).content.get("kind") == "space"


def load_space(path: Path) -> Space:
    """Read and check a design space; the files that it names must be there.

    Raises
    ------
    SpecError
        With every fault, each at its line: fields that a machine does not have, values that it
        cannot have, ranges that are none; or those of a machine's own file.
    """
    source = read_spec_file(path)
    spec = validate(source, SpaceSpec)
    faults: list[Fault] = []
    own = path.resolve().parent.name if path.stem == _STUDY else path.stem
    if spec.name != own:
        reason = f"must be the file's own name, or that of a study's directory: '{own}'"
        faults.append(source.fault(("name",), reason, spec.name))
    named = {"workloads": spec.workloads, "accelerators": spec.accelerators}
    files = {
        key: tuple(_file(source, (key, index), name, faults) for index, name in enumerate(names))
        for key, names in named.items()
    }
    axes = []
    for index, written in enumerate(spec.axes):
        try:
            axes.append(axis_of(source, ("axes", index), written))
        except SpecError as error:
            faults += error.faults
    if faults:
        raise SpecError(tuple(faults))
    machines = tuple(read_spec_file(one) for one in files["accelerators"])
    for machine in machines:
        accelerator_of(machine)  # a machine to begin with is one that could be run
    faults += _misfits(source, axes, machines)
    if faults:
        raise SpecError(tuple(faults))
    free = [all(is_free(field) for field in axis.fields) for axis in axes]
    return Space(
        path,
        spec,
        files["workloads"],
        machines,
        tuple(axis for axis, one in zip(axes, free, strict=True) if not one),
        tuple(axis for axis, one in zip(axes, free, strict=True) if one),
    )


def _file(source: SpecFile, place: tuple[str | int, ...], given: str, faults: list[Fault]) -> Path:
    path = source.path.parent / given
    if not path.is_file():
        neighbours = [one.name for one in path.parent.glob(f"*{path.suffix}")]
        reason = f"there is no such file; {nearest(path.name, neighbours)}"
        faults.append(source.fault(place, reason, given))
    return path


def _misfits(source: SpecFile, axes: list[Axis], machines: tuple[SpecFile, ...]) -> list[Fault]:
    """Return the fields that a machine does not have, or else what cannot be of those it has."""
    pairs = list(product(enumerate(axes), machines))
    faults = [one for (at, axis), machine in pairs for one in _unknown(source, at, axis, machine)]
    if not faults:
        repeated = ([*_repeated(source, axes, machine)] for machine in machines)
        faults = next(filter(None, repeated), [])  # those of one machine say enough
    if not faults:
        found = (_impossible(source, at, axis, machine) for (at, axis), machine in pairs)
        faults = [one for each in found for one in each]
    return faults


def _repeated(source: SpecFile, axes: list[Axis], machine: SpecFile) -> Iterator[Fault]:
    """Yield the fields that another one changes, too, as arrays.rows and arrays.adders.rows."""
    seen: dict[str, str] = {}
    for index, axis in enumerate(axes):
        for field in axis.fields:
            keys = keys_of(machine, field)
            twice = [seen[key] for key in sorted(keys) if key in seen]
            if twice:
                same = (
                    "stands in two axes" if twice[0] == field else f"changes what {twice[0]} does"
                )
                yield source.fault(("axes", index, field), f"this field {same}")
            seen |= dict.fromkeys(keys, field)


def _unknown(source: SpecFile, index: int, axis: Axis, machine: SpecFile) -> list[Fault]:
    """Return the fields of an axis that a machine does not have."""
    faults = []
    for field, value in zip(axis.fields, axis.values[0], strict=True):
        place = ("axes", index, field)
        try:
            accelerator_of(changed(machine, [(field, value)]))
        except ValueError as error:
            faults.append(source.fault(place, f"{machine.path.name}: {error}"))
        except SpecError as error:
            key = field.rpartition(".")[2]
            told = [
                fault
                for fault in error.faults
                if "unknown key" in fault.reason and (fault.key or "").endswith(key)
            ]
            reasons = (f"{machine.path.name}: {fault.reason}" for fault in told[:1])
            faults += [source.fault(place, reason) for reason in reasons]
    return faults


def _impossible(source: SpecFile, index: int, axis: Axis, machine: SpecFile) -> Iterator[Fault]:
    """Yield the values that can be in no machine, whatever the other axes make of it."""
    for nth, step in enumerate(axis.values):
        tried = changed(machine, zip(axis.fields, step, strict=True))
        faults: list[Fault] = []
        with collecting(faults):
            validate(tried, AcceleratorSpec)
        with collecting(faults):
            named_arrays(tried)
        for field, value in zip(axis.fields, step, strict=True):
            keys = keys_of(machine, field)
            for reason in [fault.reason for fault in faults if fault.key in keys][:1]:
                place = ("axes", index, field, nth)
                yield source.fault(place, f"{machine.path.name}: {reason}", value)
