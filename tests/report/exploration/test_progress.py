import io
import itertools
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from lowbit_sim.explore.confirming import Confirmed, Row
from lowbit_sim.explore.exploration import load_exploration
from lowbit_sim.explore.front import Front, Means, so_far
from lowbit_sim.explore.records import Records
from lowbit_sim.explore.scheduling import here
from lowbit_sim.explore.space_spec import SearchSpec
from lowbit_sim.report.exploration import progress
from lowbit_sim.report.exploration.progress import shown_progress

SMALL = Path(__file__).parents[3] / "arch_specs" / "spaces" / "small.yaml"


@pytest.fixture(scope="module")
def exploration():
    return load_exploration(SMALL)


def row(design, area_um2, energy_pj, seconds=1e-3, workload="vit"):
    return Confirmed(
        Row(design, workload, "levels_3"),
        cycles=7,
        energy_pj=energy_pj,
        seconds=seconds,
        area_um2=area_um2,
    )


def growing(exploration, count, name="vit"):
    """Return a front of so many rows, each larger and better in energy than the one before."""
    rows = tuple(row(i, 1e5 * (i + 1), 1e6 * (count - i), workload=name) for i in range(count))
    return Front(replace(exploration.networks[0], name=name), rows, rows)


@pytest.fixture
def told(exploration):
    """Return who is told, at 0, 2, 4, … seconds."""
    with shown_progress(exploration) as found:
        found.progress.get_time = itertools.count(0, 2).__next__
        yield found


def drawn(told, width=80, height=40):
    console = Console(
        file=io.StringIO(), width=width, height=height, record=True, force_terminal=True
    )
    console.print(told)
    return console.export_text()


def designs(text):
    """Return the designs of the rows of a table."""
    return [int(line.split()[0]) for line in text.splitlines() if "_pe " in line]


def test_a_terminal_is_told_and_nobody_else(exploration, monkeypatch, capfd):
    for terminal in (True, False):
        stream = io.StringIO()
        console = Console(file=stream, force_terminal=terminal, width=100, height=30)
        monkeypatch.setattr(progress, "Console", lambda console=console, **_: console)
        with shown_progress(exploration) as told:
            told.bounding(1, 4, 5_000_000)
            told.confirming(growing(exploration, 3), 3, 20)
        text = stream.getvalue()
        assert bool(text) is terminal
        assert ("1/4" in text) is terminal
        assert ("3/20 settled" in text) is terminal
        assert ("million mappings/s" in text) is terminal
        assert ("vit: designs that no other of 3 beats so far, 3" in text) is terminal
    assert capfd.readouterr() == ("", "")


def test_what_only_looks_like_a_terminal_is_told_nothing(exploration, monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    with shown_progress(exploration) as told:
        told.bounding(1, 4, 5_000_000)
        told.confirming(growing(exploration, 3), 3, 20)
    assert capsys.readouterr() == ("", "")


def test_the_table_holds_the_rows_that_no_confirmed_one_dominates(exploration, told):
    """Design 8 is larger than 152 and takes more energy; 440 was refused; 1 is too large."""
    found = [
        row(296, 0.6e6, 1e6),
        row(8, 0.5e6, 3e6),
        row(0, 0.2e6, 4e6),
        row(152, 0.3e6, 2e6),
        row(1, 2.5e6, 0.5e6),
        replace(row(440, 0.0, 0.0), refusal="no room"),
        row(2, 0.1e6, 0.1e6, workload="other"),
    ]
    means = Means(exploration, Records(None, {one.row: one for one in found}), 1, here)
    told.confirming(so_far(means, exploration.networks[0]), 10, 50)
    text = drawn(told)
    assert designs(text) == [0, 152, 296]
    (line,) = [line.split() for line in text.splitlines() if line.split()[:1] == ["152"]]
    assert line[1:6] == ["ternary_pe", "levels_3", "0.300", "2.00", "1,000"]
    assert "vit: designs that no other of 6 beats so far, 3" in text
    assert "confirming vit" in text
    assert "10/50 settled" in text


def test_before_anything_is_confirmed_there_is_no_table(exploration, told):
    assert drawn(told).strip() == ""
    told.bounding(0, 4, 0)
    assert "0/4" in drawn(told)
    assert "mappings/s" not in drawn(told)
    refused = (replace(row(440, 0.0, 0.0), refusal="no room"),)
    told.confirming(Front(exploration.networks[0], (), refused), 1, 50)
    assert "1/50 settled" in drawn(told)
    assert "so far" not in drawn(told)


@pytest.mark.parametrize(
    ("height", "expected"),
    [
        (40, [0, 11, 22, 33, 44, 55, 66, 77, 88, 99]),
        (18, [0, 11, 22, 33, 44, 55, 66, 77, 88, 99]),
        (12, [0, 33, 66, 99]),
        (10, [0, 99]),
        (9, []),
    ],
)
def test_of_a_long_front_as_many_rows_are_shown_as_fit(exploration, told, height, expected):
    told.bounding(4, 4, 10)
    told.confirming(growing(exploration, 100), 100, 200)
    text = drawn(told, height=height)
    assert designs(text) == expected
    assert (f"{len(expected)} of 100" in text) is bool(expected)
    assert len(text.splitlines()) < height  # the last line is where the cursor stands


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("of", [150, 12_345_678])
def test_the_width_is_kept(exploration, told, width, of):
    told.bounding(69, 70, 45_700_000_000)
    for count in (1, 100, 800):
        told.confirming(growing(exploration, count, "cutie_cifar10"), of - 100 + count // 8, of)
    text = drawn(told, width)
    assert max(map(len, text.splitlines())) <= width
    assert "cutie_cifar10: designs that no other of 800 beats so far, 10 of 800" in text
    assert "confirming cutie_cifar10" in text
    assert f"{of:,}/{of:,} settled, " in text


def test_rate_and_time_left_are_those_of_this_run_and_this_network(exploration, told):
    told.progress.get_time = lambda: now
    now = 0.0
    told.confirming(growing(exploration, 50), 10, 100)  # 50 are known from an earlier run
    assert "10/100 settled " in drawn(told)
    now = 2.0
    told.confirming(growing(exploration, 56), 40, 100)
    text = drawn(told)
    assert "40/100 settled, 3.0 simulated/s" in text
    assert "00:04" in text  # 60 are left, 15 a second
    now = 4.0
    told.confirming(growing(exploration, 8, "other"), 4, 100)
    text = drawn(told)
    assert "confirming other" in text
    assert "4/100 settled " in text
    assert "simulated/s" not in text
    now = 5.0
    told.confirming(growing(exploration, 13, "other"), 10, 100)
    assert "10/100 settled, 5.0 simulated/s" in drawn(told)


def test_a_search_is_told_in_trials(exploration):
    plan = SearchSpec(sampler="tpe", trials=30)
    spec = exploration.space.spec.model_copy(update={"search": plan})
    other = replace(exploration, space=replace(exploration.space, spec=spec))
    with shown_progress(other) as told:
        told.confirming(growing(exploration, 3), 20, 30)
    text = drawn(told)
    assert "searching vit" in text
    assert "20/30 trials" in text
    assert "bounding" not in text
    assert designs(text) == [0, 1, 2]
