"""What an element is given and must give, lane by lane.

A *lane* is one run of an element; all lanes go side by side, as the bits of whole numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.formats.number_format import NumberFormat

Array = NDArray[Any]
#: of each port, in each cycle, the value of each of its bits
Stimulus = Mapping[str, Sequence[Sequence[int]]]


@dataclass(frozen=True, slots=True)
class Trace:
    """A piece of a trained layer: what its array multiplies.

    Parameters
    ----------
    weight : NumberFormat
    inputs : ndarray of int, shape (m, k)
        Codes of activations.
    levels : ndarray of int, shape (k, n)
        Of weights.
    """

    weight: NumberFormat
    inputs: Array
    levels: Array


@dataclass(frozen=True, slots=True)
class Work:
    """What an element does in each cycle.

    Parameters
    ----------
    stimulus : Stimulus
        Values of its inputs.
    lanes : int
        How many run side by side.
    nonzero : list of int
        In each cycle, the lanes whose digit is not zero.
    busy : list of int
        In each cycle, the lanes that are counted.
    result : str
        The output that tells whether the netlist computes what it should.
    expected : dict of int to ndarray, shape (lanes,)
        By cycle, what it must show then.
    """

    stimulus: Stimulus
    lanes: int
    nonzero: list[int]
    busy: list[int]
    result: str
    expected: dict[int, Array]


def bit_lanes(values: Array, width_bits: int) -> list[list[int]]:
    """Return of each cycle, of each bit, the lanes in which it is one.

    Parameters
    ----------
    values : ndarray, shape (cycles, lanes)
        Whole numbers; their two's complement is cut to the width.
    width_bits : int
        Width of the port [bit].

    Examples
    --------
    Two lanes with 1 and −1 on two wires: the low one is set in both, the high one in the second.

    >>> bit_lanes(np.array([[1, -1]]), 2)
    [[3, 2]]
    """
    whole = values.astype(np.int64)
    bits = (whole[:, None, :] >> np.arange(width_bits)[:, None]) & 1
    packed = np.packbits(bits.astype(np.uint8), axis=2, bitorder="little")
    return [[int.from_bytes(one.tobytes(), "little") for one in cycle] for cycle in packed]


def from_lanes(wires: list[int], lanes: int) -> Array:
    """Return the unsigned numbers whose wires stand in lanes, as `bit_lanes` packs them.

    Examples
    --------
    >>> from_lanes([3, 2], 2).tolist()
    [1, 3]
    """
    count = -(-lanes // 8)
    rows = [np.frombuffer(wire.to_bytes(count, "little"), np.uint8) for wire in wires]
    single = np.unpackbits(np.stack(rows), axis=1, bitorder="little", count=lanes)
    places = np.arange(len(wires), dtype=np.uint64)[:, None]
    return np.asarray((single.astype(np.uint64) << places).sum(axis=0))
