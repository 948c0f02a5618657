"""``run --verify``: every matrix product carried out in the arrays' own arithmetic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console

from lowbit_sim.errors import LowbitSimError
from lowbit_sim.report.verification import (
    verification_sentence,
    verification_summary,
    verification_table,
)
from lowbit_sim.study.experiment import FormatResult
from lowbit_sim.study.shipped import Shipped
from lowbit_sim.study.verify import Verified, verify
from lowbit_sim.workload.graph import Workload
from lowbit_sim.workload.operands import Operands

_WIDE_COLUMNS = 100


def verify_and_show(
    path: Path, shipped: Shipped, results: Sequence[FormatResult], console: Console
) -> None:
    """Carry out the products of `results`, print what came of it, and fail if anything differs.

    Parameters
    ----------
    path : Path
        The workload file.
    shipped : Shipped
        What belongs to it.
    results : sequence of FormatResult
        Formats that the machine runs; the first is shown operator by operator.
    console : Console

    Raises
    ------
    LowbitSimError
        If a sum is not what integers, or the network itself, compute.
    """
    workloads = {workload.weight_format: workload for workload in shipped.workloads}
    found: dict[str, tuple[Verified, ...]] = {}
    for result in results:
        workload = workloads[result.weight_format]
        with console.status(f"carrying out {workload.name} in {result.weight_format} …"):
            operands = _operands(path, shipped, workload)
            mapped = (layer.mapped for layer in result.layers)
            found[result.weight_format] = verify(mapped, shipped.levels(workload), operands)
    console.print()
    console.print(verification_summary(found))
    first = results[0].weight_format
    wide = console.width >= _WIDE_COLUMNS
    console.print(verification_table(found[first], first, wide=wide))
    said = verification_sentence(found)
    if any(not row.equal for rows in found.values() for row in rows):
        raise LowbitSimError(f"the machine computes something else: {said}")
    console.print(said, highlight=False)


def _operands(path: Path, shipped: Shipped, workload: Workload) -> Mapping[str, Operands]:
    """Return what reaches each product on a test image; nothing for a network without weights."""
    if workload.weight_format not in shipped.checkpoints:
        return {}
    from lowbit_sim.frontends.activations import shipped_operands  # needs torch

    return shipped_operands(path, workload)
