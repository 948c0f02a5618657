"""What the README shows is what the program prints."""

import re
from functools import cache

from made import pricing
from process import ROOT, lowbit_sim

from lowbit_sim.formats.catalogue import levels_table_markdown
from lowbit_sim.report.wording import entropy_words
from lowbit_sim.study.experiment import simulate
from lowbit_sim.study.ranking import rank
from lowbit_sim.study.shipped import load_shipped

README = (ROOT / "README.md").read_text()
WORKLOADS = ("fcnn", "cvnn", "vit")
MACHINES = ("ternary_pe", "bit_serial_pe", "int8_systolic")


def part(start, end):
    return README.split(f"<!-- {start} -->\n")[1].split(f"\n<!-- {end} -->")[0]


def test_the_levels_table_is_the_codes():
    assert part("levels", "end of levels") == levels_table_markdown().rstrip("\n")


def test_the_output_is_the_programs():
    command = "run workloads/vit.yaml arch_specs/ternary_pe.yaml"
    shown = part(f"output of: lowbit-sim {command}", "end of output")
    done = lowbit_sim(*command.split(), COLUMNS="80")
    printed = [line.rstrip() for line in done.stdout.splitlines()]
    table_end = next(i for i, line in enumerate(printed) if line.startswith("KiB: "))
    answer = next(i for i, line in enumerate(printed) if line.startswith("For vit on "))
    expected = "\n".join([*printed[:table_end], *printed[answer:]])
    assert shown == f"```text\n{expected}\n```"


@cache
def winner(workload, machine):
    given = load_shipped(ROOT / f"workloads/{workload}.yaml", [])
    study = simulate(
        given.workloads, given.accuracies, given.dataset, pricing(machine), "closed_form"
    )
    return rank(study, 0.005)


def cell(workload, machine):
    ranking = winner(workload, machine)
    best, second = ranking.winner, ranking.runner_up
    name = best.result.weight_format
    ratio = second.result.energy_delay_pj_cycles() / best.result.energy_delay_pj_cycles()
    lead = "tie" if ratio == 1 else f"× {ratio:.2f} to {second.result.weight_format}"
    return f"{name} ({entropy_words(name)} bit), {lead}"


def test_the_winners_are_the_programs():
    rows = [
        "| | " + " | ".join(MACHINES) + " |",
        "|---" * (1 + len(MACHINES)) + "|",
        *(
            f"| {workload} | " + " | ".join(cell(workload, m) for m in MACHINES) + " |"
            for workload in WORKLOADS
        ),
    ]
    assert part("winners", "end of winners") == "\n".join(rows)


def test_every_file_it_names_is_there():
    for name in re.findall(r"\]\(([^)]+)\)", README):
        assert (ROOT / name).exists(), name


def cost(workload, machine, weight_format):
    for ranked in winner(workload, machine).formats:
        if ranked.result.weight_format == weight_format:
            return ranked.result.energy_delay_pj_cycles()
    raise KeyError(weight_format)


def test_what_it_says_in_words_holds():
    words = " ".join(README.split())
    assert "2.9 times less energy × delay on `ternary_pe`" in words
    ratio = cost("vit", "int8_systolic", "levels_3") / cost("vit", "ternary_pe", "levels_3")
    assert round(ratio, 1) == 2.9
    assert "Five levels are nowhere best" in words
    best = {winner(w, m).winner.result.weight_format for w in WORKLOADS for m in MACHINES}
    assert "levels_5" not in best
    assert "Two levels cost the `vit` more than the half point allowed" in words
    two = next(
        ranked
        for ranked in winner("vit", "ternary_pe").formats
        if ranked.result.weight_format == "levels_2"
    )
    assert two.standing == "less accurate"


def test_from_three_levels_on_all_intervals_overlap():
    for workload in WORKLOADS:
        ends = [
            (mean - half, mean + half)
            for ranked in winner(workload, "ternary_pe").formats
            if ranked.result.weight_format != "levels_2"
            for accuracy in [ranked.result.accuracy]
            for mean, half in [(accuracy.mean_fraction, accuracy.half_width_fraction)]
        ]
        assert max(low for low, _ in ends) <= min(high for _, high in ends)
