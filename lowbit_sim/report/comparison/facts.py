"""What a judgement says when its verdicts are counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lowbit_sim.judge.candidate import Candidate
from lowbit_sim.judge.judgement import Decided, Judgement, Verdict

#: a winner that is the best in at least so many of the samples is sure
SURE_FRACTION = 0.95


@dataclass(frozen=True, slots=True)
class Case:
    """One network on one machine under one regime.

    Parameters
    ----------
    decided : Decided
    verdict : Verdict
    """

    decided: Decided
    verdict: Verdict

    def at(self, place: int | None) -> Candidate | None:
        """Return the candidate at a place of the contest, if there is one."""
        return None if place is None else self.decided.contest.candidates[place]

    @property
    def winner(self) -> Candidate | None:
        """The winner, or None."""
        return self.at(self.verdict.winner)

    @property
    def best_fraction(self) -> float:
        """How often the winner is the best; 0 without one."""
        return 0.0 if self.winner is None else self.verdict.best_fractions[self.verdict.winner]

    @property
    def sure(self) -> bool:
        """Whether the winner is the best in at least `SURE_FRACTION` of the samples."""
        return self.best_fraction >= SURE_FRACTION

    @property
    def lead(self) -> float | None:
        """The runner-up's energy × delay over the winner's; None without both."""
        winner, second = self.winner, self.at(self.verdict.runner_up)
        if winner is None or second is None:
            return None
        return second.energy_delay_pj_s / winner.energy_delay_pj_s

    @property
    def challenger(self) -> Candidate | None:
        """The candidate that is the best most often beside the winner, if any ever is."""
        shares = self.verdict.best_fractions.items()
        others = [
            (share, -place) for place, share in shares if place not in {None, self.verdict.winner}
        ]
        best = max(others, default=(0.0, 0))
        return self.at(-best[1]) if best[0] > 0 else None

    @property
    def tied(self) -> bool:
        """Whether cost does not decide: the runner-up costs exactly the same."""
        return self.lead is not None and self.lead - 1 < 1e-12  # noqa: PLR2004 (rounding)


def cases(judgement: Judgement, regime: str | None = None) -> list[Case]:
    """Return every network on every machine, of one regime or of all."""
    return [
        Case(decided, verdict)
        for decided in judgement.decided
        if regime in {None, decided.contest.regime}
        for verdict in decided.verdicts
    ]


def overall(decided: Decided) -> Case:
    """Return a contest over all machines together."""
    return Case(decided, decided.overall)


def doubted(found: Sequence[Case]) -> str:
    """Return in words what is drawn: ``prices``, and ``seeds`` where a format has several."""
    several = any(len(s) > 1 for case in found for s in case.decided.contest.losses.values())
    return "seeds and prices" if several else "prices alone"


def tally(found: Sequence[Case]) -> dict[str, list[Case]]:
    """Return the cases by the format that wins, the most frequent first; ties of cost apart."""
    groups: dict[str, list[Case]] = {}
    for case in found:
        if case.winner is not None and not case.tied:
            groups.setdefault(case.winner.weight_format, []).append(case)
    return dict(sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])))


def overturned(case: Case) -> list[str]:
    """Return the rows whose band alone holds a value at which the winner changes."""
    return [one.row for one in case.verdict.sensitivities if one.overturns]
