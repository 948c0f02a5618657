"""Plug-ins: what is registered under an entry-point group, by name.

Built-ins register through the same groups as anybody else's (see ``pyproject.toml``).
A name registered twice, or a plug-in that does not import, is an error and never a warning.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Any

from lowbit_sim.errors import LowbitSimError, nearest


class PluginError(LowbitSimError):
    """A plug-in is missing, doubled or broken."""


@cache
def registered(group: str) -> Mapping[str, EntryPoint]:
    """Return the entry points of `group` by name, without importing them.

    Raises
    ------
    PluginError
        With every name that is registered for two different things.
    """
    found: dict[str, EntryPoint] = {}
    doubled = []
    for point in entry_points(group=group):
        known = found.setdefault(point.name, point)
        if known.value != point.value:
            both = f"{known.value} and {point.value}"
            doubled.append(f"{group}: '{point.name}' is registered twice: {both}")
    if doubled:
        raise PluginError("\n".join(doubled))
    return MappingProxyType(dict(sorted(found.items())))


def load(group: str, name: str) -> Any:
    """Import and return what `name` stands for in `group`.

    Raises
    ------
    PluginError
        If `name` is unknown, or its module does not import, whatever it raises.
    """
    points = registered(group)
    if name not in points:
        raise PluginError(f"{group}: '{name}' is not registered; {nearest(name, points)}")
    try:
        return points[name].load()
    except Exception as error:  # anything may go wrong in a stranger's module
        reason = f"{type(error).__name__}: {error}"
        raise PluginError(f"{group}: '{name}' cannot be loaded: {reason}") from error
