import numpy as np
import pytest
from made_space import write_space

from lowbit_sim.errors import SpecError
from lowbit_sim.explore import searching
from lowbit_sim.explore.confirming import Row, confirmed
from lowbit_sim.explore.exploration import load_exploration
from lowbit_sim.explore.front import Means
from lowbit_sim.explore.records import records_of
from lowbit_sim.explore.scheduling import here
from lowbit_sim.explore.searching import search
from lowbit_sim.explore.store import opened
from lowbit_sim.judge.fronts import pareto

AXES = [
    {"memories.shared_sram.capacity": ["32 KiB", "64 KiB", "128 KiB"]},
    {"memories.weight_scratchpad.cell": ["lstp", "hp"]},
    {"clock": ["250 MHz", "500 MHz"]},
]


def searched(folder, out="a", trials=60, records=None, tell=None, **change):
    plan = {"sampler": "nsga2", "trials": trials, "population": 10} | change.pop("search", {})
    path = write_space(folder, axes=AXES, weight_formats=["levels_2", "levels_5"],
                       search=plan, **change)  # fmt: skip
    found = load_exploration(path)
    with opened(folder / out, found.key, {}, afresh=False) as store:
        telling = [] if tell is None else [tell]
        means = Means(found, records or records_of(store), 1, here, *telling)
        return found, search(means, found.networks[0]), means.records


@pytest.mark.parametrize("sampler", ["nsga2", "tpe"])
def test_a_search_long_enough_finds_the_front(tmp_path, sampler):
    found, front, _ = searched(tmp_path, trials=200, search={"sampler": sampler})
    every = [
        confirmed(found, Row(design, "fcnn_digits", name))
        for design in range(found.space.designs)
        for name in ("levels_2", "levels_5")
    ]
    points = np.array([(one.area_um2, one.energy_pj, one.seconds) for one in every])
    best = {one.row for one, kept in zip(every, pareto(points), strict=True) if kept}
    assert {one.row for one in front.rows} == best


def test_the_same_seed_asks_the_same_and_an_interrupted_one_goes_on(tmp_path, monkeypatch):
    _, whole, kept = searched(tmp_path)
    searched(tmp_path, "b", trials=20)
    simulated = []
    was = searching.confirmed_by
    monkeypatch.setattr(
        searching, "confirmed_by", lambda asked: simulated.append(asked) or was(asked)
    )
    # another number of trials is another exploration: what was simulated is handed over
    _, again, _ = searched(tmp_path, "c", records=kept)
    assert (again.rows, simulated) == (whole.rows, [])


def test_after_each_generation_the_front_so_far_is_told(tmp_path):
    told = []
    _, front, _ = searched(tmp_path, trials=25, tell=lambda *one: told.append(one))
    assert [(done, of) for _, done, of in told] == [(10, 25), (20, 25), (25, 25)]
    assert told[-1][0] == front
    for one, done, _ in told:
        points = [(each.area_um2, each.energy_pj, each.seconds) for each in one.confirmed]
        best = {each.row for each, kept in zip(one.confirmed, pareto(np.array(points)), strict=True)
                if kept}  # fmt: skip
        assert {each.row for each in one.rows} == best
        assert len(one.confirmed) <= done


def test_designs_that_break_a_budget_are_no_front(tmp_path):
    _, front, _ = searched(tmp_path)
    limit = round(max(one.area_um2 for one in front.rows)) - 1
    _, within, _ = searched(tmp_path, "b", constraints={"area": f"{limit} um2"})
    assert within.rows
    assert max(one.area_um2 for one in within.rows) <= limit
    with pytest.raises(SpecError, match="no design that was tried can run fcnn_digits within"):
        searched(tmp_path, "c", trials=5, constraints={"area": "1 um2"})


def test_a_search_that_finds_nothing_that_runs_says_why(tmp_path, monkeypatch):
    starved = ["8 bit/cycle", "16 bit/cycle"]
    monkeypatch.setitem(AXES[2], "memories.input_scratchpad.read", starved)
    with pytest.raises(SpecError, match="can run fcnn_digits: cannot run fcnn_digits in levels_"):
        searched(tmp_path, trials=5)
