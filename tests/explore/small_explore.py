"""The command line with small chunks: ``python small_explore.py explore SPACE …``."""

from lowbit_sim.cli import main
from lowbit_sim.explore import chunks

DESIGNS = 4
if __name__ in {"__main__", "__mp_main__"}:
    chunks.CHUNK_DESIGNS = DESIGNS

if __name__ == "__main__":
    main()
