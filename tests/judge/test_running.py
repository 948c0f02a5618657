"""Candidates through processes and cache equal those of a simulation here."""

import pytest
from made_study import TEXT, written

from lowbit_sim.errors import SpecError
from lowbit_sim.judge.comparison_spec import load_comparison
from lowbit_sim.judge.running import entrants, plan


def test_the_same_from_one_process_from_two_and_from_the_cache(tmp_path, monkeypatch):
    study = load_comparison(written(tmp_path))
    told = []
    here = entrants(study, 1, lambda done, of: told.append((done, of)))
    assert told == [(0, 2), (1, 2), (2, 2)]
    told.clear()
    assert entrants(study, 1, lambda done, of: told.append((done, of))) == here
    assert told == [(2, 2)]
    monkeypatch.setenv("LOWBIT_SIM_CACHE", str(tmp_path / "another"))
    assert entrants(study, 2) == here
    named = [(one.machine.name, one.weight_format) for one in here.candidates]
    formats = ["levels_3", "levels_5", "fp32"]
    assert named == [(name, fmt) for name in ("ternary_pe", "shift_add_pe") for fmt in formats]


def test_everything_read_is_named(tmp_path):
    study = load_comparison(written(tmp_path))
    names = {path.name for path in entrants(study, 1).files}
    assert {"study.yaml", "ternary_pe.yaml", "cmos_45nm.yaml", "accuracy.csv"} <= names
    assert {"levels_3.safetensors", "fp32.graph.json"} <= names


def test_a_changed_scale_or_bandwidth_is_another_entry(tmp_path):
    plain = load_comparison(written(tmp_path))
    base = entrants(plain, 1)
    wider = load_comparison(written(tmp_path, more="equal_dram: 8 GB/s\n"))
    faster = entrants(wider, 1)
    assert faster.candidates[0].machine.dram_bits_per_cycle == 128
    assert faster.candidates[0].cycles < base.candidates[0].cycles


def test_machines_too_large_are_left_out_with_the_reason(tmp_path):
    study = load_comparison(written(tmp_path, more="equal_area: 0.6 mm2\n"))
    tasks, left_out = plan(study)
    assert {str(task.accelerator.stem) for task in tasks} == {"ternary_pe", "shift_add_pe"}
    assert left_out == []
    small = load_comparison(written(tmp_path, more="equal_area: 0.3 mm2\n"))
    tasks, left_out = plan(small)
    assert tasks == []
    assert {one.accelerator for one in left_out} == {"ternary_pe", "shift_add_pe"}
    assert "takes at least" in left_out[0].reason


def test_each_technology_is_a_machine_of_its_own(tmp_path):
    technologies = "technologies:\n" + "".join(
        f"  - {{root}}/arch_specs/technologies/{name}.yaml\n"
        for name in ("cmos_45nm", "nangate45_rtl")
    )
    found = entrants(load_comparison(written(tmp_path, TEXT + technologies)), 1)
    keys = list(dict.fromkeys(one.machine.key for one in found.candidates))
    assert keys == [
        (name, technology)
        for name in ("ternary_pe", "shift_add_pe")
        for technology in ("cmos_45nm", "nangate45_rtl")
    ]


def test_the_steady_regime_is_never_the_dearer(tmp_path):
    found = entrants(load_comparison(written(tmp_path, more="regimes: [cold, steady]\n")), 1)
    by_key = {(c.machine.name, c.weight_format, c.regime): c for c in found.candidates}
    for (name, fmt, regime), one in by_key.items():
        if regime == "steady" and one.refusal is None:
            cold = by_key[name, fmt, "cold"]
            assert one.energy_delay_pj_s <= cold.energy_delay_pj_s
            assert one.accuracy == cold.accuracy


def test_a_format_that_the_network_lacks(tmp_path):
    text = TEXT.replace("levels_5", "bf16")
    with pytest.raises(SpecError, match="levels_3"):
        entrants(load_comparison(written(tmp_path, text.replace("levels_3", "levels_4_zero"))), 1)


def test_several_inputs_at_once_share_the_weights(tmp_path):
    found = entrants(load_comparison(written(tmp_path, more="batch_sizes: [1, 8]\n")), 1)
    names = list(dict.fromkeys(one.workload for one in found.candidates))
    assert names == ["fcnn_digits", "fcnn_digits × 8"]
    by_key = {(c.workload, c.machine.name, c.weight_format): c for c in found.candidates}
    one = by_key["fcnn_digits", "ternary_pe", "levels_5"]
    eight = by_key["fcnn_digits × 8", "ternary_pe", "levels_5"]
    assert eight.macs == 8 * one.macs
    assert one.dram_bits < eight.dram_bits < 8 * one.dram_bits
    assert one.energy_pj < eight.energy_pj < 8 * one.energy_pj
    assert eight.accuracy == one.accuracy
    assert eight.model_bits == one.model_bits


def test_a_network_whose_images_cannot_be_stacked_is_named(tmp_path):
    text = TEXT.replace("fcnn_digits", "cvnn_digits")
    with pytest.raises(
        SpecError, match=r"cvnn_digits\.yaml: cannot run 4 inputs at once: operator"
    ):
        entrants(load_comparison(written(tmp_path, text, "batch_sizes: [4]\n")), 2)
