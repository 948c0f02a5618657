import ast
import statistics

import pytest
from source import MODULES, PACKAGE, functions

LINES = {path: len(path.read_text().splitlines()) for path in MODULES}


def test_median_module_is_at_most_120_lines():
    assert statistics.median(n for n in LINES.values() if n > 3) <= 120


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_module_is_at_most_300_lines_and_its_functions_40(path):
    assert LINES[path] <= 300
    long = {f.name: f.end_lineno - f.lineno + 1 for f in functions(path)}
    assert {name: n for name, n in long.items() if n > 40 + _docstring_lines(path, name)} == {}


def _docstring_lines(path, name):
    node = next(f for f in functions(path) if f.name == name)
    text = ast.get_docstring(node, clean=False)
    return 0 if text is None else text.count("\n") + 1
