import csv
import shutil

import pytest
from process import TERNARY, VIT, edit, lowbit_sim, refused, run


@pytest.mark.parametrize("workload", ["fcnn", "cvnn", "vit"])
@pytest.mark.parametrize(
    "machine", ["ternary_pe", "bit_serial_pe", "int8_systolic", "int8_packed", "float_systolic"]
)
def test_every_workload_runs_on_every_machine(workload, machine):
    done = lowbit_sim("run", f"workloads/{workload}.yaml", f"arch_specs/{machine}.yaml")
    assert done.returncode == 0, done.stderr
    assert f"For {workload} on {machine}, take " in " ".join(done.stdout.split())
    assert "event-driven engine equal on all" in done.stdout


def test_run_needs_no_cache_and_changes_nothing(house):
    before = sorted(house.rglob("*"))
    first, second = run(house), run(house)
    assert first.returncode == 0, first.stderr
    assert first.stdout == second.stdout
    assert sorted(house.rglob("*")) == before


@pytest.mark.parametrize("columns", ["80", "120"])
def test_run_fits_the_terminal(columns):
    done = lowbit_sim("run", VIT, TERNARY, COLUMNS=columns)
    assert max(map(len, done.stdout.splitlines())) <= int(columns)
    assert "…" not in done.stdout
    assert "\x1b" not in done.stdout


def test_csv_writes_four_files_the_same_every_time(house):
    for name in ("a", "b"):
        assert run(house, "--csv", name).returncode == 0
    names = ["cost.csv", "layers.csv", "manifest.json", "ranking.csv"]
    assert sorted(path.name for path in (house / "a").iterdir()) == names
    for name in ("cost.csv", "layers.csv", "ranking.csv"):
        assert (house / "a" / name).read_bytes() == (house / "b" / name).read_bytes()


def test_engines_give_the_same_cost(house):
    run(house, "--csv", "closed")
    done = run(house, "--csv", "events", "--engine", "event_driven")
    assert done.returncode == 0, done.stderr
    closed, events = ((house / n / "cost.csv").read_text() for n in ("closed", "events"))
    assert closed.replace("closed_form", "event_driven") == events


def test_one_format_brings_the_baseline_along(house):
    done = run(house, "-f", "levels_5", "--csv", "out")
    assert done.returncode == 0, done.stderr
    rows = (house / "out" / "ranking.csv").read_text().splitlines()
    assert len(rows) == 3


# bad input


def test_missing_files_name_the_nearest(house):
    refused(lowbit_sim("run", "workloads/vti.yaml", TERNARY, cwd=house), "vti.yaml", "vit.yaml")
    refused(lowbit_sim("run", VIT, "arch_specs/ternary.yaml", cwd=house), "ternary_pe.yaml")


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("clock: 500 MHz", "clock: [500", ["is not YAML"]),
        ("clock: 500 MHz", "clock: 500 MHz\nclock: 1 GHz", ["clock", "twice"]),
        ("clock: 500 MHz", "clokc: 500 MHz", ["clokc", "did you mean 'clock'"]),
        ("clock: 500 MHz", "clock: 500", ["clock", "unit", "500"]),
        ("clock: 500 MHz", "clock: 0 MHz", ["clock", "more than zero"]),
        ("clock: 500 MHz", "clock: -1 MHz", ["clock", "more than zero"]),
        ("clock: 500 MHz", "clock: nan MHz", ["clock", "finite"]),
        ("capacity: 128 KiB", "capacity: 128 KB", ["capacity", "ambiguous", "KiB"]),
        ("rows: 16", "rows: 0", ["rows"]),
        ("kind: ternary_adder", "kind: ternary_adde", ["did you mean 'ternary_adder'"]),
        ("technology: cmos_45nm", "technology: cmos_54nm", ["did you mean 'cmos_45nm'"]),
    ],
)
def test_a_faulty_machine_is_named_with_its_line(house, old, new, parts):
    path = house / TERNARY
    edit(path, old, new)
    refused(run(house, "--csv", "out"), "ternary_pe.yaml:", *parts)
    assert not (house / "out").exists()


def test_a_machine_too_small_says_what_does_not_fit(house):
    edit(house / TERNARY, "capacity: 8 KiB", "capacity: 8 B")
    refused(run(house), "no tile fits", "weight_scratchpad")


def test_a_shared_memory_too_small_says_how_much_is_missing(house):
    edit(house / TERNARY, "capacity: 128 KiB", "capacity: 64 B")
    refused(run(house), "shared_sram", "bit")


def test_a_format_the_array_cannot_compute_is_refused_by_name(house):
    refused(run(house, "-f", "bf16"), "bf16", "floating-point", "ternary_pe.yaml")


def test_an_unknown_format_names_the_nearest(house):
    refused(run(house, "-f", "level_5"), "level_5", "did you mean 'levels_5'")


def test_a_changed_workload_does_not_match_its_checkpoints(house):
    edit(house / VIT, "depth: 3", "depth: 4")
    refused(run(house), "another spec", "lowbit-sim train")


def test_a_truncated_checkpoint(house):
    path = house / "workloads/vit/levels_5.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    refused(run(house), "levels_5.safetensors")


def test_a_tampered_checkpoint(house):
    path = house / "workloads/vit/levels_5.safetensors"
    raw = bytearray(path.read_bytes())
    raw[-50] ^= 1
    path.write_bytes(raw)
    refused(run(house), "levels_5.safetensors")


def test_a_tampered_graph(house):
    path = house / "workloads/vit/levels_5.graph.json"
    edit(path, '"m":16', '"m":17')
    refused(run(house), "levels_5.graph.json")


def test_a_graph_of_another_checkpoint(house):
    folder = house / "workloads/vit"
    shutil.copy(folder / "levels_3.graph.json", folder / "levels_5.graph.json")
    refused(run(house), "levels_5.graph.json")


def test_missing_checkpoint_and_accuracy(house):
    (house / "workloads/vit/levels_5.safetensors").unlink()
    refused(run(house), "levels_5.safetensors", "lowbit-sim train")
    (house / "workloads/vit/accuracy.csv").unlink()
    refused(run(house), "accuracy.csv")


def test_an_output_directory_that_cannot_be_written(house):
    (house / "out").write_text("a file of mine")
    refused(run(house, "--csv", "out"), "out", "cannot be written")
    assert (house / "out").read_text() == "a file of mine"


def test_arguments_in_the_wrong_order(house):
    done = lowbit_sim("run", TERNARY, VIT, cwd=house)
    refused(done, "a file of the kind accelerator, here belongs the workload")
    technology = "arch_specs/technologies/cmos_45nm.yaml"
    refused(lowbit_sim("run", VIT, technology, cwd=house), "a file of the kind technology")


def test_a_workload_without_the_baseline(house):
    edit(house / VIT, "bf16, fp32]", "bf16]")
    refused(run(house), "vit.yaml", "must hold fp32")


def test_a_seed_that_was_never_measured(house):
    edit(house / VIT, "seeds: [0, 1, 2, 3, 4]", "seeds: [0, 1, 2, 3, 4, 5]")
    refused(run(house), "has no row for levels_2 with seed 5", "lowbit-sim train")


def test_an_accumulator_so_narrow_that_no_energy_is_left(house):
    old = "per_accumulator_bit: 4.642 fJ/bit"
    edit(house / "arch_specs/technologies/cmos_45nm.yaml", old, old.replace("4.642", "40"))
    edit(house / TERNARY, "accumulator: 24 bit", "accumulator: 8 bit")
    refused(run(house), "leaves no energy for the 8 bit accumulators")


def test_a_missing_graph_is_traced_not_trained(house):
    (house / "workloads/vit/levels_5.graph.json").unlink()
    refused(run(house), "lowbit-sim trace")


def test_a_terminal_without_unicode_still_gets_the_numbers(house):
    done = lowbit_sim("run", VIT, TERNARY, cwd=house, PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert "levels_7_pow2" in done.stdout


def test_every_number_in_the_csv_files_is_one(house):
    run(house, "--csv", "out")
    words = {"workload", "accelerator", "weight_format", "engine", "layer", "kind", "unit"}
    words |= {"layer_weight_format", "activation_format", "output_format", "stationary"}
    words |= {"loop_order", "standing", "refusal"}
    for name in ("cost", "layers", "ranking"):
        with (house / f"out/{name}.csv").open(newline="") as stream:
            for row in csv.DictReader(stream):
                for column, text in row.items():
                    if column not in words and text:
                        float(text)
