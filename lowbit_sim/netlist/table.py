"""The table of what was measured: a row for each element and each format that it was run in."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from lowbit_sim.errors import spec_error


@dataclass(frozen=True, slots=True)
class Row:
    """An element in a format.

    Parameters
    ----------
    element, built_for, runs : str
        Its name in the recipe, the format that it was built for, and the one that it was run in.
    passes : int
        Beats of a multiplication.
    gates, flip_flops : int
        Cells.
    area_um2, leakage_nw, critical_path_ns : float
    zero_fraction, add_fj, skip_fj, register_bit_fj, pass_fj, pass_glitch_fj : float
        As in `lowbit_sim.netlist.measure.Switching`.
    """

    element: str
    built_for: str
    runs: str
    passes: int
    gates: int
    flip_flops: int
    area_um2: float
    leakage_nw: float
    critical_path_ns: float
    zero_fraction: float
    add_fj: float
    skip_fj: float
    register_bit_fj: float
    pass_fj: float
    pass_glitch_fj: float


def table_text(rows: Iterable[Row], made_by: str) -> str:
    """Return rows as CSV, numbers with six significant digits, below a line of what made them."""
    text = io.StringIO()
    text.write(f"# {made_by}\n")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Row.__dataclass_fields__)
    for row in rows:
        writer.writerow(
            f"{value:.6g}" if isinstance(value, float) else value for value in asdict(row).values()
        )
    return text.getvalue()


def read_table(path: Path) -> list[Row]:
    """Return the rows of a table.

    Raises
    ------
    SpecError
        If it cannot be read as one.
    """
    kinds = {"int": int, "float": float, "str": str}
    fields = {name: kinds[str(f.type)] for name, f in Row.__dataclass_fields__.items()}
    try:
        with path.open(newline="") as file:
            lines = (line for line in file if not line.startswith("#"))
            return [
                Row(**{name: kind(line[name]) for name, kind in fields.items()})
                for line in csv.DictReader(lines)
            ]
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise spec_error(f"is no table of a characterisation: {error}", path) from None


def by_name(rows: Iterable[Row]) -> Mapping[str, float]:
    """Return every number of the rows by its name in a template.

    ``<element>.<built for>.<quantity>`` for what does not depend on the format that it is run
    in, ``<element>.<built for>.<runs>.<quantity>`` for what does.
    """
    found: dict[str, float] = {}
    for row in rows:
        for key, value in asdict(row).items():
            if not isinstance(value, str):
                found[f"{row.element}.{row.built_for}.{row.runs}.{key}"] = value
                found.setdefault(f"{row.element}.{row.built_for}.{key}", value)
    return found
