"""The tables of a comparison as rows, units in the names of the columns.

``candidates`` has a row for each format of a network on a machine, ``verdicts`` one for each
machine, ``sensitivities`` one for each price that a verdict rests on.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping
from typing import Any

from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.judge.candidate import Candidate, Machine
from lowbit_sim.judge.judgement import Decided, Judgement, Verdict
from lowbit_sim.judge.sensitivity import Flip
from lowbit_sim.report.comparison.facts import Case, cases, overturned

Row = dict[str, Any]


def tables(judgement: Judgement) -> dict[str, list[Row]]:
    """Return the rows of each table; None stands where there is nothing to say."""
    margin = judgement.comparison.spec.margin_fraction
    return {
        "candidates": [row for one in judgement.decided for row in _candidates(one, margin)],
        "verdicts": [_verdict(case) for case in cases(judgement)],
        "sensitivities": [row for case in cases(judgement) for row in _sensitivities(case)],
    }


def csv_text(rows: list[Row]) -> str:
    """Return rows as CSV with a header; the columns are those of the first row."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _candidates(decided: Decided, margin_fraction: float) -> Iterator[Row]:
    contest = decided.contest
    eligible = contest.eligible(margin_fraction)
    verdicts = {verdict.machine.key: verdict for verdict in decided.verdicts}
    for place, one in enumerate(contest.candidates):
        verdict = verdicts[one.machine.key]
        yield {
            **_named(contest.workload, contest.regime, one.machine),
            **_format(one),
            "standing": "eligible" if eligible[place] else "less accurate",
            "winner": int(verdict.winner == place),
            "best_fraction": round(verdict.best_fractions[place], 6),
            "best_of_all_fraction": round(decided.overall.best_fractions[place], 6),
            "pareto": int(decided.pareto[place]),
            "weighted_log": _digits(float(decided.weighted[place])),
            "loss_against_fp32_fraction": _digits(float(contest.mean_losses[place])),
            "cycles": one.cycles,
            "seconds": _digits(one.seconds),
            "energy_pj": _digits(one.energy_pj),
            "energy_delay_pj_s": _digits(one.energy_delay_pj_s),
            "dram_bits": one.dram_bits,
            "macs": one.macs,
            "refusal": None,
        }
    for one in contest.refused:
        named = {**_named(contest.workload, contest.regime, one.machine), **_format(one)}
        yield {**named, "standing": "refused", "winner": 0, "refusal": one.refusal}


def _named(workload: str, regime: str, machine: Machine) -> Row:
    return {
        "workload": workload,
        "regime": regime,
        "accelerator": machine.name,
        "technology": machine.technology,
        "scale": machine.scale,
        "area_um2": _digits(machine.area_um2),
    }


def _format(one: Candidate) -> Row:
    accuracy = one.accuracy
    half = math.inf if accuracy is None else accuracy.half_width_fraction
    return {
        "weight_format": one.weight_format,
        "entropy_bits": round(FORMATS[one.weight_format].entropy_bits, 6),
        "accuracy_mean_fraction": None if accuracy is None else _digits(accuracy.mean_fraction),
        "accuracy_half_width_fraction": None if math.isinf(half) else _digits(half),
        "seeds": None if accuracy is None else len(accuracy.fractions),
        "model_bits": one.model_bits,
    }


def _verdict(case: Case) -> Row:
    decided, verdict = case.decided, case.verdict
    margin = verdict.margin
    first = verdict.sensitivities[:3]
    return {
        **_named(decided.contest.workload, decided.contest.regime, verdict.machine),
        "arrays": verdict.machine.arrays,
        "winner": _name(case, verdict.winner),
        "best_fraction": _digits(case.best_fraction),
        "runner_up": _name(case, verdict.runner_up),
        "lead": _digits(case.lead),
        "winner_with_confidence": _name(case, verdict.confident),
        "none_eligible_fraction": _digits(verdict.best_fractions[None]),
        "knee": _name(case, verdict.knee),
        "hypervolume_fraction": _digits(verdict.hypervolume_fraction),
        "assumed_fraction": _digits(verdict.assumed_fraction),
        "rows_that_matter_most": " ".join(one.row.replace(" ", ":") for one in first),
        "overturned_by": " ".join(row.replace(" ", ":") for row in overturned(case)),
        "margin_below_fraction": None if margin is None else _digits(margin.below_fraction),
        "winner_below_margin": None if margin is None else _name(case, margin.below),
        "margin_above_fraction": None if margin is None else _digits(margin.above_fraction),
        "winner_above_margin": None if margin is None else _name(case, margin.above),
        "over_dram_price": _reigns(case, verdict),
    }


def _reigns(case: Case, verdict: Verdict) -> str:
    """Return who wins over the DRAM's price: ``format from-to pJ/bit``, in order."""
    price_pj = verdict.machine.prices["dram.read"]
    return "; ".join(
        f"{_name(case, one.place)} {one.low * price_pj:.4g}-{one.high * price_pj:.4g}"
        for one in verdict.dram
    )


def _sensitivities(case: Case) -> Iterator[Row]:
    contest, machine = case.decided.contest, case.verdict.machine
    for one in case.verdict.sensitivities:
        yield {
            **_named(contest.workload, contest.regime, machine),
            "row": one.row.partition(" ")[2],
            "confidence": one.confidence,
            "band": one.band,
            "lead": _digits(one.lead),
            "lead_low": _digits(one.lead_low),
            "lead_high": _digits(one.lead_high),
            "overturns": int(one.overturns),
            **_flip(case, "below", one.below),
            **_flip(case, "above", one.above),
        }


def _flip(case: Case, side: str, flip: Flip | None) -> Row:
    return {
        f"flips_{side}_factor": None if flip is None else _digits(flip.factor),
        f"winner_{side}": None if flip is None else _name(case, flip.place),
    }


def _name(case: Case, place: int | None) -> str | None:
    candidate = case.at(place)
    return None if candidate is None else candidate.weight_format


def _digits(value: float | None) -> float | None:
    """Return a number with nine significant digits, which no library's last bit reaches."""
    return None if value is None or not math.isfinite(value) else float(f"{value:.9g}")


def json_ready(rows: Mapping[str, list[Row]]) -> dict[str, list[Row]]:
    """Return the tables for JSON: every row with all columns of its table."""
    found = {}
    for name, table in rows.items():
        columns = dict.fromkeys(column for row in table for column in row)
        found[name] = [{column: row.get(column) for column in columns} for row in table]
    return found
