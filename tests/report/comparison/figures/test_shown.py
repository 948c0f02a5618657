from dataclasses import replace

import pytest
from made_judgement import judgement
from odd_judgements import ODD, crowd

from lowbit_sim.report.comparison.figures import shown


def test_only_the_first_regime_is_shown():
    made = judgement()
    (cold,) = made.decided
    steady = replace(cold, contest=replace(cold.contest, regime="steady"))
    both = replace(made, decided=(steady, cold, steady))
    assert shown.first_regime(both) == (steady, steady)
    with pytest.raises(ValueError, match="no contests"):
        shown.first_regime(replace(made, decided=()))


def test_thirteen_formats_differ_in_marker_and_in_hatch_without_their_colour():
    found = shown.faces(crowd().decided)
    assert len(found) == 13
    assert len({(face.marker, face.inside == "white") for face in found.values()}) == 13
    assert len({face.hatch for face in found.values()}) == 13
    assert {face.inside for face in found.values()} <= {face.colour for face in found.values()} | {
        "white"
    }


def test_machines_are_named_with_their_technology_only_where_names_repeat():
    assert list(shown.machines_of(judgement().decided).values()) == ["small", "large"]
    named = shown.machines_of(crowd(2).decided)
    assert list(named.values()) == ["a_machine_0 (one)", "a_machine_0 (another)"]


@pytest.mark.parametrize("make", ODD.values(), ids=ODD)
def test_shares_are_those_of_the_verdict(make):
    for one in make().decided:
        for verdict in (*one.verdicts, one.overall):
            shares = shown.shares_by_format(one.contest, verdict.best_fractions)
            assert sum(shares.values()) == pytest.approx(1)
            assert shares[None] == verdict.best_fractions[None]


def test_a_format_on_two_machines_has_one_share():
    (one,) = judgement().decided
    shares = shown.shares_by_format(one.contest, {0: 0.25, 3: 0.5, 1: 0.25})
    assert shares == {"levels_2": 0.75, "levels_3": 0.25}
