"""What every kind of processing element must pass, whatever it computes with."""

import numpy as np
from element_oracles import run_elements
from hand_tables import evaluate, whole
from oracles import level_counts

from lowbit_sim.formats.catalogue import FORMATS, number_format
from lowbit_sim.pe.array import PEArray
from lowbit_sim.pe.base import Product, Tile
from lowbit_sim.pe.folding import Conventions

INT8 = number_format("int8")
INTEGER_FORMATS = [fmt for fmt in FORMATS.values() if fmt.is_integer]
WAYS = [
    (organisation, stationary)
    for organisation in ("systolic", "broadcast")
    for stationary in ("weight", "output", "input")
]
#: columns of a hand table that are conventions, where it has them
CONVENTIONS = ("preload", "folds", "drain")


def by_case(row):
    return row["case"]


def array_of(element, rows=4, cols=4, accumulator_bits=24, **more):
    return PEArray(element, rows, cols, accumulator_bits, **more)


def check_by_hand(row, element):
    """Demand that passes, terms, the working, the cycles column and the code agree."""
    conventions = Conventions(**{name: row[name] for name in CONVENTIONS if name in row})
    array = array_of(
        element,
        whole(row["rows"]),
        whole(row["cols"]),
        organisation=row.get("organisation", "systolic"),
        conventions=conventions,
    )
    tile = Tile(*(whole(row[dim]) for dim in "mkn"))
    formats = number_format(row["weight"]), number_format(row.get("activation", "int8"))
    assert array.passes(*formats) == whole(row["passes"])
    assert array.terms(*formats) == whole(row.get("terms", "1"))
    assert evaluate(row["by hand"]) == whole(row["cycles"])
    assert array.cycles(tile, *formats, row["stationary"]) == whole(row["cycles"])


def check_beat_by_beat(element, path, weight, activation, shapes, longest=10):
    """Demand that arrays of a datapath compute products, in the cycles and actions of the kind.

    So many shapes, the six ways of an array in turn, with sums of up to `longest` terms.
    """
    rng = np.random.default_rng(197)
    for index in range(shapes):
        organisation, stationary = WAYS[index % len(WAYS)]
        rows, cols = (int(x) for x in rng.integers(1, 6, size=2))
        m, n = (int(x) for x in rng.integers(1, 10, size=2))
        k = int(rng.integers(1, longest + 1))
        inputs = rng.choice(activation.levels, size=(m, k))
        weights = rng.choice(weight.levels, size=(k, n))
        run = run_elements(path, organisation, stationary, rows, cols, inputs, weights)
        np.testing.assert_array_equal(run.product, inputs @ weights)

        array = array_of(element, rows, cols, organisation=organisation)
        tile = Tile(m, k, n)
        assert array.cycles(tile, weight, activation, stationary) == run.cycles
        levels = level_counts(weights, weight)
        counts = array.actions(Product(1, tile, weight, activation, stationary, levels))
        counted = {name: counts[name] for name in counts if name != "register.write_bit"}
        assert counted == {name: count for name, count in run.actions.items() if count}


def check_refusal(element, weight, activation, reason):
    """Demand that the array refuses the formats everywhere, and says why."""
    array, tile = array_of(element), Tile(1, 1, 1)
    assert reason in array.refuses(weight, activation)
    for ask in (
        lambda: array.passes(weight, activation),
        lambda: array.terms(weight, activation),
        lambda: array.cycles(tile, weight, activation, "weight"),
        lambda: array.actions(Product(1, tile, weight, activation, "weight")),
    ):
        try:
            ask()
        except ValueError as error:
            assert str(error).startswith(f"{element.kind} refuses {weight.name} × ")  # noqa: PT017
        else:
            raise AssertionError(f"{element.kind} computes {weight.name} × {activation.name}")
