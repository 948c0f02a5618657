"""Which technology prices a machine: its own, or one that is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lowbit_sim.arch.accelerator import Accelerator
from lowbit_sim.energy.area import silicon_by_component
from lowbit_sim.energy.load import load_technology, technology_files
from lowbit_sim.energy.table import energy_table
from lowbit_sim.errors import nearest, spec_error
from lowbit_sim.study.price import Pricing


def pricings(machine: Accelerator, asked: Sequence[str]) -> list[Pricing]:
    """Return `machine` priced in each technology asked for, or in its own.

    Parameters
    ----------
    machine : Accelerator
    asked : sequence of str
        Names of technologies beside the machine's own, or paths ending in ``.yaml``.

    Raises
    ------
    SpecError
        If there is no such technology, or it lacks what the machine needs.
    """
    return [_priced(machine, path) for path in _paths(machine, asked)]


def pricing_files(machine: Accelerator, asked: Sequence[str]) -> list[Path]:
    """Return every file that `pricings` reads: technologies, and the macros that they name.

    Raises
    ------
    SpecError
        If there is no such technology.
    """
    files = (file for path in _paths(machine, asked) for file in technology_files(path))
    return list(dict.fromkeys(files))


def _paths(machine: Accelerator, asked: Sequence[str]) -> list[Path]:
    paths = [_path(machine, name) for name in asked] or [machine.technology_path]
    return list(dict.fromkeys(paths))


def _path(machine: Accelerator, name: str) -> Path:
    folder = machine.technology_path.parent
    path = Path(name) if name.endswith(".yaml") else folder / f"{name}.yaml"
    if not path.is_file():
        known = [found.stem for found in folder.glob("*.yaml")]
        reason = f"there is no {path}; {nearest(name, known)}"
        raise spec_error(reason, key="--technology", value=name)
    return path


def _priced(machine: Accelerator, path: Path) -> Pricing:
    technology = load_technology(path)
    silicon_by_component(technology, machine)  # what it lacks is told before anything is mapped
    return Pricing(machine, technology, energy_table(technology, machine))
