from dataclasses import replace

import pytest
from made import published, refused, result, study

from lowbit_sim.report.foundations import foundations
from lowbit_sim.report.published import published_grounds
from lowbit_sim.study.ranking import rank


def ranking(*, half_percent=None, **changes):
    """Return the ranking of three formats, of which 5 levels have no published accuracy."""
    three = result("levels_3", (), 20, {"dram": 10.0}, 160)
    five = result("levels_5", (), 10, {"dram": 10.0}, 240)
    results = (
        replace(published(three, 97.7, half_percent=half_percent), **changes),
        five,
        published(refused("fp32", ()), 98, half_percent=half_percent),
    )
    return rank(replace(study(*results), dataset="average of two tasks"), 0.005)


def test_the_grounds_name_the_source_and_say_that_nothing_was_measured():
    rule, accuracy, baseline, rounded, activations, unknown = published_grounds(ranking())
    assert rule == (
        "Rule: least energy × delay among formats at most 0.5 point below fp32 as published; the "
        "source states no interval, so no test says which differences are real."
    )
    assert accuracy == (
        "Accuracy: published, not measured: average of two tasks (A. Author, table 1)."
    )
    assert baseline == "fp32 has the accuracy published for toy in fp32."
    assert rounded == "What the source rounded: nothing besides weights."
    assert activations == (
        "The machine computes on int8 activations, the source on bf16: what that costs is not in "
        "the accuracy."
    )
    assert unknown == "A format without a published accuracy cannot win: levels_5."


def test_a_stated_interval_is_said_to_be_the_sources():
    said = published_grounds(ranking(half_percent=0.4))
    assert said[0].endswith("as published; ± is the 95 % interval that the source states.")


def test_activations_like_the_sources_need_no_remark():
    made = ranking()
    alike = replace(made.formats[0].result.accuracy, activation_format="int8", conditions="")
    others = (
        replace(r.result, accuracy=replace(r.result.accuracy, activation_format="int8"))
        for r in made.formats
        if r.result.weight_format == "fp32"
    )
    results = (replace(made.formats[0].result, accuracy=alike), *others)
    said = " ".join(published_grounds(rank(replace(made.study, results=results), 0.005)))
    assert "activations" not in said
    assert "cannot win" not in said


@pytest.mark.parametrize("half_percent", [None, 0.4])
def test_the_foundations_hold_them_instead_of_seeds_and_images(half_percent):
    made = ranking(half_percent=half_percent)
    said = foundations(made)
    assert said[:6] == published_grounds(made)
    assert not any("seeds" in line or "test images" in line for line in said)
    # 0.3 ± 0.57 point lost leaves open on which side of 0.5 point it lies
    unsettled = [line for line in said if line.startswith("The published intervals do not settle")]
    assert len(unsettled) == (half_percent is not None)
