"""The kinds of values that a workload file holds, each with its own complaint."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from lowbit_sim.errors import nearest
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.formats.number_format import NumberFormat

Item = TypeVar("Item", bound=Hashable)


def _known_format(name: str) -> str:
    if name not in FORMATS:
        raise ValueError(f"is no number format; {nearest(name, FORMATS)}")
    return name


def _integer_format_or_same(name: str) -> str:
    choices = ["same", *(known for known, fmt in FORMATS.items() if fmt.is_integer)]
    if name not in choices:
        raise ValueError(f"is neither an integer format nor 'same'; {nearest(name, choices)}")
    return name


def _gapless_format(name: str) -> str:
    choices = [known for known, fmt in FORMATS.items() if fmt.is_integer and _is_gapless(fmt)]
    if name not in choices:
        reason = "is no integer format without gaps between its levels"
        raise ValueError(f"{reason}; {nearest(name, choices)}")
    return name


def _is_gapless(fmt: NumberFormat) -> bool:
    return fmt.levels[-1] - fmt.levels[0] == fmt.count - 1


def some(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Demand an entry; Field(min_length=1) also finds fault with a list of one faulty entry."""
    if not items:
        raise ValueError("must not be empty")
    return items


def distinct(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Demand that no entry stands twice."""
    if len(set(items)) != len(items):
        raise ValueError("names something twice")
    return items


Count = Annotated[int, Field(strict=True, gt=0)]
Index = Annotated[int, Field(strict=True, ge=0)]
Rate = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
Part = Annotated[float, Field(strict=True, gt=0, lt=1, allow_inf_nan=False)]
Share = Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]
#: what may be taken away, of which something must be left
Less = Annotated[float, Field(strict=True, ge=0, lt=1, allow_inf_nan=False)]
FormatName = Annotated[str, AfterValidator(_known_format)]
ActivationFormat = Annotated[str, AfterValidator(_gapless_format)]
LayerFormat = Annotated[str, AfterValidator(_integer_format_or_same)]
WorkloadName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Section(BaseModel):
    """Base of every part of the file: immutable, and unknown keys are faults."""

    model_config = ConfigDict(extra="forbid", frozen=True)
