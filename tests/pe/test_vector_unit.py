import pytest

from lowbit_sim.errors import SpecError
from lowbit_sim.pe.vector_unit import OPERATIONS, actions, cycles_per_chunk, operations
from lowbit_sim.workload.op import VECTOR_KINDS

EXPECTED = {  # adds, multiplies, specials per input element
    "layer_norm": (4, 3, 0),
    "softmax": (3, 1, 1),
    "gelu": (0, 1, 1),
    "relu": (1, 0, 0),
    "add": (1, 0, 0),
    "avg_pool": (1, 0, 0),
    "max_pool": (1, 0, 0),
    "quantise": (3, 1, 0),
    "rms_norm": (1, 3, 0),
    "silu": (0, 1, 1),
    "sigmoid": (0, 0, 1),
    "clamp": (2, 0, 0),
    "hardswish": (3, 2, 0),
    "mul": (0, 1, 0),
    "neg": (1, 0, 0),
    "square": (0, 1, 0),
    "rsqrt": (0, 0, 1),
    "mask": (1, 0, 0),
    "concat": (1, 0, 0),
    "embedding": (0, 1, 0),
}


@pytest.mark.parametrize("kind", EXPECTED)
def test_a_chunk_takes_one_cycle_per_operation(kind):
    adds, multiplies, specials = EXPECTED[kind]
    each = operations(kind)
    assert (each.adds, each.multiplies, each.specials) == EXPECTED[kind]
    assert cycles_per_chunk(kind) == adds + multiplies + specials


@pytest.mark.parametrize("kind", EXPECTED)
@pytest.mark.parametrize("elements", [0, 1, 38_809])
def test_actions_are_operations_times_elements(kind, elements):
    names = ("vector.add", "vector.multiply", "vector.special")
    expected = dict(zip(names, (elements * each for each in EXPECTED[kind]), strict=True))
    counts = actions(kind, elements)
    assert {name: counts[name] for name in names} == expected
    assert set(counts) <= set(names)


def test_the_kinds_are_those_of_the_workload():
    assert tuple(OPERATIONS) == tuple(VECTOR_KINDS)


@pytest.mark.parametrize("ask", [operations, cycles_per_chunk, lambda kind: actions(kind, 1)])
def test_an_unknown_kind_names_the_nearest(ask):
    with pytest.raises(SpecError, match="did you mean 'softmax'"):
        ask("sofmax")


def test_the_table_is_read_only():
    with pytest.raises(TypeError):
        OPERATIONS["relu"] = OPERATIONS["gelu"]
