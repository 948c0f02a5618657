"""Rows as data frames, of pandas or polars where they are installed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from lowbit_sim.errors import LowbitSimError

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

Rows = Sequence[Mapping[str, object]]


def pandas_frame(rows: Rows) -> pd.DataFrame:
    """Return rows with the same columns as a frame of pandas.

    Whole numbers stay whole: a column of them with empty cells is of the type ``Int64``. A column
    of other numbers is of floats, NaN where a cell is empty.

    Raises
    ------
    LowbitSimError
        If pandas is not installed.
    """
    library = _imported("pandas")
    cells = columns(rows)
    series = {name: library.Series(given, dtype=_dtype(given)) for name, given in cells.items()}
    frame: pd.DataFrame = library.DataFrame(series)
    return frame


def polars_frame(rows: Rows) -> pl.DataFrame:
    """Return rows with the same columns as a frame of polars, null where a cell is empty.

    Raises
    ------
    LowbitSimError
        If polars is not installed.
    """
    frame: pl.DataFrame = _imported("polars").DataFrame(columns(rows))
    return frame


def columns(rows: Rows) -> dict[str, list[object]]:
    """Return the cells by column; in one that holds any float, every number is a float.

    Examples
    --------
    >>> columns([{"place": 1, "energy_pj": 2}, {"place": 2, "energy_pj": 0.5}])
    {'place': [1, 2], 'energy_pj': [2.0, 0.5]}
    """
    found = {name: [row[name] for row in rows] for name in (rows[0] if rows else ())}
    return {
        name: _as_floats(cells) if _any_float(cells) else cells for name, cells in found.items()
    }


def _any_float(cells: Sequence[object]) -> bool:
    return any(isinstance(cell, float) for cell in cells)


def _as_floats(cells: Sequence[object]) -> list[object]:
    return [float(cell) if isinstance(cell, int) else cell for cell in cells]


def _dtype(cells: Sequence[object]) -> str | None:
    """Return pandas' name of a column's type; None lets it see for itself."""
    told = [cell for cell in cells if cell is not None]
    if not told:
        return "object"
    if all(isinstance(cell, int) for cell in told):
        return "int64" if len(told) == len(cells) else "Int64"
    return "float64" if _any_float(told) else None


def _imported(name: str) -> Any:
    try:
        return import_module(name)
    except ModuleNotFoundError as missing:
        hint = "pip install 'lowbit-sim[frames]'"
        raise LowbitSimError(f"needs the package {missing.name}: {hint}") from None
