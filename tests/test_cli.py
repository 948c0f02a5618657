import pytest
from process import lowbit_sim


def test_help_names_every_command():
    done = lowbit_sim("--help")
    assert done.returncode == 0
    for command in ("run", "train", "trace", "check", "formula", "list", "diff"):
        assert f"  {command} " in done.stdout


def test_help_of_run_names_every_option():
    done = lowbit_sim("run", "--help", COLUMNS="100")
    for option in ("format", "csv", "engine", "objective", "margin", "explain", "timeline"):
        assert f"--{option} " in done.stdout
    assert "--verify" in done.stdout
    assert "--json" in done.stdout
    assert "edp" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["rum"],
        ["run", "workloads/vit.yaml"],
        ["run", "workloads/vit.yaml", "arch_specs/ternary_pe.yaml", "--engine", "magic"],
        ["run", "workloads/vit.yaml", "arch_specs/ternary_pe.yaml", "--objective", "area"],
        ["run", "workloads/vit.yaml", "arch_specs/ternary_pe.yaml", "--margin", "-1"],
        ["run", "workloads/vit.yaml", "arch_specs/ternary_pe.yaml", "--explain"],
        ["diff", "reports"],
        ["diff", "reports", "reports", "--limit", "0"],
    ],
)
def test_a_wrong_command_line_is_refused(arguments):
    done = lowbit_sim(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert not done.stdout


def test_help_of_diff_says_its_exit_codes():
    said = " ".join(lowbit_sim("diff", "--help").stdout.split())
    assert "0 if nothing moved, 1 if something did, 2 for bad input" in said


def test_no_arguments_print_the_help():
    done = lowbit_sim()
    assert "Commands:" in done.stdout + done.stderr
