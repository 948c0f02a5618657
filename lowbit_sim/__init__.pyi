from lowbit_sim.api import Result, run

__all__ = ["Result", "__version__", "run"]
__version__: str
