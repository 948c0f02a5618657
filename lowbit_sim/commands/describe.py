"""``lowbit-sim formula`` and ``lowbit-sim list``: what there is, and how it computes."""

from __future__ import annotations

import sys
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.pe.formula import formula as formula_of
from lowbit_sim.registry import registered


def formula(kind: str) -> None:
    """Print the docstring that opens the file of a PE kind."""
    sys.stdout.write(formula_of(kind).strip() + "\n")


def list_(what: str) -> None:
    """Print what there is of `what`."""
    if what == "formats":
        Console().print(_formats())
    elif what == "pe":
        for name, point in registered("lowbit_sim.pe").items():
            sys.stdout.write(f"{name}  {point.value}\n")
    else:
        folder = {"workloads": "workloads", "accelerators": "arch_specs"}[what]
        paths = sorted(Path(folder).glob("*.yaml"))
        sys.stdout.write("".join(f"{path}\n" for path in paths) or f"no {folder}/*.yaml here\n")


def _formats() -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    for header in ("format", "levels", "entropy", "field", "planes", "magnitude", "trits", "terms"):
        table.add_column(header, justify="left" if header == "format" else "right", no_wrap=True)
    for fmt in FORMATS.values():
        row = [fmt.name, str(fmt.count or "–"), f"{fmt.entropy_bits:.3f}", str(fmt.field_bits)]
        widths = ["–"] * 4
        if fmt.is_integer:
            planes = (fmt.planes("twos_complement"), fmt.planes("sign_magnitude"))
            widths = [str(n) for n in (*planes, fmt.ternary_digits, fmt.power_terms)]
        table.add_row(*row, *widths)
    return table
