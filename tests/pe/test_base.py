import dataclasses
import inspect

import pytest

from lowbit_sim import registry
from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.pe.base import (
    STATIONARY,
    Particular,
    ProcessingElement,
    Product,
    Tile,
    ValueDependent,
    check_positive,
)

KINDS = list(registry.registered("lowbit_sim.pe"))
LEVELS_3, INT8, FP32 = (number_format(name) for name in ("levels_3", "int8", "fp32"))
TILE = Tile(m=9, k=2, n=3)
WHOLE_AND_ABOVE_ZERO = "must be a whole number above zero"


def product(level_counts=None, weight=LEVELS_3, batch=2):
    return Product(batch, TILE, weight, INT8, "weight", level_counts)


@pytest.mark.parametrize("bad", [0, -1, 1.0, True, "4", None])
@pytest.mark.parametrize("dim", ["m", "k", "n"])
def test_a_tile_has_whole_dims_above_zero(dim, bad):
    with pytest.raises(ValueError, match=rf"^{dim} {WHOLE_AND_ABOVE_ZERO}"):
        Tile(**{"m": 1, "k": 1, "n": 1, dim: bad})


@pytest.mark.parametrize("bad", [0, -1, 1.0, True])
def test_a_product_has_a_whole_batch_above_zero(bad):
    with pytest.raises(ValueError, match=rf"^batch {WHOLE_AND_ABOVE_ZERO}"):
        product(batch=bad)


@pytest.mark.parametrize("level_counts", [None, (12, 0, 0), (3, 4, 5)])
def test_level_counts_that_fit(level_counts):
    assert product(level_counts).macs == 2 * 9 * 2 * 3


def test_a_float_has_no_level_counts():
    assert product((), FP32).macs == product(None, FP32).macs == 108
    with pytest.raises(ValueError, match=r"^fp32 needs 0 counts, got 1$"):
        product((12,), FP32)


@pytest.mark.parametrize("level_counts", [(3, 4, 4), (3, 4, 6), (-1, 8, 5), (54, 54, 0)])
def test_level_counts_that_do_not_add_up(level_counts):
    with pytest.raises(ValueError, match=r"add up to 2·2·3 = 12 weights"):
        product(level_counts)


@pytest.mark.parametrize("level_counts", [(), (6, 6), (3, 3, 3, 3)])
def test_one_count_per_level(level_counts):
    with pytest.raises(ValueError, match=r"^levels_3 needs 3 counts"):
        product(level_counts)


def test_nonzeros_weigh_each_level_by_its_digits():
    # each weight meets the 9 rows of the input
    assert product((2, 4, 6)).nonzeros(4, (1, 0, 3)) == 9 * (2 * 1 + 4 * 0 + 6 * 3)


def test_unknown_weights_have_every_digit():
    assert product().nonzeros(4, (1, 0, 3)) == 108 * 4


def test_the_operands_that_may_stay():
    assert STATIONARY == ("weight", "output", "input")


def test_the_first_bad_field_is_named():
    record = type("Record", (), {"good": 1, "bad": 0, "worse": -1})()
    check_positive(record, "good")
    with pytest.raises(ValueError, match=rf"^bad {WHOLE_AND_ABOVE_ZERO}, got 0$"):
        check_positive(record, "good", "bad", "worse")


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_is_a_frozen_slotted_dataclass_named_like_its_module(name):
    kind = registry.load("lowbit_sim.pe", name)
    assert kind.kind == name
    assert kind.__module__ == f"lowbit_sim.pe.{name}"
    assert dataclasses.is_dataclass(kind)
    assert kind.__dataclass_params__.frozen
    assert "__dict__" not in dir(kind.__new__(kind))


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_knows_nothing_of_the_array(name):
    fields = {field.name for field in dataclasses.fields(registry.load("lowbit_sim.pe", name))}
    assert not fields & {"rows", "cols", "accumulator_bits", "organisation", "stationary"}


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_answers_what_the_protocol_asks(name):
    kind = registry.load("lowbit_sim.pe", name)
    asked = [(ProcessingElement, m) for m in ("refuses", "passes", "terms", "stages", "actions")]
    if hasattr(kind, "fits"):
        asked.append((Particular, "fits"))
    if hasattr(kind, "profile"):
        asked += [(ValueDependent, m) for m in ("group", "profile")]
    for protocol, method in asked:
        expected = inspect.signature(getattr(protocol, method))
        assert list(inspect.signature(getattr(kind, method)).parameters) == list(
            expected.parameters
        )
