"""Whether the winner is another one where the machine is priced in another technology."""

from __future__ import annotations

from lowbit_sim.report.wording import energy_words
from lowbit_sim.study.ranking import Ranking


def elsewhere(ranking: Ranking, other: Ranking) -> str:
    """Return the sentence that compares two rankings of the same machine.

    Parameters
    ----------
    ranking, other : Ranking
        The one that is reported, and the same study priced in another technology.
    """
    technology = other.study.pricing.technology
    said = f"Priced in {technology.name} ({technology.family}) instead,"
    here, there = ranking.winner, other.winner
    if here is None or there is None:
        return f"{said} no format is accurate enough either."
    name = here.result.weight_format
    cost = f"at {energy_words(there.result.energy_pj)} an inference"
    if there.result.weight_format == name:
        return f"{said} {name} stays first, {cost}."
    mine = next(r.result for r in other.formats if r.result.weight_format == name)
    ratio = mine.energy_delay_pj_cycles() / there.result.energy_delay_pj_cycles()
    return (
        f"{said} the winner changes: {there.result.weight_format} is first, {cost}; "
        f"{name} has {ratio:.3g} times its energy × delay there."
    )
