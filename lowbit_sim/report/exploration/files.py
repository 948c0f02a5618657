"""The front of an exploration as a CSV file for papers, units at the end of the names."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from lowbit_sim.explore.exploration import Exploration
from lowbit_sim.explore.front import Front

COLUMNS = (
    "workload",
    "design",
    "accelerator",
    "weight_format",
    "accuracy_fraction",
    "area_um2",
    "energy_pj",
    "cycles",
    "seconds",
    "power_nw",
)


def front_csv(exploration: Exploration, fronts: Sequence[Front]) -> str:
    """Return the rows of `front_rows` as CSV."""
    rows = front_rows(exploration, fronts)
    stream = io.StringIO()
    writer = csv.DictWriter(stream, [*rows[0]], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def front_rows(exploration: Exploration, fronts: Sequence[Front]) -> list[dict[str, Any]]:
    """Return a row for each member of each front: what it is, and the values that it takes."""
    space = exploration.space
    rows = []
    for front in fronts:
        for one in front.rows:
            machine, *steps = space.steps(one.row.design)
            taken = {
                name: values[step]
                for axis, step in zip(space.axes, steps, strict=True)
                for name, values in axis.columns()
            }
            accuracy = front.network.accuracy_fractions.get(one.row.weight_format, "")
            found = (
                front.network.name,
                one.row.design,
                space.machines[machine].path.stem,
                one.row.weight_format,
                accuracy,
                one.area_um2,
                one.energy_pj,
                one.cycles,
                one.seconds,
                one.power_nw,
            )
            rows.append(dict(zip(COLUMNS, found, strict=True)) | taken)
    return rows
