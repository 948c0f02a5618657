import pytest

from lowbit_sim.mapping.mapping import LOOP_ORDERS, Extent, Mapping
from lowbit_sim.pe.base import Tile


def test_loop_orders_name_every_dimension_once():
    assert all(sorted(order) == ["k", "m", "n"] for order in LOOP_ORDERS)
    assert len(set(LOOP_ORDERS)) == len(LOOP_ORDERS)


def test_the_tile_of_an_extent():
    assert Extent(2, 3, 4, 5).tile == Tile(3, 4, 5)
    with pytest.raises(ValueError, match="k must be a whole number above zero"):
        _ = Extent(1, 3, 0, 5).tile


def test_equal_mappings_are_equal_keys():
    one, other = (
        Mapping("a", "weight", (Extent(1, 8, 8, 8), Extent(1, 4, 4, 4)), ("nkm", "mnk"))
        for _ in range(2)
    )
    assert {one: 1}[other] == 1
    assert one != Mapping("a", "output", one.extents, one.orders)
