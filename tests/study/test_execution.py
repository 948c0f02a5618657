"""Every kind of array, every format, every hierarchy: what is carried out is the product."""

import random
from dataclasses import replace

import numpy as np
import pytest
from executed import ELEMENTS, INTEGERS, activation_for, carried_out, check, random_case, small

from lowbit_sim.formats.packing import PACKINGS
from lowbit_sim.mapping.nest import Nest
from lowbit_sim.mapping.schedule import TileSchedule
from lowbit_sim.mapping.walk import Repeated
from lowbit_sim.study import execution
from lowbit_sim.study.execution import JUNK, execute, through_memory

CASES = [
    pytest.param(element, weight, id=f"{element}-{weight.name}")
    for element in ELEMENTS
    for weight in INTEGERS
    if activation_for(element, weight)
]


@pytest.mark.parametrize(("element", "weight"), CASES)
def test_sums_are_those_of_plain_integers(element, weight):
    rng = random.Random(f"{element} {weight.name}")
    for _ in range(3):
        check(*random_case(rng, element, weight, activation_for(element, weight)))


@pytest.mark.parametrize("order", ["nkm", "nmk", "mnk", "mkn"])
@pytest.mark.parametrize(
    "flag", ["loads_weight", "loads_input", "loads_partial", "accumulates", "stores"]
)
def test_a_command_that_the_schedule_forgets_is_seen(monkeypatch, flag, order):
    case = small(order=order)
    check(*case)
    right = execution.walk
    used = []

    def without(body):
        for one in body:
            if isinstance(one, Repeated):
                yield replace_body(one)
            else:
                used.append(getattr(one, flag) and not one.first)
                yield one if one.first else replace(one, **{flag: False})

    def replace_body(one):
        return one._replace(body=tuple(without(one.body)))

    monkeypatch.setattr(execution, "walk", lambda *a, **more: tuple(without(right(*a, **more))))
    wrong = (carried_out(*case) != case[2] @ case[3]).any()
    assert wrong == any(used)
    assert any(used) or flag == "loads_partial"  # sums that stay for all of k never come back


def test_sums_that_are_never_written_are_junk(monkeypatch):
    monkeypatch.setattr(execution, "execute_folds", lambda *_, **__: 1)
    assert (carried_out(*small()) == JUNK).all()


def test_a_schedule_of_another_mapping_is_refused():
    place, mapping, inputs, weights = small()
    schedule, _ = Nest(place).unroll(mapping)
    shorter = TileSchedule(schedule.body[:-1])
    with pytest.raises(ValueError, match="zip"):
        execute(place, mapping, shorter, inputs, weights)


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("fmt", INTEGERS, ids=lambda fmt: fmt.name)
def test_levels_pass_through_memory_and_decoder(fmt, packing):
    levels = np.random.default_rng(2).choice(fmt.levels, (2, 7, 5))
    np.testing.assert_array_equal(through_memory(levels, fmt, packing), levels)


def test_a_decoder_that_errs_is_seen(monkeypatch):
    case = small(packing="word_8")
    check(*case)
    right = execution.unpack
    monkeypatch.setattr(execution, "unpack", lambda *given: right(*given)[::-1])
    assert (carried_out(*case) != case[2] @ case[3]).any()


def test_second_activations_do_not_pass_the_decoder(monkeypatch):
    case = small(weight="int8", weights_are_activations=True, accumulator_bits=24)
    monkeypatch.delattr(execution, "unpack")
    check(*case)
