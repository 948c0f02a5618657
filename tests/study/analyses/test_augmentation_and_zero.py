from made_runs import arm

from lowbit_sim.study.analyses.augmentation_and_zero import (
    ARM_NAMES,
    ZERO_PAIRS,
    analyse,
    family_of,
)

CALM = (80.0, 80.1, 80.2, 80.3, 80.4)
WILD = (20.0, 60.0, 80.0, 99.0, 40.0)


def family(name, plain, augmented):
    """Return both arms of a family; arguments map formats to accuracies."""
    return [arm(f"{name}_plain", plain), arm(f"{name}_augmented", augmented)]


def augmentation(*arms):
    return analyse(arms, 0.005).augmentation.verdict


def zero(*arms):
    return analyse(arms, 0.005).zero.verdict


def formats(two=CALM, fp32=CALM):
    return {"levels_2": two, "fp32": fp32}


def test_augmentation_destabilises_a_low_bit_format():
    assert augmentation(*family("a", formats(), formats(two=WILD))) == "supported"


def test_fp32_is_the_control():
    assert augmentation(*family("a", formats(), formats(WILD, WILD))) == "undecided"
    # in another family fp32 is calm
    others = family("b", formats(), formats(two=WILD))
    assert augmentation(*family("a", formats(), formats(WILD, WILD)), *others) == "supported"
    assert augmentation(*family("a", formats(), formats(fp32=WILD))) == "undecided"


def test_a_control_without_enough_seeds_shows_nothing():
    assert augmentation(*family("a", formats(), {"levels_2": WILD})) == "undecided"
    few = {"levels_2": WILD, "fp32": CALM[:3]}
    assert augmentation(*family("a", formats(), few)) == "undecided"


def test_augmentation_steadies():
    # "can" is not refuted by a case in which it does not
    assert augmentation(*family("a", formats(two=WILD), formats())) == "undecided"
    mixed = family("b", formats(), formats(two=WILD))
    # "can" needs one family
    assert augmentation(*family("a", formats(two=WILD), formats()), *mixed) == "supported"


def test_augmentation_does_nothing_that_is_shown():
    assert augmentation(*family("a", formats(), formats())) == "undecided"
    assert augmentation(arm("a_augmented", formats(two=WILD))) == "undecided"
    assert analyse([arm("a_augmented", formats())], 0.005).by_augmentation == ()


def test_every_format_is_compared_with_itself():
    found = analyse(family("a", formats(), formats()), 0.005)
    pairs = [(one.suspect.arm, one.control.arm) for one in found.by_augmentation]
    assert pairs == [("a_augmented", "a_plain")] * 2
    same = [one.suspect.weight_format == one.control.weight_format for one in found.by_augmentation]
    assert all(same)
    assert {family_of(one) for one in found.by_augmentation} == {"a"}


def sets(two=CALM, three=CALM, four=CALM, four_zero=CALM, five=CALM):
    names = ("levels_2", "levels_3", "levels_4", "levels_4_zero", "levels_5")
    return dict(zip(names, (two, three, four, four_zero, five), strict=True))


def test_sets_without_zero_are_the_suspects():
    found = analyse([arm("a_plain", sets())], 0.005)
    pairs = [(one.suspect.weight_format, one.control.weight_format) for one in found.by_zero]
    assert tuple(pairs) == ZERO_PAIRS
    assert found.zero.verdict == "undecided"


def test_zero_steadies_or_not():
    assert zero(arm("a_plain", sets(two=WILD))) == "supported"
    assert zero(arm("a_plain", sets(four=WILD))) == "supported"
    assert zero(arm("a_plain", sets(three=WILD))) == "not supported"
    assert zero(arm("a_plain", sets(two=WILD, four_zero=WILD))) == "undecided"
    assert zero(arm("a_plain", sets(two=WILD)), arm("a_augmented", sets(three=WILD))) == "undecided"


def test_divergence_counts():
    lost = {("levels_2", seed) for seed in range(5)}
    assert zero(arm("a_plain", sets(), diverged=lost)) == "supported"
    plain = arm("a_plain", formats())
    assert augmentation(plain, arm("a_augmented", formats(), diverged=lost)) == "supported"


def test_runs_that_diverge_together_count():
    # 3 of 5 in each of three families; see the rates of `pooled`
    some = {("levels_2", seed) for seed in range(3)}
    both = some | {("fp32", seed) for seed in range(3)}
    plain = [arm(f"{name}_plain", formats()) for name in "abc"]
    lost = [arm(f"{name}_augmented", formats(), diverged=some) for name in "abc"]
    assert augmentation(*plain, *lost) == "supported"
    assert augmentation(plain[0], lost[0]) == "undecided"
    control = [arm(f"{name}_augmented", formats(), diverged=both) for name in "abc"]
    assert augmentation(*plain, *control) == "undecided"
    steadied = [arm(f"{name}_plain", formats(), diverged=some) for name in "abc"]
    calm = [arm(f"{name}_augmented", formats()) for name in "abc"]
    assert augmentation(*steadied, *calm) == "undecided"
    arms = [arm(f"{name}_plain", sets(), diverged=some) for name in "abc"]
    assert zero(*arms) == "supported"


def test_arm_names():
    assert ARM_NAMES.parts("vit_augmented") == {"family": "vit", "way": "augmented"}
    assert ARM_NAMES.parts("vit_shifted") is None
