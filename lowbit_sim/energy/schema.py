"""The pydantic mirror of ``arch_specs/technologies/<name>.yaml``.

Every row is a `value` (a string with its unit), a `source` (a key of the file's `sources`), a
`confidence` and, where there is something to explain, a `note`.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from lowbit_sim.energy.technology import Confidence
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
Volts = Annotated[float, _quantity("volts")]
Kelvins = Annotated[float, _quantity("kelvins")]
Ratio = Annotated[float, Field(gt=0, strict=True, allow_inf_nan=False)]
Fraction = Annotated[float, Field(ge=0, le=1, strict=True)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
ActionName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]
Text = Annotated[str, Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RowSpec(_Strict):
    """What every row has besides its value."""

    source: Name
    confidence: Confidence
    note: str = ""


class ActionSpec(RowSpec):
    """Energy of one action."""

    value: PicoJoules
    per_accumulator_bit: PicoJoulesPerBit | None = None
    kinds: list[Name] = []

    @model_validator(mode="after")
    def _slope_with_kinds(self) -> ActionSpec:
        if (self.per_accumulator_bit is None) != (not self.kinds):
            raise ValueError("per_accumulator_bit and kinds stand together or not at all")
        return self


class AreaSpec(RowSpec):
    """Area of one instance."""

    value: SquareMicrometres
    per_accumulator_bit: SquareMicrometresPerBit | None = None


class LeakageSpec(RowSpec):
    """Leakage power of one instance."""

    value: NanoWatts
    per_accumulator_bit: NanoWattsPerBit | None = None


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


class LawSpec(AccessSpec):
    """Energy of one access at one capacity, and its growth with capacity."""

    capacity: Bits
    exponent: Fraction


class InstanceSpec(_Strict):
    """Area and leakage of one instance."""

    area: AreaSpec
    leakage: LeakageSpec


class PerBitSpec(_Strict):
    """Area and leakage of one bit."""

    area: AreaPerBitSpec
    leakage: LeakagePerBitSpec


class SramSpec(PerBitSpec):
    """What an SRAM costs."""

    read: LawSpec
    write_over_read: RatioSpec


class DramSpec(_Strict):
    """What a DRAM costs."""

    read: AccessSpec
    write: AccessSpec


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
    pes: dict[Name, InstanceSpec]
    vector_lane: InstanceSpec
    decoder: PerBitSpec
    sram: SramSpec
    dram: DramSpec
