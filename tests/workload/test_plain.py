import pytest

from lowbit_sim.workload.convolution import Convolution
from lowbit_sim.workload.op import Op
from lowbit_sim.workload.plain import LATER_FIELDS, plain
from lowbit_sim.workload.statistics import WeightStatistics

GEOMETRY = Convolution(1, 1, 4, 4, 1, 1, 1, 1, 0, 0, 1, 1, 1)
RECORDS = [
    Op("a", "relu", 1, 1, 1, 1, None, "fp32", "fp32", None, None, None),
    WeightStatistics((1, 1), (1, 1)),
    GEOMETRY,
]


def test_an_operator_without_later_fields_is_what_it_always_was():
    op = Op(
        *("c", "conv2d", 1, 16, 1, 1, "levels_2", "int8", "fp32", "c.weight", GEOMETRY),
        WeightStatistics((1, 0), (1,)),
    )
    held = plain(op)
    assert list(held)[-3:] == ["convolution", "statistics", "side_parameter_bits"]
    assert held["statistics"] == {"level_counts": (1, 0), "row_nonzeros": (1,), "weights": 1}
    assert list(held["convolution"])[-1] == "groups"


def test_a_later_field_that_says_something_is_kept():
    assert plain(WeightStatistics((1, 1), (1, 1), assumed=True))["assumed"] is True


@pytest.mark.parametrize("record", RECORDS)
def test_later_fields_default_to_nothing(record):
    fields = {field for field in type(record).__dataclass_fields__ if field in LATER_FIELDS}
    assert fields
    assert not any(getattr(record, field) for field in fields)


def test_every_later_field_is_one_of_some_record():
    known = {field for record in RECORDS for field in type(record).__dataclass_fields__}
    assert known >= LATER_FIELDS
