import math

import pytest
from made_runs import BETTER, FP32, OPEN, SAME, WORSE, arm

from lowbit_sim.study.analyses.recipes import ARM_NAMES, analyse

MARGIN = 0.005


def recipe(name, two):
    return arm(name, {"levels_2": two})


def verdict(*others):
    reference = recipe("a_learned", FP32)
    arms = [reference, *(recipe(f"a_other{n}", two) for n, two in enumerate(others))]
    return analyse(arms, MARGIN).answer.verdict


def test_verdicts_flip():
    assert verdict(WORSE) == verdict(SAME, BETTER) == verdict(OPEN, WORSE) == "supported"
    assert verdict(SAME) == verdict(SAME, SAME) == "not supported"
    assert verdict(OPEN) == verdict(SAME, OPEN) == verdict() == "undecided"


def test_differences_by_hand():
    # the reference 90, 91, 92 less 89, 89, 89: losses 1, 2, 3, t = √12, p = 1 - √(12/14)
    arms = [recipe("a_learned", FP32), recipe("a_clip", (89, 89, 89)), recipe("a_worse", WORSE)]
    clip, worse = analyse(arms, MARGIN).differences
    assert (clip.family, clip.recipe, clip.weight_format) == ("a", "clip", "levels_2")
    assert clip.against.comparison.loss_fraction == pytest.approx(0.02)
    assert clip.against.comparison.p_different == pytest.approx(1 - math.sqrt(12 / 14))
    assert (clip.against.verdict, worse.against.verdict) == ("undecided", "worse")
    assert analyse(arms, MARGIN).distinguishable == (worse,)


def test_adjustment_is_within_the_family():
    pair = [recipe("a_learned", FP32), recipe("a_clip", (89, 89, 89))]
    other = [recipe("b_learned", FP32), *(recipe(f"b_x{n}", (89, 89, 89)) for n in range(3))]
    found = analyse([*pair, *other], MARGIN).differences
    raw = 1 - math.sqrt(12 / 14)
    assert [one.family for one in found] == ["a", "b", "b", "b"]
    assert [one.against.p_different_adjusted for one in found] == pytest.approx(
        [raw, 3 * raw, 3 * raw, 3 * raw]
    )


def test_the_same_runs_are_not_compared_with_themselves():
    runs = {"levels_2": SAME, "fp32": FP32}
    arms = [arm(name, runs, unique_keys=False) for name in ("a_learned", "a_clip")]
    assert analyse(arms, MARGIN).differences == ()


def test_a_family_without_its_reference_is_left_out():
    assert analyse([recipe("a_clip", WORSE)], MARGIN).differences == ()
    empty = arm("a_learned", {}, formats=("levels_2",))
    assert analyse([empty, recipe("a_clip", WORSE)], MARGIN).differences == ()


def test_arm_names():
    assert ARM_NAMES.parts("vit_learned_clip") == {"family": "vit", "recipe": "learned_clip"}
    assert ARM_NAMES.parts("learned") is None
