"""What came of carrying out every matrix product in the arrays' own arithmetic, for a reader."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich import box
from rich.table import Table

from lowbit_sim.report.wording import format_words
from lowbit_sim.study.verify import Verified
from lowbit_sim.workload.op import Op


def result_words(rows: Iterable[Verified]) -> str:
    """Return ``equal``, how many results differ, or why there was nothing to compare.

    What differs from the network's own sums alone is told apart.
    """
    done = [row for row in rows if row.work is not None]
    if not done:
        return "– floating-point"
    results = sum(row.op.output_elements for row in done)
    differing = sum(row.differing for row in done)
    from_network = sum(row.differing_from_network or 0 for row in done)
    if differing:
        return f"{differing:,} of {results:,} differ"
    return f"{from_network:,} of {results:,} not the network's" if from_network else "equal"


def verification_table(rows: Sequence[Verified], weight_format: str, *, wide: bool) -> Table:
    """Return the table of one format's matrix products, one a line.

    Parameters
    ----------
    rows : sequence of Verified
        In execution order.
    weight_format : str
        The format under study.
    wide : bool
        Whether there is room for extents, formats, kinds and folds.
    """
    table = _table(f"carried out digit by digit, in {format_words(weight_format)}")
    table.add_column("operator", no_wrap=True)
    if wide:
        table.add_column("m·k·n", no_wrap=True, justify="right")
        table.add_column("weights", no_wrap=True)
        table.add_column("kind", no_wrap=True)
    for header in ("tiles", *(["folds"] if wide else []), "MACs"):
        table.add_column(header, no_wrap=True, justify="right")
    table.add_column("activations", no_wrap=True)
    table.add_column("sums")
    for row in rows:
        style = "" if row.equal else "bold red"
        table.add_row(*_cells(row, wide=wide), style=style)
    return table


def verification_summary(by_format: Mapping[str, Sequence[Verified]]) -> Table:
    """Return the table of all formats, one a line.

    Parameters
    ----------
    by_format : mapping of str to sequence of Verified
        Weight format -> what came of its matrix products.
    """
    table = _table("carried out digit by digit, every matrix product")
    table.add_column("weights", no_wrap=True)
    for header in ("products", "tiles", "folds", "MACs"):
        table.add_column(header, no_wrap=True, justify="right")
    table.add_column("activations", no_wrap=True)
    table.add_column("sums")
    for name, rows in by_format.items():
        works = [row.work for row in rows if row.work is not None]
        counts = (sum(column) for column in zip(*works, strict=True)) if works else (0, 0, 0)
        sources = sorted({row.source for row in rows if row.work is not None})
        cells = [name, f"{len(works):,}", *(f"{count:,}" for count in counts)]
        style = "" if all(row.equal for row in rows) else "bold red"
        table.add_row(*cells, ", ".join(sources) or "–", result_words(rows), style=style)
    return table


def verification_sentence(by_format: Mapping[str, Sequence[Verified]]) -> str:
    """Return in one sentence what was carried out, on what, and whether it is right."""
    rows = [row for one in by_format.values() for row in one if row.work is not None]
    if not rows:
        return "No matrix product of integers was carried out."
    known = sum(row.source == "network" for row in rows)
    operands = "the network's own weights and activations" if known else "random activations"
    if 0 < known < len(rows):
        operands = f"{operands} ({known} of them) and on random activations"
    macs = sum(row.op.macs for row in rows)
    products = "matrix product" if len(rows) == 1 else "matrix products"
    done = f"{len(rows)} {products} ({macs:,} MACs) carried out on {operands}:"
    wrong = [row for row in rows if not row.equal]
    if wrong:
        verb = "differs" if len(wrong) == 1 else "differ"
        return f"{done} {len(wrong)} of them {verb}, first '{wrong[0].op.name}'."
    compared = " and what the network computes in floating point, rounded" if known else ""
    return f"{done} every sum is that of plain integers{compared}."


def _cells(row: Verified, *, wide: bool) -> list[str]:
    op, work = row.op, row.work
    weights = f"{op.weight}{'*' if op.weights_are_activations else ''}"
    cells = [op.name, *([_dimensions(op), weights, row.kind] if wide else [])]
    if work is None:
        return [*cells, *["–"] * (4 if wide else 3), result_words([row])]
    counts = [work.tiles, *([work.folds] if wide else []), work.macs]
    return [*cells, *(f"{count:,}" for count in counts), row.source, result_words([row])]


def _dimensions(op: Op) -> str:
    batch = f"{op.batch} × " if op.batch > 1 else ""
    return f"{batch}{op.m}·{op.k}·{op.n}"


def _table(title: str) -> Table:
    return Table(
        title=title,
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        title_justify="left",
        pad_edge=False,
    )
