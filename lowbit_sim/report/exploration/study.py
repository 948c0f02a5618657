"""A study of a design space: its page, map and figures, from its front and its summary.

Exploring takes minutes and gigabytes of parts; what is kept with a study is the front
(``front.csv``) and what the exploration said of itself (``summary.json``). Everything else is made
of these two.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lowbit_sim.errors import spec_error
from lowbit_sim.explore.exploration import Exploration
from lowbit_sim.explore.front import Front
from lowbit_sim.explore.space import load_space
from lowbit_sim.report.exploration.figures import front_figure, map_figure
from lowbit_sim.report.exploration.page import page
from lowbit_sim.report.exploration.regions import Map, Member, maps
from lowbit_sim.report.exploration.terminal import Took
from lowbit_sim.report.figures.style import to_svg

FRONT, SUMMARY = "front.csv", "summary.json"
_WORDS = ("workload", "accelerator", "weight_format")


def summary(exploration: Exploration, fronts: Sequence[Front], work: Took) -> str:
    """Return what an exploration says of itself, as JSON."""
    told = {
        "designs": exploration.space.designs,
        "rows": exploration.rows,
        "evaluations": work.evaluations,
        "networks": {
            front.network.name: {
                "confirmed": len(front.confirmed),
                "refused": sum(bool(one.refusal) for one in front.confirmed),
                "front": len(front.rows),
                "above_bound_latency": front.above_bounds[0],
                "above_bound_energy": front.above_bounds[1],
                "disagreement_cycles": front.disagreement_cycles,
            }
            for front in fronts
        },
    }
    return json.dumps(told, indent=1) + "\n"


def design_space_files(folder: Path) -> dict[str, str]:
    """Return the files of a study of a design space by name, the page first.

    Raises
    ------
    SpecError
        If the study was not explored, or its files are damaged.
    """
    space = load_space(folder / "study.yaml")
    try:
        told = json.loads((folder / SUMMARY).read_text("utf-8"))
        front = (folder / FRONT).read_text("utf-8")
        members = [_member(row) for row in csv.DictReader(io.StringIO(front))]
        found = list(maps(members, space.spec.margin_fraction))
    except (OSError, ValueError, KeyError) as error:
        reason = f"cannot be read ({error}): run 'lowbit-sim explore {folder}/study.yaml'"
        raise spec_error(reason, folder / FRONT) from None
    return {
        "README.md": page(space, told, found),
        **(
            {"regions.csv": regions_csv(found), "regions.svg": to_svg(map_figure(found))}
            if found
            else {}
        ),
        "front.svg": to_svg(front_figure(members)),
    }


def regions_csv(found: Sequence[Map]) -> str:
    """Return who wins within each pair of budgets; nobody's cells are left out."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    header = ("workload", "rule", "area_um2", "energy_pj", "weight_format", "accelerator", "design")
    writer.writerow(header)
    for one in found:
        for energy_pj, row in zip(one.energy_pj, one.winners, strict=True):
            for area_um2, at in zip(one.area_um2, row, strict=True):
                if at >= 0:
                    winner = one.members[at]
                    named = [winner[key] for key in ("weight_format", "accelerator", "design")]
                    budgets = (f"{area_um2:.6g}", f"{energy_pj:.6g}")
                    writer.writerow([one.workload, one.rule, *budgets, *named])
    return stream.getvalue()


def _member(row: dict[str, Any]) -> Member:
    return {key: value if key in _WORDS else _number(value) for key, value in row.items()}


def _number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text
