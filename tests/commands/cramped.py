"""The command line with small chunks, and with files that cannot grow beyond a limit.

``python cramped.py BYTES ARGUMENT…``; no limit if BYTES is 0. Processes that are spawned from it
run this file first: their chunks are as small.
"""

import resource
import sys

from lowbit_sim.cli import main
from lowbit_sim.explore import chunks

DESIGNS = 4
if __name__ in {"__main__", "__mp_main__"}:
    chunks.CHUNK_DESIGNS = DESIGNS
if __name__ == "__main__":
    limit = int(sys.argv.pop(1))
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    main()
