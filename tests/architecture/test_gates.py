import os
import re

from source import ROOT

CI = (ROOT / ".ci" / "run").read_text()


def test_every_step_of_ci_gates():
    assert "set -euo pipefail" in CI
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert not re.search(r"\|\||set \+e|exit 0|continue-on-error", CI)
    for tool in ("ruff check", "ruff format --check", "mypy", "lint-imports", "readme_command 2"):
        assert tool in CI


def test_the_readmes_second_command_runs_the_tests():
    blocks = re.findall(r"```bash\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert "lowbit-sim run workloads/vit.yaml arch_specs/ternary_pe.yaml" in blocks[0]
    assert "pytest" in blocks[1]
    assert all("venv" in block and "constraints.txt" in block for block in blocks[:2])
