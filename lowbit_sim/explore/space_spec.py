"""What a design space's file says: machines, axes, budgets and what is minimised.

`SpaceSpec` mirrors ``arch_specs/spaces/<name>.yaml`` of ``kind: space``. Paths are relative to the
file.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from lowbit_sim.judge.candidate import Regime
from lowbit_sim.judge.comparison_spec import BitsPerSecond, Files, Name, SquareMicrometres
from lowbit_sim.mapping.mapper import Objective
from lowbit_sim.units import parse_quantity
from lowbit_sim.workload.fields import Count, FormatName, Index, Part, Section, distinct, some

Criterion = Literal["area", "energy", "latency", "accuracy"]
Sampler = Literal["nsga2", "tpe"]


def _quantity(dimension: str) -> BeforeValidator:
    return BeforeValidator(lambda text: parse_quantity(text, dimension))


class ConstraintsSpec(Section):
    """What a design may take at most; what is left out has no limit.

    `power` is energy by latency of the network, leakage included; `dram_bandwidth` the wider
    direction of the DRAM's port.
    """

    area_um2: SquareMicrometres | None = Field(default=None, alias="area")
    power_nw: Annotated[float, _quantity("nw")] | None = Field(default=None, alias="power")
    dram_bits_per_s: BitsPerSecond | None = Field(default=None, alias="dram_bandwidth")
    latency_ns: Annotated[float, _quantity("ns")] | None = Field(default=None, alias="latency")
    energy_pj: Annotated[float, _quantity("pj")] | None = Field(default=None, alias="energy")


class SearchSpec(Section):
    """How designs are picked where there are too many to look at all."""

    sampler: Sampler = "nsga2"
    trials: Count
    seed: Index = 0
    population: Annotated[int, Field(strict=True, ge=2)] = 50


class SpaceSpec(Section):
    """All of a space's file.

    Formats that lose more than `margin_fraction` of accuracy against fp32 take no part; without
    it, all do. `within_fraction` is how much worse than the front a design may be and yet not be
    looked at: 0 finds the front itself.
    """

    name: Name
    kind: Literal["space"]
    description: Annotated[str, Field(min_length=1)]
    workloads: Files
    accelerators: Files
    weight_formats: (
        Annotated[tuple[FormatName, ...], AfterValidator(some), AfterValidator(distinct)] | None
    ) = None
    axes: Annotated[list[dict[str, Any]], Field(min_length=1)]
    constraints: ConstraintsSpec = ConstraintsSpec()
    objectives: Annotated[tuple[Criterion, ...], AfterValidator(some), AfterValidator(distinct)] = (
        "area",
        "energy",
        "latency",
    )
    regime: Regime = "cold"
    objective: Objective = "edp"
    margin_fraction: Part | None = None
    within_fraction: Annotated[float, Field(strict=True, ge=0, lt=1)] = 0.05
    search: SearchSpec | None = None
