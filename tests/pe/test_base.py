import dataclasses

import pytest

from lowbit_sim import registry
from lowbit_sim.pe.base import PEArray, Tile

KINDS = list(registry.registered("lowbit_sim.pe"))


@pytest.mark.parametrize("bad", [0, -1, 1.0, True, "4", None])
@pytest.mark.parametrize("dim", ["m", "k", "n"])
def test_a_tile_has_whole_dims_above_zero(dim, bad):
    with pytest.raises(ValueError, match=rf"^{dim} must be a whole number above zero"):
        Tile(**{"m": 1, "k": 1, "n": 1, dim: bad})


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_is_a_frozen_slotted_dataclass_named_like_its_module(name):
    kind = registry.load("lowbit_sim.pe", name)
    assert kind.kind == name
    assert kind.__module__ == f"lowbit_sim.pe.{name}"
    assert dataclasses.is_dataclass(kind)
    assert kind.__dataclass_params__.frozen
    assert "__dict__" not in dir(kind.__new__(kind))
    assert [field.name for field in dataclasses.fields(kind)][:3] == [
        "rows",
        "cols",
        "accumulator_bits",
    ]
    for method in ("refuses", "passes", "cycles", "actions"):
        assert callable(getattr(PEArray, method))
        assert callable(getattr(kind, method))


@pytest.mark.parametrize("bad", [0, -8, 8.0, True, "8"])
@pytest.mark.parametrize("field", ["rows", "cols", "accumulator_bits"])
@pytest.mark.parametrize("name", KINDS)
def test_a_kind_refuses_counts_that_are_not_whole_and_above_zero(name, field, bad):
    kind = registry.load("lowbit_sim.pe", name)
    given = {"rows": 8, "cols": 8, "accumulator_bits": 24}
    if name == "bit_serial":
        given["encoding"] = "twos_complement"
    kind(**given)
    with pytest.raises(ValueError, match=rf"^{field} must be a whole number above zero"):
        kind(**{**given, field: bad})
