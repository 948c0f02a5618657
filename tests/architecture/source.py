"""What the architecture tests look at: every module of the package, parsed."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "lowbit_sim"
MODULES = sorted(PACKAGE.rglob("*.py"))


def parsed(path):
    return ast.parse(path.read_text())


def functions(path):
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [node for node in ast.walk(parsed(path)) if isinstance(node, kinds)]


def dataclass_fields(path):
    """Yield (class, field, annotation) of everything annotated in a class body."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.ClassDef):
            for part in node.body:
                if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
                    yield node.name, part.target.id, ast.unparse(part.annotation)
