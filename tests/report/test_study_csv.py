import csv
import io
from dataclasses import replace

import pytest
from made_runs import FP32, arm

from lowbit_sim.report.study_csv import runs_csv, summary_csv
from lowbit_sim.study.arm_summary import summarise
from lowbit_sim.study.run_table import ArmRuns, RunTable


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def table(*arms):
    return RunTable(None, arms, 1, 0)


def test_a_row_for_every_run():
    one = arm("a_small", {"levels_3": (89, 87.5), "fp32": (90,)}, diverged={("levels_3", 1)})
    found = rows(runs_csv(table(one, arm("b_small", {}))))
    assert [(row["arm"], row["weight_format"], row["seed"]) for row in found] == [
        ("a_small", "levels_3", "0"),
        ("a_small", "levels_3", "1"),
        ("a_small", "fp32", "0"),
    ]
    assert found[1] == {
        "arm": "a_small",
        "workload": "fcnn",
        "weight_format": "levels_3",
        "entropy_bits": "1.584963",
        "seed": "1",
        "epochs": found[0]["epochs"],
        "correct": "875",
        "test_images": "1000",
        "accuracy_fraction": "0.875",
        "parameters": "120",
        "stored_bits": "200",
        "zero_fraction": "0.25",
        "diverged": "the loss was not finite",
        "key": "a_small levels_3 1",
    }
    assert found[0]["diverged"] == ""


def test_a_run_without_an_epoch_has_no_zeros():
    one = arm("a_small", {"levels_3": (89,)})
    early = replace(one.runs["levels_3"][0], history=())
    found = rows(runs_csv(table(ArmRuns(one.arm, {"levels_3": {0: early}}))))
    assert found[0]["zero_fraction"] == ""


def test_a_row_for_every_arm_and_format():
    one = arm("a", {"levels_3": (89, 88, 87), "fp32": (90, 90, 90)}, diverged={("levels_3", 0)})
    three, fp32 = rows(summary_csv([summarise(one, 0.05)]))
    expected = {
        "arm": "a",
        "weight_format": "levels_3",
        "entropy_bits": "1.584963",
        "seeds": "3",
        "mean_fraction": "0.88",
        "half_width_fraction": "0.024841",
        "deviation_fraction": "0.01",
        "lowest_fraction": "0.87",
        "highest_fraction": "0.89",
        "stored_bits": "200",
        "loss_fraction": "0.02",
        "loss_half_width_fraction": "0.024841",
        "shared_seeds": "3",
        # t = √12 and, to the margin, √27: see compare
        "p_different": "0.07418",
        "p_equivalent": "0.017549",
        "p_different_holm": "0.07418",
        "p_equivalent_holm": "0.017549",
        "verdict": "comparable",
        "diverged": "1",
        "diverged_low_fraction": "0.061492",
        "diverged_high_fraction": "0.79234",
    }
    assert three == expected
    assert fp32["mean_fraction"] == "0.9"
    assert all(fp32[name] == "" for name in ("loss_fraction", "p_different", "verdict"))
    assert fp32["diverged"] == "0"


def test_what_is_infinite_is_empty():
    single, _ = rows(summary_csv([summarise(arm("a", {"levels_3": (89,), "fp32": (90,)}), 0.05)]))
    assert single["half_width_fraction"] == single["loss_half_width_fraction"] == ""
    assert single["deviation_fraction"] == ""
    assert single["loss_fraction"] == "0.01"


def test_the_adjusted_p_is_the_larger():
    runs = {"levels_2": (80, 79, 78), "levels_3": (89, 88, 87), "fp32": FP32}
    two = rows(summary_csv([summarise(arm("a", runs), 0.005)]))[0]
    raw, adjusted = float(two["p_different"]), float(two["p_different_holm"])
    # each is rounded to six places
    assert adjusted == pytest.approx(2 * raw, abs=2e-6)
    assert adjusted > raw
