import itertools

import pytest
from amaranth.hdl import Module, Signal, signed
from amaranth.sim import Simulator
from simulated import cycles_of

from lowbit_sim.rtl.gates import added_or_not, delayed, place_bits, scaled, summed


def computed(m, inputs, output, values):
    """Return `output` for every combination of `values` of the `inputs`."""
    found = []

    async def bench(ctx):
        for combination in values:
            for signal, value in zip(inputs, combination, strict=True):
                ctx.set(signal, value)
            await ctx.delay(1e-9)
            found.append(ctx.get(output))

    simulator = Simulator(m)
    simulator.add_testbench(bench)
    simulator.run()
    return found


def test_a_value_is_added_subtracted_or_neither_for_every_value():
    total, value, wanted, negative = Signal(signed(6)), Signal(signed(4)), Signal(), Signal()
    out, m = Signal(signed(6)), Module()
    m.d.comb += out.eq(summed(total, *added_or_not(value, wanted, negative)))
    cases = list(itertools.product((-20, -1, 0, 17), range(-8, 8), (0, 1), (0, 1)))
    expected = [t + (v if w else 0) * (-1 if n else 1) for t, v, w, n in cases]
    assert computed(m, (total, value, wanted, negative), out, cases) == expected


def test_a_sum_wraps_as_an_accumulator_does():
    total, value = Signal(signed(4)), Signal(signed(4))
    out, m = Signal(signed(4)), Module()
    m.d.comb += out.eq(summed(total, value, Signal()))
    assert computed(m, (total, value), out, [(7, 1), (-8, -1), (3, 4)]) == [-8, 7, 7]


@pytest.mark.parametrize("scales", [(1,), (1, 3, 9), (1, 2, -4)])
def test_each_place_has_its_scale(scales):
    value, place = Signal(signed(4)), Signal(place_bits(scales))
    out, m = Signal(signed(9)), Module()
    m.d.comb += out.eq(scaled(value, place, scales))
    cases = list(itertools.product((-8, -1, 0, 7), range(len(scales))))
    assert computed(m, (value, place), out, cases) == [v * scales[p] for v, p in cases]


def test_a_delay_is_as_many_cycles():
    value, m = Signal(4), Module()
    late = delayed(m, value, 2)
    seen = cycles_of(m, [[(value, v)] for v in (5, 6, 7, 8)], [late])
    assert seen == [(0,), (0,), (5,), (6,)]
