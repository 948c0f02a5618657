"""The convention `scale_sim` against the cycles that SCALE-Sim itself counts, row by row."""

import csv
from pathlib import Path

import pytest

from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.pe.array import PEArray
from lowbit_sim.pe.base import Tile
from lowbit_sim.pe.folding import NAMED_CONVENTIONS
from lowbit_sim.pe.integer_mac import IntegerMac

STATIONARY = {"ws": "weight", "os": "output", "is": "input"}
INT8 = number_format("int8")
with Path(__file__).with_name("scale_sim.csv").open(newline="", encoding="utf-8") as file:
    ROWS = list(csv.DictReader(file))


def name_of(row):
    return "-".join(row[column] for column in ("network", "layer", "rows", "cols", "dataflow"))


@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_cycles_are_those_of_scale_sim(row):
    array = PEArray(
        IntegerMac(),
        int(row["rows"]),
        int(row["cols"]),
        accumulator_bits=32,
        conventions=NAMED_CONVENTIONS["scale_sim"],
        stationary=tuple(STATIONARY.values()),
    )
    tile = Tile(int(row["m"]), int(row["k"]), int(row["n"]))
    cycles = array.cycles(tile, INT8, INT8, STATIONARY[row["dataflow"]])
    assert cycles == int(row["counted_cycles"])
    # it prints the index of the last cycle, counted from 0 (its issue 125)
    assert cycles == int(row["printed_cycles"]) + 1


def test_all_dataflows_and_shapes_of_arrays_are_there():
    assert {row["dataflow"] for row in ROWS} == set(STATIONARY)
    assert any(row["rows"] != row["cols"] for row in ROWS)
    assert len({name_of(row) for row in ROWS}) == len(ROWS)
