import io
from dataclasses import replace

import pytest
from made import made_layer, published, refused, result, small_study, study
from rich.console import Console

from lowbit_sim.report.terminal import show, units_of
from lowbit_sim.study.experiment import FormatResult
from lowbit_sim.study.ranking import rank


def printed(ranking, width):
    stream = io.StringIO()
    show(ranking, Console(file=stream, width=width), ["Cycles: made by hand."])
    return stream.getvalue()


def trained():
    parts = {"dram": 12e6, "shared_sram": 3e6, "adder": 1e6, "register": 2e6, "leakage": 5e5}
    return rank(
        study(
            result("levels_7_pow2", (98, 97.5, 98), 123_456, parts, 987_654),
            result("levels_2", (91, 92, 93), 99_999, {"dram": 8e6}, 87_654),
            refused("fp32", (98.1, 98, 98), "adders: fp32 is floating-point"),
        ),
        0.005,
    )


def large():
    """Return a network of 12 blocks that takes seconds and joules, of which nothing is trained."""
    cycles, parts = 3_261_849_012, {"dram": 9.9e11, "shared_sram": 1.23e10, "decoder": 3.4e5}
    names = [*(f"blocks.{i}.attention.project" for i in range(12)), "head"]
    layers = [made_layer(name, cycles, parts, cycles * i) for i, name in enumerate(names)]
    found = FormatResult("levels_7_pow2", None, 4_300_000 * 8192, tuple(layers))
    return rank(study(found, refused("fp32", (), model_bits=10**12)), 0.005)


@pytest.mark.parametrize("width", [80, 100, 120])
@pytest.mark.parametrize("made", [trained, large])
def test_nothing_is_cut_or_wrapped_in_the_tables(made, width):
    text = printed(made(), width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    winner = made().winner.result
    row = next(line for line in text.splitlines() if line.startswith(" 1  levels_7_pow2"))
    assert f"{winner.total_cycles:,}" in row
    assert row.rstrip().endswith("◆")
    for name in ("levels_7_pow2", "fp32", "energy", "layers in", winner.layers[0].mapped.op.name):
        assert name in text


def test_the_wide_form_is_taken_where_it_fits():
    assert "inf/s" in printed(trained(), 120)
    assert "inf/s" not in printed(trained(), 80)
    assert "× less" not in printed(trained(), 80)
    assert "bound by" in printed(trained(), 120)
    assert "bound by" not in printed(large(), 80)


def test_what_is_plain_to_see():
    text = printed(trained(), 120)
    assert "▽" in text
    assert "✗ fp32: adders: fp32 is floating-point" in text
    assert "For toy on ternary_pe, take 7 power-of-two levels (2.81 bit)" in text
    # 500 MHz / 123,456 cycles
    assert "4,050" in text
    assert "Cycles: made by hand." in text


def test_units_follow_the_largest_numbers():
    # 18.5 µJ; 18.5 µJ · 123456 / 500 MHz = 4,570 nJ·ms; fp32 has 3.91 KiB, levels_7_pow2 121 KiB
    assert [unit.name for unit in units_of(trained())] == ["µJ", "nJ·ms", "KiB"]
    # 13 · 1.0023 J in 13 · 6.5237 s: 1105 J·s; 4.3 million KiB are 4.10 GiB
    assert [unit.name for unit in units_of(large())] == ["J", "J·s", "GiB"]
    row = next(line for line in printed(large(), 80).splitlines() if " 1  levels_7" in line)
    assert row.split()[3:] == ["4.10", "42,404,037,156", "13.0", "1,110", "1.00", "◆"]


def test_a_network_without_weights_has_no_accuracy_column():
    text = printed(rank(small_study(), 0.005), 100)
    assert "accuracy %" not in text
    assert "below fp32" not in text
    assert "Whether they are accurate enough is not known here." in " ".join(text.split())


def test_without_a_baseline_nothing_is_less():
    text = printed(rank(study(result("levels_3", (), 20, {"dram": 1e6})), 0.005), 120)
    row = next(line for line in text.splitlines() if " 1  levels_3" in line)
    # 1000 bit, less than nothing known, 500 MHz / 20 cycles
    assert row.split()[2:6] == ["1.58", "0.122", "–", "25,000,000"]


def test_small_components_are_shown_together_where_not_all_fit():
    names = [f"component_number_{i}" for i in range(8)]
    parts = {name: 1e6 * (1 + i) for i, name in enumerate(names)}
    ranking = rank(study(result("levels_3", (), 20, parts)), 0.005)
    wide, narrow = printed(ranking, 200), printed(ranking, 80)
    assert "component number 0" in wide
    assert not any(line.endswith("rest") for line in map(str.rstrip, wide.splitlines()))
    assert any(line.endswith("rest") for line in map(str.rstrip, narrow.splitlines()))
    row = narrow.splitlines()[_table_of(narrow)]
    assert "…" not in narrow
    # the largest come first and what is left out is in the rest: 36 µJ in all
    shown = [float(number) for number in row.split()[1:]]
    assert shown[:-1] == [8 - i for i in range(len(shown) - 1)]
    assert sum(shown) == 36


def _table_of(text):
    """Return where the first row of the table of energies stands."""
    lines = text.splitlines()
    title = next(i for i, line in enumerate(lines) if line.startswith("energy of one inference"))
    return next(i for i, line in enumerate(lines) if i > title and line.startswith(" levels_3"))


def of_others():
    parts = {"dram": 12e6, "adder": 1e6}
    three = published(result("levels_3", (), 100, parts), 97.7)
    five = result("levels_5", (), 50, parts)
    two = published(result("levels_2", (), 40, parts), 60)
    results = (three, five, two, published(refused("fp32", ()), 98))
    return rank(replace(study(*results), dataset="tasks"), 0.005)


@pytest.mark.parametrize("width", [80, 120])
def test_published_accuracies_are_marked_and_missing_ones_shown(width):
    text = printed(of_others(), width)
    assert "published %" in text
    assert "accuracy %" not in text
    three, two, five, baseline = (
        next(line for line in text.splitlines() if f" {name} " in line)
        for name in ("levels_3", "levels_2", "levels_5", "fp32")
    )
    assert "97.7" in three
    assert "±" not in three
    assert two.rstrip().endswith("▽")
    assert five.rstrip().endswith("?")
    assert "–" in five
    assert baseline.rstrip().endswith("✗")
    legend = " ".join(text.split())
    assert "accuracies are published, not measured · ? no accuracy is published" in legend


def test_measured_accuracies_are_not_marked():
    assert "published" not in printed(trained(), 120)
