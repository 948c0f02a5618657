"""``arch_specs/technologies/<name>.yaml`` becomes a `Technology`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType

from pydantic import BaseModel

from lowbit_sim.energy.schema import (
    ActionSpec,
    DramSpec,
    InstanceSpec,
    PerBitSpec,
    PeSpec,
    RowSpec,
    TechnologySpec,
)
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
from lowbit_sim.memory import dram, sram
from lowbit_sim.spec_file import Place, read_spec_file, validate


def load_technology(path: Path) -> Technology:
    """Read the technology at `path`.

    Raises
    ------
    SpecError
        With every fault of the file, each at its line: bare numbers, unknown units and keys,
        rows without source or confidence, sources that `sources` does not name.
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
    if spec.name != path.stem:
        faults.insert(0, file.fault(("name",), f"must be the file's, '{path.stem}'", spec.name))
    if faults:
        raise SpecError(tuple(faults))
    return _technology(path, spec)


def _rows(part: object, place: Place) -> Iterator[tuple[Place, RowSpec]]:
    """Yield every row at or below `part`, with its place in the file."""
    if isinstance(part, RowSpec):
        yield place, part
        return
    if isinstance(part, BaseModel):
        part = {key: getattr(part, key) for key in type(part).model_fields}
    if isinstance(part, dict):
        for key, entry in part.items():
            yield from _rows(entry, (*place, key))


def _technology(path: Path, spec: TechnologySpec) -> Technology:
    return Technology(
        name=spec.name,
        family=spec.family,
        path=path,
        node_nm=spec.node,
        supply_volts=spec.voltage,
        temperature_kelvins=spec.temperature,
        accumulator_bits=spec.accumulator,
        actions=MappingProxyType({name: _action(spec, row) for name, row in spec.actions.items()}),
        second_register_bit=_bit(spec.second_register),
        pes=MappingProxyType({name: _pe(name, pe) for name, pe in spec.pes.items()}),
        vector_lane=_silicon(spec.vector_lane),
        decoder_bit=_bit(spec.decoder),
        sram=_sram(spec),
        dram=_dram(spec, spec.dram),
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


def _sram(spec: TechnologySpec) -> SramRows:
    read, write = spec.sram.read, spec.sram.write_over_read
    return SramRows(
        sram.AccessLaw(read.value, read.access, read.capacity, read.exponent),
        read.largest,
        _evidence(spec, read),
        write.value,
        _evidence(spec, write),
        _bit(spec.sram),
    )


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
