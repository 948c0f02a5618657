"""The table measured with SCALE-Sim 3.0.0 itself (benchmarks/scale_sim.py wrote it).

What is checked is the table, against the closed form of SCALE-Sim's own demand matrices
(compute/systolic_compute_{os,ws,is}.py of release 3.0.0) and totals worked by hand.
"""

import csv
from math import ceil
from pathlib import Path

import pytest

TABLE = Path(__file__).with_name("scale_sim.csv")
TEXT = {"network", "layer", "dataflow", "scale_sim_version"}
COLUMNS = [
    *("network", "layer", "m", "k", "n", "rows", "cols", "dataflow"),
    *("printed_cycles", "counted_cycles", "scale_sim_version"),
]


def lines():
    with TABLE.open(newline="") as file:
        for line in csv.DictReader(file):
            yield {name: x if name in TEXT else int(x) for name, x in line.items()}


LINES = list(lines())


def words(line):
    return "-".join(str(line[name]) for name in COLUMNS[:8])


def fold_cycles(line):
    """Folds, and cycles of each: every fold takes the whole array and starts after the last."""
    m, k, n, r, c = (line[name] for name in ("m", "k", "n", "rows", "cols"))
    down, across, stream, preload = {
        "os": (m, n, k, 0),  # outputs stay, nothing is loaded before
        "ws": (k, n, m, r),  # weights stay, a row of them loaded each cycle
        "is": (k, m, n, r),  # inputs stay, likewise
    }[line["dataflow"]]
    folds = ceil(down / r) * ceil(across / c)
    return folds, preload + stream + (r - 1) + (c - 1)


def test_the_table_has_these_columns_and_at_least_sixty_different_rows():
    assert TABLE.read_text().partition("\n")[0].split(",") == COLUMNS
    assert len({words(line) for line in LINES}) == len(LINES) >= 60


def test_every_row_was_printed_by_the_same_release():
    assert {line["scale_sim_version"] for line in LINES} == {"3.0.0"}


def test_every_array_has_all_three_dataflows_for_every_layer():
    seen = {}
    for line in LINES:
        key = tuple(line[name] for name in COLUMNS[:7])
        seen.setdefault(key, set()).add(line["dataflow"])
    assert set(map(frozenset, seen.values())) == {frozenset({"ws", "os", "is"})}


def test_arrays_are_small_and_large_wide_and_tall():
    arrays = {(line["rows"], line["cols"]) for line in LINES}
    assert {(4, 4), (8, 8), (16, 16), (32, 32), (128, 128), (8, 32), (32, 8)} <= arrays


def test_a_count_is_one_more_than_the_printed_index_of_the_last_cycle():
    assert [x["counted_cycles"] for x in LINES] == [x["printed_cycles"] + 1 for x in LINES]


@pytest.mark.parametrize("line", LINES, ids=words)
def test_a_row_is_folds_times_cycles_per_fold(line):
    folds, cycles = fold_cycles(line)
    assert line["counted_cycles"] == folds * cycles


@pytest.mark.parametrize(
    ("shape", "counted_cycles"),
    [
        # outputs stay: 4 products and 3 + 3 of skew; issue 125 asks why 9 is printed
        ((4, 4, 4, 4, 4, "os"), 1 * (4 + 3 + 3)),
        # weights stay: 4 rows of them, 4 inputs, 3 + 3 of skew
        ((4, 4, 4, 4, 4, "ws"), 1 * (4 + 4 + 3 + 3)),
        # 8 × 8 weights are 2 × 2 folds on 4 × 4
        ((8, 8, 8, 4, 4, "ws"), 4 * (4 + 8 + 3 + 3)),
        # a product of 1 × 1 × 1 crosses the whole array all the same
        ((1, 1, 1, 4, 4, "os"), 1 * (1 + 3 + 3)),
        # 11 × 7 outputs are 3 × 3 folds on 5 × 3, 13 products each
        ((11, 13, 7, 5, 3, "os"), 9 * (13 + 4 + 2)),
        # 13 × 7 weights likewise, 11 inputs each
        ((11, 13, 7, 5, 3, "ws"), 9 * (5 + 11 + 4 + 2)),
        # 13 × 11 inputs are 3 × 4 folds, 7 columns of weights each
        ((11, 13, 7, 5, 3, "is"), 12 * (5 + 7 + 4 + 2)),
        # the query, key and value of ViT-Ti/16: 6 × 18, 7 × 18 and 2 × 5 folds
        ((197, 192, 576, 32, 32, "ws"), 108 * (32 + 197 + 31 + 31)),
        ((197, 192, 576, 32, 32, "os"), 126 * (192 + 31 + 31)),
        ((197, 192, 576, 128, 128, "ws"), 10 * (128 + 197 + 127 + 127)),
    ],
)
def test_hand_worked_layers_are_in_the_table(shape, counted_cycles):
    names = ("m", "k", "n", "rows", "cols", "dataflow")
    found = {x["counted_cycles"] for x in LINES if tuple(x[name] for name in names) == shape}
    assert found == {counted_cycles}
