"""``python -m lowbit_sim`` is ``lowbit-sim``."""

from lowbit_sim.cli import main

if __name__ == "__main__":
    main()
