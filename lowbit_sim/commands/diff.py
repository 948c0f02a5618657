"""``lowbit-sim diff``: which numbers moved between two directories of results, and why."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lowbit_sim.report.difference import Cause, Moved, difference
from lowbit_sim.report.result_directory import ResultDirectory, read_results

#: a ratio is written with so many digits, unless it would read as 1 then
_DIGITS = 4


def diff(before: Path, after: Path, limit: int) -> bool:
    """Print what moved and what may be why; return whether the results are the same.

    Parameters
    ----------
    before, after : Path
        Two directories that hold a manifest and CSV files.
    limit : int
        The most moved numbers, and the most other differences of a kind, that are shown.

    Raises
    ------
    SpecError
        If a directory, a manifest or a CSV file is missing or damaged.
    """
    old, new = read_results(before), read_results(after)
    for path in (*old.edited, *new.edited):
        said = "was edited since it was written: its hash is not the manifest's"
        sys.stderr.write(f"warning: {path}: {said}\n")
    found = difference(old, new)
    console = Console(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else 100)
    if found.moved:
        _show_moved(console, found.moved, limit)
    elif found.same:
        _say(console, f"Nothing moved from {before} to {after}.")
    else:
        _say(console, f"Nothing moved in the {found.shared_rows:,} rows that both hold.")
    _show_lacking(console, f"Only in {before}", found.only_before, limit)
    _show_lacking(console, f"Only in {after}", found.only_after, limit)
    _show_causes(console, found.causes, limit)
    if not (found.same or found.causes):
        _say(console, f"\nNothing that the manifests name differs: {_suspects(old, new)}.")
    return found.same


def _suspects(old: ResultDirectory, new: ResultDirectory) -> str:
    edited = [path.as_posix() for path in (*old.edited, *new.edited)]
    if edited:
        return f"what was edited by hand differs ({', '.join(edited)})"
    return "the program itself must have changed within its version"


def _show_moved(console: Console, moved: Sequence[Moved], limit: int) -> None:
    shown = moved[:limit]
    keys = list(dict.fromkeys(name for one in shown for name, _ in one.key))
    cells = [dict(one.key) for one in shown]
    same = [name for name in keys if len({row.get(name) for row in cells}) == 1]
    title = f"{len(moved):,} moved, the largest of each column first"
    told = [name for name in keys if name not in same]
    table = _table(title, ["file", ", ".join(told)])
    table.add_column("column", no_wrap=True)  # the column's name is what is looked for
    for header in ("from", "to", "ratio"):
        table.add_column(header, justify="right", overflow="fold")
    for one, row in zip(shown, cells, strict=True):
        key = ", ".join(row[name] for name in told if name in row)
        words = (Path(one.file).stem, key, one.column, *shortened(one.before, one.after))
        table.add_row(*map(Text, (*words, ratio_words(one.ratio))))
    console.print(table)
    if same:
        _say(console, f"In all of them: {', '.join(f'{n} {cells[0][n]}' for n in same)}")
    _rest(console, len(moved) - len(shown))


def shortened(before: str, after: str) -> tuple[str, str]:
    """Return two cells with fewer decimals, as long as that leaves them apart.

    Examples
    --------
    >>> shortened("12633614.386058", "12717337.795146"), shortened("42734", "42735")
    (('12633614', '12717338'), ('42734', '42735'))
    >>> shortened("0.1234567891", "0.1234567892")
    ('0.1234567891', '0.1234567892')
    """
    if "." not in before + after:
        return before, after
    try:
        first, second = (f"{float(cell):.8g}" for cell in (before, after))
    except ValueError:
        return before, after
    return (before, after) if first == second else (first, second)


def ratio_words(ratio: float | None) -> str:
    """Return a ratio with four digits, or how far from 1 it is if they would not say so.

    Examples
    --------
    >>> ratio_words(0.123456), ratio_words(1.00000003), ratio_words(None)
    ('0.1235', '1 + 3e-08', '–')
    """
    if ratio is None:
        return "–"
    words = f"{ratio:.{_DIGITS}g}"
    if words != "1":
        return words
    return f"1 {'+' if ratio > 1 else '-'} {abs(ratio - 1):.1g}"


def _show_lacking(console: Console, title: str, names: Sequence[str], limit: int) -> None:
    if names:
        _say(console, f"\n{title}:")
        for name in names[:limit]:
            _say(console, f"  {name}")
        _rest(console, len(names) - limit)


def _show_causes(console: Console, causes: Sequence[Cause], limit: int) -> None:
    if not causes:
        return
    console.print()
    table = _table("what they were made from differs in", ["entry"])
    for header in ("from", "to"):
        table.add_column(header, overflow="fold")
    for cause in causes[:limit]:
        table.add_row(*map(Text, (cause.what, cause.before, cause.after)))
    console.print(table)
    _rest(console, len(causes) - limit)


def _table(title: str, headers: Sequence[str]) -> Table:
    table = Table(
        title=title, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), title_justify="left", pad_edge=False
    )
    for header in headers:
        table.add_column(header, overflow="fold")
    return table


def _rest(console: Console, more: int) -> None:
    if more > 0:
        _say(console, f"  … and {more:,} more: --limit shows them")


def _say(console: Console, words: str) -> None:
    console.print(words, markup=False, highlight=False)
