import csv
import io
import json

import pytest
from made_contest import candidate, rows
from made_judgement import judgement

from lowbit_sim.report.comparison.tables import csv_text, json_ready, tables


def test_a_row_for_every_candidate_refused_ones_last():
    found = tables(judgement())["candidates"]
    assert [(row["accelerator"], row["weight_format"]) for row in found] == [
        *(("small", name) for name in ("levels_2", "levels_3", "levels_5")),
        *(("large", name) for name in ("levels_2", "levels_3", "levels_5", "fp32")),
        ("small", "fp32"),
    ]
    first = found[1]
    assert first["standing"] == "eligible"
    assert first["winner"] == 1
    assert first["energy_pj"] == 171.0
    assert first["seconds"] == 1e-7
    assert first["energy_delay_pj_s"] == pytest.approx(171e-7)
    assert first["loss_against_fp32_fraction"] == pytest.approx(0.002)
    assert first["seeds"] == 3
    assert found[0]["standing"] == "less accurate"
    assert found[-1]["refusal"] == "no multipliers"
    shares = [row["best_fraction"] for row in found[:3]]
    none = tables(judgement())["verdicts"][0]["none_eligible_fraction"]
    assert sum(shares) + none == pytest.approx(1)
    assert none < 0.02


def test_a_verdict_for_every_machine():
    small, large = tables(judgement())["verdicts"]
    assert (small["accelerator"], small["winner"], small["runner_up"]) == (
        "small",
        "levels_3",
        "levels_5",
    )
    assert small["lead"] == pytest.approx(256 * 1.5 / 171)
    assert small["margin_below_fraction"] == pytest.approx(0.002)
    assert small["winner_above_margin"] == "levels_2"
    assert small["over_dram_price"] == "levels_3 0.3125-1280"
    assert large["area_um2"] == 4e6


def test_a_row_for_every_price():
    found = tables(judgement())["sensitivities"]
    assert {row["row"] for row in found} == {
        "actions.adder.add",
        "dram.read",
        "pes.ternary_adder.leakage",
    }
    for row in found:
        assert row["lead_low"] > 1
        assert row["overturns"] == 0


def test_csv_and_json_hold_the_same():
    found = json_ready(tables(judgement()))
    for name, table in found.items():
        text = csv_text(table)
        read = list(csv.DictReader(io.StringIO(text)))
        plain = json.loads(json.dumps(table, allow_nan=False))
        assert len(read) == len(plain), name
        for line, row in zip(read, plain, strict=True):
            assert line == {k: "" if v is None else str(v) for k, v in row.items()}


def test_without_accuracies_cells_are_empty():
    made = [candidate("levels_3", rows(1.0), 1, accuracy=None)]
    (row,) = tables(judgement(made))["candidates"]
    assert row["accuracy_mean_fraction"] is None
    assert row["seeds"] is None
    assert csv_text([]) == "\n" or csv_text([]) == ""
