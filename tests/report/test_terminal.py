import io

import pytest
from made import refused, result, study
from rich.console import Console

from lowbit_sim.report.terminal import show
from lowbit_sim.study.ranking import rank


def shown(width):
    parts = {"dram": 12e6, "shared_sram": 3e6, "adder": 1e6, "register": 2e6, "leakage": 5e5}
    ranking = rank(
        study(
            result("levels_7_pow2", (98, 97.5, 98), 123_456, parts, 987_654),
            result("levels_2", (91, 92, 93), 99_999, {"dram": 8e6}, 87_654),
            refused("fp32", (98.1, 98, 98), "adders: fp32 is floating-point"),
        ),
        0.005,
    )
    stream = io.StringIO()
    show(ranking, Console(file=stream, width=width), "Cycles: made by hand.")
    return stream.getvalue()


@pytest.mark.parametrize("width", [80, 100, 120])
def test_nothing_is_cut_or_wrapped_in_the_tables(width):
    text = shown(width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    for name in ("levels_7_pow2", "levels_2", "fp32", "123,456", "energy", "layers in"):
        assert name in text


def test_what_is_plain_to_see():
    text = shown(120)
    assert "▽" in text
    assert "✗ fp32: adders: fp32 is floating-point" in text
    assert "For toy on ternary_pe, take 7 power-of-two levels (2.81 bit)" in text
    # 500 MHz / 123,456 cycles
    assert "4,050" in text
    assert "Cycles: made by hand." in text
