"""``workloads/<name>/accuracy.csv``: one row for every trained and measured network."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from lowbit_sim.atomic import write_atomically
from lowbit_sim.errors import spec_error
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.training.runs import RunResult
from lowbit_sim.workload.accuracy_columns import COLUMNS


def merge_accuracy(path: Path, results: Iterable[RunResult]) -> None:
    """Add `results` to the file at `path`, or make it.

    Rows stand in the order of the catalogue, then of the seeds. A new result replaces the row of
    its format and seed; rows of another recipe are dropped.

    Raises
    ------
    SpecError
        If the file that stands there cannot be read.
    """
    fresh = list(results)
    hashes = {result.spec_hash for result in fresh}
    kept = [row for row in _read(path) if row["spec_hash"] in hashes]
    rows = {(row["weight_format"], int(row["seed"])): row for row in (*kept, *map(_row, fresh))}
    order = list(FORMATS)
    keys = sorted(rows, key=lambda key: (order.index(key[0]), key[1]))
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows[key] for key in keys)
    write_atomically(path, text.getvalue())


def _row(result: RunResult) -> dict[str, str]:
    written = {name: str(value) for name, value in asdict(result).items()}
    return written | {"value_fraction": f"{result.value_fraction:.6f}"}


def _read(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    for line, row in enumerate(rows, start=2):
        known = tuple(row) == COLUMNS and None not in row.values()
        if not known or row["weight_format"] not in FORMATS or not row["seed"].isdigit():
            raise spec_error("is no row of an accuracy file; delete the file", path, line)
    return rows
