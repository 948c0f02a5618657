import math
from dataclasses import replace

import pytest
from made import accuracy, published, result
from scipy import stats

from lowbit_sim.errors import SpecError
from lowbit_sim.study.accuracy import half_width, read_accuracy
from lowbit_sim.workload.accuracy_columns import COLUMNS

HEADER = ",".join(COLUMNS)
ROW = "vit,levels_3,int8,0,top1,870,899,0.967742,60,abc,digits"


def write(tmp_path, *rows, header=HEADER):
    path = tmp_path / "accuracy.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def test_mean_and_interval_of_three_seeds_by_hand():
    made = accuracy("levels_3", 96, 97, 98)
    assert made.mean_fraction == pytest.approx(0.97)
    # s = 0.01, t(0.975, 2) = 4.302653
    assert made.half_width_fraction == pytest.approx(4.302653 * 0.01 / math.sqrt(3), rel=1e-6)


@pytest.mark.parametrize("n", [2, 3, 5, 10])
def test_interval_equals_scipys(n):
    sample = [0.9 + 0.01 * ((7 * i) % 5) for i in range(n)]
    low, high = stats.t.interval(
        0.95, n - 1, loc=sum(sample) / n, scale=stats.tstd(sample) / math.sqrt(n)
    )
    assert half_width(sample) == pytest.approx((high - low) / 2, rel=1e-9)


def test_one_seed_has_no_interval():
    assert math.isinf(accuracy("levels_3", 97).half_width_fraction)


def test_loss_is_paired_over_shared_seeds():
    one, other = accuracy("levels_3", 95, 97), accuracy("fp32", 97, 98, 10)
    loss, half = one.loss_against(other)
    assert loss == pytest.approx(0.015)
    # losses 0.02 and 0.01: s = 0.0070711, t(0.975, 1) = 12.7062
    assert half == pytest.approx(12.7062 * 0.00707107 / math.sqrt(2), rel=1e-4)


def test_no_shared_seed_is_an_error():
    lone = accuracy("levels_3", 95)
    other = replace(lone, fractions={7: 0.9})
    with pytest.raises(ValueError, match="share no seed"):
        lone.loss_against(other)


def test_reads_seeds_of_a_format_together(tmp_path):
    path = write(tmp_path, ROW, ROW.replace(",0,top1,870,899,0.967742", ",1,top1,899,899,1.0"))
    found = read_accuracy(path, "vit", "abc")
    assert found["levels_3"].fractions == {0: 870 / 899, 1: 1.0}
    assert (found["levels_3"].test_images, found["levels_3"].epochs) == (899, 60)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (ROW.replace("870", "900"), "correct: must be 0 to test_images"),
        (ROW.replace("0.967742", "0.97"), "value_fraction: must be correct / test_images"),
        (ROW.replace("870", "many"), "is no accuracy row"),
        (ROW.replace("0.967742", "nan"), "value_fraction"),
        (ROW.replace("abc", "other"), "measured on another spec"),
        (ROW.replace("vit", "cvnn"), "measured on another spec"),
        ("vit,levels_3", "is no accuracy row"),
        (ROW + ",more", "is no accuracy row"),
    ],
)
def test_a_bad_row_is_named_with_its_line(tmp_path, row, message):
    path = write(tmp_path, ROW, row)
    with pytest.raises(SpecError, match=message) as caught:
        read_accuracy(path, "vit", "abc")
    assert f"{path}:3" in str(caught.value)


def test_a_doubled_seed_is_refused(tmp_path):
    with pytest.raises(SpecError, match="stands twice"):
        read_accuracy(write(tmp_path, ROW, ROW), "vit", "abc")


def test_seeds_of_unequal_training_are_refused(tmp_path):
    other = ROW.replace(",0,top1", ",1,top1").replace(",60,", ",61,")
    with pytest.raises(SpecError, match="equal test_images and epochs"):
        read_accuracy(write(tmp_path, ROW, other), "vit", "abc")


def test_wrong_header_and_missing_file(tmp_path):
    with pytest.raises(SpecError, match="columns must be"):
        read_accuracy(write(tmp_path, ROW, header="a,b"), "vit", "abc")
    with pytest.raises(SpecError, match="cannot be read"):
        read_accuracy(tmp_path / "none.csv", "vit", "abc")


# published accuracies


def test_published_and_measured_are_told_apart():
    said = published(result("levels_3", (), 1, {"dram": 1.0}), 97).accuracy
    assert (said.published, accuracy("levels_3", 97).published) == (True, False)
    assert said.mean_fraction == 0.97
    assert said.published_as == "toy in levels_3"


@pytest.mark.parametrize(
    ("half_percents", "lost_half"),
    [((None, None), math.inf), ((3, None), math.inf), ((3, 4), 0.05)],
)
def test_a_published_interval_is_what_the_source_states(half_percents, lost_half):
    one, other = (
        published(result(name, (), 1, {"dram": 1.0}), percent, half_percent=half).accuracy
        for name, percent, half in zip(("levels_3", "fp32"), (97, 98), half_percents, strict=True)
    )
    stated = math.inf if half_percents[0] is None else 0.03
    assert one.half_width_fraction == stated
    loss, half = one.loss_against(other)
    assert loss == pytest.approx(0.01)
    # 3 and 4 point, independent: 5
    assert half == pytest.approx(lost_half)


def test_a_published_accuracy_is_not_compared_with_a_measured_one():
    said = published(result("levels_3", (), 1, {"dram": 1.0}), 97).accuracy
    with pytest.raises(ValueError, match="of levels_3 and fp32 one is measured"):
        said.loss_against(accuracy("fp32", 98))
