"""Weights to packed byte streams and back: real bits, in the layouts of `storage`.

All padding is zero, so a list of codes has exactly one stream.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.errors import spec_error
from lowbit_sim.formats.digit_words import decode_words, digits_per_word, encode_words
from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.formats.storage import (
    PACKINGS,
    Packing,
    WordLayout,
    stored_bits,
    stored_bits_per_weight,
    word_layout,
)
from lowbit_sim.units import ceil_div

__all__ = [
    "PACKINGS",
    "Packing",
    "digits_per_word",
    "pack",
    "stored_bits",
    "stored_bits_per_weight",
    "unpack",
]


def pack(codes: NDArray[Any], fmt: NumberFormat, packing: Packing) -> NDArray[np.uint8]:
    """Return the byte stream of `codes`.

    Parameters
    ----------
    codes : ndarray of int, any shape
        Indices into ``fmt.levels``, taken in C order.
    fmt : NumberFormat
        An integer format.
    packing : str
        One of `PACKINGS`.

    Returns
    -------
    ndarray of uint8, shape (stored_bits(fmt, packing, codes.size) / 8,)

    Raises
    ------
    SpecError
        If a code is no integer from 0 to N-1, the format is floating-point, or the packing is
        unknown or holds no weight.

    Examples
    --------
    Five ternary weights in a byte: 2 + 1·3 + 0·9 + 2·27 + 2·81 = 221.

    >>> three = NumberFormat("levels_3", (-1, 0, 1))
    >>> pack(np.array([2, 1, 0, 2, 2]), three, "word_8").tolist()
    [221]
    """
    layout = _integer_layout(fmt, packing)
    if not np.issubdtype(codes.dtype, np.integer):
        raise spec_error(f"{fmt.name}: codes are integers, not {codes.dtype}")
    if codes.size and not 0 <= codes.min() <= codes.max() < fmt.count:
        found = f"{codes.min()} to {codes.max()}"
        raise spec_error(f"{fmt.name}: codes run from 0 to {fmt.count - 1}, not {found}")
    words = ceil_div(codes.size, layout.digits)
    digits = np.zeros(words * layout.digits, np.min_scalar_type(fmt.count - 1))
    digits[: codes.size] = codes.ravel()
    stream = encode_words(digits.reshape(words, layout.digits), layout.base, layout.word_bits // 8)
    return stream.reshape(-1)[: stored_bits(fmt, packing, codes.size) // 8]


def unpack(
    stream: NDArray[np.uint8], fmt: NumberFormat, packing: Packing, weights: int
) -> NDArray[np.unsignedinteger]:
    """Return the codes that `pack` put into `stream`.

    Parameters
    ----------
    stream : ndarray of uint8, shape (bytes,)
        What `pack` returned.
    fmt : NumberFormat
        The format it was packed in.
    packing : str
        The packing it was packed in.
    weights : int
        How many weights it holds.

    Returns
    -------
    ndarray of uint8, or of uint16 above 256 levels, shape (weights,)

    Raises
    ------
    SpecError
        If the stream is longer or shorter than so many weights take, a word or field holds
        what no codes give, or the padding is not zero.

    Examples
    --------
    >>> three = NumberFormat("levels_3", (-1, 0, 1))
    >>> unpack(np.array([221], np.uint8), three, "word_8", 5).tolist()
    [2, 1, 0, 2, 2]
    """
    layout = _integer_layout(fmt, packing)
    expected = stored_bits(fmt, packing, weights) // 8
    if stream.dtype != np.uint8 or stream.shape != (expected,):
        given = f"{stream.dtype} of shape {stream.shape}"
        reason = f"{weights} weights in {packing} are a stream of {expected} byte, not {given}"
        raise spec_error(f"{fmt.name}: {reason}")
    words = np.zeros((ceil_div(weights, layout.digits), layout.word_bits // 8), np.uint8)
    words.reshape(-1)[:expected] = stream
    digits, too_large = decode_words(words, layout.base, layout.digits)
    if too_large.any():
        limit = f"{layout.base}**{layout.digits}"
        raise spec_error(f"{fmt.name}: word {too_large.argmax()} is not below {limit}")
    codes = digits.reshape(-1)
    if codes[weights:].any():
        raise spec_error(f"{fmt.name}: the padding after the last weight is not zero")
    if layout.base > fmt.count and weights and codes.max() >= fmt.count:
        place = int((codes >= fmt.count).argmax())
        reason = f"weight {place} is coded as {codes[place]}, which is not below {fmt.count}"
        raise spec_error(f"{fmt.name}: {reason}")
    return codes[:weights]


def _integer_layout(fmt: NumberFormat, packing: Packing) -> WordLayout:
    if not fmt.is_integer:
        raise spec_error(f"{fmt.name} is a floating-point format: it has no codes to pack")
    return word_layout(fmt, packing)
