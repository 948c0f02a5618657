import re

import pytest
from made_contest import accuracy, candidate, machine, rows
from made_judgement import judgement

from lowbit_sim.judge.comparison_spec import Comparison
from lowbit_sim.judge.judgement import Judgement
from lowbit_sim.report.comparison.page_doubt import doubt_section

# 10 + f·100 against 30 + f·60, both in 10 cycles: level at f = 0.5
CROSSING = [
    candidate("levels_3", rows(30.0, 60.0), 10),
    candidate("levels_5", rows(10.0, 100.0), 10),
    candidate("fp32", rows(900.0, 900.0), 10),
]


def test_the_three_prices_with_leads_and_turning_points():
    found = judgement(CROSSING)
    made = doubt_section(found)
    (verdict,) = found.decided[0].verdicts
    for one in verdict.sensitivities[:3]:
        assert f"{one.lead_low:.3f}" in made
        assert f"{one.lead_high:.3f}" in made
    assert "× 0.500 → 5 levels" in made
    assert "simulated, ±\u00a0×\u00a01.4" in made
    assert made.count('scope="row"') == min(3, len(verdict.sensitivities))


def test_the_dram_band_turns_where_the_winner_does():
    made = doubt_section(judgement(CROSSING))
    assert "DRAM, now 20.0 pJ/bit: 5 levels below 10.0 pJ/bit, then 3 levels." in made
    widths = [float(one) for one in re.findall(r'style="width:([\d.]+)%"', made)]
    # factors from 1/64 to 64 are 12 octaves; 0.5 is the fifth
    assert widths == [pytest.approx(100 * 5 / 12, abs=0.01), pytest.approx(100 * 7 / 12, abs=0.01)]


def test_a_price_that_turns_within_its_band_and_what_is_assumed():
    near = [
        candidate("levels_3", rows(30.0, 60.0, 20.0), 10),
        candidate("levels_5", rows(10.0, 100.0, 10.0), 10),
        candidate("fp32", rows(900.0), 10),
    ]
    made = doubt_section(judgement(near))
    assert 'leakage<b title="assumed">†</b>' in made
    assert "within its band" in made
    assert 'class="lost"' in made
    assert "18.2\u00a0% of its energy rests on assumed prices†" in made


def test_margins_that_give_another_winner():
    made = doubt_section(judgement())
    assert "below 0.20 points: 5 levels (2.32 bit); from 2.00 points on: 2 levels (1 bit)" in made


def test_another_winner_with_confidence():
    # losses of 0.002 on average, of which one seed has all: the upper limit is above 0.005
    unsure = accuracy("levels_3", (0.894, 0.9, 0.9))
    made = [candidate("levels_3", rows(5.0), 10, accuracy=unsure)]
    made += [candidate("levels_5", rows(7.0), 10), candidate("fp32", rows(9.0), 10)]
    shown = doubt_section(judgement(made))
    assert "with confidence: </span>5 levels (2.32 bit) would win." in shown
    assert "with confidence" not in doubt_section(judgement())


def test_ties_and_machines_without_a_winner():
    made = [candidate("levels_3", rows(5.0), 10), candidate("levels_5", rows(5.0), 10)]
    made += [candidate("fp32", rows(9.0), 10), candidate("levels_2", rows(1.0), 1, machine("b"))]
    shown = doubt_section(judgement(made))
    assert "no price decides, the most accurate wins" in shown
    assert "No format is accurate enough." in shown
    alone = [candidate("fp32", rows(9.0), 10)]
    assert "No other format is accurate enough" in doubt_section(judgement(alone))


def test_published_prices_are_ticks_on_the_band(tmp_path):
    table = tmp_path / "published.csv"
    table.write_text(
        "name,energy_pj_per_bit_low,energy_pj_per_bit_high,source\n"
        "<one>,5,20,a paper\nfar,1e9,1e9,another\n",
        encoding="utf-8",
    )
    found = judgement(CROSSING)
    given = found.comparison
    comparison = Comparison(given.path, given.spec, (), (), (), table)
    made = doubt_section(Judgement(comparison, found.entrants, found.decided))
    # the geometric mean of 5 and 20 is half of the machine's 20 pJ/bit: the fifth of 12 octaves
    assert f'<u style="left:{100 * 5 / 12:.2f}%" title="&lt;one&gt;: 5 to 20 pJ/bit">' in made
    assert '<u style="left:100.00%"' in made
    assert "a paper" in made
