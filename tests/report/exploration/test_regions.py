import numpy as np
import pytest
from made_members import MEMBERS, member

from lowbit_sim.report.exploration.regions import STEPS, maps


def winner(one, area_um2, energy_pj):
    """Return who wins within the largest budgets that do not exceed these."""
    column = np.searchsorted(one.area_um2, area_um2, "right") - 1
    row = np.searchsorted(one.energy_pj, energy_pj, "right") - 1
    at = one.winners[row, column]
    return None if at < 0 else (one.members[at]["weight_format"], one.members[at]["area_um2"])


@pytest.mark.parametrize(
    ("rule", "area_um2", "energy_pj", "expected"),
    [
        ("most_accurate", 8e6, 3e6, ("levels_2", 1e6)),  # neither fine nor large fits
        ("most_accurate", 8e6, 8e6, ("levels_5", 1e6)),
        ("most_accurate", 10e6, 8e6, ("levels_5", 9e6)),  # as accurate, and quicker
        ("most_accurate", 10e6, 10e6, ("int8", 9e6)),
        ("quickest", 8e6, 3e6, None),  # 2 levels lose 0.8 point
        ("quickest", 8e6, 8e6, ("levels_5", 1e6)),
        ("quickest", 10e6, 10e6, ("levels_5", 9e6)),
    ],
)
def test_who_wins_within_budgets(rule, area_um2, energy_pj, expected):
    (one,) = (found for found in maps(MEMBERS) if found.rule == rule)
    assert winner(one, area_um2, energy_pj) == expected


def quickest(one):
    return one["seconds"]


def most_accurate(one):
    return -one["accuracy_fraction"], one["seconds"]


def test_every_cell_by_brute_force():
    rng = np.random.default_rng(0)
    names = ["levels_2", "levels_3", "levels_5", "int8"]
    members = [
        member(str(name), *(float(x) for x in rng.uniform(1, 9, 3)), accuracy)
        for name, accuracy in zip(names * 8, rng.uniform(0.89, 0.91, 32).round(4), strict=True)
    ]
    for one in maps(members):
        floor = max(m["accuracy_fraction"] for m in members) - 0.005
        for row, energy_pj in enumerate(one.energy_pj):
            for column, area_um2 in enumerate(one.area_um2):
                keep = [m for m in members if m["area_um2"] <= area_um2]
                keep = [m for m in keep if m["energy_pj"] <= energy_pj]
                if one.rule == "quickest":
                    keep = [m for m in keep if m["accuracy_fraction"] >= floor]
                    best = min(keep, key=quickest, default=None)
                else:
                    best = min(keep, key=most_accurate, default=None)
                at = one.winners[row, column]
                assert (None if at < 0 else members[at]) == best


def test_networks_have_maps_of_their_own_and_shares_add_up():
    other = [{**one, "workload": "cvnn"} for one in MEMBERS[:1]]
    found = list(maps(MEMBERS + other))
    assert [(one.workload, one.rule) for one in found] == [
        ("vit", "most_accurate"), ("vit", "quickest"),
        ("cvnn", "most_accurate"), ("cvnn", "quickest"),
    ]  # fmt: skip
    for one in found:
        assert one.winners.shape == (STEPS, STEPS)
        assert sum(one.shares().values()) == pytest.approx(1)
    assert found[2].shares() == {"levels_2": 1.0}


@pytest.mark.parametrize(
    ("asked", "margin", "words"),
    [
        (None, 0.005, "quickest within half a point"),
        (0.01, 0.005, "quickest within half a point"),
        (0.001, 0.001, "quickest within 0.1 point"),
        (0.0, 0.0, "quickest within 0 point"),
    ],
)
def test_a_narrower_margin_of_the_space_counts(asked, margin, words):
    one = list(maps(MEMBERS, asked))[1]
    assert (one.margin_fraction, one.rule_words) == (margin, words)
    # 5 levels lose 0.2 point
    assert set(one.shares()) == ({"levels_5"} if margin == 0.005 else {"int8"})
