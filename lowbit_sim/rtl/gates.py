"""Adders, selectors and multiples that several modules use, and words of several parts."""

from __future__ import annotations

from typing import Any

import numpy as np
from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, signed
from numpy.typing import NDArray

Array = NDArray[Any]


def added_or_not(value: Value, wanted: Value, negative: Value) -> tuple[Value, Value]:
    """Return `value` or its complement where it is `wanted`, and the carry that negates."""
    complement = value ^ negative.replicate(len(value)).as_signed()
    return Mux(wanted, complement, Const(0, signed(len(value)))), wanted & negative


def summed(total: Value, term: Value, carry: Value) -> Value:
    """Return ``total + term + carry`` as wide as `total`, by one adder with a carry input."""
    width = len(total)
    left, right = (Cat(bit, value).as_signed() for bit, value in ((Const(1), total), (carry, term)))
    return (left + right)[1 : width + 1].as_signed()


def scaled(value: Value, place: Value, scales: tuple[int, ...]) -> Value:
    """Return `value` times the scale of `place`."""
    chosen = value * scales[0]
    for index, scale in enumerate(scales[1:], 1):
        chosen = Mux(place == index, value * scale, chosen)
    return chosen


def place_bits(scales: tuple[int, ...]) -> int:
    """Return the width of a beat's place; at least 1 [bit]."""
    return max(1, (len(scales) - 1).bit_length())


def joined(parts: Array, width_bits: int) -> Array:
    """Return words of parts (count, …), the first one lowest.

    Examples
    --------
    >>> joined(np.array([[1, 2], [3, 0]]), 4).tolist()
    [49, 2]
    """
    places = width_bits * np.arange(len(parts)).reshape(-1, *[1] * (parts.ndim - 1))
    return np.asarray((parts.astype(np.int64) << places).sum(axis=0))


def delayed(m: Module, value: Value, cycles: int) -> Value:
    """Return `value` as it was so many cycles ago, through as many registers."""
    for _ in range(cycles):
        register = Signal.like(value)
        m.d.sync += register.eq(value)
        value = register
    return value
