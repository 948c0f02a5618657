"""Records of a workload as plain dictionaries, as they are hashed and written.

Fields that came later than the first graph files are left out where they hold their default, so
that a file and its hash stay the same when such a field is added.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

#: left out while false or zero
LATER_FIELDS = frozenset({"assumed", "extra_padding_height", "extra_padding_width", "table_rows"})


def plain(record: DataclassInstance) -> dict[str, Any]:
    """Return the fields of `record`, of the records in it too, as dictionaries."""
    return asdict(record, dict_factory=_stated)


def _stated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: held for name, held in pairs if held or name not in LATER_FIELDS}
