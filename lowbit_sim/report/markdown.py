"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> str:
    r"""Return a table, its first `left` columns to the left and the others to the right.

    Raises
    ------
    ValueError
        If a row has not as many cells as the header.

    Examples
    --------
    >>> print(markdown_table(["a", "b"], [["x|y", "1"]]))
    | a | b |
    | --- | ---: |
    | x\|y | 1 |
    """
    aligned = ["---" if column < left else "---:" for column in range(len(header))]
    cells = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    for row in cells:
        if len(row) != len(header):
            raise ValueError(f"a row has {len(row)} cells, the header {len(header)}: {row}")
    return "\n".join(f"| {' | '.join(row)} |" for row in [header, aligned, *cells])
