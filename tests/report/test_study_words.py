from made_runs import FP32, OPEN, SAME, WORSE, arm

from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.report.study_words import cell, interval_words, level_list, level_words, set_words
from lowbit_sim.study.arm_summary import summarise


def test_every_format_has_words_of_its_own():
    for words in (level_words, set_words):
        assert len({words(name) for name in FORMATS}) == len(FORMATS)


def test_a_cell_tells_accuracy_verdict_and_divergence():
    runs = {"levels_2": WORSE, "levels_3": SAME, "levels_5": OPEN, "fp32": FP32}
    found = summarise(arm("a", runs, diverged={("levels_2", 0), ("levels_2", 2)}), 0.005)
    # s = 1: ± 4.302653 / √3
    assert [cell(one) for one in found.formats] == [
        "81.00 ± 2.48 ▼ †2",
        "91.00 ± 2.48 =",
        "91.00 ± 4.97 ?",
        "91.00 ± 2.48",
    ]


def test_differences_have_a_sign():
    assert interval_words(-0.0123, 0.5) == "-1.23 ± 50.00"


def test_lists_of_formats_keep_what_is_no_count():
    names = ["levels_2", "levels_4_zero", "levels_7_pow2", "levels_9"]
    assert level_list(names) == "2 and 9 levels, 4 levels with zero, 7 power-of-two levels"
