"""``workloads/<name>/accuracy.csv``: one row for every trained and measured network."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from lowbit_sim.atomic import write_atomically
from lowbit_sim.errors import spec_error
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.workload.accuracy_columns import COLUMNS
from lowbit_sim.workload.run_record import RunRecord
from lowbit_sim.workload.spec import WorkloadSpec, spec_hash


def merge_accuracy(path: Path, spec: WorkloadSpec, records: Iterable[RunRecord]) -> None:
    """Add finished runs of `spec` to the file at `path`, or make it.

    Rows stand in the order of the catalogue, then of the seeds. A new result replaces the row of
    its format and seed; rows of another recipe are dropped.

    Raises
    ------
    SpecError
        If the file that stands there cannot be read.
    """
    wanted = spec_hash(spec)
    kept = [row for row in _read(path) if row["spec_hash"] == wanted]
    fresh = [_row(spec, record) for record in records]
    rows = {(row["weight_format"], int(row["seed"])): row for row in (*kept, *fresh)}
    order = list(FORMATS)
    keys = sorted(rows, key=lambda key: (order.index(key[0]), key[1]))
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows[key] for key in keys)
    write_atomically(path, text.getvalue())


def _row(spec: WorkloadSpec, record: RunRecord) -> dict[str, str]:
    values = (
        spec.name,
        record.weight_format,
        record.activation_format,
        record.seed,
        "top1",
        record.correct,
        record.test_images,
        f"{record.value_fraction:.6f}",
        record.epochs,
        spec_hash(spec),
        record.source,
    )
    return dict(zip(COLUMNS, map(str, values), strict=True))


def _read(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    for line, row in enumerate(rows, start=2):
        known = tuple(row) == COLUMNS and None not in row.values()
        if not known or row["weight_format"] not in FORMATS or not row["seed"].isdigit():
            raise spec_error("is no row of an accuracy file; delete the file", path, line)
    return rows
