"""The arrays of an accelerator file become PE arrays of the registered kinds.

A kind is a dataclass, and its fields are the keys of the file: a field that names its unit, as
``accumulator_bits``, is a key without it, whose value has the unit: ``accumulator: 24 bit``.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError

from lowbit_sim.arch.accelerator import NamedArray
from lowbit_sim.errors import Fault, SpecError, collecting, nearest
from lowbit_sim.pe.base import PEArray
from lowbit_sim.registry import PluginError, load, registered
from lowbit_sim.spec_file import Place, SpecFile, fault_of
from lowbit_sim.units import UNITS, parse_quantity

GROUP = "lowbit_sim.pe"
#: keys of every array, whatever its kind
COMMON = frozenset({"name", "kind"})


def named_arrays(source: SpecFile) -> tuple[NamedArray, ...]:
    """Return the arrays; an entry that is no mapping with a kind is left to the mirror.

    Raises
    ------
    SpecError
        With every fault of every array: its kind, and the parameters of that kind.
    """
    faults: list[Fault] = []
    arrays = []
    entries = source.content.get("arrays")
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        if isinstance(entry, dict) and isinstance(entry.get("kind"), str):
            with collecting(faults):
                pe = _pe_array(source, ("arrays", index), entry)
                arrays.append(NamedArray(str(entry.get("name")), pe))
    if faults:
        raise SpecError(tuple(faults))
    return tuple(arrays)


def _pe_array(source: SpecFile, place: Place, entry: dict[str, Any]) -> PEArray:
    kind = _kind(source, (*place, "kind"), entry["kind"])
    fields = {_key_and_dimension(f.name)[0]: f.name for f in dataclasses.fields(kind) if f.init}
    faults: list[Fault] = []
    values: dict[str, Any] = {}
    for key in (key for key in entry if key not in COMMON):
        if key not in fields:
            reason = f"unknown key of {entry['kind']}; {nearest(key, COMMON | fields.keys())}"
            faults.append(source.fault((*place, key), reason))
            continue
        try:
            values[fields[key]] = _value(fields[key], entry[key])
        except ValueError as error:
            faults.append(source.fault((*place, key), str(error), entry[key]))
    try:
        # from JSON, so that a list may become a tuple, but a text no number
        made = TypeAdapter(kind).validate_json(json.dumps(values), strict=True)
    except ValidationError as error:
        found = (_fault(source, place, values, dict(detail)) for detail in error.errors())
        told = {fault.key for fault in faults}  # a value that was refused is not missing
        faults += [fault for fault in found if fault.key not in told]
    if faults:
        raise SpecError(tuple(faults))
    return cast("PEArray", made)


def _kind(source: SpecFile, place: Place, name: str) -> Any:
    try:
        kinds = registered(GROUP)
        if name not in kinds:
            reason = f"unknown kind of PE; {nearest(name, kinds)}"
            raise SpecError((source.fault(place, reason, name),))
        kind = load(GROUP, name)
    except PluginError as error:
        raise SpecError((source.fault(place, str(error)),)) from error
    if not (isinstance(kind, type) and dataclasses.is_dataclass(kind)):
        raise SpecError((source.fault(place, f"{kinds[name].value} is no dataclass", name),))
    return kind


def _key_and_dimension(field: str) -> tuple[str, str | None]:
    """Return the key of a field, and the dimension that its name ends in, if any."""
    for dimension in UNITS:
        if field.endswith(f"_{dimension}"):
            return field.removesuffix(f"_{dimension}"), dimension
    return field, None


def _value(field: str, given: object) -> object:
    _, dimension = _key_and_dimension(field)
    if dimension is None:
        return given
    return parse_quantity(given, dimension, allow_zero=dimension == "cycles")


def _fault(source: SpecFile, place: Place, values: Iterable[str], detail: dict[str, Any]) -> Fault:
    """Return what is wrong with a field, or with the whole where it names no field."""
    # a dataclass that checks itself names the field first: "rows must be …"
    named = str(detail["msg"]).removeprefix("Value error, ").partition(" ")[0]
    loc = detail["loc"] or ((named,) if named in values else ())
    key = [_key_and_dimension(str(part))[0] for part in loc[:1]]
    return fault_of(source, (*place, *key, *loc[1:]), detail)
