"""Chunks of a design space: runs of designs that are evaluated, kept and resumed as a whole.

A row is a design in one format of one network: its area, and the cycles and energy that no mapping
beats. Nothing stands where there can be no such machine, or the network cannot be mapped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.errors import SpecError
from lowbit_sim.explore.confirming import Row, confirmed
from lowbit_sim.explore.exploration import Exploration, Network
from lowbit_sim.explore.networks import Designs, designs_of, least_of_network
from lowbit_sim.explore.prices import prices_of
from lowbit_sim.explore.space import Space
from lowbit_sim.explore.variants import variants_of
from lowbit_sim.pe.base import ValueDependent

#: designs of a chunk: seconds of work, and some megabytes as they are kept
CHUNK_DESIGNS = 1 << 14
_PJ_PER_NJ = 1000
#: reasons of one kind that are told
REASONS = 3
#: what is found of every row
FOUND = (
    "area_um2",
    "leakage_nw",
    "dram_bits_per_s",
    "least_cycles",
    "least_seconds",
    "least_energy_pj",
)
Columns = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Chunk:
    """What was found of a run of designs.

    Parameters
    ----------
    columns : dict of str to ndarray
        A row for each design in each format of each network.
    evaluations : int
        Mappings of operators on designs that were evaluated.
    refusal : str
        A line for each reason why some designs are left out, as ``cannot be built: …`` or
        ``cannot run vit in int8: …``; empty if there is none.
    """

    columns: Columns
    evaluations: int
    refusal: str


def chunk_count(space: Space) -> int:
    """Return how many chunks a space has."""
    return -(-space.designs // CHUNK_DESIGNS)


def evaluated(exploration: Exploration, chunk: int) -> Chunk:
    """Return what is found of one chunk.

    Parameters
    ----------
    exploration : Exploration
    chunk : int
        Counted from 0.
    """
    space = exploration.space
    first = chunk * CHUNK_DESIGNS
    last = min(first + CHUNK_DESIGNS, space.designs)
    tables: list[Columns] = []
    evaluations = 0
    unbuildable: dict[str, None] = {}
    unmappable: dict[tuple[str, str], str] = {}
    for structure, begin, end in _pieces(space, first, last):
        try:
            designs = _designs(exploration, structure, begin, end)
        except SpecError as error:
            unbuildable[str(error.faults[0].reason)] = None
            tables += _unbuildable(exploration, structure, begin, end)
            continue
        unbuildable |= dict.fromkeys(designs.variants.refusals)
        for network in exploration.networks:
            found, count = _of_network(exploration, network, designs, structure, begin)
            tables += found
            evaluations += count
            unmappable |= _unmappable(exploration, found, unmappable)
    names = tables[0]
    columns = {name: np.concatenate([table[name] for table in tables]) for name in names}
    lines = [f"cannot be built: {reason}" for reason in [*unbuildable][:REASONS]]
    for (network_name, weight_format), reason in unmappable.items():
        lines.append(f"cannot run {network_name} in {weight_format}: {reason}")
    return Chunk(columns, evaluations, "\n".join(lines))


def _unmappable(
    exploration: Exploration, tables: list[Columns], known: Mapping[tuple[str, str], str]
) -> dict[tuple[str, str], str]:
    """Return why a network cannot run in some formats, of the first design that can be built."""
    found: dict[tuple[str, str], str] = {}
    for table in tables:
        asked = str(table["workload"][0]), str(table["weight_format"][0])
        told = sum(name == asked[0] for name, _ in {**known, **found})
        lacking = np.isfinite(table["area_um2"]) & np.isnan(table["least_cycles"])
        if asked not in known and told < REASONS and lacking.any():
            row = Row(int(table["design"][lacking.argmax()]), *asked)
            found[asked] = " ".join(confirmed(exploration, row).refusal.split())
    return found


def _pieces(space: Space, first: int, last: int) -> Iterator[tuple[int, int, int]]:
    """Yield the structures of a run of designs, with the designs of each, counted within it."""
    each = space.designs_of_a_structure
    for structure in range(first // each, -(-last // each)):
        offset = structure * each
        yield structure, max(first - offset, 0), min(last - offset, each)


def _designs(exploration: Exploration, structure: int, begin: int, end: int) -> Designs:
    variants = variants_of(exploration.space, structure, begin, end)
    technology = exploration.technologies[variants.machine.technology_path]
    return designs_of(variants, prices_of(variants, technology))


def _of_network(
    exploration: Exploration, network: Network, designs: Designs, structure: int, begin: int
) -> tuple[list[Columns], int]:
    regime = exploration.space.spec.regime
    arrays = designs.variants.machine.arrays
    decide = any(isinstance(array.pe.element, ValueDependent) for array in arrays)
    tables, evaluations = [], 0
    for workload in network.workloads:
        values = network.shipped.levels(workload) if decide else {}
        least = least_of_network(designs, workload, values, regime)
        evaluations += least.evaluations
        mapped = np.isfinite(least.cycles) & np.isfinite(least.energy_pj)
        none = np.where(mapped, 0.0, np.nan)
        seconds = (least.cycles + none) / designs.variants.clock_hz
        described = _described(exploration, structure, begin, designs.variants.designs)
        named = _named(network, workload.weight_format, designs.variants.designs)
        found = {
            "area_um2": designs.prices.area_um2,
            "leakage_nw": _leakage_nw(designs),
            "dram_bits_per_s": _dram_bits_per_s(designs),
            "least_cycles": least.cycles + none,
            "least_seconds": seconds,
            "least_energy_pj": least.energy_pj + none,
        }
        tables.append({**described, **named, **found})
    return tables, evaluations


def _leakage_nw(designs: Designs) -> NDArray[np.float64]:
    pj_per_s = designs.prices.leakage_pj_per_cycle * designs.variants.clock_hz
    return np.asarray(pj_per_s / _PJ_PER_NJ)


def _dram_bits_per_s(designs: Designs) -> NDArray[np.float64]:
    """Return the bandwidth of the wider direction of the DRAM's port [bit/s]."""
    variants = designs.variants
    sides = [variants.of_memory(0, f"{side}_bits_per_cycle") for side in ("read", "write")]
    widths = np.maximum(*sides)[variants.picks[0]]
    return np.asarray(widths.astype(np.float64) * variants.clock_hz)


def _unbuildable(exploration: Exploration, structure: int, begin: int, end: int) -> list[Columns]:
    nothing = np.full(end - begin, np.nan)
    return [
        {
            **_described(exploration, structure, begin, end - begin),
            **_named(network, workload.weight_format, end - begin),
            **dict.fromkeys(FOUND, nothing),
        }
        for network in exploration.networks
        for workload in network.workloads
    ]


def _named(network: Network, weight_format: str, count: int) -> Columns:
    accuracies = {
        "accuracy_fraction": network.accuracy_fractions,
        "loss_fraction": network.loss_fractions,
    }
    return {
        "workload": np.full(count, network.name, object),
        "weight_format": np.full(count, weight_format, object),
        **{name: np.full(count, by.get(weight_format, np.nan)) for name, by in accuracies.items()},
    }


def _described(exploration: Exploration, structure: int, begin: int, count: int) -> Columns:
    """Return which designs these are, and the values that they take."""
    space = exploration.space
    design = structure * space.designs_of_a_structure + begin + np.arange(count)
    machine, *steps = space.steps(int(design[0]))
    columns: Columns = {
        "design": design,
        "accelerator": np.full(count, space.machines[machine].path.stem, object),
    }
    for axis, step in zip(space.structural, steps, strict=False):
        for name, values in axis.columns():
            columns[name] = np.full(count, values[step], _dtype(values))
    lengths = [len(axis) for axis in space.free]
    taken = np.unravel_index(np.arange(begin, begin + count), lengths) if lengths else ()
    for axis, which in zip(space.free, taken, strict=True):
        for name, values in axis.columns():
            columns[name] = np.array(values, _dtype(values))[which]
    return columns


def _dtype(values: list[Any]) -> Any:
    if all(isinstance(value, int) and not isinstance(value, bool) for value in values):
        return np.int64
    return np.float64 if all(isinstance(value, float) for value in values) else object
