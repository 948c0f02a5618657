import pytest
from drawn import clashes, words
from made_contest import candidate, machine, rows
from made_judgement import judgement
from odd_judgements import ODD

from lowbit_sim.report.comparison.figures.tornado import (
    ROWS,
    VERDICTS,
    _words,
    most_in_doubt,
    tornado,
)


def test_the_verdicts_with_the_largest_swing_come_first():
    made = ODD["crowd"]()
    found = most_in_doubt(made)
    swings = [
        max(one.swing for one in verdict.sensitivities)
        for decided in made.decided
        for verdict in decided.verdicts
    ]
    assert len(found) == VERDICTS
    mine = [case.verdict.sensitivities[0].swing for case in found]
    assert mine == sorted(swings, reverse=True)[:VERDICTS]


def test_a_verdict_that_a_price_overturns_comes_before_a_larger_swing():
    # 30 + f·60 against 32 + f·58.2: level where the DRAM costs 1.11 of its price, within × 1.4
    close = [
        candidate("levels_3", rows(30.0, 60.0), 10, accuracy=None),
        candidate("levels_5", rows(32.0, 58.2), 10, accuracy=None),
    ]
    far = [
        candidate("levels_3", rows(10.0, 1000.0), 10, machine("far"), accuracy=None),
        candidate("levels_5", rows(9000.0, 1000.0), 10, machine("far"), accuracy=None),
    ]
    found = most_in_doubt(judgement([*far, *close]))
    assert [case.verdict.machine.name for case in found] == ["small", "far"]
    first, second = (case.verdict.sensitivities[0].swing for case in found)
    assert first < second
    assert any(one.overturns for one in found[0].verdict.sensitivities)


def test_bars_run_from_the_lead_to_its_value_at_both_ends_of_the_band():
    made = judgement()
    drawn = tornado(made)
    for ax, case in zip(drawn.axes, most_in_doubt(made), strict=True):
        shown = case.verdict.sensitivities[:ROWS]
        ends = [end for one in shown for end in (one.lead_low, one.lead_high)]
        assert [bar.get_x() + bar.get_width() for bar in ax.patches] == pytest.approx(ends)
        assert {bar.get_x() for bar in ax.patches} == {shown[0].lead}
        assert f"by {case.lead:.3f}" in ax.get_title(loc="left")
        lines = [float(line.get_xdata()[0]) for line in ax.lines]
        assert lines == [1.0, pytest.approx(case.lead)]


def test_assumed_rows_are_marked_and_hatched():
    made = judgement()
    drawn = tornado(made)
    for ax, case in zip(drawn.axes, most_in_doubt(made), strict=True):
        for row, one in enumerate(case.verdict.sensitivities[:ROWS]):
            assumed = one.confidence == "assumed"
            assert ("*" in _words(one)) == assumed
            assert _words(one) in words(drawn)
            for bar in ax.patches[2 * row : 2 * row + 2]:
                assert bool(bar.get_hatch()) == assumed
    assert any(text.startswith("pes.ternary_adder.leakage *") for text in words(drawn))


@pytest.mark.parametrize("make", ODD.values(), ids=ODD)
def test_odd_judgements_are_drawn_or_left_out(make):
    drawn = tornado(make())
    if drawn is None:
        assert most_in_doubt(make()) == []
    else:
        assert {"price low", "price high"} <= set(words(drawn))
        assert [pair for pair in clashes(drawn) if not _numbers(pair)] == []


def _numbers(pair):
    """Whether two ends of bars stand close, which one shorter than its number brings about."""
    return len(pair) == 2 and all(text.replace(".", "").isdigit() for text in pair)


def test_without_rivals_there_is_nothing_to_draw():
    assert tornado(ODD["one machine, one format"]()) is None
    assert tornado(ODD["no winner"]()) is None
