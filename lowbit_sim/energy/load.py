"""``arch_specs/technologies/<name>.yaml`` becomes a `Technology`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from pydantic import BaseModel

from lowbit_sim.energy.schema import (
    ActionSpec,
    DramSpec,
    InstanceSpec,
    KindActionSpec,
    LawSpec,
    PerBitSpec,
    PeSpec,
    RowSpec,
    TechnologySpec,
)
from lowbit_sim.energy.sram_points import SramPoint, points_at, read_points
from lowbit_sim.energy.technology import (
    ActionEnergy,
    DramRows,
    Evidence,
    PeRow,
    Silicon,
    SramRows,
    Technology,
)
from lowbit_sim.errors import SpecError, nearest
from lowbit_sim.memory import dram
from lowbit_sim.memory.base import MemoryCell
from lowbit_sim.memory.sram import LawRange, Macro, PowerLaw
from lowbit_sim.spec_file import SpecFile, read_spec_file, validate


def load_technology(path: Path) -> Technology:
    """Read the technology at `path`.

    Raises
    ------
    SpecError
        With every fault of the file, each at its line: bare numbers, unknown units and keys,
        rows without source or confidence, sources that `sources` does not name; or those of the
        points that it names.
    """
    file = read_spec_file(path)
    spec = validate(file, TechnologySpec)
    faults = [
        file.fault(
            (*place, "source"),
            f"is not in sources; {nearest(row.source, spec.sources)}",
            row.source,
        )
        for place, row in _rows(spec, ())
        if row.source not in spec.sources
    ]
    faults += [
        file.fault(("kind_actions", kind, name), f"is no action; {nearest(name, spec.actions)}")
        for kind, rows in spec.kind_actions.items()
        for name in rows.keys() - spec.actions.keys()
    ]
    if spec.name != path.stem:
        faults.insert(0, file.fault(("name",), f"must be the file's, '{path.stem}'", spec.name))
    if faults:
        raise SpecError(tuple(faults))
    return _technology(file, spec)


def technology_files(path: Path) -> list[Path]:
    """Return the technology's file and those of the macros that it names.

    Raises
    ------
    SpecError
        If the file cannot be read.
    """
    cells = read_spec_file(path).content["sram"].values()
    named = [cell["points"]["file"] for cell in cells if cell.get("points")]
    return [path, *(path.parent / name for name in dict.fromkeys(named))]


def _rows(part: object, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], RowSpec]]:
    """Yield every row at or below `part`, with its place in the file."""
    if isinstance(part, RowSpec):
        yield place, part
        return
    if isinstance(part, BaseModel):
        part = {key: getattr(part, key) for key in type(part).model_fields}
    if isinstance(part, dict):
        for key, entry in part.items():
            yield from _rows(entry, (*place, key))


def _technology(file: SpecFile, spec: TechnologySpec) -> Technology:
    return Technology(
        name=spec.name,
        family=spec.family,
        path=file.path,
        node_nm=spec.node,
        supply_volts=spec.voltage,
        temperature_kelvins=spec.temperature,
        accumulator_bits=spec.accumulator,
        actions=MappingProxyType({name: _action(spec, row) for name, row in spec.actions.items()}),
        kind_actions=MappingProxyType(
            {
                kind: MappingProxyType({n: _kind_action(spec, kind, r) for n, r in rows.items()})
                for kind, rows in spec.kind_actions.items()
            }
        ),
        second_register_bit=_bit(spec.second_register),
        pes=MappingProxyType({name: _pe(name, pe) for name, pe in spec.pes.items()}),
        vector_lane=_silicon(spec.vector_lane),
        decoder_bit=_bit(spec.decoder),
        sram=MappingProxyType({cell: _sram(file, spec, cell) for cell in spec.sram}),
        dram=_dram(spec, spec.dram),
        evidence=MappingProxyType(
            {".".join(place): _evidence(spec, row) for place, row in _rows(spec, ())}
        ),
    )


def _evidence(spec: TechnologySpec, row: RowSpec) -> Evidence:
    return Evidence(spec.sources[row.source], row.confidence, row.note)


def _action(spec: TechnologySpec, row: ActionSpec) -> ActionEnergy:
    slope = row.per_accumulator_bit or 0.0
    return ActionEnergy(
        row.value,
        slope,
        tuple(row.kinds),
        _evidence(spec, row),
        MappingProxyType(row.parameters),
        MappingProxyType(row.each),
    )


def _kind_action(spec: TechnologySpec, kind: str, row: KindActionSpec) -> ActionEnergy:
    slope = row.per_accumulator_bit or 0.0
    return ActionEnergy(row.value, slope, (kind,), _evidence(spec, row))


def _silicon(spec: InstanceSpec) -> Silicon:
    return Silicon(spec.area.value, spec.leakage.value)


def _bit(spec: PerBitSpec) -> Silicon:
    return Silicon(spec.area.value, spec.leakage.value)


def _pe(name: str, spec: PeSpec) -> PeRow:
    area, leakage = spec.area, spec.leakage
    return PeRow(
        kind=spec.kind or name,
        parameters=MappingProxyType(spec.parameters),
        one=_silicon(spec),
        per_accumulator_bit=Silicon(
            area.per_accumulator_bit or 0.0, leakage.per_accumulator_bit or 0.0
        ),
        each=MappingProxyType({k: Silicon(area.each[k], leakage.each[k]) for k in area.each}),
        held_bits=spec.held,
        held_each_bits=MappingProxyType(spec.held_each),
    )


def _sram(file: SpecFile, spec: TechnologySpec, cell: MemoryCell) -> SramRows:
    rows = spec.sram[cell]
    written = rows.write or rows.write_over_read
    assert written is not None
    read_law = _law(rows.read, rows.read.value)
    time = rows.access_time
    ends = rows.range
    return SramRows(
        read_law=read_law,
        write_law=read_law if rows.write is None else _law(rows.write, rows.write.value),
        area_law=_law(rows.area, rows.area.value),
        leakage_law=_law(rows.leakage, rows.leakage.value),
        within=LawRange(ends.smallest, ends.largest, ends.narrowest, ends.widest),
        read=_evidence(spec, rows.read),
        write=_evidence(spec, written),
        write_factor=1.0 if rows.write_over_read is None else rows.write_over_read.value,
        access_law=None if time is None else _law(time, time.value),
        points=_points(file, spec, cell),
        points_evidence=None if rows.points is None else _evidence(spec, rows.points),
    )


def _law(row: LawSpec, value: float) -> PowerLaw:
    """Return a row as a law; without a width it holds at any."""
    return PowerLaw(value, row.capacity, row.width or 1, row.exponent, row.width_exponent or 0.0)


def _points(file: SpecFile, spec: TechnologySpec, cell: MemoryCell) -> Mapping[Macro, SramPoint]:
    """Return the macros beside the technology's file, at its temperature."""
    named = spec.sram[cell].points
    if named is None:
        return MappingProxyType({})
    path, place = file.path.parent / named.file, ("sram", cell, "points", "file")
    if not path.is_file():
        known = [found.name for found in path.parent.glob("*.csv")]
        reason = f"there is no {path}; {nearest(named.file, known)}"
        raise SpecError((file.fault(place, reason, named.file),))
    try:
        return points_at(read_points(path), cell, spec.temperature)
    except ValueError as error:
        raise SpecError((file.fault(place, str(error), named.file),)) from None


def _dram(spec: TechnologySpec, rows: DramSpec) -> DramRows:
    activate = rows.activate
    return DramRows(
        dram.pj_per_bit(rows.read.value, rows.read.access),
        _evidence(spec, rows.read),
        dram.pj_per_bit(rows.write.value, rows.write.access),
        _evidence(spec, rows.write),
        None if activate is None else dram.pj_per_bit(activate.value, activate.row),
        None if activate is None else _evidence(spec, activate),
    )
