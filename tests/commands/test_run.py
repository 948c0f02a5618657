import csv
import json
import re
import shutil

import pytest
from process import TERNARY, VIT, add_network, edit, lowbit_sim, refused, run, within

from lowbit_sim.study.published import PUBLISHED_COLUMNS


def set_accumulators(house, accumulator_bits):
    """Give the machine accumulators of this width, whatever it has."""
    path = house / TERNARY
    width = f"accumulator: {accumulator_bits} bit"
    path.write_text(re.sub(r"accumulator: \d+ bit", width, path.read_text()))


INTEGERS = ("ternary_pe", "bit_serial_pe", "int8_systolic", "int8_packed")


@pytest.mark.parametrize(
    ("workload", "machine"),
    [
        *(("fcnn_digits", machine) for machine in (*INTEGERS, "float_systolic")),
        ("cvnn_digits", "int8_packed"),
        ("vit_digits", "bit_serial_pe"),
    ],
)
def test_trained_workloads_run_on_every_machine(workload, machine):
    done = lowbit_sim("run", f"workloads/{workload}.yaml", f"arch_specs/{machine}.yaml")
    assert done.returncode == 0, done.stderr
    assert f"For {workload} on {machine}, take " in " ".join(done.stdout.split())
    assert "Cycles: closed form" in done.stdout


def test_run_needs_no_cache_and_changes_nothing(house):
    before = sorted(house.rglob("*"))
    first, second = (lowbit_sim("run", VIT, TERNARY, "-f", "levels_5", cwd=house) for _ in "12")
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
        assert run(house, "-f", "levels_5", "--csv", name).returncode == 0
    names = ["cost.csv", "layers.csv", "manifest.json", "ranking.csv"]
    assert sorted(path.name for path in (house / "a").iterdir()) == names
    for name in ("cost.csv", "layers.csv", "ranking.csv"):
        assert (house / "a" / name).read_bytes() == (house / "b" / name).read_bytes()


def test_engines_give_the_same_cost(house):
    formats = ("-f", "levels_3", "-f", "levels_17")
    run(house, *formats, "--csv", "closed")
    done = run(house, *formats, "--csv", "events", "--engine", "event_driven")
    assert done.returncode == 0, done.stderr
    closed, events = ((house / n / "cost.csv").read_text() for n in ("closed", "events"))
    assert closed.replace("closed_form", "event_driven") == events
    assert "Cycles: event-driven engine." in done.stdout


def test_one_format_brings_the_baseline_along(house):
    done = run(house, "-f", "levels_5", "--csv", "out")
    assert done.returncode == 0, done.stderr
    rows = (house / "out" / "ranking.csv").read_text().splitlines()
    assert len(rows) == 3


def test_names_stand_for_files(house):
    by_name = within(house, "run", "vit_digits", "ternary_pe", "-f", "levels_5")
    assert by_name.returncode == 0, by_name.stderr
    assert by_name.stdout == run(house, "-f", "levels_5").stdout
    done = within(house, "run", "vti_digits", "ternary_pe")
    refused(done, "workloads/vti_digits.yaml: no such file", "did you mean 'vit_digits.yaml'")


def test_the_manifest_names_the_technology_that_prices_and_its_macros(house):
    asked = ("--margin", "2", "--technology", "nangate45_rtl")
    done = run(house, "-f", "levels_5", *asked, "--csv", "out")
    assert done.returncode == 0, done.stderr
    assert "at most 2 point below fp32" in " ".join(done.stdout.split())
    content = json.loads((house / "out/manifest.json").read_text())
    files = {f"arch_specs/technologies/{n}" for n in ("nangate45_rtl.yaml", "cacti7_45nm.csv")}
    assert files <= content["inputs_sha256"].keys()
    assert "arch_specs/technologies/cmos_45nm.yaml" not in content["inputs_sha256"]
    assert content["options"] == {
        "formats": ["levels_5"],
        "engine": "closed_form",
        "objective": "edp",
        "margin_points": 2.0,
        "technologies": ["nangate45_rtl"],
    }


# rows as JSON


def no_such_number(word):
    raise AssertionError(word)


def test_json_is_the_rows_of_the_csv_files_and_nothing_else(house):
    options = ("-f", "levels_5", "--csv", "out", "--timeline", "t.json", "--verify")
    done = lowbit_sim("run", VIT, TERNARY, "--json", *options, cwd=house)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout + done.stderr
    found = json.loads(done.stdout, parse_constant=no_such_number)
    assert list(found) == ["cost", "layers", "ranking"]
    for name, rows in found.items():
        with (house / f"out/{name}.csv").open(newline="") as stream:
            written = list(csv.DictReader(stream))
        assert [list(row) for row in rows] == [list(row) for row in written]
        assert [{n: "" if c is None else str(c) for n, c in row.items()} for row in rows] == written
    # what is said beside the rows is said on the other stream
    assert "wrote out/" in done.stderr
    assert "wrote t.json" in done.stderr
    assert "every sum is that of plain integers" in " ".join(done.stderr.split())


def test_json_is_the_same_every_time_and_says_nothing_by_itself(house):
    first, second = (run(house, "-f", "levels_5", "--json") for _ in "12")
    assert first.returncode == 0
    assert first.stdout == second.stdout
    assert first.stderr == ""


def test_a_published_accuracy_is_an_input_and_no_seed(house):
    set_accumulators(house, 32)
    workload = add_network(house, "vit_ti")
    row = ["vit_ti", "fp32", "bf16", "top1", "0.7", "", "a network", "", "made by hand"]
    with (house / "workloads/vit_ti/published_accuracy.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([PUBLISHED_COLUMNS, row])
    done = within(house, "run", workload, TERNARY, "-f", "levels_3", "--json", "--csv", "out")
    assert done.returncode == 0, done.stderr
    # nothing is known of the accuracy of levels_3
    rows = json.loads(done.stdout, parse_constant=no_such_number)["ranking"]
    lost = {row["weight_format"]: row["loss_against_fp32_fraction"] for row in rows}
    assert lost == {"levels_3": None, "fp32": 0}
    content = json.loads((house / "out/manifest.json").read_text())
    assert "workloads/vit_ti/published_accuracy.csv" in content["inputs_sha256"]
    assert content["training_seeds"] == []


def test_json_of_an_error_is_no_json(house):
    refused(done := run(house, "-f", "levels_6", "--json"), "levels_6")
    assert not done.stdout
    refused(done := run(house, "--json", "--explain", "head"), "--explain: prints text")
    assert not done.stdout


# bad input


def test_missing_files_name_the_nearest(house):
    refused(
        within(house, "run", "workloads/vti_digits.yaml", TERNARY),
        "vti_digits.yaml",
        "vit_digits.yaml",
    )
    refused(within(house, "run", VIT, "arch_specs/ternary.yaml"), "ternary_pe.yaml")


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
    edit(house / TERNARY, "capacity: 8 KiB", "capacity: 128 B")
    refused(run(house), "weight_scratchpad", "ternary_pe.yaml")


def test_a_shared_memory_too_small_says_how_much_is_missing(house):
    edit(house / TERNARY, "capacity: 128 KiB", "capacity: 128 B")
    refused(run(house), "shared_sram", "ternary_pe.yaml")
    edit(house / TERNARY, "capacity: 128 B", "capacity: 64 B")
    refused(run(house), "memories.1.capacity", "must be at least 1024 bit")


def test_a_format_the_array_cannot_compute_is_refused_by_name(house):
    refused(run(house, "-f", "bf16"), "bf16", "floating-point", "ternary_pe.yaml")


def test_an_unknown_format_names_the_nearest(house):
    refused(run(house, "-f", "level_5"), "level_5", "did you mean 'levels_5'")


def test_a_changed_workload_does_not_match_its_checkpoints(house):
    edit(house / VIT, "depth: 3", "depth: 4")
    refused(run(house), "another spec", "lowbit-sim train")


def test_a_truncated_checkpoint(house):
    path = house / "workloads/vit_digits/levels_5.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    refused(run(house), "levels_5.safetensors")


def test_a_tampered_checkpoint(house):
    path = house / "workloads/vit_digits/levels_5.safetensors"
    raw = bytearray(path.read_bytes())
    raw[-50] ^= 1
    path.write_bytes(raw)
    refused(run(house), "levels_5.safetensors")


def test_a_tampered_graph(house):
    path = house / "workloads/vit_digits/levels_5.graph.json"
    edit(path, '"m":16', '"m":17')
    refused(run(house), "levels_5.graph.json")


def test_a_graph_of_another_checkpoint(house):
    folder = house / "workloads/vit_digits"
    shutil.copy(folder / "levels_3.graph.json", folder / "levels_5.graph.json")
    refused(run(house), "levels_5.graph.json")


def test_missing_checkpoint_and_accuracy(house):
    (house / "workloads/vit_digits/levels_5.safetensors").unlink()
    refused(run(house), "levels_5.safetensors", "lowbit-sim train")
    (house / "workloads/vit_digits/accuracy.csv").unlink()
    refused(run(house), "accuracy.csv")


def test_an_output_directory_that_cannot_be_written(house):
    (house / "out").write_text("a file of mine")
    refused(run(house, "--csv", "out"), "out", "cannot be written")
    assert (house / "out").read_text() == "a file of mine"


def test_arguments_in_the_wrong_order(house):
    done = lowbit_sim("run", TERNARY, VIT, cwd=house)
    refused(done, "a file of the kind accelerator, here belongs the workload")
    technology = "arch_specs/technologies/cmos_45nm.yaml"
    refused(within(house, "run", VIT, technology), "a file of the kind technology")


def test_a_workload_without_the_baseline(house):
    edit(house / VIT, "bf16, fp32]", "bf16]")
    refused(run(house), "vit_digits.yaml", "must hold fp32")


def test_a_seed_that_was_never_measured(house):
    edit(house / VIT, "seeds: [0, 1, 2, 3, 4]", "seeds: [0, 1, 2, 3, 4, 5]")
    refused(run(house), "has no row for levels_2 with seed 5", "lowbit-sim train")


def test_an_accumulator_so_narrow_that_no_energy_is_left(house):
    old = "per_accumulator_bit: 4.642 fJ/bit"
    edit(house / "arch_specs/technologies/cmos_45nm.yaml", old, old.replace("4.642", "40"))
    set_accumulators(house, 8)
    refused(run(house), "leaves no energy for", "actions.adder.add")


def test_a_missing_graph_is_traced_not_trained(house):
    (house / "workloads/vit_digits/levels_5.graph.json").unlink()
    refused(run(house), "lowbit-sim trace")


def test_a_terminal_without_unicode_still_gets_the_numbers(house):
    options = ("run", VIT, TERNARY, "-f", "levels_7_pow2")
    done = lowbit_sim(*options, cwd=house, PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert "levels_7_pow2" in done.stdout
    explained = lowbit_sim(*options, "--explain", "head", cwd=house, PYTHONIOENCODING="ascii")
    assert explained.returncode == 0, explained.stderr


def test_every_number_in_the_csv_files_is_one(house):
    run(house, "-f", "levels_5", "--csv", "out")
    words = {"workload", "accelerator", "weight_format", "engine", "layer", "kind", "unit"}
    words |= {"layer_weight_format", "activation_format", "output_format", "stationary"}
    words |= {"loop_orders", "standing", "refusal"}
    for name in ("cost", "layers", "ranking"):
        with (house / f"out/{name}.csv").open(newline="") as stream:
            for row in csv.DictReader(stream):
                for column, text in row.items():
                    if column not in words and text:
                        float(text)


# what the mapper minimises


@pytest.mark.parametrize(
    ("objective", "words"),
    [("cycles", "fewest cycles"), ("energy", "least energy."), ("edp", "least energy × delay.")],
)
def test_every_objective(house, objective, words):
    done = run(house, "-f", "levels_5", "--objective", objective)
    assert done.returncode == 0, done.stderr
    assert f"each is mapped for {words}" in " ".join(done.stdout.split())


# one layer explained


def test_a_layer_is_explained_instead_of_the_ranking(house):
    done = run(house, "-f", "levels_5", "--explain", "blocks.0.attention.qkv")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("blocks.0.attention.qkv: linear 16·64·192 on adders")
    assert "network in 5 levels (2.32 bit)" in " ".join(done.stdout.split())
    assert "best weight precision first" not in done.stdout


def test_an_unknown_layer_names_the_nearest_before_anything_is_written(house):
    before = sorted(house.rglob("*"))
    done = run(house, "--explain", "blocks.0.attention.qvk", "--csv", "out", "--timeline", "t.json")
    refused(done, "no layer is called", "did you mean 'blocks.0.attention.qkv'?")
    assert not done.stdout
    assert sorted(house.rglob("*")) == before
    # the input takes no time, so that there is nothing to explain
    refused(run(house, "--explain", "input"), "no layer is called 'input'")


# a timeline


def test_a_timeline_is_written_for_the_first_format_asked_for(house):
    done = run(house, "-f", "levels_5", "--timeline", "t.json", "--csv", "out")
    assert done.returncode == 0, done.stderr
    assert "wrote t.json: open it at https://ui.perfetto.dev" in done.stdout
    content = json.loads((house / "t.json").read_text())
    assert content["otherData"]["weight_format"] == "levels_5"
    with (house / "out/ranking.csv").open(newline="") as stream:
        rows = {row["weight_format"]: row for row in csv.DictReader(stream)}
    ends = max(event["args"].get("end_cycles", 0) for event in content["traceEvents"])
    assert ends == int(rows["levels_5"]["inference_cycles"])


def test_a_timeline_of_one_layer_as_a_picture(house):
    done = run(house, "-f", "levels_5", "--explain", "head", "--timeline", "head.svg")
    assert done.returncode == 0, done.stderr
    picture = (house / "head.svg").read_text()
    assert picture.startswith("<svg ")
    assert "head" in picture
    assert "blocks" not in picture


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("none/t.json", "none is no directory"),
        ("workloads", "is a directory"),
        ("workloads/vit_digits.yaml/t.json", "workloads/vit_digits.yaml is no directory"),
    ],
)
def test_a_timeline_that_cannot_be_written_is_refused_before_anything_runs(house, path, words):
    before = sorted(house.rglob("*"))
    done = refused(run(house, "--timeline", path), path, "cannot be written", words)
    assert not done.stdout
    assert sorted(house.rglob("*")) == before


# networks without weights


def test_a_network_without_weights_is_ranked_by_cost_alone(house):
    set_accumulators(house, 32)
    workload = add_network(house, "vit_ti")
    done = lowbit_sim("run", workload, TERNARY, "--csv", "out", cwd=house, COLUMNS="80")
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.split())
    assert "accuracy %" not in said
    assert "Whether they are accurate enough is not known here." in said
    assert "nothing is known of its accuracy" in said
    assert "weights are assumed (Gaussian" in said
    assert "find no room in shared_sram (128 KiB)" in said
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "…" not in done.stdout
    with (house / "out/ranking.csv").open(newline="") as stream:
        assert {row["accuracy_mean_fraction"] for row in csv.DictReader(stream)} == {""}
    with (house / "out/layers.csv").open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["weight_format"] == "levels_3"]
    assert {row["weights_assumed"] for row in rows if row["kind"] == "linear"} == {"1"}
    assert json.loads((house / "out/manifest.json").read_text())["training_seeds"] == []


def test_accumulators_too_narrow_for_a_large_network_are_refused(house):
    set_accumulators(house, 16)
    workload = add_network(house)
    done = within(house, "run", workload, TERNARY, "-f", "levels_3")
    refused(done, "the 16 bit accumulators of array 'adders' do not hold every sum")


def test_a_network_of_which_a_file_is_missing_or_changed(house):
    workload = add_network(house)
    edit(house / workload, "image_side: 224", "image_side: 192")
    refused(within(house, "run", workload, TERNARY), "another network", "lowbit-sim trace")
    (house / "workloads/mobilenet_v2/graph.json").unlink()
    refused(within(house, "run", workload, TERNARY), "graph.json: is missing")


def test_a_network_where_the_machine_belongs(house):
    workload = add_network(house)
    for arguments in ((TERNARY, workload), (VIT, workload)):
        done = within(house, "run", *arguments)
        refused(done, "a file of the kind", "the order is: WORKLOAD ACCELERATOR")


# operators at once


def test_a_machine_that_runs_operators_at_once_says_by_which_engine(house):
    edit(house / TERNARY, "vector_unit:", "concurrent: true\nvector_unit:")
    closed = run(house, "-f", "levels_5")
    assert "--engine event_driven lets independent ones run at once" in " ".join(
        closed.stdout.split()
    )
    events = run(house, "-f", "levels_5", "--engine", "event_driven", "--timeline", "t.json")
    assert events.returncode == 0, events.stderr
    assert "independent operators run at once" in " ".join(events.stdout.split())
    assert json.loads((house / "t.json").read_text())["traceEvents"]
