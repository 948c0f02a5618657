"""Processes of the command line, whole or within this one, and shipped files to damage."""

import contextlib
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

from lowbit_sim.cli import main

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "lowbit_sim"]
VIT, TERNARY = "workloads/vit_digits.yaml", "arch_specs/ternary_pe.yaml"


def lowbit_sim(*arguments, cwd=ROOT, **environment):
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def refused(done, *parts):
    """Demand one clear error: exit code 2, no traceback, all parts named."""
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("error: ")
    for part in parts:
        assert str(part) in done.stderr
    return done


def copied_house(folder):
    """Copy the vit_digits workload and all machines into `folder`."""
    shutil.copytree(ROOT / "arch_specs", folder / "arch_specs")
    (folder / "workloads").mkdir()
    shutil.copy(ROOT / VIT, folder / VIT)
    shutil.copytree(ROOT / "workloads" / "vit_digits", folder / "workloads" / "vit_digits")
    return folder


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def add_network(house, name="mobilenet_v2"):
    """Copy a network without weights into `house`; return its workload file's path there."""
    shutil.copy(ROOT / f"workloads/{name}.yaml", house / f"workloads/{name}.yaml")
    shutil.copytree(ROOT / f"workloads/{name}", house / "workloads" / name)
    return f"workloads/{name}.yaml"


def run(house, *options):
    """Run the command within this process, which spares the second that Python takes to start."""
    return within(house, "run", VIT, TERNARY, *options)


def within(folder, *arguments):
    """Do what `lowbit_sim` does without a process of its own."""
    said, complained, given = io.StringIO(), io.StringIO(), sys.argv
    sys.argv = ["lowbit-sim", *map(str, arguments)]
    code = 0
    try:
        with (
            contextlib.chdir(folder),
            contextlib.redirect_stdout(said),
            contextlib.redirect_stderr(complained),
        ):
            main()
    except SystemExit as stop:
        code = stop.code
    finally:
        sys.argv = given
    return subprocess.CompletedProcess(arguments, code or 0, said.getvalue(), complained.getvalue())
