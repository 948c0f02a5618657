from made_runs import FP32, SAME, WORSE, arm

from lowbit_sim.report.findings.epochs import findings, sections
from lowbit_sim.study.analyses.epochs import analyse


def network(name, **by_epochs):
    return [
        arm(f"{name}_{epochs[1:]}", {"levels_2": reached, "fp32": FP32}, epochs=int(epochs[1:]))
        for epochs, reached in by_epochs.items()
    ]


SMALL, LARGE = network("a_small", e1=WORSE, e2=SAME), network("a_large", e1=SAME, e2=SAME)


def test_the_reason_counts_pairs_and_tells_needs():
    other = network("b_small", e1=WORSE)
    (found,) = findings(analyse([*SMALL, *LARGE, *other], 0.005))
    assert found.answer.verdict == "supported"
    assert "large networks of a, 1 comparison: the small one needs more epochs in 1" in found.reason
    assert "need, in epochs, `a_small`: 2 levels 2; `a_large`: 2 levels 1." in found.reason
    assert "Of b one size alone was trained." in found.reason


def test_families_are_told_apart_by_their_whole_name():
    # "a" is part of "ab"
    both = network("ab_small", e1=SAME), network("ab_large", e1=SAME)
    (found,) = findings(analyse([*both[0], *both[1], *network("a_small", e1=SAME)], 0.005))
    assert "Of a one size alone was trained." in found.reason


def test_without_pairs_there_is_no_reason_to_give():
    (found,) = findings(analyse(SMALL, 0.005))
    assert found.answer.verdict == "undecided"
    assert found.reason.startswith("No family has finished runs of both")
    assert len(sections(analyse(SMALL, 0.005))) == 1


def test_tables():
    losses, pairs = sections(analyse([*SMALL, *LARGE], 0.005))
    assert "| network | weights | 1 epoch | 2 epochs | needed" in losses.text
    assert "| a_small | 2 levels | 10.00 ± 0.00 | 0.00 ± 0.00 | 2 | 2 |" in losses.text
    assert "| a | 2 levels | 2 | 1 | < 0.001 | more |" in pairs.text


def test_a_need_that_is_not_met():
    arms = [*network("a_small", e1=WORSE), *network("a_large", e1=WORSE)]
    losses, pairs = sections(analyse(arms, 0.005))
    assert "| more than tried | more than tried |" in losses.text
    # no budget, so no test at it
    assert "| more than tried | more than tried |  | undecided |" in pairs.text
