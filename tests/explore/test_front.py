import re
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import numpy as np
import pytest
from made_space import write_space

from lowbit_sim.errors import SpecError
from lowbit_sim.explore import chunks, front
from lowbit_sim.explore.bounding import bound_all
from lowbit_sim.explore.confirming import Confirmed, Row, confirmed
from lowbit_sim.explore.exploration import load_exploration
from lowbit_sim.explore.front import Front, Means, front_of, so_far
from lowbit_sim.explore.records import records_of
from lowbit_sim.explore.scheduling import here, workers
from lowbit_sim.explore.store import opened
from lowbit_sim.judge.fronts import pareto
from lowbit_sim.units import parse_quantity

FORMATS = ["levels_3", "int8"]
#: 160 designs, some of which cannot be and some of which cannot run the network
AXES = [
    {
        "arrays.rows": [4, 8],
        "memories.input_scratchpad.read": ["128 bit/cycle", "256 bit/cycle"],
    },
    {"memories.shared_sram.capacity": {"from": "8 KiB", "to": "64 KiB", "factor": 2}},
    {"memories.weight_scratchpad.capacity": ["8 bit", "1 KiB", "2 KiB", "4 KiB", "8 KiB"]},
    {"memories.dram.read": ["32 bit/cycle", "128 bit/cycle"]},
    {"clock": ["200 MHz", "500 MHz"]},
]


@pytest.fixture(autouse=True, scope="module")
def small():
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(chunks, "CHUNK_DESIGNS", 17)
        yield


@contextmanager
def bounded(folder, **change):
    """Bound all chunks of a space; yield how its front is found."""
    folder.mkdir(exist_ok=True)
    given = {"weight_formats": FORMATS, "axes": AXES, "within_fraction": 0.0} | change
    exploration = load_exploration(write_space(folder, **given))
    with opened(folder / "found", exploration.key, {}, afresh=False) as store:
        for _ in bound_all(exploration, store, store.sound()[0], here):
            pass
        yield Means(exploration, records_of(store), 1, here)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return how the front of the space is found, and the front without tolerance."""
    with bounded(tmp_path_factory.mktemp("whole")) as used:
        yield used, found_by(used)


@pytest.fixture(scope="module")
def exact(whole):
    return whole[1]


@pytest.fixture(scope="module")
def everything(whole):
    """Return every design of the space in both formats as it turns out, by row."""
    exploration = whole[0].exploration
    rows = [
        Row(design, "fcnn_digits", name)
        for design in range(exploration.space.designs)
        for name in FORMATS
    ]
    return {row: confirmed(exploration, row) for row in rows}


@pytest.fixture
def means(tmp_path):
    """Return a function: how the front of a space is found, all its chunks being bounded."""
    with ExitStack() as stack:
        yield lambda name="x", **change: stack.enter_context(bounded(tmp_path / name, **change))


def found_by(means):
    return front_of(means, means.exploration.networks[0])


def objectives(one):
    """Return what is minimised, without what sums of floats differ by in another order."""
    return tuple(float(f"{value:.10g}") for value in (one.area_um2, one.energy_pj, one.seconds))


def undominated(found):
    """Return the objectives of the rows that no other dominates."""
    points = np.array([objectives(one) for one in found])
    return {tuple(one) for one in points[pareto(points)].tolist()}


def ran(everything):
    return [one for one in everything.values() if not one.refusal]


def test_the_front_is_that_of_all_designs_simulated(exact, everything):
    assert 300 > len(ran(everything)) > 200
    assert {objectives(one) for one in exact.rows} == undominated(ran(everything))
    assert len(exact.confirmed) < len(everything) / 2  # it is not found by looking at all
    for one in exact.confirmed:
        told = {"least_seconds": one.least_seconds, "least_energy_pj": one.least_energy_pj}
        assert one == replace(everything[one.row], **told)


def test_where_few_rows_are_looked_at_first_the_others_are_settled_after(means, exact, monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK_DESIGNS", 1000)
    monkeypatch.setattr(front, "_ANCHORS", 1)
    used = means()
    assert len(used.records.store.paths()) == 1
    assert found_by(used).rows == exact.rows


def test_rows_of_the_front_dominate_nothing_among_themselves_and_stand_by_area(exact):
    assert len(exact.rows) > 2
    points = np.array([(one.area_um2, one.energy_pj, one.seconds) for one in exact.rows])
    assert pareto(points).all()
    assert points[:, 0].tolist() == sorted(points[:, 0])


def test_both_engines_agree_and_bounds_are_bounds(exact):
    assert exact.disagreement_cycles == 0
    for one in exact.confirmed:
        if not one.refusal:
            assert one.seconds >= one.least_seconds > 0
            assert one.energy_pj >= one.least_energy_pj > 0
    assert all(1 <= ratio < 1.5 for ratio in exact.above_bounds)


def test_within_a_tolerance_every_design_is_nearly_matched(means, exact, everything):
    near = found_by(means(within_fraction=0.1))
    assert len(near.confirmed) < len(exact.confirmed)
    points = np.array([objectives(one) for one in near.rows])
    for one in ran(everything):
        assert (points <= 1.1 * np.array(objectives(one)) * (1 + 1e-9)).all(axis=1).any()


def test_nothing_is_simulated_twice(means, monkeypatch):
    asked = []

    def counting(one):
        asked.append(one[2])
        return confirmed_before(one)

    confirmed_before = front.confirmed_by
    monkeypatch.setattr(front, "confirmed_by", counting)
    used = means()
    first = found_by(used)
    assert len(set(asked)) == len(asked) == len(first.confirmed)
    asked.clear()
    assert found_by(used) == first
    again = Means(used.exploration, records_of(used.records.store), 1, here)
    assert found_by(again).rows == first.rows
    assert asked == []


def test_an_exploration_interrupted_while_it_confirms_goes_on(means, exact, monkeypatch):
    used, asked = means(), []

    def ending(one):
        asked.append(one[2])
        if len(asked) == 9:
            raise KeyboardInterrupt
        return confirmed_before(one)

    confirmed_before = front.confirmed_by
    with monkeypatch.context() as patched:
        patched.setattr(front, "confirmed_by", ending)
        with pytest.raises(KeyboardInterrupt):
            found_by(used)
    kept = records_of(used.records.store)
    assert 0 < len(kept.known) < 9  # whole rounds
    found = found_by(Means(used.exploration, kept, 1, here))
    assert found.rows == exact.rows
    assert set(found.confirmed) == set(exact.confirmed)


def test_processes_find_the_same_front(means):
    alone = found_by(means(axes=AXES[3:]))
    other = means("other", axes=AXES[3:])
    with workers(2) as work:
        two = Means(other.exploration, other.records, 2, work)
        assert found_by(two).rows == alone.rows


def test_progress_is_told(means):
    told = []
    used = means()
    network = used.exploration.networks[0]
    found = front_of(
        Means(used.exploration, used.records, 1, here, lambda *one: told.append(one)), network
    )
    assert {one.network.name for one, _, _ in told} == {"fcnn_digits"}
    assert told[-1][0] == found
    assert told[-1][1] == told[-1][2] > 0  # all are settled
    counts = [len(one.confirmed) for one, _, _ in told]
    assert counts == sorted(counts)
    assert all(settled <= of for _, settled, of in told)


def test_so_far_the_front_is_that_of_the_rows_confirmed(means):
    used, seen = means(), []

    def tell(found, *_):
        ran = [one for one in used.records.known.values() if not one.refusal]
        seen.append(
            {objectives(one) for one in found.rows} == undominated(ran)
            and set(found.confirmed) == set(used.records.known.values())
        )

    network = used.exploration.networks[0]
    front_of(Means(used.exploration, used.records, 1, here, tell), network)
    assert len(seen) > 2
    assert all(seen)


def test_so_far_nothing_may_be_confirmed(means):
    used = means()
    network = used.exploration.networks[0]
    assert so_far(used, network) == Front(network, (), ())


@pytest.mark.parametrize(
    ("budget", "unit"),
    [
        ("area", "um2"), ("latency", "ns"), ("energy", "pJ"), ("power", "nW"),
        ("dram_bandwidth", "bit/s"),
    ],
)  # fmt: skip
def test_within_a_budget_the_front_is_that_of_the_designs_that_keep_it(
    means, whole, everything, budget, unit
):
    space = whole[0].exploration.space

    def taken(one):
        machine = space.accelerator(one.row.design)
        width = max(machine.dram.read_bits_per_cycle, machine.dram.write_bits_per_cycle)
        return {
            "area": one.area_um2,
            "latency": one.seconds * 1e9,
            "energy": one.energy_pj,
            "power": one.energy_pj / one.seconds / 1000,
            "dram_bandwidth": width * machine.clock_hz,
        }[budget]

    by_row = {one: taken(one) for one in ran(everything)}
    limit = float(np.median([*by_row.values()])) * 1.001
    kept = [one for one, value in by_row.items() if value <= limit]
    assert len(kept) < len(by_row)
    found = found_by(means(constraints={budget: f"{limit:.6f} {unit}"}))
    assert {objectives(one) for one in found.rows} == undominated(kept)


def test_with_accuracy_both_formats_stand_in_the_front(means, everything):
    used = means(objectives=["area", "accuracy"])
    accuracies = used.exploration.networks[0].accuracy_fractions
    found = found_by(used)
    least = {
        name: min(one.area_um2 for one in ran(everything) if one.row.weight_format == name)
        for name in FORMATS
    }
    better, worse = sorted(FORMATS, key=accuracies.get, reverse=True)
    expected = {(better, least[better])}
    if least[worse] < least[better]:
        expected.add((worse, least[worse]))
    assert {(one.row.weight_format, one.area_um2) for one in found.rows} == expected


def test_each_network_has_a_front_of_its_own(means):
    networks = ("fcnn_digits", "cvnn_digits")
    used = means(workloads=networks, axes=AXES[4:])
    for network in used.exploration.networks:
        found = front_of(used, network)
        assert {one.row.workload for one in found.confirmed} == {network.name}
        assert found.rows


def told_of_nothing(used):
    """Return what is said where no design keeps the budgets."""
    with pytest.raises(SpecError) as caught:
        found_by(used)
    (fault,) = caught.value.faults
    assert fault.key == "constraints"
    before = "no design can run fcnn_digits within the constraints: "
    assert fault.reason.startswith(before)
    return fault.reason.removeprefix(before)


def test_budgets_that_no_design_keeps_are_told_with_the_least_taken(means, everything):
    asked = {"area": "100 um2", "dram_bandwidth": "1 GB/s", "latency": "90000 ns"}
    area = min(one.area_um2 for one in ran(everything)) / 1e6
    # the DRAM's narrower reading is beside writing of 64 bit/cycle, at 200 MHz 1.6 GB/s;
    # the latency can be kept
    assert told_of_nothing(means(constraints=asked)) == (
        f"area is limited to 100.0 um2, none takes less than {area:.4f} mm2; "
        "dram_bandwidth is limited to 1.000 GB/s, none takes less than 1.600 GB/s"
    )


def test_budgets_that_can_be_kept_alone_and_not_together(means, everything):
    quickest = min(ran(everything), key=lambda one: one.seconds)
    smallest = min(ran(everything), key=lambda one: one.area_um2)
    area, latency_ns = smallest.area_um2 * 1.01, quickest.seconds * 1.01e9
    asked = {"area": f"{area:.0f} um2", "latency": f"{latency_ns:.0f} ns"}
    told = told_of_nothing(means(constraints=asked))
    assert told.startswith("each may be kept alone, not all together (area 0.")
    design, area_mm2, latency = re.search(
        r"nearest design, (\d+) with .* area (\S+) mm2, latency (\S+ \S+)$", told
    ).groups()
    taken = float(area_mm2) * 1e6 / area, parse_quantity(latency, "ns") / latency_ns
    assert max(taken) > 1
    near = [one for one in ran(everything) if one.row.design == int(design)]
    assert f"{near[0].area_um2 / 1e6:.4f}" == area_mm2
    for one in ran(everything):  # nobody is nearer than its bounds
        assert max(one.area_um2 / area, one.seconds * 1e9 / latency_ns) > max(taken) * 0.999


def test_a_budget_of_power_that_leakage_alone_keeps_is_told(means, everything):
    least = min(one.power_nw for one in ran(everything))
    used = means(constraints={"power": f"{least * 0.99:.1f} nW"})
    said = re.fullmatch(
        r"power is limited to \S+ mW, none takes less than (\S+) mW", told_of_nothing(used)
    )
    assert float(said[1]) == pytest.approx(least / 1e6, rel=1e-3)
    assert used.records.known  # they were looked at


def test_a_design_that_is_slower_than_its_bounds_keeps_a_budget_of_power(means):
    """Its latency is 27 % above its bound: both bounds make more power than it takes."""
    memories = ("shared_sram", "weight_scratchpad", "input_scratchpad", "output_scratchpad")
    alone = {
        "axes": [{f"memories.{name}.buffers": [1] for name in memories}],
        "weight_formats": ["levels_3"],
        "constraints": {"power": "185.5 mW"},
    }
    (one,) = found_by(means(**alone)).rows
    assert one.power_nw < 185.5e6 < one.least_energy_pj / one.least_seconds / 1000 / 1.25


@pytest.mark.parametrize("share", [1.02, 1.5, 3])
def test_a_budget_of_power_is_affordable_and_its_front_exact(means, everything, share):
    limit = min(one.power_nw for one in ran(everything)) * share
    kept = [one for one in ran(everything) if one.power_nw <= limit]
    found = found_by(means(constraints={"power": f"{limit:.1f} nW"}))
    assert {objectives(one) for one in found.rows} == undominated(kept)
    assert len(found.confirmed) < len(ran(everything)) * 0.8


def test_what_a_front_says_of_nothing():
    one = Confirmed(Row(0, "x", "int8"), "no room")
    found = Front(None, (), (one,))
    assert (found.disagreement_cycles, found.above_bounds) == (0, (1.0, 1.0))


def test_the_largest_ratios_count():
    made = [
        Confirmed(
            Row(0, "x", "int8"), seconds=2.0, least_seconds=1.0, energy_pj=6.0,
            least_energy_pj=4.0, disagreement_cycles=3,
        ),
        Confirmed(
            Row(1, "x", "int8"), seconds=3.0, least_seconds=2.0, energy_pj=9.0,
            least_energy_pj=5.0,
        ),
    ]  # fmt: skip
    found = Front(None, (), tuple(made))
    assert found.disagreement_cycles == 3
    assert found.above_bounds == (2.0, 1.8)
