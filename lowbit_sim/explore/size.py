"""Spaces that are too large to be looked at whole, and what to do about them."""

from __future__ import annotations

from lowbit_sim.errors import spec_error
from lowbit_sim.explore.exploration import Exploration
from lowbit_sim.units import LARGEST

#: rows that a machine with two cores bounds in a day, some ten thousand a second
MOST_ROWS = 10**9
#: designs with their formats that were bounded in a second by two processes
#: (benchmarks/exploring.py); an order of magnitude, for advice only
ROWS_PER_S = 10_000
_S_PER_HOUR = 3600


def check_size(exploration: Exploration) -> None:
    """Demand that designs can be numbered, and are not too many to be looked at whole.

    Raises
    ------
    SpecError
        With an estimate and advice.
    """
    space, rows = exploration.space, exploration.rows
    if space.designs > LARGEST:
        reason = f"{space.designs:.1e} designs are more than can be numbered in 64 bit"
        raise spec_error(reason, space.path, key="axes")
    if space.spec.search is not None or rows <= MOST_ROWS:
        return
    longest = max(space.axes, key=len)
    hours = rows / ROWS_PER_S / _S_PER_HOUR
    reason = (
        f"{space.designs:,} designs make {rows:,} rows with their formats and networks, some "
        f"{hours:,.0f} hours of two cores; at most {MOST_ROWS:,} rows are looked at whole. Take "
        f"fewer values ({longest.fields[0]} has {len(longest)}), or search instead: add "
        "search: {sampler: nsga2, trials: 2000}"
    )
    raise spec_error(reason, space.path, key="axes")
