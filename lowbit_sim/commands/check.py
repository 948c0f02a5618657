"""``lowbit-sim check``: every fault of every file at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from lowbit_sim.arch.load import load_accelerator
from lowbit_sim.energy.load import load_technology
from lowbit_sim.errors import Fault, SpecError, nearest, spec_error
from lowbit_sim.explore.space import load_space
from lowbit_sim.judge.comparison_spec import load_comparison
from lowbit_sim.judge.mixing_spec import load_mixing
from lowbit_sim.spec_file import read_spec_file
from lowbit_sim.workload.network_spec import load_network_spec
from lowbit_sim.workload.spec import load_workload_spec


def _load_study(path: Path) -> object:
    from lowbit_sim.report.study_kinds import load_known_study

    return load_known_study(path)


def _load_recipe(path: Path) -> object:
    try:
        from lowbit_sim.netlist.recipe import load_recipe
    except ModuleNotFoundError as missing:
        hint = "pip install 'lowbit-sim[netlist]'"
        raise spec_error(f"needs the package {missing.name} to be checked: {hint}", path) from None
    return load_recipe(path)


#: a top-level key that only one kind of file has -> what reads that kind
READERS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "arrays": ("accelerator", load_accelerator),
    "model": ("workload", load_workload_spec),
    "network": ("workload", load_network_spec),
    "arms": ("study", _load_study),
    "axes": ("space", load_space),
    "networks": ("mixture", load_mixing),
    "accelerators": ("comparison", load_comparison),
    "actions": ("technology", load_technology),
    "elements": ("recipe", _load_recipe),
}


def check(paths: Sequence[Path]) -> None:
    """Read every file and print what it is.

    Raises
    ------
    SpecError
        With the faults of all files together.
    """
    faults: list[Fault] = []
    for path in paths:
        try:
            print(f"{path}: a sound {_read(path)} file")  # noqa: T201
        except SpecError as error:
            faults.extend(error.faults)
    if faults:
        raise SpecError(tuple(faults))


def expect_kind(path: Path, expected: str) -> None:
    """Demand that the file at `path` is of the kind `expected`, as far as its keys tell.

    Raises
    ------
    SpecError
        If it is one of the other kinds.
    """
    source = read_spec_file(path)
    kinds = [kind for key, (kind, _) in READERS.items() if key in source.content]
    if kinds and expected not in kinds:
        reason = f"is a file of the kind {kinds[0]}, here belongs the {expected}"
        raise SpecError((source.fault((), f"{reason}; the order is: WORKLOAD ACCELERATOR"),))


def _read(path: Path) -> str:
    source = read_spec_file(path)
    for key, (kind, reader) in READERS.items():
        if key in source.content:
            reader(path)
            return kind
    found = next(iter(source.content), "")
    kinds = ", ".join(f"{key} ({kind})" for key, (kind, _) in READERS.items())
    reason = f"is no known kind of file: none of the keys {kinds}; {nearest(str(found), READERS)}"
    raise SpecError((source.fault((), reason),))
