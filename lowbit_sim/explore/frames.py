"""Tables of an exploration as Parquet: made, read, and asked (polars, DuckDB)."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from lowbit_sim.errors import LowbitSimError

if TYPE_CHECKING:
    import duckdb


class MissingPackageError(LowbitSimError):
    """A package is missing that exploring needs."""


def needs(error: ModuleNotFoundError, extra: str = "explore") -> MissingPackageError:
    """Return what to say where a package is missing."""
    return MissingPackageError(f"needs {error.name}: pip install 'lowbit-sim[{extra}]'")


def parquet(columns: Mapping[str, NDArray[Any]], told: Mapping[str, str]) -> bytes:
    """Return a table as the bytes of a Parquet file; what is no number becomes empty.

    Parameters
    ----------
    columns : mapping of str to ndarray
        All of one length.
    told : mapping of str to str
        What the file says of itself.

    Raises
    ------
    MissingPackageError
        Without polars.
    """
    try:
        import polars as pl  # noqa: PLC0415 (only who explores needs it)
    except ModuleNotFoundError as error:
        raise needs(error) from None
    frame = pl.DataFrame(
        {
            name: values if values.dtype != object else list(values)
            for name, values in columns.items()
        },
        nan_to_null=True,
    )
    stream = io.BytesIO()
    frame.write_parquet(stream, compression="zstd", metadata=dict(told))
    return stream.getvalue()


def told_by(path: Path) -> dict[str, str]:
    """Return what a Parquet file says of itself."""
    import polars as pl  # noqa: PLC0415 (same)

    return pl.read_parquet_metadata(path)


def read(path: Path, columns: Sequence[str] | None = None) -> dict[str, NDArray[Any]]:
    """Return a Parquet file's columns, or only some of them; what is empty is no number."""
    import polars as pl  # noqa: PLC0415 (same)

    frame = pl.read_parquet(path, columns=None if columns is None else list(columns))
    return {column.name: column.to_numpy() for column in frame}


def asked(sql: str, tables: Mapping[str, Sequence[Path]]) -> duckdb.DuckDBPyRelation:
    """Return the answer to a question in SQL.

    Parameters
    ----------
    sql : str
        One select of the `tables`; nothing else is carried out.
    tables : mapping of str to sequence of Path
        Names of tables, and the Parquet files that each consists of.

    Raises
    ------
    LowbitSimError
        If the query is wrong; in DuckDB's words.
    MissingPackageError
        Without DuckDB.
    """
    try:
        import duckdb  # noqa: PLC0415 (same)
    except ModuleNotFoundError as error:
        raise needs(error) from None
    connection = duckdb.connect()
    for name, paths in tables.items():
        connection.read_parquet([str(path) for path in paths]).create_view(name)
    try:
        kinds = [one.type for one in connection.extract_statements(sql)]
        if kinds != [duckdb.StatementType.SELECT]:
            raise LowbitSimError("the query returns no table: it must be one select")
        return connection.sql(sql)
    except duckdb.Error as error:
        raise LowbitSimError(f"the query is refused: {error}") from None
