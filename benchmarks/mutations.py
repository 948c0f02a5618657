"""Break every formula by one cycle, and see that a test fails.

    .venv-dev/bin/python benchmarks/mutations.py [--only WORD]

A copy of the package and its tests is changed in one place at a time: a pass more in each PE kind,
a cycle more or less in each term of the two organisations and of the fold conventions. The tests
of that place must fail, and must pass before and without the change. Exit code 1 if one survives.
"""

import argparse
import ast
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
#: module -> functions and methods whose result is a count of beats or cycles
COUNTED = {"pe/folding.py": ("interval_cycles", "total_cycles", "varying_cycles")}
#: what stands in the two organisations -> the same with a cycle more
TERMS = {
    "pe/systolic.py": {
        "skew = rows + cols - 2": "skew = rows + cols - 1",
        "passes * k, skew": "passes * k + 1, skew",
        "rows if drains else 0": "rows + 1 if drains else 0",
        ", rows, passes * streamed": ", rows + 1, passes * streamed",
        "passes * streamed, skew": "passes * streamed + 1, skew",
    },
    "pe/broadcast.py": {
        "(rows - 1).bit_length()": "rows.bit_length()",
        "passes * k, 0": "passes * k, 1",
        "rows if drains else 0": "rows + 1 if drains else 0",
        ", rows, passes * streamed": ", rows + 1, passes * streamed",
    },
}


class Mutation(NamedTuple):
    """One change: a module, its text before and after, and the tests that must notice."""

    name: str
    module: str
    changed: str
    tests: tuple[str, ...]


def one_more(source, function):
    """The source with one more returned at the end of a function (its last return)."""
    tree = ast.parse(source)
    kinds = (ast.FunctionDef,)
    (found,) = [n for n in ast.walk(tree) if isinstance(n, kinds) and n.name == function]
    last = [n for n in ast.walk(found) if isinstance(n, ast.Return)][-1]
    lines = source.splitlines(keepends=True)
    value = ast.get_source_segment(source, last.value)
    head = "".join(lines[: last.lineno - 1])
    tail = "".join(lines[last.end_lineno :])
    return f"{head}{' ' * last.col_offset}return ({value}) + 1\n{tail}"


def kinds():
    """Every module of a PE kind, by its hand table."""
    return sorted(
        path.stem for path in (ROOT / "tests" / "pe").glob("*.md") if path.stem != "timelines"
    )


def plan():
    """Every mutation, in order."""
    found = []
    for kind in kinds():
        module = f"pe/{kind}.py"
        source = (ROOT / "lowbit_sim" / module).read_text()
        tests = (f"tests/pe/test_{kind}.py",)
        found += [
            Mutation(f"{kind}.{function} + 1", module, one_more(source, function), tests)
            for function in ("passes", "profile")
            if f"def {function}(" in source
        ]
    for module, functions in COUNTED.items():
        source = (ROOT / "lowbit_sim" / module).read_text()
        tests = ("tests/pe/test_folding.py",)
        found += [Mutation(f"{f} + 1", module, one_more(source, f), tests) for f in functions]
    for module, changes in TERMS.items():
        source = (ROOT / "lowbit_sim" / module).read_text()
        tests = (f"tests/pe/test_{Path(module).stem}.py",)
        for before, after in changes.items():
            assert before in source, f"{module} no longer says {before!r}"
            changed = source.replace(before, after)
            found.append(Mutation(f"{module}: {after}", module, changed, tests))
    return found


def passes(folder, tests):
    """Whether the tests pass in the copy."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    environment = os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    return done.returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", default="", help="mutations whose name holds this")
    options = parser.parse_args()
    mutations = [one for one in plan() if options.only in one.name]
    survivors = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("lowbit_sim", "tests", "arch_specs", "workloads"):
            shutil.copytree(
                ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__")
            )
        shutil.copy(ROOT / "pyproject.toml", folder)
        for tests in sorted({one.tests for one in mutations}):
            if not passes(folder, tests):
                raise SystemExit(f"{', '.join(tests)} fails before anything is changed")
        for one in mutations:
            target = folder / "lowbit_sim" / one.module
            sound = target.read_text()
            target.write_text(one.changed)
            caught = not passes(folder, one.tests)
            target.write_text(sound)
            print(f"{'caught  ' if caught else 'SURVIVED'}  {one.name}", flush=True)
            survivors += [] if caught else [one.name]
    print(f"{len(mutations) - len(survivors)} of {len(mutations)} mutations caught")
    raise SystemExit(1 if survivors else 0)


if __name__ == "__main__":
    main()
