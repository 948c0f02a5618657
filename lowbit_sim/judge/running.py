"""All candidates of a comparison: every network on every machine, several processes at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path

from lowbit_sim.arch.accelerator import Accelerator
from lowbit_sim.arch.load import accelerator_of
from lowbit_sim.arch.scaling import scaled
from lowbit_sim.energy.load import load_technology, technology_files
from lowbit_sim.energy.table import energy_table
from lowbit_sim.energy.technology import Technology
from lowbit_sim.errors import spec_error
from lowbit_sim.judge.cache import entry_key, known, remembered
from lowbit_sim.judge.candidate import Candidate
from lowbit_sim.judge.comparison_spec import Comparison
from lowbit_sim.judge.equal_area import TooLargeError, of_area
from lowbit_sim.judge.simulating import candidates
from lowbit_sim.mapping.mapper import Objective
from lowbit_sim.registry import registered
from lowbit_sim.spec_file import SpecFile, read_spec_file
from lowbit_sim.study.experiment import simulate
from lowbit_sim.study.price import Pricing
from lowbit_sim.study.shipped import Shipped, load_shipped
from lowbit_sim.workload.batching import batched

#: read once for all machines
technology_files_of = cache(technology_files)
#: packages whose version can move a number
_PACKAGES = ("numpy", "scipy")


@dataclass(frozen=True, slots=True)
class Task:
    """One network on one machine in one technology.

    Parameters
    ----------
    workload, accelerator, technology : Path
    scale : Fraction
        Of the machine's sides.
    dram_bits_per_s : float or None
        Bandwidth of the DRAM [bit/s]; None for the machine's own.
    objective : str
        What the mapper minimises.
    weight_formats : tuple of str
        Empty for all of the network's.
    batch_size : int
        Inputs at once.
    """

    workload: Path
    accelerator: Path
    technology: Path
    scale: Fraction
    dram_bits_per_s: float | None
    objective: Objective
    weight_formats: tuple[str, ...]
    batch_size: int


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A machine that takes no part, and why."""

    accelerator: str
    technology: str
    reason: str


@dataclass(frozen=True, slots=True)
class Entrants:
    """Who takes part in a comparison.

    Parameters
    ----------
    candidates : tuple of Candidate
        In the order of the study file: networks, machines, technologies, formats.
    left_out : tuple of LeftOut
    files : tuple of Path
        Everything that was read.
    """

    candidates: tuple[Candidate, ...]
    left_out: tuple[LeftOut, ...]
    files: tuple[Path, ...]


def entrants(
    comparison: Comparison, jobs: int, tell: Callable[[int, int], None] = lambda _a, _b: None
) -> Entrants:
    """Return all candidates of a comparison, those that were simulated before from the cache.

    Parameters
    ----------
    comparison : Comparison
    jobs : int
        Processes at work at once.
    tell : callable
        Told how many networks on machines are done, of how many.

    Raises
    ------
    SpecError
        If a file is wrong, or a network has no such format.
    """
    tasks, left_out = plan(comparison)
    keys = [_key(task) for task in tasks]
    found = {key: known(key) for key in keys}
    missing = [task for task, key in zip(tasks, keys, strict=True) if found[key] is None]
    done = len(tasks) - len(missing)
    tell(done, len(tasks))
    for task, made in _worked(missing, jobs):
        done += 1
        found[_key(task)] = made
        tell(done, len(tasks))
    regimes = comparison.spec.regimes
    kept = tuple(one for key in keys for one in found[key] or () if one.regime in regimes)
    files = {path for task in tasks for path in _files(task)} | {comparison.path}
    if comparison.published_dram is not None:
        files.add(comparison.published_dram)
    return Entrants(kept, tuple(left_out), tuple(sorted(files)))


def plan(comparison: Comparison) -> tuple[list[Task], list[LeftOut]]:
    """Return what is to be simulated, and the machines that are too large for the area."""
    spec = comparison.spec
    machines: list[tuple[Path, Path, Fraction]] = []
    left_out = []
    load = cache(load_technology)
    for accelerator in comparison.accelerators:
        source = read_spec_file(accelerator)
        machine = accelerator_of(source)
        for path in comparison.technologies or (machine.technology_path,):
            try:
                scale = _scale(source, load(path), spec.equal_area_um2)
            except TooLargeError as error:
                left_out.append(LeftOut(machine.name, path.stem, str(error)))
                continue
            machines.append((accelerator, path, scale))
    formats = spec.weight_formats or ()
    tasks = [
        Task(workload, *machine, spec.equal_dram_bits_per_s, spec.objective, formats, batch_size)
        for workload in comparison.workloads
        for batch_size in spec.batch_sizes
        for machine in machines
    ]
    return tasks, left_out


def _scale(source: SpecFile, technology: Technology, area_um2: float | None) -> Fraction:
    return Fraction(1) if area_um2 is None else of_area(source, technology, area_um2)[1]


def _worked(tasks: list[Task], jobs: int) -> Iterator[tuple[Task, tuple[Candidate, ...]]]:
    """Yield each task with its candidates as they are done; they are in the cache then."""
    if jobs == 1 or len(tasks) < 2:  # noqa: PLR2004 (nothing to share out)
        for task in tasks:
            yield task, _work(task)
        return
    with ProcessPoolExecutor(min(jobs, len(tasks)), get_context("spawn")) as pool:
        at_work = {pool.submit(_work, task): task for task in tasks}
        for future in as_completed(at_work):
            yield at_work[future], future.result()


def _work(task: Task) -> tuple[Candidate, ...]:
    return remembered(_key(task), lambda: _candidates(task))


def _candidates(task: Task) -> tuple[Candidate, ...]:
    machine: Accelerator = scaled(
        read_spec_file(task.accelerator), task.scale, task.dram_bits_per_s
    )
    technology = load_technology(task.technology)
    pricing = Pricing(machine, technology, energy_table(technology, machine))
    shipped = _batch(load_shipped(task.workload, task.weight_formats), task)
    study = simulate(shipped, pricing, "closed_form", task.objective)
    return tuple(candidates(study, str(task.scale)))


def _batch(shipped: Shipped, task: Task) -> Shipped:
    """Return the networks for so many inputs at once."""
    try:
        workloads = tuple(batched(one, task.batch_size) for one in shipped.workloads)
    except ValueError as error:
        raise spec_error(
            f"cannot run {task.batch_size} inputs at once: {error}", task.workload
        ) from None
    return replace(shipped, workloads=workloads)


def _key(task: Task) -> str:
    decided = {
        "scale": str(task.scale),
        "dram_bits_per_s": task.dram_bits_per_s,
        "objective": task.objective,
        "weight_formats": list(task.weight_formats),
        "batch_size": task.batch_size,
        "packages": {name: version(name) for name in _PACKAGES},
        "plug_ins": {name: point.value for name, point in registered("lowbit_sim.pe").items()},
    }
    return entry_key(_files(task), decided)


def _files(task: Task) -> list[Path]:
    """Return every file that decides a task's candidates."""
    folder = task.workload.with_suffix("")
    belonging = [path for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []
    priced = technology_files_of(task.technology)
    return [task.workload, *belonging, task.accelerator, *priced]
