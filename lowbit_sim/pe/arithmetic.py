"""What each kind of processing element computes, in its own arithmetic, digit by digit.

`dot` multiplies the inputs of a fold with its weights as the silicon does: weights (and, where the
kind cuts them too, activations) become trits, planes, signed powers, bricks, table indices or
packed words; each pass is summed by itself and added at its digit's scale. Nothing is multiplied
that the kind does not multiply, except that a sum of products by small digits is one matrix
product of 64-bit floats: exact, since no such sum reaches 2^53.

A plug-in kind brings its own arithmetic as a method
``dot(inputs, levels, weight, activation) -> sums``, with the arguments of `dot`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.errors import spec_error
from lowbit_sim.formats.digits import Digits, bricks, planes, signed_powers, trits
from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.pe.bit_brick import FUSED_BITS
from lowbit_sim.pe.word_arithmetic import lookup_table, ternary_popcount, xnor_popcount

Array = NDArray[Any]
#: formats of the weights and of the activations
Formats = tuple[NumberFormat, NumberFormat]
Dot = Callable[[Any, Array, Array, Formats], Array]

#: kinds whose sums are 32-bit floats
FLOATING = frozenset({"float_mac"})


def dot(element: Any, inputs: Array, levels: Array, formats: Formats) -> Array:
    """Return the sums of the products of a fold, or of a stack of them, not yet wrapped.

    Parameters
    ----------
    element : ProcessingElement
        The kind with its parameters.
    inputs : ndarray of int64, shape (…, m, k)
        Codes of the activations.
    levels : ndarray of int64, shape (…, k, n)
        Levels of the weights; leading axes are broadcast.
    formats : tuple of NumberFormat
        Of the weights and of the activations; the kind must not refuse them.

    Returns
    -------
    ndarray of int64 (of float32 where the kind is one of `FLOATING`), shape (…, m, n)

    Raises
    ------
    SpecError
        If the kind has no arithmetic.
    """
    own = getattr(element, "dot", None)
    if own is not None:
        return np.asarray(own(inputs, levels, *formats))
    if element.kind not in ARITHMETIC:
        reason = "it needs a method 'dot(inputs, levels, weight, activation)'"
        raise spec_error(f"kind '{element.kind}' cannot be executed: {reason}")
    return ARITHMETIC[element.kind](element, inputs, levels, formats)


def wrapped(sums: NDArray[np.int64], accumulator_bits: int) -> NDArray[np.int64]:
    """Return what a two's complement accumulator holds of `sums`.

    Examples
    --------
    >>> wrapped(np.array([7, 8, -9]), 4).tolist()
    [7, -8, 7]
    """
    half = 1 << (accumulator_bits - 1)
    return ((sums + half) & (2 * half - 1)) - half


def _sums(inputs: Array, digits: Array) -> NDArray[np.int64]:
    """Return ``inputs @ digits`` of small integers, exactly."""
    sums: NDArray[np.float64] = np.matmul(inputs.astype(np.float64), digits.astype(np.float64))
    return sums.astype(np.int64)


def _pass_by_pass(inputs: Array, cut: Digits) -> NDArray[np.int64]:
    """Return the digits' sums, each pass by itself, at their scales."""
    floats = inputs.astype(np.float64)
    total = np.zeros((), np.int64)
    for digit, scale in zip(*cut, strict=True):
        total = total + scale * _sums(floats, digit)
    return total


def _ternary(_element: Any, inputs: Array, levels: Array, formats: Formats) -> Array:
    return _pass_by_pass(inputs, trits(levels, formats[0]))


def _bit_serial(element: Any, inputs: Array, levels: Array, formats: Formats) -> Array:
    return _pass_by_pass(inputs, planes(levels, formats[0], element.encoding))


def _bit_serial_skip(element: Any, inputs: Array, levels: Array, formats: Formats) -> Array:
    # a zero is only skipped where there is one: no offset code in sign-magnitude
    offset_code = element.encoding == "twos_complement"
    cut = planes(levels, formats[0], element.encoding, offset_code=offset_code)
    return _pass_by_pass(inputs, cut)


def _shift_add(_element: Any, inputs: Array, levels: Array, formats: Formats) -> Array:
    terms = signed_powers(levels, formats[0])  # an activation times a power is the shifted one
    return _pass_by_pass(inputs, (terms, np.ones(len(terms), np.int64)))


def _both_serial(element: Any, inputs: Array, levels: Array, formats: Formats) -> Array:
    cut = planes(levels, formats[0], element.encoding)
    total = np.zeros((), np.int64)
    for plane, scale in zip(*planes(inputs, formats[1], element.encoding), strict=True):
        total = total + scale * _pass_by_pass(plane, cut)
    return total


def _bit_brick(_element: Any, inputs: Array, levels: Array, formats: Formats) -> Array:
    widths = [next(w for w in FUSED_BITS if w >= fmt.twos_complement_bits) for fmt in formats]
    total = np.zeros((), np.int64)
    for brick, scale in zip(*bricks(inputs, widths[1]), strict=True):
        total = total + scale * _pass_by_pass(brick, bricks(levels, widths[0]))
    return total


def _integer_mac(element: Any, inputs: Array, levels: Array, _formats: Formats) -> Array:
    operands = (wrapped(held, element.operand_bits) for held in (inputs, levels))
    return _sums(*operands)


def _float_mac(_element: Any, inputs: Array, levels: Array, _formats: Formats) -> Array:
    """Return sums of bf16 products in fp32, one product after another."""
    a, w = _bf16(inputs), _bf16(levels)
    total = np.zeros((), np.float32)
    for row in range(a.shape[-1]):
        total = total + a[..., row, None] * w[..., row, None, :]
    return total


def _bf16(levels: Array) -> NDArray[np.float32]:
    """Return integers rounded to 8 significant bits, ties to even, as float32."""
    held = levels.astype(np.float32).view(np.uint32)
    rounded = held + 0x7FFF + ((held >> 16) & 1)
    return (rounded & np.uint32(0xFFFF0000)).view(np.float32)


#: kind -> its arithmetic; skipping what is zero changes when, not what
ARITHMETIC: Mapping[str, Dot] = MappingProxyType(
    {
        "ternary_adder": _ternary,
        "ternary_skip": _ternary,
        "ternary_popcount": ternary_popcount,
        "xnor_popcount": xnor_popcount,
        "shift_add": _shift_add,
        "bit_serial": _bit_serial,
        "bit_serial_skip": _bit_serial_skip,
        "bit_serial_both": _both_serial,
        "bit_brick": _bit_brick,
        "lookup_table": lookup_table,
        "integer_mac": _integer_mac,
        "float_mac": _float_mac,
    }
)
