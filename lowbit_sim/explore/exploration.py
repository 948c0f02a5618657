"""A design space with everything that is needed to evaluate it, read once in each process."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from lowbit_sim.energy.load import load_technology, technology_files
from lowbit_sim.energy.technology import Technology
from lowbit_sim.errors import LowbitSimError, spec_error
from lowbit_sim.explore.space import Space, load_space
from lowbit_sim.judge.cache import entry_key
from lowbit_sim.registry import registered
from lowbit_sim.study.shipped import BASELINE, Shipped, load_shipped
from lowbit_sim.workload.graph import Workload

_PACKAGES = ("numpy", "scipy", "polars")  # the last decides the bytes of a part


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """One network in the formats that take part.

    Parameters
    ----------
    name : str
    shipped : Shipped
    workloads : tuple of Workload
        One for each format that takes part.
    accuracy_fractions, loss_fractions : Mapping[str, float]
        Of each format the mean over seeds, and what it loses against fp32; empty where no
        accuracies were measured.
    """

    name: str
    shipped: Shipped
    workloads: tuple[Workload, ...]
    accuracy_fractions: Mapping[str, float]
    loss_fractions: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Exploration:
    """A space with its networks and technologies.

    Parameters
    ----------
    space : Space
    networks : tuple of Network
    technologies : Mapping[Path, Technology]
        By the file that machines name.
    key : str
        Hash of all that decides a number: files, versions, source.
    """

    space: Space
    networks: tuple[Network, ...]
    technologies: Mapping[Path, Technology]
    key: str

    @property
    def rows(self) -> int:
        """Designs in all formats of all networks."""
        return self.space.designs * sum(len(one.workloads) for one in self.networks)


class MixedVersionsError(LowbitSimError):
    """A worker would compute with other files or another source."""


def load_exploration(path: Path) -> Exploration:
    """Read the space at `path` and all that it names.

    Raises
    ------
    SpecError
        If a file is wrong, or no format of a network may take part.
    """
    space = load_space(path)
    technologies = {file: load_technology(file) for file in _technology_files(space)}
    networks = tuple(_network(space, one) for one in space.workloads)
    return Exploration(space, networks, technologies, _key(space, tuple(technologies)))


@lru_cache(maxsize=2)
def exploration_of(path: Path, key: str) -> Exploration:
    """Return the exploration of `path`, read once in a process.

    Raises
    ------
    MixedVersionsError
        If this process reads other files, or has another source, than who asked.
    """
    found = load_exploration(path)
    if found.key != key:
        raise MixedVersionsError(
            f"{path}: this worker has other files, packages or another source of lowbit-sim than "
            "the process that asked; nothing was computed"
        )
    return found


def _technology_files(space: Space) -> list[Path]:
    """Return the technology files that any design may name."""
    chosen = [
        str(step[axis.fields.index("technology")])
        for axis in space.structural
        if "technology" in axis.fields
        for step in axis.values
    ]
    named = {
        (machine.path.parent / "technologies" / f"{name}.yaml")
        for machine in space.machines
        for name in chosen or [machine.content["technology"]]
    }
    return sorted(named)


def _network(space: Space, path: Path) -> Network:
    shipped = load_shipped(path, space.spec.weight_formats or ())
    accuracies = shipped.accuracies
    means = {name: one.mean_fraction for name, one in accuracies.items()}
    losses = {name: means[BASELINE] - mean for name, mean in means.items() if BASELINE in means}
    margin = space.spec.margin_fraction
    asked = space.spec.weight_formats or [one.weight_format for one in shipped.workloads]
    taking_part = tuple(
        one
        for one in shipped.workloads
        if one.weight_format in asked
        and (margin is None or losses.get(one.weight_format, 0.0) <= margin)
    )
    if margin is not None and not losses:
        reason = f"{path.name} has no accuracies, so that nobody knows what its formats lose"
        raise spec_error(reason, space.path, key="margin_fraction")
    if not taking_part:
        raise spec_error(f"no format of {path.name} loses at most {margin}", space.path)
    lacking = [one.weight_format for one in taking_part if one.weight_format not in means]
    if "accuracy" in space.spec.objectives and lacking:
        reason = f"{path.name} has no accuracies of {', '.join(lacking)}"
        raise spec_error(reason, space.path, key="objectives")
    return Network(path.stem, shipped, taking_part, means, losses)


def _key(space: Space, technologies: tuple[Path, ...]) -> str:
    files: set[Path] = {space.path, *space.workloads, *(one.path for one in space.machines)}
    for path in technologies:
        files |= set(technology_files(path))
    for path in space.workloads:
        folder = path.with_suffix("")
        files |= {one for one in folder.iterdir() if one.is_file()} if folder.is_dir() else set()
    decided = {
        "explore": _source_hash(),
        "packages": {name: _version(name) for name in _PACKAGES},
        "plug_ins": {name: point.value for name, point in registered("lowbit_sim.pe").items()},
    }
    return entry_key({path.resolve() for path in files}, decided)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # told where it is needed
        return ""


@cache
def _source_hash() -> str:
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
