"""What the README shows is what the program prints."""

import re
from functools import cache

from made import pricing
from process import ROOT, lowbit_sim

from lowbit_sim.energy.area import area_um2_by_component
from lowbit_sim.formats.catalogue import levels_table_markdown
from lowbit_sim.report.wording import entropy_words
from lowbit_sim.study.experiment import simulate
from lowbit_sim.study.ranking import _order, rank
from lowbit_sim.study.shipped import load_shipped
from lowbit_sim.units import significant

README = (ROOT / "README.md").read_text()
WORKLOADS = ("fcnn", "cvnn", "vit")
MACHINES = ("ternary_pe", "bit_serial_pe", "int8_systolic", "int8_packed", "float_systolic")


def part(start, end):
    return README.split(f"<!-- {start} -->\n")[1].split(f"\n<!-- {end} -->")[0]


def test_the_levels_table_is_the_codes():
    assert part("levels", "end of levels") == levels_table_markdown().rstrip("\n")


def test_the_output_is_the_programs():
    command = "run workloads/vit.yaml arch_specs/ternary_pe.yaml"
    shown = part(f"output of: lowbit-sim {command}", "end of output")
    done = lowbit_sim(*command.split(), COLUMNS="80")
    printed = [line.rstrip() for line in done.stdout.splitlines()]
    table_end = next(i for i, line in enumerate(printed) if line.startswith("entropy: "))
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
        "| | " + " | ".join(WORKLOADS) + " |",
        "|---" * (1 + len(WORKLOADS)) + "|",
        *(
            f"| `{machine}` | " + " | ".join(cell(w, machine) for w in WORKLOADS) + " |"
            for machine in MACHINES
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


def edp_nj_ms(workload, machine, weight_format):
    return cost(workload, machine, weight_format) / 500e6


def test_what_it_says_in_words_holds():
    words = " ".join(README.split())
    for said, workload, machine, weight_format in (
        ("EDP of 1,380 for the `vit`", "vit", "int8_systolic", "levels_3"),
        ("and 460 in three levels", "vit", "int8_packed", "levels_3"),
        ("483 against 460", "vit", "ternary_pe", "levels_3"),
        ("(31.5 against", "cvnn", "ternary_pe", "levels_3"),
        ("against 32.3 in three levels", "cvnn", "int8_packed", "levels_3"),
    ):
        assert said in words
        assert significant(edp_nj_ms(workload, machine, weight_format)) in said
    bytes_, packed = (edp_nj_ms("vit", m, "levels_3") for m in ("int8_systolic", "int8_packed"))
    assert "a factor of 3.0" in words
    assert round(bytes_ / packed, 1) == 3.0
    assert "gain a factor of 16 from fp32" in words
    fp32, three = (edp_nj_ms("vit", "float_systolic", f) for f in ("fp32", "levels_3"))
    assert round(fp32 / three) == 16
    best = {winner(w, m).winner.result.weight_format for w in WORKLOADS for m in MACHINES}
    assert "Five levels are nowhere best" in words
    assert "levels_5" not in best


def test_the_area_it_names():
    assert "(0.061 against 0.130 mm²)" in " ".join(README.split())
    areas = [
        area_um2_by_component(priced.technology, priced.machine)[name]
        for machine, name in (("ternary_pe", "adders"), ("int8_packed", "macs"))
        for priced in [pricing(machine)]
    ]
    assert [round(area / 1e6, 3) for area in areas] == [0.061, 0.130]


def test_the_seeds_leave_two_and_three_levels_of_the_vit_open():
    ranking = winner("vit", "ternary_pe")
    assert {r.result.weight_format for r in ranking.unsettled} == {"levels_2", "levels_3"}
    two = next(r for r in ranking.formats if r.result.weight_format == "levels_2")
    assert two.standing == "less accurate"


def test_no_winner_of_the_vit_hangs_on_the_drams_energy():
    assert "3.9 to 70 pJ/bit" in README
    for machine in MACHINES:
        ranking = winner("vit", machine)
        eligible = [r.result for r in ranking.formats if r.standing == "eligible"]
        for pj_per_bit in (3.9, 70):
            factor = pj_per_bit / (1300 / 64)
            best = min(eligible, key=lambda result: _order(result, "dram", factor))
            assert best is ranking.winner.result


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
