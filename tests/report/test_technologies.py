from dataclasses import replace

import pytest
from made import refused, result, study

from lowbit_sim.report.technologies import elsewhere
from lowbit_sim.study.ranking import rank

HALF_A_POINT = 0.005


def ranking(*pairs, percents=(98,)):
    """Return the ranking of (format, energy [pJ]) pairs, each of 1000 cycles, beside fp32."""
    formats = [result(name, percents, 1000, {"dram": energy_pj}) for name, energy_pj in pairs]
    return rank(study(*formats, refused("fp32", (98,))), HALF_A_POINT)


def there(*pairs, **made):
    """Return the same in another technology."""
    found = ranking(*pairs, **made)
    pricing = found.study.pricing
    other = replace(pricing.technology, name="other_22nm", family="other_netlists")
    return replace(found, study=replace(found.study, pricing=replace(pricing, technology=other)))


def test_a_winner_that_stays_first_is_told_with_what_it_costs_there():
    here = ranking(("levels_3", 2e6), ("levels_5", 3e6))
    said = elsewhere(here, there(("levels_3", 4e6), ("levels_5", 9e6)))
    assert said == (
        "Priced in other_22nm (other_netlists) instead, levels_3 stays first, "
        "at 4.00 µJ an inference."
    )


def test_a_winner_that_changes_is_told_with_how_far_the_old_one_is_behind():
    here = ranking(("levels_3", 2e6), ("levels_5", 3e6))
    said = elsewhere(here, there(("levels_3", 10e6), ("levels_5", 4e6)))
    # the cycles are the same: 10 / 4
    assert said == (
        "Priced in other_22nm (other_netlists) instead, the winner changes: levels_5 is first, "
        "at 4.00 µJ an inference; levels_3 has 2.5 times its energy × delay there."
    )


@pytest.mark.parametrize("energy_pj", [1e6, 5e6])
def test_where_none_is_accurate_enough_there_is_none_elsewhere(energy_pj):
    # 8 points below fp32
    here = ranking(("levels_3", 2e6), percents=(90,))
    said = elsewhere(here, there(("levels_3", energy_pj), percents=(90,)))
    assert said.endswith("instead, no format is accurate enough either.")


def test_without_accuracies_cost_alone_decides():
    here = rank(study(result("levels_3", (), 10, {"dram": 2e6})), HALF_A_POINT)
    assert "levels_3 stays first, at 2.00 µJ" in elsewhere(here, here)
