import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowbit_sim.actions import ActionCounts
from lowbit_sim.cost import Cost, Timing

PARTS = (
    "fill_cycles",
    "compute_cycles",
    "stall_load_cycles",
    "stall_store_cycles",
    "drain_cycles",
)
CYCLES = st.integers(0, 10**15)
TIMINGS = st.builds(Timing, CYCLES, CYCLES, CYCLES, CYCLES, CYCLES)
# quarters add without rounding, so that addition is exactly associative
ENERGIES = st.dictionaries(
    st.sampled_from(["adder", "dram"]), st.integers(0, 999).map(lambda n: n / 4)
)
COSTS = st.builds(
    Cost,
    TIMINGS,
    st.dictionaries(st.sampled_from(["adder.add", "dram.read_bit"]), CYCLES).map(ActionCounts),
    ENERGIES,
    CYCLES,
    st.sampled_from(["closed_form", "event_driven"]),
)


def test_the_total_is_the_sum_of_the_five_parts():
    assert [field.name for field in dataclasses.fields(Timing)] == list(PARTS)
    assert Timing(1, 20, 300, 4000, 50000).total_cycles == 54321
    assert Timing().total_cycles == 0


@given(TIMINGS, TIMINGS, TIMINGS)
def test_timings_are_a_commutative_monoid(a, b, c):
    assert (a + b) + c == a + (b + c)
    assert a + b == b + a
    assert a + Timing() == a
    assert (a + b).total_cycles == a.total_cycles + b.total_cycles


@given(TIMINGS, st.integers(0, 99), st.integers(0, 99))
def test_a_timing_times_n_is_n_timings_after_another(timing, times, more):
    assert timing * (times + more) == timing * times + timing * more
    assert timing * 1 == timing
    assert (timing * times).total_cycles == timing.total_cycles * times


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("cycles", [-1, 1.0, 0.5, float("nan"), "3", None, True])
def test_cycles_are_whole_numbers_of_at_least_nought(part, cycles):
    with pytest.raises(ValueError, match=f"{part} must be a whole number of at least 0"):
        Timing(**{part: cycles})


@pytest.mark.parametrize("times", [-1, 1.5])
def test_a_timing_is_not_repeated_a_negative_or_broken_number_of_times(times):
    with pytest.raises(ValueError, match="whole number"):
        Timing(compute_cycles=1) * times


def cost(engine="closed_form", macs=6, **energy_pj):
    return Cost(Timing(compute_cycles=5), ActionCounts({"adder.add": 2}), energy_pj, macs, engine)


def test_costs_add_part_by_part():
    both = cost(adder=1.5, dram=2.0) + cost(adder=0.25, leakage=4.0, macs=7)
    assert both.timing == Timing(compute_cycles=10)
    assert both.actions == ActionCounts({"adder.add": 4})
    assert both.energy_pj_by_component == {"adder": 1.75, "dram": 2.0, "leakage": 4.0}
    assert both.energy_pj == 7.75
    assert (both.macs, both.engine) == (13, "closed_form")


@given(COSTS, COSTS, COSTS)
def test_the_order_of_adding_does_not_matter(a, b, c):
    assert a + b == b + a
    assert (a + b) + c == a + (b + c)
    assert (a + b).energy_pj == a.energy_pj + b.energy_pj


def test_costs_of_two_engines_say_so():
    mixed = cost("closed_form") + cost("event_driven")
    assert mixed.engine == "mixed"
    assert (mixed + cost("closed_form")).engine == "mixed"


def test_no_component_is_no_energy():
    assert cost().energy_pj == 0.0
    assert isinstance(cost().energy_pj, float)


@pytest.mark.parametrize("energy_pj", [-0.5, float("nan"), float("inf")])
def test_an_energy_is_finite_and_at_least_nought(energy_pj):
    with pytest.raises(ValueError, match="dram needs a finite energy of at least 0"):
        cost(adder=1.0, dram=energy_pj)


@pytest.mark.parametrize("macs", [-1, 1.0, True])
def test_macs_are_whole_numbers_of_at_least_nought(macs):
    with pytest.raises(ValueError, match="macs must be a whole number of at least 0"):
        cost(macs=macs)
