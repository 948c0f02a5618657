"""The pydantic mirror of ``arch_specs/technologies/<name>.yaml``.

Every row is a `value` (a string with its unit), a `source` (a key of the file's `sources`), a
`confidence` and, where there is something to explain, a `note`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from lowbit_sim.energy.technology import Confidence
from lowbit_sim.memory.base import MemoryCell
from lowbit_sim.memory.sram import LawRange
from lowbit_sim.units import parse_quantity


def _quantity(dimension: str) -> BeforeValidator:
    return BeforeValidator(lambda text: parse_quantity(text, dimension))


Bits = Annotated[int, _quantity("bits")]
PicoJoules = Annotated[float, _quantity("pj")]
PicoJoulesPerBit = Annotated[float, _quantity("pj_per_bit")]
SquareMicrometres = Annotated[float, _quantity("um2")]
SquareMicrometresPerBit = Annotated[float, _quantity("um2_per_bit")]
NanoWatts = Annotated[float, _quantity("nw")]
NanoWattsPerBit = Annotated[float, _quantity("nw_per_bit")]
Nanometres = Annotated[float, _quantity("nm")]
NanoSeconds = Annotated[float, _quantity("ns")]
Volts = Annotated[float, _quantity("volts")]
Kelvins = Annotated[float, _quantity("kelvins")]
Ratio = Annotated[float, Field(gt=0, strict=True, allow_inf_nan=False)]
Fraction = Annotated[float, Field(ge=0, le=1, strict=True)]
SignedFraction = Annotated[float, Field(ge=-1, le=1, strict=True)]
Count = Annotated[int, Field(gt=0, strict=True)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
ActionName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]
Text = Annotated[str, Field(min_length=1)]


def _parameter(given: object) -> object:
    """Return a number or a word as it is, and of a text with a unit the bits that it names."""
    is_quantity = isinstance(given, str) and given[:1].isdigit()
    return parse_quantity(given, "bits") if is_quantity else given


Parameter = Annotated[Annotated[int, Field(gt=0, strict=True)] | Name, BeforeValidator(_parameter)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _check_named(each: Iterable[str], parameters: Mapping[str, object]) -> None:
    unknown = sorted(key for key in each if not isinstance(parameters.get(key), int))
    if unknown:
        raise ValueError(f"each names '{unknown[0]}', which is no number among parameters")


class RowSpec(_Strict):
    """What every row has besides its value."""

    source: Name
    confidence: Confidence
    note: str = ""


class KindActionSpec(RowSpec):
    """Energy of an action in arrays of one kind."""

    value: PicoJoules
    per_accumulator_bit: PicoJoulesPerBit | None = None


class ActionSpec(KindActionSpec):
    """Energy of one action."""

    parameters: dict[Name, Parameter] = {}
    each: dict[Name, PicoJoules] = {}
    kinds: list[Name] = []

    @model_validator(mode="after")
    def _slope_with_kinds(self) -> ActionSpec:
        if (self.per_accumulator_bit is None and not self.each) != (not self.kinds):
            raise ValueError("per_accumulator_bit or each, and kinds, stand together")
        _check_named(self.each, self.parameters)
        return self


class AreaSpec(RowSpec):
    """Area of one instance."""

    value: SquareMicrometres
    per_accumulator_bit: SquareMicrometresPerBit | None = None
    each: dict[Name, SquareMicrometres] = {}


class LeakageSpec(RowSpec):
    """Leakage power of one instance."""

    value: NanoWatts
    per_accumulator_bit: NanoWattsPerBit | None = None
    each: dict[Name, NanoWatts] = {}


class AreaPerBitSpec(RowSpec):
    """Area of one bit."""

    value: SquareMicrometresPerBit


class LeakagePerBitSpec(RowSpec):
    """Leakage power of one bit."""

    value: NanoWattsPerBit


class RatioSpec(RowSpec):
    """A number without a unit."""

    value: Ratio


class AccessSpec(RowSpec):
    """Energy of one access of so many bits."""

    value: PicoJoules
    access: Bits


class FitSpec(_Strict):
    """How far the points that a law was drawn from lie from it: |law / point - 1|."""

    points: Count
    residual_median_fraction: Ratio
    residual_largest_fraction: Ratio


class LawSpec(RowSpec):
    """A number at one capacity and width, and its growth with both."""

    capacity: Bits
    exponent: Fraction
    width: Bits | None = None
    width_exponent: SignedFraction | None = None
    fit: FitSpec | None = None

    @model_validator(mode="after")
    def _width_with_its_exponent(self) -> LawSpec:
        if (self.width is None) != (self.width_exponent is None):
            raise ValueError("width and width_exponent stand together")
        return self


class EnergyLawSpec(LawSpec):
    """Energy of one access."""

    value: PicoJoules
    width: Bits
    width_exponent: SignedFraction


class AreaLawSpec(LawSpec):
    """Area of a memory."""

    value: SquareMicrometres


class LeakageLawSpec(LawSpec):
    """Leakage power of a memory."""

    value: NanoWatts


class AccessTimeLawSpec(LawSpec):
    """Access time of a memory."""

    value: NanoSeconds


class InstanceSpec(_Strict):
    """Area and leakage of one instance."""

    area: AreaSpec
    leakage: LeakageSpec


class PeSpec(InstanceSpec):
    """Area and leakage of one processing element.

    Parameters
    ----------
    kind : str, optional
        The kind that it is a row for; left out, the row's own name.
    parameters : dict of str to int or str
        What it holds for: the array's organisation, and the kind's parameters by their keys in a
        machine's file. One that stands in ``each`` may differ: every further one adds as much.
    held : int
        What a second register of the operand that stays would take [bit].
    held_each : dict of str to int
        What every further unit of a parameter adds to that [bit].
    """

    kind: Name | None = None
    parameters: dict[Name, Parameter] = {}
    held: Bits
    held_each: dict[Name, Bits] = {}

    @model_validator(mode="after")
    def _known_parameters(self) -> PeSpec:
        if self.area.each.keys() != self.leakage.each.keys():
            raise ValueError("each of area and each of leakage name the same parameters")
        _check_named({**self.area.each, **self.held_each}, self.parameters)
        return self


class PerBitSpec(_Strict):
    """Area and leakage of one bit."""

    area: AreaPerBitSpec
    leakage: LeakagePerBitSpec


class RangeSpec(_Strict):
    """Capacities of a part and widths of a port that laws hold for."""

    smallest: Bits = 1
    largest: Bits | None = None
    narrowest: Bits = 1
    widest: Bits | None = None

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> RangeSpec:
        LawRange(self.smallest, self.largest, self.narrowest, self.widest)
        return self


class PointsSpec(RowSpec):
    """The macros that a memory which is exactly one of them is priced by."""

    file: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.csv$")]


class SramSpec(_Strict):
    """What an SRAM of one cell costs; writes have a law, or a ratio to reads."""

    read: EnergyLawSpec
    write: EnergyLawSpec | None = None
    write_over_read: RatioSpec | None = None
    area: AreaLawSpec
    leakage: LeakageLawSpec
    access_time: AccessTimeLawSpec | None = None
    range: RangeSpec = RangeSpec()
    points: PointsSpec | None = None

    @model_validator(mode="after")
    def _writes_once(self) -> SramSpec:
        if (self.write is None) == (self.write_over_read is None):
            raise ValueError("needs either write or write_over_read")
        return self


class ActivationSpec(RowSpec):
    """Energy of activating and closing a row of so many bits."""

    value: PicoJoules
    row: Bits


class DramSpec(_Strict):
    """What a DRAM costs; ``activate`` is for machines that tell its rows apart."""

    read: AccessSpec
    write: AccessSpec
    activate: ActivationSpec | None = None


class TechnologySpec(_Strict):
    """A whole technology file."""

    name: Name
    family: Name
    description: Text
    node: Nanometres
    voltage: Volts
    temperature: Kelvins
    accumulator: Bits
    sources: dict[Name, Text]
    actions: dict[ActionName, ActionSpec]
    kind_actions: dict[Name, dict[ActionName, KindActionSpec]] = {}
    second_register: PerBitSpec
    pes: dict[Name, PeSpec]
    vector_lane: InstanceSpec
    decoder: PerBitSpec
    sram: Annotated[dict[MemoryCell, SramSpec], Field(min_length=1)]
    dram: DramSpec
