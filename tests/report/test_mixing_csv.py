import csv
import io

import pytest
from made_mixing import LOSSES, made, write_losses, write_runs

from lowbit_sim.judge.mixing import choices
from lowbit_sim.judge.mixing_outcome import outcomes
from lowbit_sim.report.mixing_csv import mixtures_csv, runs_csv


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    mixing = made(tmp_path_factory.mktemp("study"))
    write_losses(mixing, {**LOSSES, ("1", "levels_5"): 0.03})
    runs = write_runs(mixing, lambda one, seed: 90 + seed - (one.weight_format == "levels_2"))
    return outcomes(mixing, choices(mixing), runs)


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_a_row_for_every_question(found):
    energy, memory = rows(mixtures_csv(found))
    assert (energy["objective"], memory["objective"]) == ("energy", "memory")
    assert energy["layer_formats"] == "levels_2 int8"
    assert (energy["budget_nat"], energy["estimated_loss_nat"]) == ("0.04", "0.03")
    assert float(energy["reference_cost_ratio"]) == pytest.approx(
        found.outcomes[0].reference.ratio, abs=1e-6
    )
    assert (energy["reference"], energy["reference_loss_fraction"]) == ("levels_5", "0.01")
    assert energy["reference_beaten"] == "no"
    # a uniform network is no mixture of its own: 2 levels with an int8 end are within the budget
    assert (energy["rival"], energy["rival_cost_ratio"]) == ("levels_2", "1.0")


def test_a_row_for_every_run(found):
    told = rows(runs_csv(found))
    assert [(row["weight_format"], row["seed"]) for row in told] == [
        (name, str(seed))
        for name in ("levels_2", "levels_5", "levels_3", "fp32")
        for seed in (0, 1, 2)
    ]
    assert {row["key"] for row in told} == set(found.records)
    assert told[1]["accuracy_fraction"] == "0.9"
    assert {row["layer_formats"] for row in told} == {""}
