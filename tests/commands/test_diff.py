import json
import shutil

import pytest
from process import ROOT, TERNARY, edit, lowbit_sim, refused, run, within

from lowbit_sim.commands.diff import ratio_words
from lowbit_sim.study.manifest import file_sha256

OTHERWISE = ("-f", "levels_5", "--technology", "nangate45_rtl", "--csv", "b")


@pytest.fixture
def two(house):
    """Return a house with the same results twice, in a/ and b/."""
    assert run(house, "-f", "levels_5", "--csv", "a").returncode == 0
    shutil.copytree(house / "a", house / "b")
    return house


def diff(house, *arguments):
    return within(house, "diff", *(arguments or ("a", "b")))


def words(done):
    return " ".join(done.stdout.split())


def test_nothing_moved(two):
    done = diff(two)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Nothing moved from a to b.\n"


def test_a_changed_energy_moves_what_it_prices_and_is_named(two):
    old = "per_accumulator_bit: 4.642 fJ/bit"
    edit(two / "arch_specs/technologies/cmos_45nm.yaml", old, old.replace("4.642", "9.284"))
    assert run(two, "-f", "levels_5", "--csv", "b").returncode == 0
    done = diff(two)
    assert (done.returncode, done.stderr) == (1, "")
    assert "energy_adder_pj" in words(done)
    assert "energy_dram_pj" not in words(done)
    assert "In all of them: workload vit_digits, accelerator ternary_pe" in words(done)
    assert "input arch_specs/technologies/cmos_45nm.yaml" in words(done)
    for other in ("vit_digits.yaml", "packages", "options", "command"):
        assert other not in words(done)


def test_other_options_are_named(two):
    run(two, "-f", "levels_5", "-f", "levels_3", "--objective", "cycles", "--csv", "b")
    done = diff(two)
    assert done.returncode == 1
    assert "options.objective edp cycles" in words(done)
    assert 'options.formats ["levels_5"] ["levels_5", "levels_3"]' in words(done)
    assert "Only in b: cost.csv: vit_digits, ternary_pe, levels_3" in words(done)
    assert "Only in a" not in words(done)


def test_at_most_so_many_are_shown_and_the_rest_is_counted(two):
    assert run(two, *OTHERWISE).returncode == 0
    few, many = (diff(two, "a", "b", "--limit", n) for n in (2, 100_000))
    moved = int(words(few).split(" moved")[0].replace(",", ""))
    assert f"… and {moved - 2:,} more: --limit shows them" in words(few)
    assert "more: --limit" not in words(many)
    assert len(many.stdout.splitlines()) > moved


def test_a_file_edited_by_hand_is_a_warning_and_the_suspect(two):
    edit(
        two / "b/cost.csv",
        "vit_digits,ternary_pe,levels_5,2.321928",
        "vit_digits,ternary_pe,levels_5,2.5",
    )
    done = diff(two)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "warning: b/cost.csv: was edited since it was written: its hash is not the manifest's"
    ]
    assert words(done).startswith("1 moved")
    assert "entropy_bits 2.321928 2.5 1.077" in words(done)
    assert "what was edited by hand differs (b/cost.csv)" in words(done)


def test_numbers_that_moved_for_no_named_reason(two):
    edit(two / "b/cost.csv", "ternary_pe,levels_5,2.321928", "ternary_pe,levels_5,2.5")
    content = json.loads((two / "b/manifest.json").read_text())
    content["outputs_sha256"]["cost.csv"] = file_sha256(two / "b/cost.csv")
    (two / "b/manifest.json").write_text(json.dumps(content))
    done = diff(two)
    assert (done.returncode, done.stderr) == (1, "")
    assert "the program itself must have changed within its version" in words(done)


def test_results_of_other_machines_share_no_row(two):
    other = within(two, "run", "vit_digits", "shift_add_pe", "-f", "levels_5", "--csv", "b")
    assert other.returncode == 0, other.stderr
    done = diff(two)
    assert done.returncode == 1
    assert "Nothing moved in the 0 rows that both hold." in words(done)
    assert "Only in a: cost.csv: column energy_adder_pj" in words(done)
    assert f"input {TERNARY}" in words(done)


def test_studies_are_compared_by_their_tables(tmp_path):
    study = ROOT / "reports/bit_width"
    names = ("study.yaml", "runs.csv", "summary.csv")
    for name in names:
        shutil.copy(study / name, tmp_path / name)
    assert within(ROOT, "diff", study, tmp_path).returncode == 0
    row = next(
        line for line in (tmp_path / "runs.csv").read_text().splitlines() if ",0,20," in line
    )
    correct = row.split(",")[6]
    edit(tmp_path / "runs.csv", row, row.replace(f",{correct},", f",{int(correct) + 1},"))
    done = within(ROOT, "diff", study, tmp_path)
    assert done.returncode == 1
    assert "correct" in words(done)


@pytest.mark.parametrize(
    ("damage", "parts"),
    [
        (lambda house: (house / "b/manifest.json").unlink(), ["b/manifest.json", "no such file"]),
        (
            lambda house: (house / "b/manifest.json").write_text("{"),
            ["b/manifest.json", "is damaged: no JSON"],
        ),
        (lambda house: (house / "b/cost.csv").unlink(), ["b/cost.csv", "is missing"]),
        (lambda house: shutil.rmtree(house / "b"), ["b: is no directory of results"]),
    ],
)
def test_bad_input_is_one_error(two, damage, parts):
    damage(two)
    done = refused(diff(two), *parts)
    assert not done.stdout
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("columns", ["80", "120"])
def test_it_fits_the_terminal_without_colour_when_piped(two, columns):
    assert run(two, *OTHERWISE).returncode == 0
    done = lowbit_sim("diff", "a", "b", cwd=two, COLUMNS=columns)
    assert done.returncode == 1, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= int(columns)
    assert "\x1b" not in done.stdout


def test_markup_in_a_cell_is_text(two):
    edit(two / "b/cost.csv", "closed_form", "[bold]closed[/nothing]")
    assert "[bold]closed[/nothing]" in words(diff(two))


def test_a_ratio_near_one_says_how_near():
    assert ratio_words(0.9999999) == "1 - 1e-07"
    assert ratio_words(2) == "2"
