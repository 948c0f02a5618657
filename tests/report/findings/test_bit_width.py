from made_runs import BETTER, FP32, OPEN, SAME, WORSE, arm

from lowbit_sim.report.findings.bit_width import findings, sections
from lowbit_sim.study.analyses.bit_width import analyse

NAMES = ("levels_2", "levels_3", "levels_5", "levels_9", "fp32")


def network(name, two=WORSE, three=WORSE, five=WORSE, nine=SAME):
    return arm(name, dict(zip(NAMES, (two, three, five, nine, FP32), strict=True)))


def test_reasons_name_the_formats_and_count_the_arms():
    arms = [
        network("fcnn_small", five=SAME),
        network("fcnn_large", three=OPEN, five=BETTER),
        arm("vit_large", {}, formats=NAMES),
    ]
    low, five = findings(analyse(arms, 0.005), len(arms))
    assert "fcnn: 2 levels worse, 3 levels undecided, 5 levels better" in low.reason
    assert "vit: no finished run" in low.reason
    assert "2 of 4 in `fcnn_small` and 2 of 4 in `fcnn_large`" in low.reason
    # where three levels are open, five are not known to be best
    assert five.answer.verdict == "undecided"
    assert "Of 3 arms, five levels are best in 1 and not best in 0." in five.reason
    # 32 bit beside 4
    assert "fp32 needs 8.0 times the memory of five levels." in five.reason


def test_without_memory_to_compare_none_is_told():
    found = analyse([arm("a_large", {"levels_2": WORSE})], 0.005)
    low, five = findings(found, 1)
    assert "a: nothing to compare" in low.reason
    assert "times the memory" not in five.reason
    assert low.answer.verdict == five.answer.verdict == "undecided"


def test_the_table_has_a_row_for_each_arm():
    (section,) = sections(analyse([network("fcnn_small", five=SAME)], 0.005))
    row = section.text.splitlines()[2]
    assert row.startswith("| fcnn_small | 5 and 9 levels | 5 levels | 2, 5 and 9 levels |")
    # 3200 and 400 bit
    assert row.endswith("| 0.391 KiB | 0.0488 KiB | 8.0 |")
    (section,) = sections(analyse([arm("a_large", {"levels_2": WORSE})], 0.005))
    assert section.text.splitlines()[2] == "| a_large | none | none | 2 levels |  |  |  |"
