"""Tables worked by hand, in Markdown: read them, and evaluate the working."""

import math
import re
from fractions import Fraction
from pathlib import Path

TOKEN = re.compile(r"\s*(\d+|[⌈⌉()·/+−])")


def read_table(path):
    """Return the rows of the one table in `path`, each a dict by column."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    header, rule, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert all(set(cell) <= set("-:") for cell in rule)
    return [dict(zip(header, row, strict=True)) for row in rows]


def table_beside(test_file):
    """Return the rows of the table named after the test: test_x.py reads x.md."""
    path = Path(test_file)
    return read_table(path.with_name(path.stem.removeprefix("test_") + ".md"))


def whole(cell):
    return int(cell.replace(",", ""))


def evaluate(working):
    """Return the whole number that `working` comes to: + − · / brackets and ⌈ ⌉, nothing else."""
    tokens, at = [], 0
    while at < len(working.rstrip()):
        found = TOKEN.match(working, at)
        if found is None:
            raise ValueError(f"cannot read {working[at:]!r}")
        tokens.append(found[1])
        at = found.end()
    value = _sum(tokens)
    if tokens or value.denominator != 1:
        raise ValueError(f"{working!r} does not come to a whole number")
    return int(value)


def _sum(tokens):
    value = _product(tokens)
    while tokens and tokens[0] in "+−":
        value += _product(tokens) if tokens.pop(0) == "+" else -_product(tokens)
    return value


def _product(tokens):
    value = _atom(tokens)
    while tokens and tokens[0] in "·/":
        value = value * _atom(tokens) if tokens.pop(0) == "·" else value / _atom(tokens)
    return value


def _atom(tokens):
    if not tokens:
        raise ValueError("a number is missing at the end")
    token = tokens.pop(0)
    if token.isdigit():
        return Fraction(token)
    closing = {"(": ")", "⌈": "⌉"}.get(token)
    if closing is None:
        raise ValueError(f"a number is missing before {token!r}")
    value = _sum(tokens)
    if not tokens or tokens.pop(0) != closing:
        raise ValueError(f"{closing!r} is missing")
    return Fraction(math.ceil(value)) if token == "⌈" else value
