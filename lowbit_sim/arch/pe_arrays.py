"""PE arrays: every one is a frame, the same for all kinds, around a kind with keys of its own.

A key is the name of a field. Where that name ends in a dimension of `units.UNITS`, the key goes
without it, whose value has the unit: ``accumulator: 24 bit``.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, cast

from pydantic import TypeAdapter, ValidationError

from lowbit_sim.arch.accelerator import NamedArray
from lowbit_sim.errors import Fault, SpecError, collecting, nearest
from lowbit_sim.pe.array import PEArray
from lowbit_sim.pe.base import Organisation, ProcessingElement, Stationary
from lowbit_sim.pe.folding import NAMED_CONVENTIONS, Conventions, Drain, FoldOrder, Preload
from lowbit_sim.registry import PluginError, load, registered
from lowbit_sim.spec_file import Place, SpecFile, fault_of
from lowbit_sim.units import UNITS, parse_quantity

GROUP = "lowbit_sim.pe"
#: keys of every array besides those of its frame
COMMON = frozenset({"name", "kind"})
SWITCHES = ("preload", "folds", "drain")


@dataclass(frozen=True)
class FrameSpec:
    """What every array says, whatever its kind; see `lowbit_sim.pe.array.PEArray`.

    ``convention`` names a set of switches; without it, each switch has its default.
    ``most_passes`` is the machine's: formats that take more go to the next array.
    """

    rows: int
    cols: int
    accumulator_bits: int
    organisation: Organisation = "systolic"
    stationary: tuple[Stationary, ...] = ("weight", "output")
    convention: Literal["scale_sim"] | None = None
    preload: Preload | None = None
    folds: FoldOrder | None = None
    drain: Drain | None = None
    most_passes: int | None = None


def named_arrays(source: SpecFile) -> tuple[NamedArray, ...]:
    """Return the arrays; an entry that is no mapping with a kind is left to the mirror.

    Raises
    ------
    SpecError
        With every fault of every array: its kind, its frame, and the parameters of that kind.
    """
    faults: list[Fault] = []
    arrays = []
    entries = source.content.get("arrays")
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        if isinstance(entry, dict) and isinstance(entry.get("kind"), str):
            with collecting(faults):
                arrays.append(_named_array(source, ("arrays", index), entry))
    if faults:
        raise SpecError(tuple(faults))
    return tuple(arrays)


def parameters(element: object) -> dict[str, object]:
    """Return the parameters of a kind by their keys in a file.

    Examples
    --------
    >>> from lowbit_sim.pe.integer_mac import IntegerMac
    >>> parameters(IntegerMac(operand_bits=16))
    {'operand': 16}
    """
    fields = dataclasses.fields(cast("Any", element))
    return {_key_and_dimension(f.name)[0]: getattr(element, f.name) for f in fields}


def _named_array(source: SpecFile, place: Place, entry: dict[str, Any]) -> NamedArray:
    kind = _kind(source, (*place, "kind"), entry["kind"])
    framed, own = _keys(FrameSpec), _keys(kind)
    faults: list[Fault] = []
    for key in entry:
        if key not in COMMON | framed | own:
            reason = f"unknown key of {entry['kind']}; {nearest(key, COMMON | framed | own)}"
            faults.append(source.fault((*place, key), reason))
    made: list[Any] = []
    for record, keys in ((FrameSpec, framed), (kind, own)):
        with collecting(faults):
            given = {key: value for key, value in entry.items() if key in keys}
            made.append(_record(source, place, record, given))
    if not faults:
        faults += _contradictions(source, place, made[0])
    if faults:
        raise SpecError(tuple(faults))
    try:
        pe = _framed(made[0], cast("ProcessingElement", made[1]))
        return NamedArray(str(entry.get("name")), pe, made[0].most_passes)
    except ValueError as error:
        raise SpecError((_refused(source, place, error, framed),)) from None


def _framed(frame: FrameSpec, element: ProcessingElement) -> PEArray:
    named = Conventions() if frame.convention is None else NAMED_CONVENTIONS[frame.convention]
    switches = {name: getattr(frame, name) or getattr(named, name) for name in SWITCHES}
    return PEArray(
        element,
        frame.rows,
        frame.cols,
        frame.accumulator_bits,
        frame.organisation,
        Conventions(**switches),
        frame.stationary,
    )


def _contradictions(source: SpecFile, place: Place, frame: FrameSpec) -> list[Fault]:
    """Return the switches that contradict each other or what stays."""
    faults = []
    for name in SWITCHES:
        given = getattr(frame, name)
        if frame.convention is not None and given is not None:
            means = getattr(NAMED_CONVENTIONS[frame.convention], name)
            if given != means:
                reason = f"contradicts convention {frame.convention}, which means {means}"
                faults.append(source.fault((*place, name), reason, given))
    if frame.drain is not None and "output" not in frame.stationary:
        reason = "is about sums that stay, and stationary does not name output"
        faults.append(source.fault((*place, "drain"), reason, frame.drain))
    if frame.preload is not None and frame.stationary == ("output",):
        reason = "is about an operand that stays, and only outputs do"
        faults.append(source.fault((*place, "preload"), reason, frame.preload))
    if len(set(frame.stationary)) < len(frame.stationary):
        faults.append(source.fault((*place, "stationary"), "names an operand twice"))
    if frame.most_passes is not None and frame.most_passes < 1:
        reason = "must be a whole number above zero"
        faults.append(source.fault((*place, "most_passes"), reason, frame.most_passes))
    return faults


def _keys(record: Any) -> frozenset[str]:
    fields = dataclasses.fields(record)
    return frozenset(_key_and_dimension(field.name)[0] for field in fields if field.init)


def _record(source: SpecFile, place: Place, record: Any, given: dict[str, Any]) -> object:
    """Return a frame or a kind made of the keys that are its own."""
    fields = {_key_and_dimension(f.name)[0]: f.name for f in dataclasses.fields(record) if f.init}
    faults: list[Fault] = []
    values: dict[str, Any] = {}
    optional = {f.name for f in dataclasses.fields(record) if f.default is None}
    for key, value in given.items():
        try:
            values[fields[key]] = _value(fields[key], value, optional=fields[key] in optional)
        except ValueError as error:
            empty = "; it is empty" if value is None else ""
            faults.append(source.fault((*place, key), f"{error}{empty}", value))
    try:
        # from JSON, so that a list may become a tuple, but a text no number
        made: object = TypeAdapter(record).validate_json(json.dumps(values), strict=True)
    except ValidationError as error:
        found = (_fault(source, place, values, dict(detail)) for detail in error.errors())
        told = {fault.key for fault in faults}  # a value that was refused is not missing
        faults += [fault for fault in found if fault.key not in told]
    if faults:
        raise SpecError(tuple(faults))
    return made


def _refused(source: SpecFile, place: Place, error: ValueError, keys: Iterable[str]) -> Fault:
    """Return what an array finds wrong with its frame: "rows must be …" names the key first."""
    named = _key_and_dimension(str(error).partition(" ")[0])[0]
    here = (*place, named) if named in keys and (*place, named) in source.lines else place
    return source.fault(here, str(error))


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
    shared = sorted(_keys(kind) & _keys(FrameSpec))
    if shared:
        reason = f"{kinds[name].value} has '{shared[0]}', which is a key of every array"
        raise SpecError((source.fault(place, reason, name),))
    return kind


def _key_and_dimension(field: str) -> tuple[str, str | None]:
    """Return the key of a field, and the dimension that its name ends in, if any."""
    for dimension in UNITS:
        if field.endswith(f"_{dimension}"):
            return field.removesuffix(f"_{dimension}"), dimension
    return field, None


def _value(field: str, given: object, *, optional: bool) -> object:
    if given is None and optional:
        raise ValueError("leave it out")
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
