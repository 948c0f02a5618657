"""What the README shows is what the program prints."""

import re
from functools import cache

import pytest
from made import pricing
from process import ROOT, lowbit_sim

from lowbit_sim.arch.load import load_accelerator
from lowbit_sim.arch.passes import passes_table_markdown
from lowbit_sim.commands.pricing import pricings
from lowbit_sim.energy.area import area_um2_by_component
from lowbit_sim.errors import SpecError
from lowbit_sim.formats.catalogue import levels_table_markdown
from lowbit_sim.netlist.table import read_table
from lowbit_sim.report.pe_costs import pe_table, same_cost
from lowbit_sim.report.wording import entropy_words
from lowbit_sim.study.claims import AUGMENTATION, BALANCE, COMPARABLE, EPOCHS, ZERO
from lowbit_sim.study.experiment import simulate
from lowbit_sim.study.ranking import _order, rank
from lowbit_sim.study.shipped import load_shipped
from lowbit_sim.units import significant

README = (ROOT / "README.md").read_text()
WORDS = " ".join(README.split())
WORKLOADS = ("fcnn", "cvnn", "vit")
RUN = "run workloads/vit.yaml arch_specs/ternary_pe.yaml"
EXPLAIN = f"{RUN} -f levels_5 --explain blocks.0.expand"
#: ternary_popcount refuses int8 activations, which all three have
MACHINES = sorted(
    path.stem for path in (ROOT / "arch_specs").glob("*.yaml") if path.stem != "ternary_popcount"
)


def part(start, end):
    return README.split(f"<!-- {start} -->\n")[1].split(f"<!-- {end} -->")[0].rstrip("\n")


def printed(command):
    done = lowbit_sim(*command.split(), COLUMNS="80")
    return [line.rstrip() for line in done.stdout.splitlines()]


def test_the_levels_table_is_the_codes():
    assert part("levels", "end of levels") == levels_table_markdown().rstrip("\n")


def passes_table():
    return passes_table_markdown(sorted((ROOT / "arch_specs").glob("*.yaml")))


def test_the_passes_table_is_the_codes():
    assert part("passes", "end of passes") == passes_table()


def ranking_text():
    lines = printed(RUN)
    table_end = next(i for i, line in enumerate(lines) if line.startswith("entropy: "))
    answer = next(i for i, line in enumerate(lines) if line.startswith("For vit on "))
    shown = "\n".join([*lines[:table_end], *lines[answer:]])
    return f"```text\n{shown}\n```"


def test_the_output_is_the_programs():
    assert part(f"output of: lowbit-sim {RUN}", "end of output") == ranking_text()


def explanation_text():
    shown = "\n".join(printed(EXPLAIN)).strip("\n")
    return f"```text\n{shown}\n```"


def test_the_explanation_is_the_programs():
    assert part(f"output of: lowbit-sim {EXPLAIN}", "end of explanation") == explanation_text()


def test_the_picture_is_the_programs(tmp_path):
    drawn = tmp_path / "timeline.svg"
    printed(f"{EXPLAIN} --timeline {drawn}")
    assert drawn.read_text() == (ROOT / "reports" / "timeline.svg").read_text()


@cache
def winner(workload, machine):
    given = load_shipped(ROOT / f"workloads/{workload}.yaml", [])
    return rank(simulate(given, pricing(machine), "closed_form"), 0.005)


def cell(workload, machine):
    ranking = winner(workload, machine)
    best, second = ranking.winner, ranking.runner_up
    name = best.result.weight_format
    ratio = second.result.energy_delay_pj_cycles() / best.result.energy_delay_pj_cycles()
    lead = "tie" if ratio == 1 else f"× {ratio:.2f} to {second.result.weight_format}"
    return f"{name} ({entropy_words(name)} bit), {lead}"


def winners_table():
    rows = [
        "| | " + " | ".join(WORKLOADS) + " |",
        "|---" * (1 + len(WORKLOADS)) + "|",
        *(
            f"| `{machine}` | " + " | ".join(cell(w, machine) for w in WORKLOADS) + " |"
            for machine in MACHINES
        ),
    ]
    return "\n".join(rows)


def test_the_winners_are_the_programs():
    assert part("winners", "end of winners") == winners_table()
    # in the same process, as it is the same work
    best = {(w, m): winner(w, m).winner.result.weight_format for w in WORKLOADS for m in MACHINES}
    for workload in ("cvnn", "vit"):
        five = {m for (w, m), name in best.items() if (w, name) == (workload, "levels_5")}
        assert five == {"shift_add_pe", "edge_soc", "bit_serial_skip_pe"}
    assert "the `fcnn` takes three, the `cvnn` and the `vit` four or five" in WORDS
    bytes_alone = {"eyeriss_like", "int8_systolic", "tpu_like"}
    packed = [key for key in best if key[1] not in bytes_alone]
    others = {best[key] for key in packed if key[0] != "fcnn"}
    assert others == {"levels_4", "levels_5"}
    three = {key[1] for key in packed if key[0] == "fcnn" and best[key] != "levels_3"}
    assert three == {"lookup_pe"}


CLAIMS = {
    COMPARABLE: "bit_width",
    EPOCHS: "epochs",
    AUGMENTATION: "augmentation_and_zero",
    ZERO: "augmentation_and_zero",
    BALANCE: "bit_width",
}


def claim_row(claim, study):
    """What a study's page answers; of a study that is not finished, how much of it is."""
    text = f"({claim.letter}) {claim.text[0].upper()}{claim.text[1:]}"
    page = ROOT / "reports" / study / "README.md"
    if not page.exists():
        return f"| {text} | not yet measured | [{study}](reports/{study}/study.yaml) |"
    told = page.read_text()
    verdict, reason = re.search(
        rf"^- \({claim.letter}\) \*(.*?)\.\* (.*)$", told, re.MULTILINE
    ).groups()
    runs = re.search(r"Incomplete: (\d+ of \d+ runs)", told)
    so_far = f", {runs[1]} so far" if runs else ""
    return f"| {text} | **{verdict}**{so_far}. {reason} | [{study}](reports/{study}/README.md) |"


def claims_table():
    rows = [claim_row(claim, study) for claim, study in CLAIMS.items()]
    return "\n".join(["| claim | what we find | evidence |", "|---|---|---|", *rows])


def test_the_claims_are_answered_as_the_studies_do():
    assert part("claims", "end of claims") == claims_table()


def test_every_file_it_names_is_there():
    for name in re.findall(r"\]\(([^)]+)\)", README):
        assert name.startswith("https://") or (ROOT / name).exists(), name


def test_every_network_it_names_is_there():
    shipped = {path.stem for path in (ROOT / "workloads").glob("*.yaml")} - set(WORKLOADS)
    assert all(f"`{name}`" in README for name in shipped)


def result(workload, machine, weight_format):
    formats = winner(workload, machine).formats
    return next(r.result for r in formats if r.result.weight_format == weight_format)


def edp_nj_ms(workload, machine, weight_format):
    return result(workload, machine, weight_format).energy_delay_pj_cycles() / 500e6


def test_what_it_says_in_words_holds():
    for said, workload, machine, weight_format in (
        ("EDP of 2,500 for the `vit`", "vit", "int8_systolic", "levels_4"),
        ("and 931 in four levels", "vit", "int8_packed", "levels_4"),
        ("for the `vit` 1,120 against", "vit", "shift_add_pe", "levels_5"),
        ("1,120 against 1,270", "vit", "shift_add_pe", "levels_4"),
        ("need 1,290 for the `vit` in four", "vit", "ternary_pe", "levels_4"),
        ("in three levels (1,250 against", "cvnn", "ternary_pe", "levels_3"),
        ("against 1,340)", "cvnn", "int8_packed", "levels_3"),
        ("two ternary digits (2,660 against", "cvnn", "ternary_pe", "levels_4"),
        ("against 1,460)", "cvnn", "int8_packed", "levels_4"),
        ("1,460 against 1,690 on `int8_packed`", "cvnn", "int8_packed", "levels_5"),
        ("2,660 against 3,030 on `ternary_pe`", "cvnn", "ternary_pe", "levels_5"),
        ("an EDP of 1,600 in five", "cvnn", "shift_add_pe", "levels_5"),
        ("against 2,770 in four", "cvnn", "shift_add_pe", "levels_4"),
        ("and 1,280 for the `cvnn`, both in four", "cvnn", "ternary_skip_pe", "levels_4"),
        ("(`ternary_skip_pe`) need 878 for the `vit`", "vit", "ternary_skip_pe", "levels_4"),
    ):
        assert said in WORDS
        assert significant(edp_nj_ms(workload, machine, weight_format)) in said
    bytes_, packed = (edp_nj_ms("vit", m, "levels_4") for m in ("int8_systolic", "int8_packed"))
    assert "a factor of 2.7" in WORDS
    assert round(bytes_ / packed, 1) == 2.7
    assert "gain a factor of 16 from fp32" in WORDS
    fp32, four = (edp_nj_ms("vit", "float_systolic", f) for f in ("fp32", "levels_4"))
    assert round(fp32 / four) == 16
    four, three = (edp_nj_ms("vit", "ternary_pe", f"levels_{n}") for n in (4, 3))
    assert f"factor of {four / three:.2f} on `ternary_pe`" in WORDS
    four, three = (edp_nj_ms("vit", "bit_serial_pe", f"levels_{n}") for n in (4, 3))
    assert f"{100 * (four / three - 1):.0f} % on `bit_serial_pe`" in WORDS


def test_what_few_levels_lose_on_fashion_mnist():
    def lost_points(workload, weight_format):
        formats = (weight_format, "fp32")
        few, fp32 = (result(workload, "float_systolic", name).accuracy for name in formats)
        return f"{100 * (fp32.mean_fraction - few.mean_fraction):.2f}"

    two = [lost_points(workload, "levels_2") for workload in WORKLOADS]
    assert "in all three networks ({}, {} and {} point)".format(*two) in WORDS
    three = [lost_points(workload, "levels_3") for workload in ("cvnn", "vit")]
    assert "three lose it in the `cvnn` ({}) and the `vit` ({})".format(*three) in WORDS


IN_NETLISTS = {"ternary_adder", "ternary_skip", "shift_add", "bit_serial", "integer_mac"}


@pytest.mark.parametrize("workload", WORKLOADS)
def test_netlists_and_another_dram_leave_the_winners_in_place(workload):
    given = load_shipped(ROOT / f"workloads/{workload}.yaml", [])
    same = []
    for machine in MACHINES:
        accelerator = load_accelerator(ROOT / f"arch_specs/{machine}.yaml")
        if {array.pe.kind for array in accelerator.arrays} - IN_NETLISTS:
            with pytest.raises(SpecError, match="no area and leakage for the PE kind"):
                pricings(accelerator, ["nangate45_rtl"])
            continue
        (priced,) = pricings(accelerator, ["nangate45_rtl"])
        found = rank(simulate(given, priced, "closed_form"), 0.005).winner.result.weight_format
        assert found == winner(workload, machine).winner.result.weight_format, machine
        same.append(machine)
    assert len(same) == 9
    assert "the nine machines whose PEs are described as hardware keep their winner" in WORDS


def pe_costs():
    rows = read_table(ROOT / "arch_specs/characterisations/nangate45_rtl.csv")
    return f"{pe_table(rows)}\n\n{same_cost(rows)}"


def test_what_a_pe_costs_is_what_its_netlist_costs():
    assert part("pe costs", "end of pe costs") == pe_costs()


def test_what_five_levels_need_at_the_size_of_vit_b():
    given = load_shipped(ROOT / "workloads/vit_b.yaml", ["levels_3", "levels_5"])
    times = {}
    for machine in ("shift_add_pe", "ternary_pe"):
        results = simulate(given, pricing(machine), "closed_form").results
        cost = {
            one.weight_format: one.energy_delay_pj_cycles()
            for one in results
            if one.refusal is None
        }
        times[machine] = cost["levels_5"] / cost["levels_3"]
    said = "need {shift_add_pe:.2f} times the EDP of three on `shift_add_pe`, and "
    said += "{ternary_pe:.2f} times on `ternary_pe`"
    assert said.format(**times) in WORDS


def test_the_area_it_names():
    areas = [
        area_um2_by_component(priced.technology, priced.machine)[name]
        for machine, name in (("ternary_pe", "adders"), ("int8_packed", "macs"))
        for priced in [pricing(machine)]
    ]
    adders, macs = (f"{area / 1e6:.3f}" for area in areas)
    assert f"({adders} against {macs} mm²)" in WORDS
    assert "little more than half of the multipliers' area" in WORDS
    assert 0.5 < areas[0] / areas[1] < 0.55


def test_the_seeds_leave_three_levels_of_the_vit_open():
    ranking = winner("vit", "shift_add_pe")
    assert {r.result.weight_format for r in ranking.unsettled} == {"levels_3"}
    assert ranking.winner.result.weight_format == "levels_5"


def test_what_the_drams_energy_decides():
    assert "3.9 to 70 pJ/bit" in README
    for machine in ("ternary_pe", "int8_packed", "shift_add_pe"):
        ranking = winner("vit", machine)
        eligible = [r.result for r in ranking.formats if r.standing == "eligible"]
        for pj_per_bit in (3.9, 70):
            factor = pj_per_bit / (1300 / 64)
            best = min(eligible, key=lambda result: _order(result, "dram", factor))
            assert best is ranking.winner.result


def comparison_text():
    page = (ROOT / "reports/precision_by_machine/README.md").read_text()
    answer = page.split("**Question.**")[1].split("## ")[0]
    return "\n".join(line for line in answer.splitlines() if line.startswith("- "))


def test_the_comparison_is_the_studys():
    assert part("comparison", "end of comparison") == comparison_text()
