"""Plug-ins: what is registered under an entry-point group, by name.

Built-ins register through the same groups as anybody else's (see ``pyproject.toml``).
A name registered twice, or a plug-in that does not import, is an error and never a warning.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from lowbit_sim.errors import LowbitSimError, nearest


class PluginError(LowbitSimError):
    """A plug-in is missing, doubled or broken."""


@cache
def registered(group: str) -> dict[str, EntryPoint]:
    """Return the entry points of `group` by name, without importing them.

    Raises
    ------
    PluginError
        If two different distributions register one name.
    """
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=group):
        known = found.setdefault(point.name, point)
        if known.value != point.value:
            raise PluginError(
                f"{group}: '{point.name}' is registered twice: {known.value} and {point.value}"
            )
    return dict(sorted(found.items()))


def load(group: str, name: str) -> Any:
    """Import and return what `name` stands for in `group`.

    Raises
    ------
    PluginError
        If `name` is unknown or its module does not import.
    """
    points = registered(group)
    if name not in points:
        raise PluginError(f"unknown {group} '{name}'; {nearest(name, points)}")
    try:
        return points[name].load()
    except (ImportError, AttributeError) as error:
        raise PluginError(f"{group}: '{name}' cannot be loaded: {error}") from error
