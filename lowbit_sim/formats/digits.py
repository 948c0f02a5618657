"""Levels cut into the digits that datapaths walk: trits, bit planes, powers of two, 2-bit bricks.

Each function returns digits of shape (P, …) for levels of shape (…). With the scales of the
digits, ``Σ_p scale_p · digit_p`` is the level again, as long as the format has as many digits as
`NumberFormat` says. Digits beyond those are dropped, as hardware drops them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.formats.number_format import Encoding, NumberFormat

#: digits (P, …) and scales (P,)
Digits = tuple[NDArray[np.int64], NDArray[np.int64]]


def trits(levels: NDArray[Any], fmt: NumberFormat) -> Digits:
    """Return balanced base-3 digits −1, 0, 1, the least significant first; scales are 1, 3, 9.

    Examples
    --------
    >>> digits, scales = trits(np.array([4, -2]), NumberFormat("nine", tuple(range(-4, 5))))
    >>> digits.T.tolist(), scales.tolist()
    ([[1, 1], [1, -1]], [1, 3])
    """
    rest = levels.astype(np.int64)
    found = []
    for _ in range(fmt.ternary_digits):
        digit = (rest + 1) % 3 - 1
        found.append(digit)
        rest = (rest - digit) // 3
    return np.stack(found), 3 ** np.arange(len(found))


def planes(
    levels: NDArray[Any], fmt: NumberFormat, encoding: Encoding, *, offset_code: bool = True
) -> Digits:
    """Return the bit planes that a bit-serial machine walks, and their scales.

    - Bipolar levels (±1, ±3, …), under either encoding if there is an `offset_code`: its bits 0
      and 1 are the digits −1 and 1 of scales 1, 2, 4, …
    - ``twos_complement``: bits 0 and 1; the last plane is that of the sign, with a negative scale.
    - ``sign_magnitude``: the bits of the magnitude, with the sign of the whole: −1, 0, 1.

    Examples
    --------
    >>> five = NumberFormat("five", (-2, -1, 0, 1, 2))
    >>> digits, scales = planes(np.array([-1, 2]), five, "twos_complement")
    >>> digits.T.tolist(), scales.tolist()
    ([[1, 1, 1], [0, 1, 0]], [1, 2, -4])
    >>> planes(np.array([-1, 2]), five, "sign_magnitude")[0].T.tolist()
    [[-1, 0], [0, 1]]
    """
    held = levels.astype(np.int64)
    count = fmt.planes(encoding)
    scales = 1 << np.arange(count)
    if fmt.is_bipolar and offset_code:
        return 2 * _bits((held + fmt.max_level) // 2, count) - 1, scales
    if encoding == "sign_magnitude":
        return np.sign(held) * _bits(np.abs(held), count), scales
    scales[-1] = -scales[-1]
    return _bits(held, count), scales


def signed_powers(levels: NDArray[Any], fmt: NumberFormat) -> NDArray[np.int64]:
    """Return each level's signed powers of two, the smallest first, behind them zeros: (P, …).

    They are the digits of its non-adjacent form, the fewest there are; their scale is 1.

    Examples
    --------
    >>> signed_powers(np.array([7, -4]), NumberFormat("some", (-4, 7))).T.tolist()
    [[-1, 8], [-4, 0]]
    """
    rest = levels.astype(np.int64)
    found = []
    for _ in range(fmt.power_terms):
        lowest = rest & -rest  # the lowest 1: the term is it, or minus it before a run of ones
        term = np.where(rest & (lowest << 1), -lowest, lowest)
        found.append(term)
        rest = rest - term
    return np.stack(found)


def bricks(levels: NDArray[Any], width_bits: int) -> Digits:
    """Return the 2-bit digits of two's complement codes, the top one signed; scales are 1, 4, 16.

    Examples
    --------
    >>> digits, scales = bricks(np.array([-3, 7]), 4)
    >>> digits.T.tolist(), scales.tolist()
    ([[1, -1], [3, 1]], [1, 4])
    """
    count = width_bits // 2
    code = levels.astype(np.int64)
    digits = np.stack([(code >> 2 * place) & 3 for place in range(count)])
    digits[-1] -= (digits[-1] & 2) << 1
    return digits, 4 ** np.arange(count)


def _bits(codes: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    return np.stack([(codes >> place) & 1 for place in range(count)])
