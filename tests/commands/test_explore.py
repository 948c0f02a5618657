"""`explore` and what it says of bad input, from the command line."""

import contextlib
import csv
import json
import os
import pty
import subprocess

import pytest
import yaml
from process import COMMAND, ROOT, lowbit_sim, refused

from lowbit_sim.arch.load import load_accelerator
from lowbit_sim.explore.space import load_space

SPACE = {
    "name": "made",
    "kind": "space",
    "description": "Two arrays, three memories, two clocks.",
    "workloads": [str(ROOT / "workloads/fcnn_digits.yaml")],
    "accelerators": [str(ROOT / f"arch_specs/{name}_pe.yaml") for name in ("ternary", "shift_add")],
    "weight_formats": ["levels_2", "levels_5"],
    "axes": [
        {"memories.shared_sram.capacity": ["32 KiB", "64 KiB", "128 KiB"]},
        {"clock": ["250 MHz", "500 MHz"]},
    ],
}  # fmt: skip


def written(folder, **change):
    path = folder / "made.yaml"
    path.write_text(yaml.safe_dump(SPACE | change, sort_keys=False, width=1000), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def explored(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explore")
    path = written(folder)
    done = lowbit_sim("explore", path, "--jobs", "1", "--out", folder / "found", COLUMNS="80")
    return path, folder / "found", done


def test_the_front_is_printed_and_kept(explored):
    _, found, done = explored
    assert done.returncode == 0, done.stderr
    assert "fcnn_digits: designs that no other beats" in done.stdout
    assert "12 designs, 24 with their formats and networks" in done.stdout
    assert "the engines differ by at most 0 cycles" in " ".join(done.stdout.split())
    assert max(map(len, done.stdout.splitlines())) <= 80 + len(str(found))
    rows = list(csv.DictReader((found / "front.csv").read_text().splitlines()))
    assert rows
    assert {"area_um2", "energy_pj", "clock_hz", "shared_sram_capacity_bits"} <= rows[0].keys()


def test_a_second_run_does_nothing_again_and_says_the_same(explored):
    path, found, _ = explored
    before = {one: one.read_bytes() for one in found.rglob("*") if one.is_file()}
    # whatever asks for colours: nobody is told of progress where there is no terminal
    done = lowbit_sim("explore", path, "--jobs", "1", "--out", found, "--json", FORCE_COLOR="1")
    assert (done.returncode, done.stderr) == (0, "")
    assert {one: one.read_bytes() for one in found.rglob("*") if one.is_file()} == before
    rows = list(csv.DictReader((found / "front.csv").read_text().splitlines()))
    assert [str(row["design"]) for row in json.loads(done.stdout)] == [r["design"] for r in rows]


def test_another_space_in_the_same_folder_is_refused(explored, tmp_path):
    _, found, _ = explored
    other = written(tmp_path, weight_formats=["levels_3"])
    refused(lowbit_sim("explore", other, "--out", found), "--afresh", found)


def test_a_design_is_printed_as_a_machine(explored, tmp_path):
    path, _, _ = explored
    done = lowbit_sim("explore", path, "--design", "11")
    assert done.returncode == 0, done.stderr
    (tmp_path / "made_11.yaml").write_text(done.stdout)
    (tmp_path / "technologies").symlink_to(ROOT / "arch_specs/technologies")
    machine = load_accelerator(tmp_path / "made_11.yaml")
    assert machine.sources[-1] == "Design 11 of the space made."
    assert machine.memories == load_space(path).accelerator(11).memories
    assert machine.clock_hz == 500_000_000


def test_no_such_design(explored):
    path, _, _ = explored
    refused(lowbit_sim("explore", path, "--design", "12"), "12", "11")


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        ({"axes": []}, ["axes", "made.yaml:"]),
        ({"axes": [{"clock": []}]}, ["axes.0.clock", "list of values"]),
        ({"axes": [{"memories.shared_sram.capasity": ["1 KiB"]}]}, ["capasity", "'capacity'"]),
        ({"axes": [{"memories.sram.capacity": ["1 KiB"]}]}, ["no 'sram'", "shared_sram"]),
        ({"constraints": {"area": "1 um2"}}, ["area is limited to 1", "none takes less than 0."]),
        ({"weight_formats": ["levels_6"]}, ["levels_6", "levels_5"]),
        ({"objectives": ["speed"]}, ["objectives.0", "latency"]),
    ],
)
def test_bad_input(tmp_path, change, parts):
    done = lowbit_sim(
        "explore", written(tmp_path, **change), "--jobs", "1", "--out", tmp_path / "o"
    )
    refused(done, *parts)


def test_a_space_too_large_to_be_looked_at_whole(tmp_path):
    many = {"from": "1 KiB", "to": "999 KiB", "step": "1 KiB"}
    names = [f"memories.{name}_scratchpad.capacity" for name in ("weight", "input", "output")]
    axes = [{name: dict(many)} for name in names]
    done = lowbit_sim("explore", written(tmp_path, axes=axes), "--out", tmp_path / "o")
    refused(done, "1,994,005,998 designs", "hours", "search: {sampler: nsga2")
    assert not (tmp_path / "o").exists()


def test_a_search(tmp_path):
    path = written(tmp_path, search={"sampler": "nsga2", "trials": 20, "population": 5})
    done = lowbit_sim("explore", path, "--jobs", "1", "--out", tmp_path / "o")
    assert done.returncode == 0, done.stderr
    assert "a search by nsga2" in done.stdout


def read_to_the_end(terminal):
    read = []
    with contextlib.suppress(OSError):  # which says that nobody has the other end any more
        while raw := os.read(terminal, 4096):
            read.append(raw)
    os.close(terminal)
    return b"".join(read).decode()


@pytest.mark.parametrize("search", [None, {"sampler": "nsga2", "trials": 10, "population": 5}])
def test_on_a_terminal_the_front_is_shown_as_it_grows(tmp_path, search):
    path = written(tmp_path, **({} if search is None else {"search": search}))
    ours, theirs = pty.openpty()
    command = [*COMMAND, "explore", path, "--jobs", "1", "--out", tmp_path / "o"]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80", "LINES": "24"}
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=theirs, text=True, env=environment
    ) as process:
        os.close(theirs)
        told = read_to_the_end(ours)
        said = process.stdout.read()
    assert process.returncode == 0, told
    assert "fcnn_digits: designs that no other of " in told
    assert "beats so far" in told
    assert ("10/10 trials" if search else "settled") in told
    assert ("bounding" in told) is (search is None)
    assert "so far" not in said


def test_nobody_at_the_scheduler(explored, tmp_path):
    path, _, _ = explored
    done = lowbit_sim("explore", path, "--scheduler", "tcp://127.0.0.1:9", "--out", tmp_path / "o")
    refused(done, "no scheduler answers at tcp://127.0.0.1:9")


def test_the_help_says_what_it_is_for():
    assert COMMAND
    assert "resumable" in lowbit_sim("explore", "--help").stdout
