from lowbit_sim.mapping.mapping import LOOP_ORDERS, Mapping, ScratchpadMapping
from lowbit_sim.pe.base import Tile


def test_loop_orders_name_every_dimension_once():
    assert all(sorted(order) == ["k", "m", "n"] for order in LOOP_ORDERS)
    assert len(set(LOOP_ORDERS)) == len(LOOP_ORDERS)


def test_equal_mappings_are_equal_keys():
    one, other = (
        Mapping(
            "a", Tile(4, 8, 4), "nm", (ScratchpadMapping("weight", "nkm", Tile(m=4, k=4, n=4)),)
        )
        for _ in range(2)
    )
    assert {one: 1}[other] == 1
