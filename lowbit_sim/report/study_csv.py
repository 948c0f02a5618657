"""``runs.csv`` and ``summary.csv`` of a study: every number, with its unit in the header."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence

from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.study.arm_summary import AgainstBaseline, ArmSummary, FormatSummary
from lowbit_sim.study.run_table import ArmRuns, RunTable
from lowbit_sim.workload.run_record import RunRecord

Row = dict[str, object]

#: what `_against` writes, empty for fp32
_AGAINST = (
    "loss_fraction",
    "loss_half_width_fraction",
    "shared_seeds",
    "p_different",
    "p_equivalent",
    "p_different_holm",
    "p_equivalent_holm",
    "verdict",
)


def runs_csv(table: RunTable) -> str:
    """Return a row for every finished run, in the order of the study."""
    return _text(
        _run_row(runs, record)
        for runs in table.usable
        for name in runs.runs
        for record in runs.runs[name].values()
    )


def summary_csv(summaries: Sequence[ArmSummary]) -> str:
    """Return a row for every arm and weight format that has a finished run."""
    return _text(_summary_row(arm.name, one) for arm in summaries for one in arm.formats)


def _text(rows: Iterable[Row]) -> str:
    listed = list(rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(listed[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(listed)
    return text.getvalue()


def _run_row(runs: ArmRuns, record: RunRecord) -> Row:
    last = record.history[-1] if record.history else None
    return {
        "arm": runs.arm.name,
        "workload": record.workload,
        "weight_format": record.weight_format,
        "entropy_bits": _rounded(FORMATS[record.weight_format].entropy_bits),
        "seed": record.seed,
        "epochs": record.epochs,
        "correct": record.correct,
        "test_images": record.test_images,
        "accuracy_fraction": _rounded(record.value_fraction),
        "parameters": record.parameters,
        "stored_bits": record.stored_bits,
        "zero_fraction": "" if last is None else _rounded(last.zero_fraction),
        "diverged": record.diverged or "",
        "key": record.key,
    }


def _summary_row(arm: str, one: FormatSummary) -> Row:
    low, high = one.diverged_interval
    return {
        "arm": arm,
        "weight_format": one.weight_format,
        "entropy_bits": _rounded(FORMATS[one.weight_format].entropy_bits),
        "seeds": one.seeds,
        "mean_fraction": _rounded(one.mean_fraction),
        "half_width_fraction": _rounded(one.half_width_fraction),
        "deviation_fraction": _rounded(one.deviation_fraction),
        "lowest_fraction": _rounded(one.lowest_fraction),
        "highest_fraction": _rounded(one.highest_fraction),
        "stored_bits": one.stored_bits,
        **_against(one.against),
        "diverged": one.diverged,
        "diverged_low_fraction": _rounded(low),
        "diverged_high_fraction": _rounded(high),
    }


def _against(against: AgainstBaseline | None) -> Row:
    if against is None:
        return dict.fromkeys(_AGAINST, "")
    one = against.comparison
    values = (
        _rounded(one.loss_fraction),
        _rounded(one.half_width_fraction),
        one.seeds,
        _rounded(one.p_different),
        _rounded(one.p_equivalent),
        _rounded(against.p_different_adjusted),
        _rounded(against.p_equivalent_adjusted),
        against.verdict,
    )
    return dict(zip(_AGAINST, values, strict=True))


def _rounded(value: float | None) -> float | str:
    """Return a number with six places; nothing where there is none, as the width of one seed."""
    return "" if value is None or math.isinf(value) else round(value, 6) + 0.0
