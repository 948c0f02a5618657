import subprocess
import sys

from source import ROOT


def test_import_contracts_hold():
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def imported_by(code):
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(' '.join(sys.modules))"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.splitlines()[-1].split())


def test_help_imports_nothing_heavy():
    code = "from lowbit_sim.cli import app"
    assert imported_by(code) & {"torch", "numpy", "scipy", "pydantic", "networkx", "simpy"} == set()


def test_run_imports_neither_torch_nor_sklearn():
    code = (
        "import contextlib, io, sys\n"
        "sys.argv = ['lowbit-sim', 'run', 'workloads/vit.yaml', 'arch_specs/ternary_pe.yaml']\n"
        "from lowbit_sim.cli import main\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        "    main()"
    )
    modules = imported_by(code)
    assert "lowbit_sim.commands.run" in modules
    assert modules & {"torch", "sklearn"} == set()
