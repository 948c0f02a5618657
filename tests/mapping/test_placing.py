from dataclasses import replace

import numpy as np
import pytest
from machines import (
    Serial,
    Skipping,
    make_gemm,
    make_hierarchy,
    make_machine,
    make_op,
    make_place,
    make_workload,
)

from lowbit_sim.mapping.gemm import levels_of
from lowbit_sim.mapping.placing import compute_actions, gemm_of, places, reserved_bits_of
from lowbit_sim.mapping.refusal import UnmappableError
from lowbit_sim.mapping.vector_schedule import VectorPlace
from lowbit_sim.pe.array import PEArray
from lowbit_sim.workload.statistics import WeightStatistics


def test_gemm_of_an_operator():
    machine = make_machine(packing="word_8")
    op = make_op("fc", "linear", 4, 8, k=6, side_parameter_bits=8 * 64)
    gemm = gemm_of(op, machine, on_chip=True, crossing=(100, True), stay=True)
    expected = make_gemm(
        4, 6, 8, packing="word_8", on_chip=True, input_from_dram_bits=100, output_to_dram=True,
        channel_bits=64, weights_stay=True,
    )  # fmt: skip
    assert gemm == expected


def chain():
    """Return an input of 4 × 6 bytes, a product, a vector operator, a product that leaves."""
    return make_workload(
        [
            make_op("input", "input", 4, 6),
            make_op("first", "linear", 4, 8, k=6),
            make_op("act", "relu", 4, 8),
            make_op("last", "linear", 4, 3, k=8),
        ]
    )


@pytest.mark.parametrize("stays", [False, True])
@pytest.mark.parametrize("on_chip", [False, True])
def test_operators_in_order_with_what_passes_around_them(on_chip, stays):
    machine, reserved_bits = make_machine(), {"sram": 7}
    found = list(places(machine, chain(), {}, reserved_bits, on_chip, stays))
    assert [op.name for op, _ in found] == ["first", "act", "last"]  # an input takes no time
    (_, first), (act, vector), (_, last) = found
    # where activations do not stay all of them pass, so that nothing is told apart
    given = {"on_chip": on_chip, "weights_stay": stays}
    passing = {"input_from_dram_bits": 4 * 6 * 8} if on_chip else {}
    leaving = {"output_to_dram": True} if on_chip else {}
    assert first == make_place(make_gemm(4, 6, 8, **given, **passing), machine)
    assert last == make_place(make_gemm(4, 8, 3, **given, **leaving), machine)
    assert vector == VectorPlace(act, machine, on_chip, 0, False, stays, reserved_bits)


def test_values_go_where_beats_depend_on_them():
    values = {"first": np.arange(48, dtype=np.int8).reshape(6, 8) % 3 - 1}
    plain = make_machine(pe=PEArray(Serial(4), 2, 2, 16))
    skipping = make_machine(pe=PEArray(Skipping(4), 2, 2, 16, stationary=("weight",)))
    for machine, levels in ((plain, None), (skipping, levels_of(values["first"][None]))):
        (_, first), _, (_, last) = places(machine, chain(), values, {}, False, False)
        assert first.gemm == make_gemm(4, 6, 8, levels=levels)
        assert last.gemm.levels is None  # no values are known of it


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"weight": "fp32"}, "operator 'first': array 'adders': fp32 is floating-point"),
        ({"k": 400}, "operator 'first': the 16 bit accumulators of array 'adders' do not hold"),
    ],
)
def test_what_no_array_computes_names_the_operator(change, told):
    ops = [make_op("input", "input", 4, 6), make_op("first", "linear", 4, 8, **{"k": 6, **change})]
    with pytest.raises(UnmappableError) as caught:
        list(places(make_machine(), make_workload(ops), {}, {}, True, False))
    assert str(caught.value).startswith(told)


def test_actions_of_the_array_follow_the_weights():
    op = make_op("fc", "linear", 2, 4, k=4)
    place = make_place(make_gemm(2, 4, 4), make_machine())
    known = replace(op, statistics=WeightStatistics((3, 8, 5), (2, 2, 2, 2)))
    for one, adds in ((op, 2 * 16), (known, 2 * 8)):  # 2 rows of 16 weights; 8 of them zero
        actions = compute_actions(one, place, "weight")
        assert (actions["adder.add"], actions["adder.skip"]) == (adds, 2 * 16 - adds)
        assert not any(name.startswith(("dram", "sram")) for name in actions)


def test_actions_of_the_array_follow_what_stays():
    op = make_op("fc", "linear", 2, 4, k=4)
    place = make_place(make_gemm(2, 4, 4), make_machine())
    registers = [
        compute_actions(op, place, stays)["register.write_bit"] for stays in ("weight", "output")
    ]
    assert registers[0] < registers[1]  # weights that stay do not move


@pytest.mark.parametrize(
    ("on_chip", "stays", "separate", "shared"),
    [
        (False, False, {}, {}),
        (True, False, {}, {"sram": 1000}),
        # 6 · 8 and 8 · 3 ternary weights of 2 bit
        (False, True, {"weights": 144}, {"sram": 144}),
        (True, True, {"weights": 144}, {"sram": 1144}),
    ],
)
def test_what_stays_between_operators(on_chip, stays, separate, shared):
    for hierarchy, reserved in (("separate", separate), ("scratchpads", shared)):
        machine = make_hierarchy(hierarchy)
        assert reserved_bits_of(machine, chain(), 1000, on_chip, stays) == reserved
    # activations and weights in memories of their own
    both = reserved_bits_of(make_hierarchy("bypassed"), chain(), 1000, True, True)
    assert both == {"unified": 1000, "weights": 144}
