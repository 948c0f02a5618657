import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from lowbit_sim.explore.confirming import Confirmed, Row
from lowbit_sim.explore.exploration import load_exploration
from lowbit_sim.explore.front import Front
from lowbit_sim.explore.space_spec import SearchSpec
from lowbit_sim.report.exploration.terminal import Took, budgets_told, show, spread

SMALL = Path(__file__).parents[3] / "arch_specs" / "spaces" / "small.yaml"
WORK = Took(12_000_000, "", 2.0, 6_000_000)


def row(design, name, area_um2, energy_pj, seconds, **change):
    given = {"cycles": 7, "least_seconds": seconds / 1.25, "least_energy_pj": energy_pj / 1.5}
    return Confirmed(
        Row(design, "vit", name), energy_pj=energy_pj, seconds=seconds, area_um2=area_um2,
        **given | change,
    )  # fmt: skip


@pytest.fixture(scope="module")
def exploration():
    return load_exploration(SMALL)


def made(exploration, rows):
    return Front(exploration.networks[0], tuple(rows), tuple(rows))


def printed(exploration, front, work=WORK, width=80):
    stream = io.StringIO()
    show(exploration, [front], work, Console(file=stream, width=width))
    return stream.getvalue()


DESIGNS = (0, 431, 432, 1)
ROWS = [
    row(0, "levels_3", 0.2e6, 4e6, 3e-4),
    row(500, "levels_5", 0.4e6, 3e6, 3e-4),
    row(863, "levels_5", 0.5e6, 2e6, 4e-4, disagreement_cycles=3),
]


@pytest.mark.parametrize("width", [80, 120])
def test_a_front_and_what_it_rests_on(exploration, width):
    text = printed(exploration, made(exploration, ROWS), width=width)
    assert max(map(len, text.splitlines())) <= width
    lines = text.splitlines()
    (first,) = [line.split() for line in lines if line.split()[:1] == ["0"]]
    assert first[:6] == ["0", "ternary_pe", "levels_3", "0.200", "4.00", "300"]
    (last,) = [line.split() for line in lines if line.split()[:1] == ["863"]]
    assert last[1] == "bit_serial_pe"
    flat = " ".join(text.split())
    assert "12,000,000 mappings evaluated (3.0 million a second)" in flat
    assert "25.0 % above their bound in latency, 50.0 % in energy" in flat
    assert "the engines differ by at most 3 cycles" in flat
    assert "no design is better by more than 1 % in all of: area, energy, latency" in flat


def test_the_best_format_as_the_area_grows(exploration):
    # energy × delay: 1.2, 0.9, 0.8 of one unit; the format changes once
    told = [*budgets_told(exploration, made(exploration, ROWS))]
    assert [line.partition(",")[0] for line in told] == ["From 0.200 mm² up", "From 0.400 mm² up"]
    assert "5 levels (2.32 bit) on bit_serial_pe" in told[1]


def test_the_best_machine_as_the_area_grows(exploration):
    # designs 0 to 431 are of ternary_pe, the others of bit_serial_pe: each is the best for a while
    rows = [row(at, "levels_3", (1 + n) * 1e5, 1e6 / (1 + n), 1e-4) for n, at in enumerate(DESIGNS)]
    told = [*budgets_told(exploration, made(exploration, rows))]
    assert [line.split(" on ")[1].split()[0] for line in told] == [
        *("ternary_pe", "bit_serial_pe", "ternary_pe")
    ]
    assert [line.split()[1] for line in told] == ["0.100", "0.300", "0.400"]


def changed(exploration, **change):
    spec = exploration.space.spec.model_copy(update=change)
    return replace(exploration, space=replace(exploration.space, spec=spec))


def test_an_exact_front_says_so(exploration):
    other = changed(exploration, within_fraction=0.0)
    assert "the front is exact" in " ".join(printed(other, made(exploration, ROWS)).split())


def test_a_search_says_that_nothing_is_known_of_other_designs(exploration):
    searched = changed(exploration, search=SearchSpec(sampler="tpe", trials=3))
    flat = " ".join(printed(searched, made(exploration, ROWS), Took(0, "", 0.0, 0)).split())
    assert "vit: designs that no other that was tried beats, 3" in flat
    assert "vit: 3 tried and simulated exactly; the engines differ" in flat
    assert "a search by tpe: nothing is known of what was not tried" in flat
    for said in ("evaluated", "bound", "no design is better"):
        assert said not in flat


@pytest.mark.parametrize("work", [Took(9, "", 2.0, 0), Took(9, "", 2.0, 9), Took(9, "", 0.0, 0)])
def test_a_rate_that_is_none_is_left_out(exploration, work):
    assert "million" not in printed(exploration, made(exploration, ROWS), work)


def test_refused_rows_and_designs_that_cannot_be_are_told(exploration):
    refused = Confirmed(Row(1, "vit", "levels_3"), "too small")
    front = Front(exploration.networks[0], tuple(ROWS), (*ROWS, refused))
    reasons = "cannot be built: sram: too narrow\ncannot run vit in int8: too small"
    flat = " ".join(printed(exploration, front, Took(1, reasons, 0.0, 0)).split())
    assert "4 simulated exactly, 1 of them refused (too small)" in flat
    assert "some designs cannot be built: sram: too narrow" in flat
    assert "some designs cannot run vit in int8: too small" in flat
    assert "a second" not in flat


def test_a_long_front_is_spread_evenly():
    rows = [row(i, "levels_3", i + 1.0, 1.0, 1.0) for i in range(100)]
    shown = [one.row.design for one in spread(rows, 12)]
    assert shown == [0, 9, 18, 27, 36, 45, 54, 63, 72, 81, 90, 99]
    assert spread(rows[:3], 12) == rows[:3]
