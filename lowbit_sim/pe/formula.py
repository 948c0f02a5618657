"""What a kind of processing element computes, in the words of its own module."""

from __future__ import annotations

import inspect
import sys

from lowbit_sim import registry

GROUP = "lowbit_sim.pe"


def formula(kind: str) -> str:
    """Return the docstring of the module that defines `kind`: formula, example, assumptions.

    Parameters
    ----------
    kind : str
        A name registered under the entry points ``lowbit_sim.pe``.

    Raises
    ------
    PluginError
        If the kind is unknown (the nearest is named), does not import, or explains nothing.

    Examples
    --------
    >>> formula("bit_serial").splitlines()[0]
    'Bit-serial adders: each bit plane of the weight adds, subtracts or skips.'
    """
    module = sys.modules[registry.load(GROUP, kind).__module__]
    text = inspect.getdoc(module)
    if not text:
        raise registry.PluginError(f"{GROUP}: '{kind}' has no docstring in {module.__name__}")
    return text
