import io

import pytest
from rich.console import Console

from lowbit_sim.report.verification import (
    result_words,
    verification_sentence,
    verification_summary,
    verification_table,
)
from lowbit_sim.study.execution import Work
from lowbit_sim.study.verify import Verified
from lowbit_sim.workload.op import Op


def op(name, kind="linear", batch=1, weight="levels_5"):
    parameter = None if kind == "matmul" else f"{name}.weight"
    return Op(name, kind, batch, 10, 20, 30, weight, "int8", "fp32", parameter, None, None)


def row(name="fc", differing=0, network=0, source="network", **more):
    made = op(name, **more)
    return Verified(
        made, "adders", "ternary_adder", Work(12, 34, made.macs), differing, network, source
    )


def floats():
    made = Op("head", "linear", 1, 10, 20, 30, "bf16", "bf16", "fp32", "head.weight", None, None)
    return Verified(made, "floats", "float_mac", None)


def printed(table, width=120):
    out = io.StringIO()
    Console(file=out, width=width).print(table)
    return out.getvalue()


def cells(table, word, width=120):
    """Return the cells of the line that starts with a word."""
    lines = (line.split() for line in printed(table, width).splitlines())
    return next(line for line in lines if line[:1] == [word])


def test_a_line_for_every_product():
    rows = [row(), row("scores", kind="matmul", batch=4, weight="int8", source="random"), floats()]
    table = verification_table(rows, "levels_5", wide=True)
    assert "carried out digit by digit, in 5 levels (2.32 bit)" in printed(table)
    assert cells(table, "fc") == [
        "fc", "10·20·30", "levels_5", "ternary_adder", "12", "34", "6,000", "network", "equal",
    ]  # fmt: skip
    assert cells(table, "scores")[1:5] == ["4", "×", "10·20·30", "int8*"]
    assert cells(table, "scores")[-3:] == ["24,000", "random", "equal"]
    assert cells(table, "head")[-3:] == ["–", "–", "floating-point"]


def test_eighty_columns_do():
    long = row("blocks.10.attention.context", kind="matmul", batch=12, weight="int8", differing=7)
    table = verification_table([long], "levels_5", wide=False)
    assert "7 of 3,600 differ" in printed(table, 80)
    assert "blocks.10.attention.context" in printed(table, 80)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([row(), row()], "equal"),
        ([row(), row(differing=2, network=3)], "2 of 600 differ"),
        ([row(network=3)], "3 of 300 not the network's"),
        ([floats()], "– floating-point"),
        ([row(network=None, source="random"), floats()], "equal"),
    ],
)
def test_result_in_words(rows, words):
    assert result_words(rows) == words


def test_a_line_for_every_format():
    table = verification_summary(
        {
            "levels_5": [row(), row("next")],
            "levels_9": [row(), row("next", source="random", network=None, differing=1)],
            "bf16": [floats()],
        }
    )
    assert cells(table, "levels_5") == ["levels_5", "2", "24", "68", "12,000", "network", "equal"]
    assert cells(table, "levels_9")[-7:] == [
        "12,000",
        "network,",
        "random",
        "1",
        "of",
        "600",
        "differ",
    ]
    assert cells(table, "bf16") == ["bf16", "0", "0", "0", "0", "–", "–", "floating-point"]


def test_the_sentence():
    assert verification_sentence({"levels_5": [row(), row("next")], "bf16": [floats()]}) == (
        "2 matrix products (12,000 MACs) carried out on the network's own weights and "
        "activations: every sum is that of plain integers and what the network computes in "
        "floating point, rounded."
    )
    assert verification_sentence({"levels_5": [row(network=None, source="random")]}) == (
        "1 matrix product (6,000 MACs) carried out on random activations: every sum is that of "
        "plain integers."
    )
    wrong = verification_sentence({"levels_5": [row(), row("next", differing=1)]})
    assert wrong.endswith(": 1 of them differs, first 'next'.")
    two = verification_sentence({"levels_5": [row(network=1), row("next", differing=1)]})
    assert two.endswith(": 2 of them differ, first 'fc'.")
    assert verification_sentence({"bf16": [floats()]}) == (
        "No matrix product of integers was carried out."
    )
