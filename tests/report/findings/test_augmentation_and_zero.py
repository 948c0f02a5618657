from made_runs import arm

from lowbit_sim.report.findings.augmentation_and_zero import findings, sections
from lowbit_sim.study.analyses.augmentation_and_zero import analyse

CALM = (80.0, 80.1, 80.2, 80.3, 80.4)
WILD = (20.0, 60.0, 80.0, 99.0, 40.0)


def study(augmented=WILD, diverged=()):
    plain = arm("a_plain", {"levels_2": CALM, "levels_3": CALM, "fp32": CALM})
    runs = {"levels_2": augmented, "levels_3": CALM, "fp32": CALM}
    return analyse([plain, arm("a_augmented", runs, diverged=diverged)], 0.005)


def test_reasons_name_what_is_shown():
    augmentation, zero = findings(study(diverged={("levels_2", 3)}))
    assert augmentation.answer.verdict == zero.answer.verdict == "supported"
    assert "Of 2 comparisons (low-bit formats, with augmentation), 1 came out less stable" in (
        augmentation.reason
    )
    assert "2 levels in `a_augmented` (less stable)" in augmentation.reason
    assert "The control, fp32 with augmentation: a undecided." in augmentation.reason
    # Wilson, 1 of 10: 0.018 to 0.404
    assert (
        "with it 1 of 10 (2 to 40 %), without it 0 of 10 (0 to 28 %); undecided."
        in augmentation.reason
    )
    assert "without zero 1 of 10 (2 to 40 %), with it 0 of 10" in zero.reason


def test_nothing_shown_is_said():
    augmentation, zero = findings(study(augmented=CALM))
    assert augmentation.answer.verdict == zero.answer.verdict == "undecided"
    assert (
        "0 came out less stable and 0 more stable. Together, runs that diverged: with it 0 of"
        in augmentation.reason
    )


def test_without_runs_there_is_nothing_to_compare():
    augmentation, zero = findings(analyse([arm("a_plain", {"levels_2": CALM})], 0.005))
    assert augmentation.reason.startswith("There are no finished runs to compare")
    assert zero.reason.startswith("There are no finished runs to compare")
    assert "fp32 with augmentation: none." in augmentation.reason


def test_tables():
    augmentation, zero = sections(study())
    two = next(line for line in augmentation.text.splitlines() if line.startswith("| a | 2 levels"))
    # standard deviations by hand: CALM √(0.1 / 4) = 0.16, WILD √(3920.8 / 4) = 31.31
    assert "| 31.31 | 0.16 |" in two
    assert two.endswith("| 0 of 5 (0 to 43 %) | 0 of 5 (0 to 43 %) | less stable |")
    assert "| a_plain | 2 levels beside 3 levels | 0.00 ± 0.00 |" in zero.text


def test_a_run_in_two_pairs_is_counted_once():
    names = ("levels_4", "levels_4_zero", "levels_5")
    one = arm("a_plain", dict.fromkeys(names, CALM), diverged={("levels_4", 0)})
    zero = findings(analyse([one], 0.005))[1]
    assert "without zero 1 of 5" in zero.reason
    assert "with it 0 of 10" in zero.reason
