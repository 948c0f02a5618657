"""``lowbit-sim query``: what an exploration found, asked in SQL."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table

from lowbit_sim.atomic import write_atomically
from lowbit_sim.errors import LowbitSimError, spec_error
from lowbit_sim.explore.frames import asked
from lowbit_sim.explore.records import FILE
from lowbit_sim.explore.store import Store

if TYPE_CHECKING:
    import duckdb

_ENDINGS = (".csv", ".parquet")
#: rows that are printed; a file takes all
_PRINTED = 50


def query(sql: str, folder: Path, to: Path | None, *, as_json: bool) -> None:
    """Answer a question to the results in `folder`, printed or written to a file.

    Raises
    ------
    SpecError
        If there are no results, or the file is neither CSV nor Parquet.
    LowbitSimError
        If the query is wrong.
    """
    confirmed = folder / FILE
    files = {
        "designs": [*Store(folder, "").paths().values()],  # none if they were searched
        "confirmed": [confirmed] if confirmed.is_file() else [],
    }
    tables = {name: paths for name, paths in files.items() if paths}
    if not tables:
        raise spec_error("holds no results of an exploration: run 'lowbit-sim explore'", folder)
    if to is not None and to.suffix not in _ENDINGS:
        raise spec_error(f"must end in {' or '.join(_ENDINGS)}", to)
    found = asked(sql, tables)
    import duckdb

    try:
        _answer(found, to, as_json=as_json)
    except duckdb.Error as error:  # what is wrong with values shows only when they are read
        raise LowbitSimError(f"the query fails: {error}") from None


def _answer(found: duckdb.DuckDBPyRelation, to: Path | None, *, as_json: bool) -> None:
    if to is not None:
        with tempfile.TemporaryDirectory() as scratch:
            file = Path(scratch) / to.name
            if to.suffix == ".csv":
                found.write_csv(str(file))
            else:
                found.write_parquet(str(file))
            write_atomically(to, file.read_bytes())
        return
    if as_json:
        rows = [
            dict(zip(found.columns, map(_finite, row), strict=True)) for row in found.fetchall()
        ]
        print(json.dumps(rows, indent=1, default=str))  # noqa: T201
        return
    shown = found.limit(_PRINTED + 1).fetchall()
    console = Console()
    table = _table(found.columns, shown[:_PRINTED])
    unbounded = console.options.update_width(10**6)
    if console.measure(table, options=unbounded).maximum <= console.width:
        console.print(table)
    else:
        for row in shown[:_PRINTED]:
            console.print(_table(("column", "value"), zip(found.columns, row, strict=True)))
    if len(shown) > _PRINTED:
        console.print(f"the first {_PRINTED} rows; --to FILE.csv takes all of them", style="dim")


def _table(columns: Iterable[str], rows: Iterable[tuple[object, ...]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(_shown(value) for value in row))
    return table


def _finite(value: object) -> object:
    """Return what JSON can say of a value: no number and infinity are null."""
    return None if isinstance(value, float) and not isfinite(value) else value


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return "" if value is None else str(value)
