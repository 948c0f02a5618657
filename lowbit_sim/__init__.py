"""Simulate low-bit neural networks on low-bit machines, and rank the weight precisions.

In the order in which data passes: `formats`, `workload`, `pe`, `memory`, `arch`, `mapping`,
`engines`, `energy`, `study`, `report`. Aside stand `training` and `frontends`, which alone need
torch and end in files that everything else starts from. ARCHITECTURE.md is the map.

`run` is the command ``lowbit-sim run`` for Python; it is imported when it is first asked for.
"""

from importlib import import_module

__version__ = "0.1.0"
__all__ = ["Result", "__version__", "run"]


def __getattr__(name: str) -> object:
    if name in {"Result", "run"}:
        return getattr(import_module("lowbit_sim.api"), name)
    raise AttributeError(f"module 'lowbit_sim' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
