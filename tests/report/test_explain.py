import io
import re
from fractions import Fraction
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from machines import make_gemm, make_machine, make_place
from made import pricing, small_study
from rich.console import Console

from lowbit_sim.engines.roofline import busy_cycles, roofline
from lowbit_sim.errors import LowbitSimError
from lowbit_sim.mapping.mapping import Extent, Mapping
from lowbit_sim.report.explain import _shares, check_layer, drawing, explain, loop_nest, only
from lowbit_sim.report.timeline import Event

MACHINE = pricing().machine


@cache
def result():
    return small_study().results[0]


def shown(name, width=80):
    stream = io.StringIO()
    explain(result(), name, MACHINE, Console(file=stream, width=width))
    return stream.getvalue()


def test_a_loop_nest_by_hand():
    # 10 = 2 · 4 + 2 columns in the shared memory, 4 = 2 · 2 in the scratchpads; m and k whole
    place = make_place(make_gemm(3, 6, 10), make_machine())
    outer, inner = Extent(1, 3, 6, 4), Extent(1, 2, 6, 2)
    mapping = Mapping("adders", "output", (outer, inner), ("nkm", "mnk"))
    lines = loop_nest(place, mapping)
    assert lines[:4] == [
        "dram → sram: weight, input, output",
        "for n 2 × 4 + 2, k 1 × 6, m 1 × 3",
        "  sram → weights, inputs, outputs: weight, input, output",
        "  for m 1 × 2 + 1, n 2 × 2, k 1 × 6",
    ]
    assert lines[4].strip() == "adders: 2 × 2 ternary_adder, systolic, output stationary"
    assert lines[5].strip() == "passes 1, terms 1, preload exposed, folds separate"
    # a 2 × 2 array, 6 beats, skew of 2 + 2 - 2, 2 rows to drain: 6 + 2 + 2
    assert lines[6].strip() == "a tile of 2·6·2: 1 fold = 10 cycles"
    assert lines[7].strip() == "a fold: preload 0 + beats 6 + skew 2 + drain 2"


def test_what_stays_on_the_chip_does_not_move():
    place = make_place(make_gemm(3, 6, 10, on_chip=True), make_machine())
    whole = Extent(1, 3, 6, 10)
    lines = loop_nest(place, Mapping("adders", "weight", (whole, whole), ("nkm", "nkm")))
    assert lines[0] == "dram → sram: weight"
    held = make_place(make_gemm(3, 6, 10, on_chip=True, weights_stay=True), make_machine())
    lines = loop_nest(held, Mapping("adders", "weight", (whole, whole), ("nkm", "nkm")))
    assert lines[0] == "dram → sram: nothing moves"


@pytest.mark.parametrize("extents", [(1, 16, 64, 64), (3, 197, 64, 197)])
def test_the_products_of_the_loops_are_the_whole(extents):
    batch, m, k, n = extents
    place = make_place(make_gemm(m, k, n, batch=batch), make_machine())
    tiles = (Extent(batch, m, k, 48), Extent(1, 10, k, 5))
    lines = loop_nest(place, Mapping("adders", "output", tiles, ("nkm", "mnk")))
    outer = {"batch": batch, "m": m, "k": k, "n": n}
    for line, tile in zip((lines[1], lines[3]), tiles, strict=True):
        loops = re.findall(r"(\w+) (\d+) × (\d+)(?: \+ (\d+))?", line)
        assert len(loops) == (4 if batch > 1 else 3)
        for dim, times, part, rest in loops:
            assert int(times) * int(part) + int(rest or 0) == outer[dim]
            assert int(part) == getattr(tile, dim)
        outer = {dim: getattr(tile, dim) for dim in outer}


@pytest.mark.parametrize("name", ["layer", "norm", "sum"])
def test_the_cycles_shown_are_the_schedules(name):
    (layer,) = only(result(), name).layers
    text = shown(name)
    timing, busy = layer.cost.timing, busy_cycles(layer.mapped.schedule)
    rows = [re.split(r"\s{2,}", line.strip()) for line in text.splitlines()]
    causes = {row[0]: row[1] for row in rows if len(row) > 1}
    assert causes["fill"] == f"{timing.fill_cycles:,}"
    assert causes["compute"] == f"{timing.compute_cycles:,}"
    assert causes["stall for loads"] == f"{timing.stall_load_cycles:,}"
    assert causes["stall for stores"] == f"{timing.stall_store_cycles:,}"
    assert causes["drain"] == f"{timing.drain_cycles:,}"
    assert causes["total"] == f"{timing.total_cycles:,}"
    at_work = [tuple(row[-3:]) for row in rows if len(row) == 5 and row[0] != "spent on"]
    assert [cycles for _, cycles, _ in at_work] == [f"{cycles:,}" for cycles in busy.values()]
    assert [share for *_, share in at_work] == [
        f"{100 * cycles / timing.total_cycles:.1f}" for cycles in busy.values()
    ]
    bound = roofline(layer.mapped.schedule).bound_cycles
    assert f"at least {bound:,} of {timing.total_cycles:,} cycles." in " ".join(text.split())


def test_a_vector_operator_is_explained_without_a_mapping():
    text = shown("norm")
    assert text.startswith("norm: layer_norm 1,024 on vector_unit, int8 → int8")
    assert "stationary" not in text
    assert "shared_sram → vector unit" in text
    assert "vector_unit at work" in text
    assert "MACs" not in text


def test_work_per_bit_of_the_dram_by_hand():
    (layer,) = only(result(), "layer").layers
    schedule = layer.mapped.schedule
    ratio = 16 * 64 * 64 / (schedule.load_bits + schedule.store_bits)
    assert f"{ratio:.3g} MACs for each bit that passes the port of dram." in " ".join(
        shown("layer").split()
    )


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", ["layer", "norm", "sum"])
def test_it_fits_the_terminal(name, width):
    lines = shown(name, width).splitlines()
    assert any(line.startswith("0 …") for line in lines)
    assert max(map(len, lines)) <= width
    assert not any("…" in line for line in lines if not line.startswith("0 …"))


def test_a_drawing_shows_every_track_from_end_to_end():
    alone = only(result(), "layer")
    lines = drawing(alone, MACHINE, 80)
    tracks = {re.split(r" +[░▒▓█·]", line)[0]: line for line in lines[:-1]}
    assert set(tracks) == {
        "dram → shared_sram",
        "shared_sram → scratchpads",
        "adders at work",
        "shared_sram ← scratchpads",
        *(["dram ← shared_sram"] if alone.layers[0].mapped.schedule.store_bits else []),
    }
    assert len({len(line) for line in lines[:-1]}) == 1
    # the first thing is a load from the dram
    assert tracks["dram → shared_sram"].split()[-1].startswith("█")
    assert "░ ▒ ▓ █ up to ¼ ½ ¾ all at work" in lines[-1]
    assert lines[-1].startswith(f"0 … {alone.total_cycles:,} cycles, ")


def test_a_long_layer_is_drawn_at_its_outermost_boundary(monkeypatch):
    monkeypatch.setattr("lowbit_sim.report.explain._DRAWN", 3)
    alone = only(result(), "layer")
    *tracks, _, left_out = drawing(alone, MACHINE, 80)
    assert [line.split("  ")[0].split(" ·")[0].split(" █")[0] for line in tracks] == [
        "dram → shared_sram",
        *(["dram ← shared_sram"] if alone.layers[0].mapped.schedule.store_bits else []),
    ]
    assert left_out == "Only the outermost boundary is drawn: more than 3 transfers."


def test_shares_of_equal_parts_of_the_time_by_hand():
    # 10 cycles in 4 parts of 2.5: 0-3 fills the first and 0.5 of the second; 6-7 lies in the third
    events = [Event("t", "a", 0, 3), Event("t", "b", 6, 7), Event("t", "c", 9, 10)]
    fifths = [Fraction(n, 5) for n in (5, 1, 2, 2)]
    assert _shares(events, 10, 4) == fifths


@given(st.lists(st.integers(0, 60), min_size=2, max_size=12, unique=True), st.integers(1, 70))
def test_no_cycle_at_work_is_lost_or_doubled(ends, columns):
    ordered = sorted(ends)
    events = [Event("t", "e", *pair) for pair in zip(ordered[::2], ordered[1::2], strict=False)]
    shares = _shares(events, 60, columns)
    assert sum(shares) * 60 == columns * sum(e.end_cycles - e.begin_cycles for e in events)
    assert all(0 <= share <= 1 for share in shares)


def test_a_layer_alone_begins_at_nought():
    (layer,) = only(result(), "sum").layers
    assert (layer.begin_cycles, layer.end_cycles) == (0, layer.cost.timing.total_cycles)
    assert result().layers[-1].begin_cycles > 0


def test_an_unknown_layer_names_the_nearest():
    with pytest.raises(LowbitSimError, match=r"no layer is called 'layr'; did you mean 'layer'\?$"):
        shown("layr")
    with pytest.raises(LowbitSimError, match="allowed: layer, norm, sum"):
        check_layer("zzz", ["norm", "layer", "sum"])
    check_layer("norm", ["norm"])
