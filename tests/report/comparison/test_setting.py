import dataclasses

from made_contest import accuracy, candidate, machine, rows, small_and_large
from made_judgement import judgement

from lowbit_sim.report.comparison.setting import setting


def test_sizes_rule_and_doubt():
    said = " ".join(setting(judgement()))
    assert "Every machine has its own size." in said
    assert "Priced in made_up; mapped for the least energy × delay" in said
    assert "may lose 0.5 point against fp32" in said
    assert "2,000 samples" in said
    assert "measured 1.1, synthesised 1.25, simulated 1.4, scaled 1.6 and assumed 2.5" in said


def test_equal_area_and_bandwidth():
    found = judgement(equal_area_um2=1.5e6, equal_dram_bits_per_s=32e9)
    said = " ".join(setting(found))
    assert "the largest array that fits 1.5 mm²" in said
    assert "a DRAM of 4 GB/s" in said


def test_who_is_left_out_and_why():
    made = [*small_and_large(), candidate("levels_3", {}, 0, machine("c"), refusal="no trits")]
    left_out = (("huge", "made_up", "takes at least 97 mm² of 1"),)
    said = setting(judgement(made, left_out))
    assert "Left out: huge in made_up takes at least 97 mm² of 1." in said
    assert "Left out: c runs none of levels_3: no trits." in said


def test_published_accuracies_are_said_to_be():
    said_by = dataclasses.replace(accuracy("levels_3", [0.5]), published_as="net 1.58 bit")
    made = [
        candidate("levels_3", rows(1.0), 10, accuracy=said_by),
        candidate("fp32", rows(9.0), 10, accuracy=dataclasses.replace(said_by)),
    ]
    said = " ".join(setting(judgement(made)))
    assert "Accuracies of net are published, not measured: top1 (a test)." in said
    assert "published" not in " ".join(setting(judgement()))
