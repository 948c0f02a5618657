"""The tables of a comparison in LaTeX, to be put into a paper with ``input``."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.judge.candidate import Candidate, Regime
from lowbit_sim.judge.judgement import Decided, Judgement
from lowbit_sim.report.comparison.facts import Case, cases, overall
from lowbit_sim.report.comparison.figures.shown import machines_of

#: a ranking is of all candidates up to this many, beyond it of the best on every machine
MOST_ROWS = 40
_BITS_PER_KIB = 8 * 2**10
_HEAD = """\
% needs \\usepackage{booktabs} and \\usepackage{longtable}
"""
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "×": r"$\times$",
    "±": r"$\pm$",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}
_COLUMNS = (
    "",
    "machine",
    "format",
    "bit",
    r"accuracy [\%]",
    "KiB",
    r"$E$ [$\mu$J]",
    r"$t$ [$\mu$s]",
    r"$E \cdot t$ [pJ$\,$s]",
    "ratio",
    r"best [\%]",
)
_REGIMES: Mapping[Regime, str] = {
    "cold": "weights from the DRAM in every inference",
    "steady": "weights left on the chip by the one before",
}


def tables_tex(judgement: Judgement) -> str:
    """Return tables of the winners of each regime, and a ranking of each network under it.

    Each table has a caption and the label ``tab:<study>-...``; text is escaped.
    """
    name = judgement.comparison.spec.name
    regimes = dict.fromkeys(one.contest.regime for one in judgement.decided)
    parts = [_winners(judgement, regime, name) for regime in regimes]
    margin = judgement.comparison.spec.margin_fraction
    parts += [_ranking(one, margin, name) for one in judgement.decided]
    return _HEAD + "".join(f"\n{part}" for part in parts)


def escape(text: str) -> str:
    r"""Return text in which LaTeX sees no command.

    Examples
    --------
    >>> print(escape("levels_7 & 50 %"))
    levels\_7 \& 50 \%
    """
    return "".join(_SPECIAL.get(sign, sign) for sign in text)


def _winners(judgement: Judgement, regime: Regime, name: str) -> str:
    """Return the winner of every machine and network, with how often it is the best."""
    found = cases(judgement, regime)
    workloads = list(dict.fromkeys(case.decided.contest.workload for case in found))
    machines = machines_of([case.decided for case in found])
    at = {(case.verdict.machine.key, case.decided.contest.workload): case for case in found}
    rows = []
    for key, label in machines.items():
        cells = [_winner(at.get((key, workload))) for workload in workloads]
        rows.append(_row([escape(label), *cells]))
    samples = judgement.comparison.spec.doubt.samples
    caption = (
        f"The weight format with the least energy $\\times$ delay on each machine, "
        f"{_REGIMES[regime]}; in brackets the share of {samples} samples in which it is "
        "the best."
    )
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            f"\\caption{{{caption}}}",
            _label(name, "winners", regime),
            f"\\begin{{tabular}}{{l{'l' * len(workloads)}}}",
            r"\toprule",
            _row(["machine", *(escape(workload) for workload in workloads)]),
            r"\midrule",
            *rows,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def _winner(case: Case | None) -> str:
    if case is None or case.winner is None:
        return "--"
    return f"{escape(case.winner.weight_format)} ({100 * case.best_fraction:.1f}\\,\\%)"


def ranked(decided: Decided, margin_fraction: float) -> list[int]:
    """Return the places that a ranking shows, those that are accurate enough first, then by cost.

    All of them up to `MOST_ROWS`, beyond that the winner of each machine.
    """
    contest, costs = decided.contest, decided.contest.energy_delays_pj_s
    allowed = contest.eligible(margin_fraction)
    places = list(range(len(contest.candidates)))
    if len(places) > MOST_ROWS:
        places = [one.winner for one in decided.verdicts if one.winner is not None]
    return sorted(places, key=lambda place: (not allowed[place], float(costs[place]), place))


def _ranking(decided: Decided, margin_fraction: float, name: str) -> str:
    contest = decided.contest
    places = ranked(decided, margin_fraction)
    allowed = contest.eligible(margin_fraction)
    machines = machines_of([decided])
    lines = [
        _candidate(rank if allowed[place] else None, decided, place, machines)
        for rank, place in enumerate(places, 1)
    ]
    whole = len(contest.candidates) <= MOST_ROWS
    what = "All candidates" if whole else "The winner of each machine"
    caption = (
        f"{what} for {escape(contest.workload)}, {_REGIMES[contest.regime]}, by energy $E$ "
        "$\\times$ latency $t$; the ratio is to the first. Bits are the entropy of a weight, KiB "
        "those of all parameters. Best: the share of samples in which it is the best of all "
        "machines. Without a rank: loses too much accuracy."
    )
    label = _label(name, "ranking", contest.workload, contest.regime)
    head = [r"\toprule", _row(_COLUMNS), r"\midrule"]
    return "\n".join(
        [
            r"{\footnotesize\setlength{\tabcolsep}{3pt}\setlength{\LTcapwidth}{\textwidth}",
            r"\begin{longtable}{rllrrrrrrrr}",
            f"\\caption{{{caption}}}{label}\\\\",
            *head,
            r"\endfirsthead",
            *head,
            r"\endhead",
            r"\bottomrule",
            r"\endfoot",
            *(lines or [r"\multicolumn{11}{l}{no candidate is accurate enough} \\"]),
            r"\end{longtable}}",
            "",
        ]
    )


def _candidate(
    rank: int | None,
    decided: Decided,
    place: int,
    machines: Mapping[tuple[str, str], str],
) -> str:
    one, first = decided.contest.candidates[place], overall(decided).winner
    ratio = ""
    if first is not None and rank is not None:
        ratio = f"{one.energy_delay_pj_s / first.energy_delay_pj_s:.3f}"
    return _row(
        [
            "" if rank is None else str(rank),
            escape(machines[one.machine.key]),
            escape(one.weight_format),
            f"{FORMATS[one.weight_format].entropy_bits:.3g}",
            _accuracy(one),
            _number(one.model_bits / _BITS_PER_KIB),
            _number(one.energy_pj / 1e6),
            _number(one.seconds * 1e6),
            _number(one.energy_delay_pj_s),
            ratio,
            f"{100 * decided.overall.best_fractions[place]:.1f}",
        ]
    )


def _accuracy(one: Candidate) -> str:
    if one.accuracy is None:
        return "--"
    half = one.accuracy.half_width_fraction
    interval = f" $\\pm$ {100 * half:.2f}" if math.isfinite(half) else ""
    return f"{100 * one.accuracy.mean_fraction:.2f}{interval}"


def _number(number: float) -> str:
    """Return a number of at least four digits; powers of ten only where it is tiny."""
    return f"{number:.0f}" if number >= 1e4 else f"{number:.4g}"  # noqa: PLR2004 (four digits)


def _label(*parts: str) -> str:
    """Return a label without signs that LaTeX minds in one."""
    plain = (re.sub(r"[^A-Za-z0-9_.]", "", part) for part in parts)
    return f"\\label{{tab:{'-'.join(plain)}}}"


def _row(cells: Sequence[str]) -> str:
    return " & ".join(cells) + r" \\"
