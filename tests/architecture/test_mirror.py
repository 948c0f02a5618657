import ast

import pytest
from source import MODULES, PACKAGE, ROOT

LOGIC = [path for path in MODULES if path.name not in {"__init__.py", "__main__.py"}]


def defines_something(path):
    kinds = (ast.FunctionDef, ast.ClassDef)
    return any(isinstance(node, kinds) for node in ast.parse(path.read_text()).body)


@pytest.mark.parametrize("path", LOGIC, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_every_module_has_its_test_file(path):
    if not defines_something(path):
        return
    inside = path.relative_to(PACKAGE)
    expected = ROOT / "tests" / inside.parent / f"test_{inside.stem}.py"
    assert expected.is_file(), f"{inside} wants {expected.relative_to(ROOT)}"
