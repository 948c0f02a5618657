"""What a comparison's study file says: which networks meet which machines, and what may be doubted.

`ComparisonSpec` mirrors ``reports/<study>/study.yaml`` of ``kind: comparison``. Paths are relative
to the study file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from lowbit_sim.energy.technology import Confidence
from lowbit_sim.errors import Fault, SpecError, nearest
from lowbit_sim.judge.candidate import Regime
from lowbit_sim.mapping.mapper import Objective
from lowbit_sim.spec_file import SpecFile, read_spec_file, validate
from lowbit_sim.units import parse_quantity
from lowbit_sim.workload.fields import Count, FormatName, Index, Part, Section, distinct, some

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
FilePath = Annotated[str, Field(min_length=1)]
Files = Annotated[tuple[FilePath, ...], AfterValidator(some), AfterValidator(distinct)]
SquareMicrometres = Annotated[float, BeforeValidator(lambda text: parse_quantity(text, "um2"))]
BitsPerSecond = Annotated[float, BeforeValidator(lambda text: parse_quantity(text, "bits_per_s"))]
Band = Annotated[float, Field(strict=True, gt=1, allow_inf_nan=False)]
Criterion = Literal["accuracy", "energy", "latency", "memory", "area"]
Weight = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]

#: what a row may be wrong by, either way, with 95 % confidence, as a factor: judgements of ours,
#: wider the less stands behind a row; ARCHITECTURE.md says on what they rest
BANDS: Mapping[Confidence, float] = MappingProxyType(
    {"measured": 1.1, "synthesised": 1.25, "simulated": 1.4, "scaled": 1.6, "assumed": 2.5}
)


class DoubtSpec(Section):
    """How much is doubted, and how often it is drawn."""

    samples: Count = 10_000
    seed: Index = 0
    bands: dict[Confidence, Band] = Field(default_factory=dict)

    def band(self, confidence: Confidence) -> float:
        """Return the factor by which a row of this confidence may be wrong, either way."""
        return self.bands.get(confidence, BANDS[confidence])


class ComparisonSpec(Section):
    """All of a comparison's file.

    `equal_area` scales every machine to that area, `equal_dram` gives each the same bandwidth;
    without them each has its own. Without `technologies` each machine is priced in its own, without
    `weight_formats` every format of a network takes part. Every network takes part with each of
    `batch_sizes`, inputs that run at once. `weights` say how much each criterion counts in the
    weighted ranking, 1 if not named. `published_dram` is a table of DRAM energies to be tried.
    """

    name: Name
    kind: Literal["comparison"]
    question: Annotated[str, Field(min_length=1)]
    workloads: Files
    accelerators: Files
    technologies: Files | None = None
    weight_formats: (
        Annotated[tuple[FormatName, ...], AfterValidator(some), AfterValidator(distinct)] | None
    ) = None
    equal_area_um2: SquareMicrometres | None = Field(default=None, alias="equal_area")
    equal_dram_bits_per_s: BitsPerSecond | None = Field(default=None, alias="equal_dram")
    regimes: Annotated[tuple[Regime, ...], AfterValidator(some), AfterValidator(distinct)] = (
        "cold",
    )
    batch_sizes: Annotated[tuple[Count, ...], AfterValidator(some), AfterValidator(distinct)] = (1,)
    objective: Objective = "edp"
    margin_fraction: Part
    confidence_fraction: Part = 0.95
    weights: dict[Criterion, Weight] = Field(default_factory=dict)
    doubt: DoubtSpec = DoubtSpec()
    published_dram: FilePath | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparison's file with the files that it names."""

    path: Path
    spec: ComparisonSpec
    workloads: tuple[Path, ...]
    accelerators: tuple[Path, ...]
    technologies: tuple[Path, ...]
    published_dram: Path | None

    @property
    def folder(self) -> Path:
        """Where the study file is, and its results go."""
        return self.path.parent


def is_comparison(path: Path) -> bool:
    """Return whether the study file at `path` is a comparison rather than a training study."""
    return read_spec_file(path).content.get("kind") == "comparison"


def load_comparison(path: Path) -> Comparison:
    """Read and check a comparison's file; the files that it names must be there.

    Raises
    ------
    SpecError
        With every fault, each at its line.
    """
    source = read_spec_file(path)
    spec = validate(source, ComparisonSpec)
    faults: list[Fault] = []
    directory = path.resolve().parent.name
    if spec.name != directory:
        reason = f"must be the name of the study's directory, '{directory}'"
        faults.append(source.fault(("name",), reason, spec.name))
    lists = {
        key: tuple(
            _file(source, (key, index), given, faults) for index, given in enumerate(names or ())
        )
        for key, names in (
            ("workloads", spec.workloads),
            ("accelerators", spec.accelerators),
            ("technologies", spec.technologies),
        )
    }
    published = spec.published_dram
    table = None if published is None else _file(source, ("published_dram",), published, faults)
    if faults:
        raise SpecError(tuple(faults))
    return Comparison(path, spec, **lists, published_dram=table)


def _file(source: SpecFile, place: tuple[str | int, ...], given: str, faults: list[Fault]) -> Path:
    path = source.path.parent / given
    if not path.is_file():
        neighbours = [one.name for one in path.parent.glob(f"*{path.suffix}")]
        reason = f"there is no such file; {nearest(path.name, neighbours)}"
        faults.append(source.fault(place, reason, given))
    return path
