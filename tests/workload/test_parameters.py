from dataclasses import replace

import pytest

from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.formats.packing import stored_bits
from lowbit_sim.workload.op import Op
from lowbit_sim.workload.parameters import parameter_bits, parameters, scale_bits

#: 4 output channels, 3 features in, ternary: a scale and a bias for each channel
LINEAR = Op(
    *("fc", "linear", 1, 2, 3, 4, "levels_3", "int8", "fp32", "fc.weight", None, None, 4 * 64),
)
#: 100 rows of 8, of which 5 are read with their scales
TABLE = Op(
    *("table", "embedding", 1, 5, 1, 8, "int8", "int8", "fp32", "table.weight", None, None),
    *(5 * (8 * 8 + 32), 100),
)
NORM = Op("norm", "layer_norm", 1, 2, 1, 4, None, "fp32", "fp32", None, None, None, 2 * 4 * 32)
ADD = Op("add", "add", 1, 2, 2, 4, None, "fp32", "fp32", None, None, None, 2 * 4 * 32)
MASK = Op("mask", "mask", 1, 2, 1, 4, None, "fp32", "fp32", None, None, None, 8)


@pytest.mark.parametrize(
    ("op", "expected"),
    [
        (LINEAR, 3 * 4 + 4),  # no scales
        (replace(LINEAR, side_parameter_bits=4 * 32), 3 * 4),
        (replace(LINEAR, weight="fp32", side_parameter_bits=4 * 32), 3 * 4 + 4),
        (TABLE, 100 * 8),
        (NORM, 8),
        (ADD, 8),
        (MASK, 0),
    ],
)
def test_parameters_of_one_operator(workload, op, expected):
    assert parameters(workload([op], [])) == expected


def test_what_is_shared_counts_once(workload):
    again = replace(LINEAR, name="again")
    tied = {"parameter": "table.weight", "k": 8, "n": 100, "side_parameter_bits": 100 * 32}
    tied = replace(LINEAR, name="head", **tied)
    assert parameters(workload([LINEAR, again], [])) == 3 * 4 + 4
    assert parameters(workload([TABLE, tied], [])) == 100 * 8


def test_scales_are_one_a_channel_or_one_a_row_read():
    assert scale_bits(LINEAR) == 4 * 32
    assert scale_bits(TABLE) == 5 * 32
    assert scale_bits(replace(LINEAR, weight="bf16", side_parameter_bits=4 * 32)) == 0
    assert scale_bits(NORM) == 0
    assert scale_bits(replace(LINEAR, side_parameter_bits=0)) == 0


def test_memory_holds_whole_tables_with_all_their_scales(workload):
    whole = workload([LINEAR, TABLE, NORM, ADD], [])
    assert parameter_bits(whole, "word_64") == (
        stored_bits(FORMATS["levels_3"], "word_64", 12) + 4 * 64 + 100 * (8 * 8 + 32) + 8 * 64
    )


def test_the_worked_example():
    """A stem, four stages of two blocks of two convolutions, three shortcuts."""
    channels = 64 + 2 * 2 * (64 + 128 + 256 + 512) + 128 + 256 + 512
    assert channels == 4_800
    assert 11_689_512 - channels == 11_684_712
