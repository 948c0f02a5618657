"""``lowbit-sim explore``: a design space is bounded, its front confirmed, all of it kept."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import yaml
from rich.console import Console

from lowbit_sim.atomic import write_atomically
from lowbit_sim.commands.reproduce import write_study
from lowbit_sim.errors import SpecError, UnwrittenError, spec_error
from lowbit_sim.explore.bounding import bound_all, counted
from lowbit_sim.explore.chunks import chunk_count
from lowbit_sim.explore.exploration import Exploration, load_exploration
from lowbit_sim.explore.front import Front, Means, front_of
from lowbit_sim.explore.records import records_of
from lowbit_sim.explore.scheduling import workers
from lowbit_sim.explore.searching import search
from lowbit_sim.explore.size import check_size
from lowbit_sim.explore.space import load_space
from lowbit_sim.explore.store import Store, opened
from lowbit_sim.report.exploration.files import front_csv, front_rows
from lowbit_sim.report.exploration.progress import Told, shown_progress
from lowbit_sim.report.exploration.study import FRONT, SUMMARY, design_space_files, summary
from lowbit_sim.report.exploration.terminal import Took, show

_STUDY = "study.yaml"


@dataclass(frozen=True, slots=True)
class Options:
    """How an exploration is run.

    Parameters
    ----------
    out : Path or None
        Where results go; ``out/<name>`` if not given.
    jobs : int or None
        Processes; all cores if not given.
    scheduler : str or None
        Address of a Dask scheduler that does the work instead.
    afresh : bool
        Whether results of another exploration in that folder are thrown away.
    as_json : bool
        Whether the front is printed as JSON, and nothing else.
    """

    out: Path | None = None
    jobs: int | None = None
    scheduler: str | None = None
    afresh: bool = False
    as_json: bool = False


def explore(path: Path, options: Options) -> None:
    """Explore the space at `path`; what is kept of earlier runs is not done again.

    Raises
    ------
    SpecError
        If the space is wrong, or a file cannot be written, as on a full disk: says how to go on.
    """
    exploration = load_exploration(path)
    check_size(exploration)
    folder = options.out or Path("out") / exploration.space.spec.name
    told = {"space": exploration.space.spec.name, "designs": exploration.space.designs}
    try:
        with opened(folder, exploration.key, told, afresh=options.afresh) as store:
            fronts, took = _explored(exploration, store, options)
            write_atomically(folder / FRONT, front_csv(exploration, fronts))
            if path.name == _STUDY:
                _write_study(path.parent, exploration, fronts, took)
    except KeyboardInterrupt:
        told_last = "interrupted; what was done is kept, the same command goes on"
        print(told_last, file=sys.stderr)  # noqa: T201
        raise
    except UnwrittenError as error:
        raise _advised(error) from None
    if options.as_json:
        print(json.dumps(front_rows(exploration, fronts), indent=1))  # noqa: T201
        return
    console = Console()
    show(exploration, fronts, took, console)
    parts = "" if exploration.space.spec.search else ", parts/"
    console.print(f"\nwrote {folder}/: front.csv, confirmed.parquet{parts}", highlight=False)


def _advised(error: UnwrittenError) -> SpecError:
    """Return the error with what to do."""
    advice = "once it can be, the same command goes on from what is kept"
    return SpecError(tuple(replace(one, reason=f"{one.reason}; {advice}") for one in error.faults))


def _write_study(
    folder: Path, exploration: Exploration, fronts: Sequence[Front], took: Took
) -> None:
    """Write the page of a study beside its file, and what it is made of."""
    write_atomically(folder / FRONT, front_csv(exploration, fronts))
    write_atomically(folder / SUMMARY, summary(exploration, fronts, took))
    write_study(folder, design_space_files(folder))


def _explored(exploration: Exploration, store: Store, options: Options) -> tuple[list[Front], Took]:
    jobs = options.jobs or os.cpu_count() or 1
    have, damaged = store.sound()
    for path in damaged:
        print(f"damaged, computed again: {path}", file=sys.stderr)  # noqa: T201
    records = records_of(store)
    search_only = exploration.space.spec.search is not None
    with shown_progress(exploration) as told, workers(jobs, options.scheduler) as work:
        means = Means(exploration, records, work.jobs, work, told.confirming)
        if search_only:
            fronts = [search(means, network) for network in exploration.networks]
            return fronts, Took(0, "", 0.0, 0)
        took, evaluated_now = _bounded(means, have, told)
        fronts = [front_of(means, network) for network in exploration.networks]
    evaluations, refusals = counted(store)
    return fronts, Took(evaluations, refusals, took, evaluated_now)


def _bounded(means: Means, have: set[int], told: Told) -> tuple[float, int]:
    """Bound every chunk; return the seconds it took, and the evaluations of this run."""
    begun, evaluations = time.perf_counter(), 0
    exploration, store = means.exploration, means.records.store
    chunks = chunk_count(exploration.space)
    told.bounding(len(have), chunks, 0)
    found = bound_all(exploration, store, have, means.work, means.jobs)
    for done, (_, part) in enumerate(found, 1):
        evaluations += part.evaluations
        told.bounding(len(have) + done, chunks, evaluations)
    return time.perf_counter() - begun, evaluations


def print_design(path: Path, design: int) -> None:
    """Print a design of a space as an accelerator file, called after both."""
    space = load_space(path)
    if not 0 <= design < space.designs:
        reason = f"has no design {design}: they are numbered from 0 to {space.designs - 1}"
        raise spec_error(reason, path)
    content = space.source(design).content
    content["name"] = f"{space.spec.name}_{design}"
    content["sources"] = [*content["sources"], f"Design {design} of the space {space.spec.name}."]
    print(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), end="")  # noqa: T201
