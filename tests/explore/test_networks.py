import random
from contextlib import suppress
from dataclasses import replace
from functools import cache
from itertools import product

import numpy as np
import pytest
from made_space import make_space, workload_path

from lowbit_sim.energy.load import load_technology
from lowbit_sim.energy.table import energy_table
from lowbit_sim.engines.closed_form import timing
from lowbit_sim.errors import SpecError
from lowbit_sim.explore.networks import designs_of, least_of_network
from lowbit_sim.explore.prices import prices_of
from lowbit_sim.explore.variants import variants_of
from lowbit_sim.mapping.bounds import lower_bounds
from lowbit_sim.mapping.mapper import Mapper
from lowbit_sim.mapping.nest import Nest
from lowbit_sim.mapping.placing import compute_actions, places, reserved_bits_of
from lowbit_sim.mapping.refusal import UnmappableError, fed
from lowbit_sim.mapping.space import tilings
from lowbit_sim.mapping.vector_schedule import VectorPlace, vector_schedule
from lowbit_sim.study.experiment import FormatResult, simulate
from lowbit_sim.study.price import Pricing
from lowbit_sim.study.shipped import load_shipped
from lowbit_sim.workload.liveness import peak_live_bits

REGIMES = ("cold", "steady")
#: memories from too small for anything to large enough for everything, ports that starve arrays
WILD = [
    {"arrays.rows": [4, 16], "arrays.cols": [8, 16]},
    {"memories.shared_sram.capacity": ["1 KiB", "3 KiB", "12 KiB", "64 KiB", "512 KiB"]},
    {"memories.weight_scratchpad.capacity": ["64 bit", "1 KiB", "8 KiB"]},
    {"memories.input_scratchpad.capacity": ["1 KiB", "8 KiB"],
     "memories.output_scratchpad.capacity": ["2 KiB", "16 KiB"]},
    {"memories.input_scratchpad.read": ["32 bit/cycle", "128 bit/cycle", "512 bit/cycle"]},
    {"memories.shared_sram.read": ["64 bit/cycle", "512 bit/cycle"],
     "memories.shared_sram.cell": ["hp", "lstp"]},
    {"memories.dram.read": ["16 bit/cycle", "256 bit/cycle"],
     "memories.dram.latency": ["100 cycle", "1 cycle"],
     "clock": ["1 GHz", "100 MHz"]},
]  # fmt: skip
#: what one would build
SENSIBLE = [
    {"arrays.rows": [8, 16]},
    {"memories.shared_sram.capacity": ["64 KiB", "128 KiB", "256 KiB"]},
    {"memories.weight_scratchpad.capacity": ["2 KiB", "8 KiB"]},
    {"memories.dram.read": ["32 bit/cycle", "64 bit/cycle"],
     "memories.dram.write": ["32 bit/cycle", "64 bit/cycle"]},
    {"clock": ["200 MHz", "1 GHz"]},
]  # fmt: skip
CASES = pytest.mark.parametrize(
    ("machine", "name", "weight_format"),
    [
        ("ternary_pe", "vit_digits", "levels_3"),
        ("ternary_pe", "cvnn_digits", "levels_9"),
        ("shift_add_pe", "fcnn_digits", "levels_5"),
        ("bit_serial_pe", "fcnn_digits", "levels_4"),
        ("int8_systolic", "cvnn_digits", "int8"),
        ("ternary_skip_pe", "fcnn_digits", "levels_3"),
        ("ternary_skip_pe", "cvnn_digits", "levels_7"),
        ("edge_soc", "vit_digits", "levels_4"),
        ("edge_soc", "fcnn_digits", "levels_2"),
    ],
)


@cache
def shipped(network, weight_format):
    """Return a network in one format alone."""
    found = load_shipped(workload_path(network), [weight_format])
    workloads = tuple(one for one in found.workloads if one.weight_format == weight_format)
    return replace(found, workloads=workloads)


@cache
def technology(path):
    return load_technology(path)


def alike(space, structure, first=0, last=None):
    """Return designs of a structure with their prices and rates."""
    last = space.designs_of_a_structure if last is None else last
    variants = variants_of(space, structure, first, last)
    return designs_of(variants, prices_of(variants, technology(variants.machine.technology_path)))


def least_of(designs, network, regime):
    (workload,) = network.workloads
    return least_of_network(designs, workload, network.levels(workload), regime)


def exactly(space, design, network, objective="edp"):
    """Return the results of a design simulated alone by regime, None where it is refused."""
    try:
        machine = space.accelerator(design)
    except SpecError:
        return dict.fromkeys(REGIMES)
    of = technology(machine.technology_path)
    pricing = Pricing(machine, of, energy_table(of, machine))
    (cold,) = simulate(network, pricing, "closed_form", objective).results
    if cold.refusal is not None:
        return dict.fromkeys(REGIMES)
    both = [one for one in (cold, cold.steady) if one is not None]
    return {"cold": cold, "steady": min(both, key=FormatResult.energy_delay_pj_cycles)}


def by_the_mapper(machine, network, regime):
    """Return the least cycles and energy from the bounds that the mapper has of one machine.

    A tiling's cycles and energy are bounded as the mapper does, on this machine alone; operators
    add up, and the best way counts. Vector operators have all their memory to themselves.
    """
    of = technology(machine.technology_path)
    pricing = Pricing(machine, of, energy_table(of, machine))
    price, leakage_pj = pricing.pj_per_action, pricing.leakage_pj_per_cycle
    (workload,) = network.workloads
    values, live_bits = network.levels(workload), peak_live_bits(workload)

    def bounds_of(op, place, reserved_bits):
        """Yield the least cycles and energy for each operand that may stay."""
        for stays in fed(place):
            found = tilings(place, reserved_bits, stays)
            if found.m.shape[1]:
                cycles, energy_pj = lower_bounds(place, found, price)
                actions = compute_actions(op, place, stays) + Nest(place).output_path()
                fixed_pj = sum(price[name] * actions[name] for name in actions)
                yield cycles.min(), (energy_pj + leakage_pj * cycles).min() + fixed_pj

    def way(on_chip, stays):
        reserved_bits = reserved_bits_of(machine, workload, live_bits, on_chip, stays)
        total = np.zeros(2)
        for op, place in places(machine, workload, values, {}, on_chip, stays):
            if isinstance(place, VectorPlace):
                schedule, actions = vector_schedule(place, Mapper(timing, {}, 0.0))
                cycles = timing(schedule).total_cycles
                spent_pj = sum(price[name] * actions[name] for name in actions)
                total += cycles, spent_pj + leakage_pj * cycles
            else:
                total += np.min([(np.inf, np.inf), *bounds_of(op, place, reserved_bits)], axis=0)
        return total

    found = [np.full(2, np.inf)]
    for on_chip, stays in product((False, True), (False, True)[: 1 + (regime == "steady")]):
        with suppress(UnmappableError):
            found.append(way(on_chip, stays))
    return np.min(found, axis=0)


def sampled(rng, space, count):
    """Yield structures, each with its designs and the places of some that can be."""
    for structure in range(space.structures):
        designs = alike(space, structure)
        sound = np.flatnonzero(designs.variants.sound()).tolist()
        yield structure * space.designs_of_a_structure, designs, rng.sample(sound, count)


@CASES
def test_no_design_beats_its_bound(tmp_path, machine, name, weight_format):
    rng = random.Random(f"{machine} {name}")
    space, network = make_space(tmp_path, (machine,), axes=WILD), shipped(name, weight_format)
    ran = 0
    for offset, designs, some in sampled(rng, space, 4):
        bounds = {regime: least_of(designs, network, regime) for regime in REGIMES}
        for at in some:
            results = exactly(space, offset + at, network, rng.choice(["edp", "cycles", "energy"]))
            for regime, result in results.items():
                cycles, energy_pj = bounds[regime].cycles[at], bounds[regime].energy_pj[at]
                assert np.isfinite(cycles) == np.isfinite(energy_pj)
                if result is not None:
                    assert cycles <= result.total_cycles, offset + at
                    assert energy_pj <= result.energy_pj, offset + at
                    ran += 1
    assert ran > 4


@CASES
def test_on_machines_that_one_would_build_bounds_are_near(tmp_path, machine, name, weight_format):
    rng = random.Random(f"{machine} {name}")
    space, network = make_space(tmp_path, (machine,), axes=SENSIBLE), shipped(name, weight_format)
    for offset, designs, some in sampled(rng, space, 1):
        bounds = {regime: least_of(designs, network, regime) for regime in REGIMES}
        for at in some:
            for regime, result in exactly(space, offset + at, network).items():
                cycles, energy_pj = bounds[regime].cycles[at], bounds[regime].energy_pj[at]
                assert cycles <= result.total_cycles <= 1.25 * cycles
                assert energy_pj <= result.energy_pj <= 1.25 * energy_pj


@pytest.mark.parametrize(
    ("machine", "name", "weight_format"),
    [
        ("ternary_skip_pe", "fcnn_digits", "levels_3"),
        ("int8_systolic", "cvnn_digits", "int8"),
        ("edge_soc", "vit_digits", "levels_4"),
    ],
)
def test_a_design_alone_is_bounded_as_among_many(tmp_path, machine, name, weight_format):
    space, network = make_space(tmp_path, (machine,), axes=WILD), shipped(name, weight_format)
    first, last = (
        278,
        284,
    )  # 64 KiB, large scratchpads; two ports that starve some, four that do not
    many = least_of(alike(space, 1, first, last), network, "steady")
    each = [least_of(alike(space, 1, at, at + 1), network, "steady") for at in range(first, last)]
    assert many.cycles.tolist() == [one.cycles[0] for one in each]
    energies_pj = [one.energy_pj[0] for one in each]
    assert many.energy_pj.tolist() == pytest.approx(energies_pj, rel=1e-12)
    assert many.evaluations == sum(one.evaluations for one in each) > 0
    whole = least_of(alike(space, 1), network, "steady")
    assert whole.cycles[first:last].tolist() == many.cycles.tolist()
    assert whole.energy_pj[first:last].tolist() == pytest.approx(energies_pj, rel=1e-12)


@pytest.mark.parametrize(
    ("machine", "name", "weight_format"),
    [
        ("ternary_pe", "cvnn_digits", "levels_3"),
        ("shift_add_pe", "fcnn_digits", "levels_9"),
        ("ternary_skip_pe", "cvnn_digits", "levels_7"),
        ("int8_systolic", "cvnn_digits", "levels_2"),
    ],
)
@pytest.mark.parametrize("shared", ["2 KiB", "6 KiB", "64 KiB"])
def test_bounds_add_up_from_what_the_mapper_finds_of_each_operator(
    tmp_path, machine, name, weight_format, shared
):
    axes = [axis for axis in WILD if "memories.shared_sram.capacity" not in axis]
    axes.append({"memories.shared_sram.capacity": [shared]})
    space, network = make_space(tmp_path, (machine,), axes=axes), shipped(name, weight_format)
    rng = random.Random(f"{machine} {name} {shared}")
    for offset, designs, some in sampled(rng, space, 2):
        for regime in REGIMES:
            found = least_of(designs, network, regime)
            for at in some:
                alone = by_the_mapper(space.accelerator(offset + at), network, regime)
                assert found.cycles[at] == alone[0]
                assert found.energy_pj[at] == pytest.approx(alone[1], rel=2e-9)


def test_a_steady_network_is_never_dearer_than_a_cold_one(tmp_path):
    space, network = make_space(tmp_path, axes=WILD), shipped("fcnn_digits", "levels_3")
    cold, steady = (least_of(alike(space, 1), network, regime) for regime in REGIMES)
    assert (steady.cycles <= cold.cycles).all()
    assert (steady.energy_pj <= cold.energy_pj).all()
    assert (steady.cycles < cold.cycles).any()
    assert steady.evaluations > cold.evaluations


def test_what_cannot_be_or_has_no_room_is_bounded_by_nothing(tmp_path):
    space, network = make_space(tmp_path, axes=WILD), shipped("fcnn_digits", "levels_3")
    designs = alike(space, 1)
    sound, least = designs.variants.sound(), least_of(designs, network, "steady")
    assert not np.isfinite(least.cycles[~sound]).any()
    assert np.isfinite(least.cycles[sound]).any()
    hopeless = np.flatnonzero(sound & np.isinf(least.cycles)).tolist()
    for at in random.Random(0).sample(hopeless, 9):
        results = exactly(space, space.designs_of_a_structure + at, network)
        assert results == dict.fromkeys(REGIMES)


def test_a_format_that_no_array_takes_has_no_bound(tmp_path):
    space, network = make_space(tmp_path), shipped("fcnn_digits", "fp32")
    found = least_of(alike(space, 0), network, "steady")
    assert found.cycles.tolist() == found.energy_pj.tolist() == [np.inf]
    assert found.evaluations == 0
