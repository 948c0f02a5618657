import dataclasses

import pytest
from made_contest import accuracy, candidate, machine, rows, small_and_large
from made_judgement import judgement

from lowbit_sim.report.comparison.page_data import page_data, rounded


def as_rows(data):
    return [dict(zip(data["columns"], row, strict=True)) for row in data["rows"]]


def test_rows_are_the_judgements_numbers():
    found = judgement()
    (decided,) = found.decided
    contest, data = decided.contest, page_data(found)
    shown = as_rows(data)
    assert len(shown) == len(contest.candidates) + len(contest.refused)
    for place, (row, one) in enumerate(zip(shown, contest.candidates, strict=False)):
        assert (row["accelerator"], row["weight_format"]) == (one.machine.name, one.weight_format)
        assert row["cycles"] == one.cycles
        assert row["model_bits"] == one.model_bits
        assert row["energy_pj"] == pytest.approx(one.energy_pj, rel=1e-8)
        assert row["seconds"] == pytest.approx(one.seconds, rel=1e-8)
        assert row["energy_delay_pj_s"] == pytest.approx(one.energy_delay_pj_s, rel=1e-8)
        assert row["accuracy_mean_fraction"] == pytest.approx(one.accuracy.mean_fraction)
        assert row["pareto"] == decided.pareto[place]
        verdict = next(v for v in decided.verdicts if v.machine.key == one.machine.key)
        assert row["best_fraction"] == pytest.approx(verdict.best_fractions[place], abs=1e-6)
        assert row["winner"] == (place == verdict.winner)
        assert row["runner_up"] == (place == verdict.runner_up)
    assert shown[0]["assumed_fraction"] == pytest.approx(1 / 111)
    assert shown[-1]["standing"] == "refused"
    assert shown[-1]["assumed_fraction"] is None


def test_layers_of_winners_and_runners_up_only():
    data = page_data(judgement())
    assert [one["row"] for one in data["layers"]] == [1, 2, 4, 5]
    first, texts = data["layers"][0], data["texts"]
    (layer,) = first["layers"]
    named = dict(zip(data["layer"], layer, strict=True))
    assert texts[named["name"]] == "0.linear"
    assert texts[named["bound_by"]] == "load 0"
    assert (named["macs"], named["cycles"], named["energy_pj"]) == (4096, 100, 1.0)
    assert [[texts[name], pj] for name, pj in first["parts"]] == [["dram", 171.0]]


def test_rows_count_on_over_several_contests():
    both = small_and_large()
    both += [
        candidate(one, rows(cost), 10, machine("small"), regime="steady")
        for one, cost in (("levels_3", 1.0), ("levels_5", 2.0), ("fp32", 9.0))
    ]
    data = page_data(judgement(both))
    shown = as_rows(data)
    for one in data["layers"]:
        row = shown[one["row"]]
        assert row["winner"] or row["runner_up"]
    assert [shown[one["row"]]["regime"] for one in data["layers"]][-2:] == ["steady"] * 2


def test_a_tie_is_told():
    same = [
        candidate("levels_3", rows(5.0), 10),
        candidate("levels_5", rows(5.0), 10),
        candidate("fp32", rows(9.0), 10),
    ]
    shown = as_rows(page_data(judgement(same)))
    assert [(row["winner"], row["tied"]) for row in shown] == [(0, 0), (1, 1), (0, 0)]


def test_units_fit_the_least():
    units = page_data(judgement())["units"]
    assert units["energy_pj"] == ["µJ", 1e6]
    huge = [candidate(one, rows(1e11), 10) for one in ("levels_3", "levels_5", "fp32")]
    assert page_data(judgement(huge))["units"]["energy_pj"] == ["mJ", 1e9]


def test_without_accuracies():
    made = [candidate(one, rows(3.0), 10, accuracy=None) for one in ("levels_3", "levels_5")]
    shown = as_rows(page_data(judgement(made)))
    assert {row["accuracy_mean_fraction"] for row in shown} == {None}


def test_what_is_published_is_told():
    said = dataclasses.replace(accuracy("levels_3", (0.9,)), published_as="net, 3 levels")
    base = dataclasses.replace(accuracy("fp32", (0.9,)), published_as="net")
    made = [candidate("levels_3", rows(3.0), 10, accuracy=said)]
    made += [candidate("fp32", {}, 0, accuracy=base, refusal="no multipliers")]
    assert [row["published"] for row in as_rows(page_data(judgement(made)))] == [1, 1]
    assert {row["published"] for row in as_rows(page_data(judgement()))} == {0}


def test_nine_digits():
    assert rounded(1 / 3) == 0.333333333
    assert rounded(12_345_678_901) == 12_345_678_901
