"""Functions of cells, as a Liberty file writes them, for many values at once.

A value is a Python integer with one bit for each lane: a function of a cell takes its pins' values
and gives its output's in all lanes together.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

#: from the values of the nets, by number, to a value
Evaluate = Callable[[list[int]], int]


def compiled(text: str, net_of_pin: Mapping[str, int], lanes_mask: int) -> Evaluate:
    """Return a Liberty function as a function of the nets' values.

    Parameters
    ----------
    text : str
        As ``!((A1 & A2) | B)``. Where ``^`` stands beside another operator it must be in
        parentheses, since languages differ on which binds closer.
    net_of_pin : Mapping[str, int]
        Where each pin's value stands.
    lanes_mask : int
        A one for every lane.

    Raises
    ------
    ValueError
        If it is no such function, or names another pin.

    Examples
    --------
    >>> nand = compiled("!(A & B)", {"A": 0, "B": 1}, 0b11)
    >>> bin(nand([0b01, 0b11]))
    '0b10'
    """
    text = text.strip()
    try:
        tree = ast.parse(text.replace("!", "~"), mode="eval").body
    except SyntaxError:
        raise ValueError(f"no function of pins: {text}") from None
    return _compiled(tree, net_of_pin, lanes_mask, text)


def _compiled(node: ast.expr, nets: Mapping[str, int], mask: int, text: str) -> Evaluate:
    match node:
        case ast.Name(id=name) if name in nets:
            net = nets[name]
            return lambda values: values[net]
        case ast.UnaryOp(op=ast.Invert(), operand=inner):
            positive = _compiled(inner, nets, mask, text)
            return lambda values: mask ^ positive(values)
        case ast.BinOp(left=left, op=op, right=right) if not _mixed(op, left, right, text):
            one, other = (_compiled(side, nets, mask, text) for side in (left, right))
            match op:
                case ast.BitAnd():
                    return lambda values: one(values) & other(values)
                case ast.BitOr():
                    return lambda values: one(values) | other(values)
                case ast.BitXor():
                    return lambda values: one(values) ^ other(values)
    raise ValueError(f"no function of {', '.join(sorted(nets))}: {text}")


def _mixed(op: ast.operator, left: ast.expr, right: ast.expr, text: str) -> bool:
    """Return whether ``^`` stands beside another operator without parentheses."""
    for side in (left, right):
        if isinstance(side, ast.BinOp) and isinstance(op, ast.BitXor) != isinstance(
            side.op, ast.BitXor
        ):
            before, after = text[: side.col_offset], text[side.end_col_offset :]
            if not (before.rstrip().endswith("(") and after.lstrip().startswith(")")):
                return True
    return False
