from dataclasses import dataclass, replace

from made_runs import FP32, SAME, WORSE, arm

from lowbit_sim.report import study_pictures
from lowbit_sim.study.arm_summary import summarise
from lowbit_sim.study.run_table import ArmRuns, RunTable


@dataclass(frozen=True)
class Spec:
    margin_fraction: float = 0.005


@dataclass(frozen=True)
class Study:
    spec: Spec


RUNS = {"levels_2": WORSE, "levels_3": SAME, "fp32": FP32}


def table(*arms):
    return RunTable(Study(Spec()), arms, 1, 0)


def drawn(kind, *arms):
    found = table(*arms)
    return kind(found, [summarise(one, 0.005) for one in found.usable])


def files(pictures):
    assert all(one.svg.startswith(("<?xml", "<svg")) for one in pictures)
    return [one.file for one in pictures]


def test_bit_width():
    pictures = drawn(study_pictures.bit_width, arm("a_small", RUNS), arm("a_large", {}))
    assert files(pictures) == [
        "accuracy_over_entropy.svg",
        "accuracy_over_memory.svg",
        "losses.svg",
        "level_shares.svg",
    ]


def test_what_would_be_empty_is_left_out():
    pictures = drawn(study_pictures.bit_width, arm("a_small", {"levels_2": SAME}))
    assert files(pictures) == ["accuracy_over_entropy.svg", "accuracy_over_memory.svg"]


def test_epochs_draws_the_longest_training():
    arms = [arm(f"a_small_{n}", RUNS, epochs=n) for n in (1, 4, 2)]
    pictures = drawn(study_pictures.epochs, *arms)
    assert files(pictures) == ["losses.svg", "curves.svg"]
    assert "a_small_4" in pictures[1].svg
    assert "a_small_2" not in pictures[1].svg


def test_augmentation():
    arms = [arm("a_plain", RUNS, diverged={("levels_2", 1)}), arm("a_augmented", RUNS)]
    assert files(study_pictures.augmentation_and_zero(table(*arms))) == ["spread.svg", "curves.svg"]


def test_a_run_without_an_epoch_is_no_curve():
    one = arm("a_plain", {"levels_2": (10,)})
    early = replace(one.runs["levels_2"][0], history=(), diverged="at once")
    runs = ArmRuns(one.arm, {"levels_2": {0: early}})
    assert "curves.svg" not in files(study_pictures.augmentation_and_zero(table(runs)))


def test_recipes_draws_a_row_for_each_recipe():
    arms = [arm("a_learned", RUNS), arm("a_clip", {"levels_2": SAME})]
    (picture,) = drawn(study_pictures.recipes, *arms)
    assert picture.file == "losses.svg"


def test_figures_are_the_same_every_time():
    first, second = (drawn(study_pictures.bit_width, arm("a_small", RUNS)) for _ in range(2))
    assert first == second
