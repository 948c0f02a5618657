"""A program that bounds a space in small chunks and tells each one that it kept.

``python small_chunks.py SPACE FOLDER JOBS [SCHEDULER]``. Processes that are spawned from it run
this file first, and so can workers of a cluster (``--preload``): theirs are as small.
"""

import sys
from pathlib import Path

from lowbit_sim.explore import chunks
from lowbit_sim.explore.bounding import bound_all
from lowbit_sim.explore.exploration import load_exploration
from lowbit_sim.explore.scheduling import workers
from lowbit_sim.explore.store import opened

DESIGNS = 2
if __name__ in {"__main__", "__mp_main__"}:
    chunks.CHUNK_DESIGNS = DESIGNS


def dask_setup(_worker):
    chunks.CHUNK_DESIGNS = DESIGNS


def main(space, folder, jobs, scheduler=None):
    exploration = load_exploration(Path(space))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    with opened(Path(folder), exploration.key, {}, afresh=False) as store:
        have, _ = store.sound()
        with workers(int(jobs), scheduler) as work:
            for chunk, _ in bound_all(exploration, store, have, work):
                sys.stdout.write(f"{chunk}\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
