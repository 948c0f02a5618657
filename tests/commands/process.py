"""Whole processes of the command line, and a copy of the shipped files to damage."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "lowbit_sim"]
VIT, TERNARY = "workloads/vit.yaml", "arch_specs/ternary_pe.yaml"


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
    """Copy the vit workload and all machines into `folder`."""
    shutil.copytree(ROOT / "arch_specs", folder / "arch_specs")
    (folder / "workloads").mkdir()
    shutil.copy(ROOT / VIT, folder / VIT)
    shutil.copytree(ROOT / "workloads" / "vit", folder / "workloads" / "vit")
    return folder


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def run(house, *options):
    return lowbit_sim("run", VIT, TERNARY, *options, cwd=house)
