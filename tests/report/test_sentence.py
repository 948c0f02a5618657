from dataclasses import replace

from made import published, refused, result, study

from lowbit_sim.report.sentence import answer
from lowbit_sim.study.ranking import rank

FP32 = result("fp32", (98, 98), 400, {"dram": 100.0}, 3200)


def test_names_the_winner_its_margin_and_the_next():
    three = result("levels_3", (97.9, 97.7), 2000, {"dram": 1e6})
    five = result("levels_5", (98, 98), 3000, {"dram": 2e6})
    text = answer(rank(study(five, three, result("fp32", (98, 98), 9000, {"dram": 3e6})), 0.005))
    assert text.startswith("For toy on ternary_pe, take 3 levels (1.58 bit): 97.8 ± 1.3 % accuracy")
    assert "0.2 ± 1.3 point below fp32" in text
    assert "2,000 cycles and 1.00 µJ an inference" in text
    # 3000 · 2 / (2000 · 1) = 3
    assert text.endswith("lower by a factor of 3.00 than that of the next, 5 levels (2.32 bit).")


def test_a_small_margin_is_a_percentage():
    three = result("levels_3", (98, 98), 2000, {"dram": 3e6})
    five = result("levels_5", (98, 98), 2000, {"dram": 4e6})
    # 3 is 25 % below 4
    assert "is 25.0 % lower than that of the next" in answer(
        rank(study(five, three, result("fp32", (98, 98), 9000, {"dram": 3e6})), 0.005)
    )


def test_says_when_cost_does_not_decide():
    same = {"dram": 10.0}
    a, b = result("levels_3", (97, 98), 20, same), result("levels_5", (98, 99), 20, same)
    baseline = result("fp32", (97.5, 98.5), 90, {"dram": 1e3})
    text = answer(rank(study(a, b, baseline), 0.005))
    assert "2 formats cost exactly the same here, so accuracy alone decides" in text
    assert "3 levels (1.58 bit) is 1.00 point behind." in text
    assert "0.5 ± 0.0 point above fp32" in text


def test_says_when_not_even_accuracy_decides():
    same = {"dram": 10.0}
    # gaps of 0.9 and -0.7 point: mean 0.1, half-width far above
    a, b = result("levels_3", (97.1, 98.7), 20, same), result("levels_5", (98, 98), 20, same)
    baseline = result("fp32", (97.5, 98.5), 90, {"dram": 1e3})
    text = answer(rank(study(a, b, baseline), 0.005))
    assert "3 levels (1.58 bit) is 0.10 point behind, less than its 95 % interval: a tie." in text


def test_says_when_nothing_or_only_one_is_accurate_enough():
    poor = result("levels_2", (50, 50), 1, {"dram": 1.0})
    nothing = rank(study(poor, refused("fp32", (98, 98))), 0.005)
    assert "no format that the machine runs stays within 0.5 point of fp32" in answer(nothing)
    alone = answer(rank(study(poor, FP32), 0.005))
    assert "the baseline itself" in alone
    assert "only format that is accurate enough" in alone


def test_says_when_accuracy_is_equal_too():
    same = {"dram": 10.0}
    a, b = result("levels_3", (98, 98), 20, same), result("levels_5", (98, 98), 20, same)
    text = answer(rank(study(a, b, result("fp32", (98, 98), 90, {"dram": 1e3})), 0.005))
    assert "accuracy does not decide either" in text


# networks without weights


def test_without_accuracies_the_sentence_says_that_they_are_not_known():
    two = result("levels_2", (), 2000, {"dram": 1e9})
    three = result("levels_3", (), 2000, {"dram": 2e9})
    text = answer(rank(study(three, two), 0.005))
    assert text == (
        "For toy on ternary_pe, 2 levels (1 bit) cost least: 2,000 cycles and 1,000 µJ an "
        "inference. Its energy-delay product is lower by a factor of 2.00 than that of the next, "
        "3 levels (1.58 bit). Whether they are accurate enough is not known here."
    )


def test_without_accuracies_a_tie_and_a_single_format():
    a, b = (result(name, (), 20, {"dram": 10.0}) for name in ("levels_3", "levels_5"))
    assert "2 formats cost exactly the same here: a tie." in answer(rank(study(a, b), 0.005))
    assert "It is the only format that runs." in answer(rank(study(a), 0.005))


# published accuracies


def of_others(*results):
    return rank(replace(study(*results), dataset="tasks"), 0.005)


def test_a_published_accuracy_is_marked_and_has_no_interval():
    three = published(result("levels_3", (), 2000, {"dram": 1e6}), 97.7)
    five = result("levels_5", (), 1000, {"dram": 1e6})
    text = answer(of_others(three, five, published(refused("fp32", ()), 98)))
    assert "3 levels (1.58 bit): 97.7 % published accuracy (0.3 point below fp32), " in text
    # five levels are cheaper, but nothing is published of them
    assert "It is the only format that is known to be accurate enough." in text
    assert text.endswith(" Accuracies are published, not measured.")


def test_a_stated_interval_is_shown():
    three = published(result("levels_3", (), 2000, {"dram": 1e6}), 97.7, half_percent=0.3)
    text = answer(of_others(three, published(refused("fp32", ()), 98, half_percent=0.4)))
    assert "97.7 ± 0.3 % published accuracy (0.3 ± 0.5 point below fp32)" in text


def test_a_tie_of_published_accuracies_is_never_called_a_test():
    same = {"dram": 10.0}
    pair = (result(name, (), 20, same) for name in ("levels_3", "levels_5"))
    three, five = (published(r, percent) for r, percent in zip(pair, (97.7, 98), strict=True))
    text = answer(of_others(three, five, published(refused("fp32", ()), 98)))
    assert "3 levels (1.58 bit) is 0.30 point behind, and no interval is known." in text
    assert "95 %" not in text


def test_no_published_format_is_accurate_enough():
    two = published(result("levels_2", (), 20, {"dram": 10.0}), 50)
    text = answer(of_others(two, published(refused("fp32", ()), 98)))
    assert (
        "runs is known to stay within 0.5 point of fp32. Accuracies are published, not measured."
        in text
    )
