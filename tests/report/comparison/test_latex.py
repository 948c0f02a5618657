import re
import shutil
import subprocess
from dataclasses import replace

import pytest
from made_contest import candidate, machine, rows, small_and_large
from made_judgement import judgement
from odd_judgements import ODD

from lowbit_sim.report.comparison.facts import cases
from lowbit_sim.report.comparison.latex import MOST_ROWS, escape, ranked, tables_tex

COMPILER = next((name for name in ("pdflatex", "tectonic") if shutil.which(name)), None)


def body(text, label):
    """Return the rows between the rules of the table with a label, as lists of cells."""
    start = text.index(f"\\label{{{label}}}")
    part = text[start : text.index("\\end{", start)]
    lines = [line for line in part.splitlines() if " & " in line and "machine" not in line]
    return [line.removesuffix(r" \\").split(" & ") for line in lines]


def margin(made):
    return made.comparison.spec.margin_fraction


def test_winners_stand_with_their_probability():
    made = judgement()
    found = body(tables_tex(made), "tab:made_up-winners-cold")
    expected = [
        [case.verdict.machine.name, f"levels\\_3 ({100 * case.best_fraction:.1f}\\,\\%)"]
        for case in cases(made)
    ]
    assert found == expected


def test_the_ranking_is_by_energy_delay_with_the_numbers_of_the_candidates():
    made = judgement()
    (one,) = made.decided
    places = ranked(one, margin(made))
    found = body(tables_tex(made), "tab:made_up-ranking-net-cold")
    assert len(found) == len(places) == len(one.contest.candidates)
    costs = one.contest.energy_delays_pj_s[places]
    allowed = one.contest.eligible(margin(made))[places]
    assert list(allowed) == sorted(allowed, reverse=True)
    assert list(costs[allowed]) == sorted(costs[allowed])
    for rank, (cells, place) in enumerate(zip(found, places, strict=True), 1):
        each = one.contest.candidates[place]
        assert cells[0] == (str(rank) if allowed[rank - 1] else "")
        assert cells[1:3] == [each.machine.name, escape(each.weight_format)]
        bits = {"levels_2": 1, "levels_3": 1.585, "levels_5": 2.322, "fp32": 32}
        assert float(cells[3]) == pytest.approx(bits[each.weight_format], rel=5e-3)
        assert cells[4].startswith(f"{100 * each.accuracy.mean_fraction:.2f} $\\pm$")
        assert float(cells[5]) == pytest.approx(each.model_bits / 8192, rel=1e-3)
        assert float(cells[6]) == pytest.approx(each.energy_pj / 1e6, rel=1e-3)
        assert float(cells[7]) == pytest.approx(each.seconds * 1e6, rel=1e-3)
        assert float(cells[8]) == pytest.approx(each.energy_delay_pj_s, rel=1e-3)
        assert cells[10] == f"{100 * one.overall.best_fractions[place]:.1f}"
    assert found[0][9] == "1.000"


def test_a_long_ranking_is_of_each_machines_winner():
    made = ODD["crowd"]()
    for one in made.decided:
        assert len(one.contest.candidates) > MOST_ROWS
        places = ranked(one, margin(made))
        assert sorted(places) == sorted(verdict.winner for verdict in one.verdicts)
    assert "The winner of each machine" in tables_tex(made)


@pytest.mark.parametrize("make", ODD.values(), ids=ODD)
def test_every_row_has_as_many_cells_as_its_table_has_columns(make):
    text = tables_tex(make())
    assert text.startswith("% needs \\usepackage{booktabs}")
    tables = re.findall(
        r"\\begin\{(tabular|longtable)\}\{([lr]+)\}(.*?)\\end\{\1\}", text, re.DOTALL
    )
    assert len(tables) == text.count("\\caption{") == text.count("\\label{")
    for _, columns, inside in tables:
        lines = [line for line in inside.splitlines() if re.search(r"(?<!\\)&", line)]
        assert {len(re.findall(r"(?<!\\)&", line)) + 1 for line in lines} == {len(columns)}
    assert text.count("{") == text.count("}")


def test_without_a_winner_there_is_a_dash():
    text = tables_tex(ODD["no winner"]())
    assert body(text, "tab:made_up-winners-cold") == [["small", "--"]]


def test_signs_of_latex_are_escaped():
    assert escape("a_b & 50 % of $1 #2 {x} ~ ^ \\") == (
        r"a\_b \& 50 \% of \$1 \#2 \{x\} \textasciitilde{} \textasciicircum{} \textbackslash{}"
    )


def awkward():
    """Return a judgement in which every name holds signs that LaTeX minds."""
    on = machine("a_b&c%d#e$f{g}~^\\")
    made = [
        replace(one, workload="net_50%", machine=replace(on, technology=one.machine.name))
        for one in small_and_large()
    ]
    return judgement(
        [*made, candidate("fp32", rows(10.0), 10, workload="net_50%", regime="steady")]
    )


@pytest.mark.skipif(COMPILER is None, reason="no LaTeX: apt-get install texlive-latex-base")
@pytest.mark.parametrize("make", [*ODD.values(), awkward], ids=[*ODD, "awkward names"])
def test_it_compiles(tmp_path, make):
    head = "\\documentclass{article}\n\\usepackage{booktabs}\n\\usepackage{longtable}\n"
    whole = f"{head}\\begin{{document}}\n{tables_tex(make())}\\end{{document}}\n"
    (tmp_path / "tables.tex").write_text(whole, encoding="utf-8")
    options = ["-interaction=nonstopmode", "-halt-on-error"] if COMPILER == "pdflatex" else []
    command = [COMPILER, *options, "tables.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-2000:]
    assert (tmp_path / "tables.pdf").stat().st_size > 0
