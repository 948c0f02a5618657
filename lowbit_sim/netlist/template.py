"""The text of a technology file with places for what was measured.

A place is ``{{expression}}``: names of measured values, numbers, + − * / and parentheses. Its value
is written with four significant digits.

    value: "{{ternary_adder.int8.levels_3.add_fj}} fJ"
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping

from lowbit_sim.errors import nearest

_PLACE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_OPERATIONS: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def filled(template: str, measured: Mapping[str, float]) -> str:
    """Return the template with every place filled.

    Raises
    ------
    ValueError
        If a place is no such expression, or names what was not measured.

    Examples
    --------
    >>> filled("{{(a.wide - a.narrow) / 8}} fJ/bit", {"a.wide": 9.0, "a.narrow": 2.0})
    '0.875 fJ/bit'
    """
    return _PLACE.sub(lambda place: f"{evaluated(place[1], measured):.4g}", template)


def evaluated(expression: str, measured: Mapping[str, float]) -> float:
    """Return the value of an expression over measured values."""
    try:
        tree = ast.parse(expression.strip(), mode="eval").body
    except SyntaxError:
        raise ValueError(f"no expression of measured values: {expression}") from None
    try:
        return _value(tree, measured)
    except ZeroDivisionError:
        raise ValueError(f"divides by a measured zero: {expression}") from None


def _value(node: ast.expr, measured: Mapping[str, float]) -> float:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATIONS:
            return _OPERATIONS[type(op)](_value(left, measured), _value(right, measured))
        case ast.Name() | ast.Attribute():
            name = ast.unparse(node)
            if name not in measured:
                raise ValueError(f"'{name}' was not measured; {nearest(name, measured)}")
            return measured[name]
    raise ValueError(f"no expression of measured values: {ast.unparse(node)}")
