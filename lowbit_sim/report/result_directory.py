"""A directory of results, read back: its manifest, and the rows of its CSV files by their keys."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lowbit_sim.errors import spec_error
from lowbit_sim.study.manifest import MANIFEST, file_sha256, read_manifest

#: columns that say what a row is about, in the order in which they are named; the others hold
#: what was found
KEYS = (
    *("study", "workload", "regime", "accelerator", "technology", "arm", "recipe", "batch_size"),
    *("weight_format", "layer", "seed", "reference", "what", "row"),
)
#: column and cell of every key column of a row
Key = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file: the columns that are no keys, and the cells of every row by column."""

    columns: tuple[str, ...]
    rows: Mapping[Key, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class ResultDirectory:
    """What a directory of results holds.

    Parameters
    ----------
    path : Path
    manifest : mapping of str to object
        What the results were made from.
    tables : mapping of str to Table
        By the name of the file.
    edited : tuple of Path
        Files whose hash is not the manifest's.
    """

    path: Path
    manifest: Mapping[str, Any]
    tables: Mapping[str, Table]
    edited: tuple[Path, ...]


def read_results(directory: Path) -> ResultDirectory:
    """Read the directory that ``run --csv`` wrote, or another with a manifest and CSV files.

    A study's directory has no manifest: its YAML files stand for the inputs, its CSV files as
    they are for the outputs.

    Raises
    ------
    SpecError
        If the directory, its manifest or a CSV file is missing or damaged.
    """
    if not directory.is_dir():
        raise spec_error("is no directory of results", directory)
    specs = sorted(directory.glob("*.yaml"))
    if specs and not (directory / MANIFEST).exists():
        outputs = {path.name: file_sha256(path) for path in sorted(directory.glob("*.csv"))}
        inputs = {path.name: file_sha256(path) for path in specs}
        manifest: dict[str, Any] = {"inputs_sha256": inputs, "outputs_sha256": outputs}
    else:
        manifest = read_manifest(directory / MANIFEST)
    paths = {name: directory / name for name in manifest["outputs_sha256"]}
    tables = {n: read_table(path) for n, path in paths.items() if path.suffix == ".csv"}
    if not tables:
        raise spec_error("holds no CSV file of results", directory)
    edited = tuple(
        paths[name]
        for name in tables
        if file_sha256(paths[name]) != manifest["outputs_sha256"][name]
    )
    return ResultDirectory(directory, manifest, tables, edited)


def read_table(path: Path) -> Table:
    """Return the rows of a CSV file by the cells of its key columns (`KEYS`).

    Rows that have the same keys, or none, are told apart by which of them they are.

    Raises
    ------
    SpecError
        If the file is missing, or no table.
    """
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            listed = list(csv.reader(stream, strict=True))
    except FileNotFoundError:
        raise spec_error("is missing, but the manifest names it", path) from None
    except OSError as error:
        raise spec_error(f"cannot be read: {error.strerror or error}", path) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise spec_error(f"is damaged: no CSV ({error})", path) from None
    if not listed:
        raise spec_error("is damaged: it is empty", path)
    header, *rows = listed
    if len(set(header)) != len(header):
        raise spec_error("is damaged: a column stands twice", path, 1)
    for number, row in enumerate(rows, start=2):
        if len(row) != len(header):
            reason = f"is damaged: {len(row)} cells under {len(header)} columns"
            raise spec_error(reason, path, number)
    columns = tuple(name for name in header if name not in KEYS)
    return Table(columns, _by_key([dict(zip(header, row, strict=True)) for row in rows]))


def _by_key(rows: Sequence[Mapping[str, str]]) -> dict[Key, Mapping[str, str]]:
    found: dict[Key, Mapping[str, str]] = {}
    met: Counter[Key] = Counter()
    for row in rows:
        key: Key = tuple((name, row[name]) for name in KEYS if name in row)
        met[key] += 1
        found[key if key and met[key] == 1 else (*key, ("row", str(met[key])))] = row
    return found
