import io

import pytest
from made_contest import candidate, rows
from made_judgement import judgement
from rich.console import Console

from lowbit_sim.report.comparison.terminal import show


def shown(found, width):
    console = Console(file=io.StringIO(), width=width, force_terminal=False)
    show(found, console)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [80, 120])
def test_nothing_is_cut(width):
    text = shown(judgement(), width)
    assert "…" not in text
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= width
    for word in ("small", "large", "levels_3", "89.8 ± 0.2", "×2.25", "%  ×", "net, cold"):
        assert word in text, word


def test_wide_ones_have_arrays_and_memory():
    assert "adders 16 × 16" in shown(judgement(), 120)
    assert "adders 16 × 16" not in shown(judgement(), 80)


def test_marks():
    close = [
        candidate("levels_3", rows(adder=10.0), 10),
        candidate("levels_5", rows(dram=11.0), 10),
        candidate("fp32", rows(dram=90.0), 10),
    ]
    assert "↺" in shown(judgement(close), 80).splitlines()[4]
    assumed = [candidate("levels_3", rows(leakage=10.0), 10), candidate("fp32", rows(99.0), 10)]
    assert "?" in shown(judgement(assumed), 80).splitlines()[4]


def test_without_winner_or_accuracy():
    made = [candidate("levels_2", rows(3.0), 10), candidate("fp32", {}, 0, refusal="no")]
    assert "none" in shown(judgement(made), 80)
    bare = [candidate("levels_2", rows(3.0), 10, accuracy=None)]
    assert "accuracy %" not in shown(judgement(bare), 80)
