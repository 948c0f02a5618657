"""``lowbit-sim formula`` and ``lowbit-sim list``: what there is, and how it computes."""

from __future__ import annotations

import sys
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from lowbit_sim.errors import spec_error
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.formats.packing import stored_bits_per_weight
from lowbit_sim.pe.formula import formula as formula_of
from lowbit_sim.registry import registered

#: two's complement planes, sign-magnitude planes, ternary digits, power-of-two terms, stored bits
COLUMNS = (
    "format",
    "levels",
    "entropy",
    "planes\n2's c.",
    "planes\ns.-m.",
    "trits",
    "power\nterms",
    "bit/wt\nfield",
    "bit/wt\nword_8",
    "bit/wt\nword_64",
)


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
        if not paths:
            raise spec_error(f"no *.yaml in {folder}/ of the current directory", Path(folder))
        sys.stdout.write("".join(f"{path}\n" for path in paths))


def _formats() -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 0), pad_edge=False)
    for header in COLUMNS:
        table.add_column(header, justify="left" if header == "format" else "right", no_wrap=True)
    for fmt in FORMATS.values():
        row = [fmt.name, str(fmt.count or "–"), f"{fmt.entropy_bits:.3f}"]
        stored = [
            f"{float(stored_bits_per_weight(fmt, packing)):.4g}"
            for packing in ("whole_field", "word_8", "word_64")
        ]
        widths = ["–"] * 4
        if fmt.is_integer:
            planes = (fmt.planes("twos_complement"), fmt.planes("sign_magnitude"))
            widths = [str(n) for n in (*planes, fmt.ternary_digits, fmt.power_terms)]
        table.add_row(*row, *widths, *stored)
    return table
