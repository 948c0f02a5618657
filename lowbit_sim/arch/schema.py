"""The pydantic mirror of ``arch_specs/<name>.yaml``, and its JSON Schema for editors."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from lowbit_sim.arch.accelerator import Unfolding
from lowbit_sim.formats.packing import Packing
from lowbit_sim.memory.base import MemoryCell, MemoryTechnology, Operand
from lowbit_sim.units import parse_quantity, quantity_pattern


def _quantity(dimension: str, *, allow_zero: bool = False) -> BeforeValidator:
    return BeforeValidator(lambda text: parse_quantity(text, dimension, allow_zero=allow_zero))


def _written(dimension: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": quantity_pattern(dimension)})


Count = Annotated[int, Field(gt=0, strict=True)]
Buffers = Annotated[int, Field(ge=1, le=2, strict=True)]
Banks = Literal[1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]
Hertz = Annotated[int, _quantity("hz"), _written("hz")]
Bits = Annotated[int, _quantity("bits"), _written("bits")]
BitsPerCycle = Annotated[int, _quantity("bits_per_cycle"), _written("bits_per_cycle")]
Cycles = Annotated[int, _quantity("cycles", allow_zero=True), _written("cycles")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Text = Annotated[str, Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ArraySpec(BaseModel):
    """One PE array; every key besides name and kind belongs to the frame or to the kind."""

    model_config = ConfigDict(extra="allow", frozen=True)
    name: Name
    kind: str


class VectorUnitSpec(_Strict):
    """The vector unit."""

    lanes: Count


class MemorySpec(_Strict):
    """One memory level."""

    name: Name
    technology: MemoryTechnology
    cell: MemoryCell | None = Field(default=None, validate_default=True)
    capacity: Bits | None = Field(default=None, validate_default=True)
    read: BitsPerCycle
    write: BitsPerCycle
    latency_cycles: Cycles = Field(
        default=0, alias="latency", json_schema_extra={"default": "0 cycle"}
    )
    buffers: Buffers = 2
    serves: list[Operand]
    shared_port: StrictBool = False
    banks: Banks | None = None
    burst: Bits = Field(default=1, json_schema_extra={"default": "1 bit"})
    row: Bits | None = None
    row_miss_cycles: Cycles = Field(
        default=0, alias="row_miss", json_schema_extra={"default": "0 cycle"}
    )

    @field_validator("row", "banks", mode="before")
    @classmethod
    def _not_empty(cls, given: object) -> object:
        if given is None:
            raise ValueError("leave it out")
        return given

    @field_validator("row", "banks")
    @classmethod
    def _where_it_belongs(cls, given: int | None, context: ValidationInfo) -> int | None:
        belongs = {"row": "dram", "banks": "sram"}[str(context.field_name)]
        technology = context.data.get("technology")
        if given is not None and technology not in {belongs, None}:
            raise ValueError(f"only a memory of technology {belongs} has it")
        return given

    @field_validator("row")
    @classmethod
    def _whole_bursts(cls, row: int | None, context: ValidationInfo) -> int | None:
        burst = context.data.get("burst", 1)
        if row is not None and row % burst:
            raise ValueError(f"must be a multiple of burst, {burst} bit: none crosses its end")
        return row

    @field_validator("row_miss_cycles")
    @classmethod
    def _only_with_rows(cls, cycles: int, context: ValidationInfo) -> int:
        if cycles and context.data.get("row", 1) is None:
            raise ValueError("is about rows: say how much a row holds, with the key row")
        return cycles

    @field_validator("cell")
    @classmethod
    def _of_an_sram(cls, cell: MemoryCell | None, others: ValidationInfo) -> MemoryCell | None:
        technology = others.data.get("technology")
        if technology == "sram" and cell is None:
            raise ValueError(f"an sram needs a cell: {' or '.join(get_args(MemoryCell))}")
        if technology == "dram" and cell is not None:
            raise ValueError("only a memory of technology sram has it")
        return cell

    @field_validator("capacity")
    @classmethod
    def _finite_on_the_chip(cls, capacity: int | None, others: ValidationInfo) -> int | None:
        technology = others.data.get("technology")
        if technology == "sram" and capacity is None:
            raise ValueError("an sram needs a capacity")
        if technology == "dram" and capacity is not None:
            raise ValueError("a dram is taken as unbounded: leave its capacity out")
        return capacity


class DecoderSpec(_Strict):
    """Where weights are decoded: behind the memory called `after`."""

    after: Name


# What goes beyond one key is checked where it is used: the parameters of a PE kind in `pe_arrays`,
# the order of the memories in `hierarchy`, names and technology in `load`.
class AcceleratorSpec(_Strict):
    """A whole accelerator file."""

    name: Name
    description: Text
    clock: Hertz
    technology: Name
    packing: Packing
    arrays: Annotated[list[ArraySpec], Field(min_length=1)]
    vector_unit: VectorUnitSpec
    memories: list[MemorySpec]
    decoder: DecoderSpec | None = None
    unfolding: Unfolding = "array"
    concurrent: StrictBool = False
    sources: Annotated[list[Text], Field(min_length=1)]


def accelerator_json_schema() -> str:
    """Return ``arch_specs/schema.json``: `AcceleratorSpec` for editors, as JSON.

    Quantities are strings with a unit, and the parameters of a PE kind are left open.
    """
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **AcceleratorSpec.model_json_schema(),
        "title": "lowbit-sim accelerator",
    }
    return json.dumps(schema, indent=2) + "\n"
