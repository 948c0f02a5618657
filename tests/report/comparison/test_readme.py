from made_contest import candidate, rows
from made_judgement import judgement

from lowbit_sim.report.comparison.readme import comparison_readme, regret_table, winners_table


def test_the_answer_stands_first_and_commands_last():
    text = comparison_readme(judgement(), {"pareto.svg": "who dominates"}, "reports/made_up")
    assert text.startswith("# made_up\n\n<!-- made by: lowbit-sim reproduce, study made_up -->")
    assert text.index("Of 2 pairs") < text.index("| machine |")
    assert "![who dominates](pareto.svg)" in text
    assert "lowbit-sim compare reports/made_up/study.yaml" in text
    assert "dram.read" in text
    assert "pes.ternary_adder.leakage†" in text


def test_the_table_of_winners():
    table = winners_table(judgement(), "cold").splitlines()
    assert table[0] == "| machine | array | net |"
    share = judgement().decided[0].verdicts[0].best_fractions[1]
    said = f"3 levels (1.58 bit), {100 * share:.0f} %, × 2.25"
    assert table[2] == f"| `small` | adders 16 × 16 | {said} |"


def test_the_margin_tells_who_would_win():
    text = comparison_readme(judgement(), {}, "reports/made_up")
    assert "< 0.20 → 5 levels (2.32 bit), ≥ 2.00 → 2 levels (1 bit)" in text
    assert "## Figures" not in text


def test_other_regimes_have_their_own_table():
    made = [
        candidate(name, rows(cost), 10, regime=regime)
        for regime in ("cold", "steady")
        for name, cost in (("levels_3", 5.0), ("levels_5", 6.0), ("fp32", 9.0))
    ]
    text = comparison_readme(judgement(made), {}, "reports/made_up")
    assert "### If weights may stay on the chip (steady)" in text


def test_regrets_in_words():
    line = regret_table(judgement(), "cold").splitlines()[2]
    assert line == "| 3 levels (1.58 bit) | 2 | 2 | 2 | 1.00 | 1.00 |"


def test_no_winner_and_no_accuracies():
    none = [candidate("levels_2", rows(3.0), 10), candidate("fp32", {}, 0, refusal="no")]
    assert "| none |" in comparison_readme(judgement(none), {}, "a/b")
    bare = [candidate("levels_2", rows(3.0), 10, accuracy=None)]
    assert "`small`" in comparison_readme(judgement(bare), {}, "a/b")
