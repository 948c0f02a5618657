"""Where sets of images are looked for on this machine."""

from __future__ import annotations

import os
from pathlib import Path

from lowbit_sim.data.catalogue_entry import CatalogueEntry
from lowbit_sim.errors import spec_error

#: environment variable with one folder of sets, or several as in PATH
VARIABLE = "LOWBIT_SIM_DATA"


def data_roots() -> tuple[Path, ...]:
    """Return the folders in which sets are looked for: those of `VARIABLE`, then the cache.

    Downloads go into the first.
    """
    named = os.environ.get(VARIABLE, "").split(os.pathsep)
    roots = [Path(root).expanduser() for root in named if root]
    return (*roots, Path("~/.cache/lowbit-sim").expanduser())


def find_set_folder(entry: CatalogueEntry) -> Path:
    """Return the first folder that has any of the set's files.

    Raises
    ------
    SpecError
        If there is none; it says where was looked, for what, and where the set can be had.
    """
    searched = [root / folder for root in data_roots() for folder in entry.folders]
    for folder in searched:
        if any((folder / name).exists() for name in entry.known_names):
            return folder
    wanted = ", ".join(file.name for file in entry.files)
    others = " or ".join(file.name for file in entry.alternatives)
    raise spec_error(
        f"{entry.title} is not on this machine: no {wanted}{others and f' or {others}'} in "
        f"{', '.join(map(str, searched))}; {entry.where_to_get}; "
        f"{VARIABLE} names other folders to look in",
        key=entry.name,
    )
