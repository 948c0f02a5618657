import csv
import dataclasses

import pytest
from test_run_store import RECORD

from lowbit_sim.errors import SpecError
from lowbit_sim.training.accuracy_file import merge_accuracy
from lowbit_sim.workload.accuracy_columns import COLUMNS
from lowbit_sim.workload.spec import spec_hash


@pytest.fixture
def spec(make_spec):
    return make_spec()


def result(weight_format, seed, correct=3):
    return dataclasses.replace(
        RECORD, weight_format=weight_format, seed=seed, correct=correct, test_images=8, epochs=5
    )


def rows(path):
    with path.open() as stream:
        return [(r["weight_format"], r["seed"], r["correct"]) for r in csv.DictReader(stream)]


def test_a_row_holds_what_was_measured(spec, tmp_path):
    path = tmp_path / "accuracy.csv"
    merge_accuracy(path, spec, [result("levels_5", 2)])
    assert path.read_text() == (
        "workload,weight_format,activation_format,seed,metric,correct,test_images,"
        "value_fraction,epochs,spec_hash,source\n"
        f"fcnn,levels_5,int8,2,top1,3,8,0.375000,5,{spec_hash(spec)},a test\n"
    )


def test_rows_stand_in_the_order_of_the_catalogue_then_of_the_seeds(spec, tmp_path):
    path = tmp_path / "accuracy.csv"
    given = [("fp32", 0), ("levels_15", 10), ("levels_15", 9), ("levels_2", 1), ("int8", 0)]
    merge_accuracy(path, spec, [result(*one) for one in given])
    assert [(name, int(seed)) for name, seed, _ in rows(path)] == [
        ("levels_2", 1), ("levels_15", 9), ("levels_15", 10), ("int8", 0), ("fp32", 0),
    ]  # fmt: skip


def test_new_results_are_added_and_replace_their_own(spec, tmp_path):
    path = tmp_path / "accuracy.csv"
    merge_accuracy(path, spec, [result("levels_2", 0), result("levels_3", 0)])
    merge_accuracy(path, spec, [result("levels_3", 0, correct=4), result("levels_3", 1)])
    assert rows(path) == [("levels_2", "0", "3"), ("levels_3", "0", "4"), ("levels_3", "1", "3")]


def test_rows_of_another_recipe_are_dropped(spec, make_spec, tmp_path):
    path = tmp_path / "accuracy.csv"
    merge_accuracy(path, make_spec(batch_size=7), [result("levels_2", 0)])
    merge_accuracy(path, spec, [result("levels_3", 0)])
    assert rows(path) == [("levels_3", "0", "3")]


@pytest.mark.parametrize("row", ["tiny,levels_2", "tiny,levels_6,int8,0,top1,3,8,0.3,5,h,s",
                                 "tiny,levels_2,int8,one,top1,3,8,0.3,5,h,s"])  # fmt: skip
def test_a_spoilt_file_is_not_written_over(spec, tmp_path, row):
    path = tmp_path / "accuracy.csv"
    spoilt = ",".join(COLUMNS) + f"\n{row}\n"
    path.write_text(spoilt)
    with pytest.raises(SpecError, match=r"accuracy\.csv:2: is no row"):
        merge_accuracy(path, spec, [result("levels_3", 0)])
    assert path.read_text() == spoilt
