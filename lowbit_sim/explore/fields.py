"""Fields of a machine's file by their dotted paths, and what a change of them touches.

``clock``, ``vector_unit.lanes``, ``memories.shared_sram.capacity``, ``arrays.adders.rows``;
``arrays.rows`` stands for that of every array.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from lowbit_sim.errors import nearest
from lowbit_sim.spec_file import Place, SpecFile

#: what may change in a memory while everything else about a machine stays as it is
_FREE_OF_A_MEMORY = frozenset({"capacity", "read", "write", "latency", "cell"})
_LISTS = ("arrays", "memories")
_PARTS_OF_A_NAMED_FIELD = 3


def memory_of(field: str) -> str | None:
    """Return the memory that `field` alone changes, or None if it changes something else.

    Examples
    --------
    >>> memory_of("memories.shared_sram.capacity"), memory_of("memories.shared_sram.banks")
    ('shared_sram', None)
    """
    parts = field.split(".")
    named = len(parts) == _PARTS_OF_A_NAMED_FIELD and parts[0] == "memories"
    return parts[1] if named and parts[2] in _FREE_OF_A_MEMORY else None


def is_free(field: str) -> bool:
    """Return whether a change of `field` leaves what the mapper may do as it is."""
    return field == "clock" or memory_of(field) is not None


def changed(source: SpecFile, changes: Iterable[tuple[str, Any]]) -> SpecFile:
    """Return a machine's file with fields changed.

    Parameters
    ----------
    source : SpecFile
    changes : iterable of (str, object)
        Fields and their values.

    Raises
    ------
    ValueError
        If the file has no such part; names the nearest.
    """
    content, lines = copy.deepcopy(source.content), dict(source.lines)
    for field, value in changes:
        *parents, key = field.split(".")
        for place, part in _parts(content, parents):
            part[key] = value
            lines.setdefault((*place, key), lines.get(place, 1))  # a new key has its parent's
    return SpecFile(source.path, content, lines)


def keys_of(source: SpecFile, field: str) -> set[str]:
    """Return the keys by which `field` stands in a machine's file, as errors name them.

    Raises
    ------
    ValueError
        If the file has no such part.
    """
    *parents, key = field.split(".")
    return {".".join(map(str, (*place, key))) for place, _ in _parts(source.content, parents)}


def _parts(content: dict[str, Any], parents: list[str]) -> list[tuple[Place, dict[str, Any]]]:
    """Return the mappings that a path leads to, each with its place."""
    if not parents:
        return [((), content)]
    first, *rest = parents
    part = content.get(first)
    if first in _LISTS and isinstance(part, list):
        every: list[tuple[Place, dict[str, Any]]] = [
            ((first, index), one) for index, one in enumerate(part)
        ]
        found = [one for one in every if not rest or one[1].get("name") == rest[0]]
        if len(rest) > 1 or not found:
            names = [str(one.get("name")) for one in part]
            raise ValueError(f"{first} has no '{'.'.join(rest)}'; {nearest(rest[0], names)}")
        return found
    if not isinstance(part, dict) or rest:
        known = [key for key, one in content.items() if isinstance(one, dict | list)]
        raise ValueError(f"there is no '{'.'.join(parents)}'; {nearest(first, known)}")
    return [((first,), part)]
