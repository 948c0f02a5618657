"""Decoders of weights that share a word: base-N digits of one number.

Five trits lie in 8 bit (3⁵ = 243), three five-level weights in 7 bit (5³ = 125). A decoder is what
stands between a memory of packed weights and the array; the packings themselves are
`lowbit_sim.formats.packing`.
"""

from __future__ import annotations

import numpy as np
from amaranth.hdl import Elaboratable, Module, Signal

from lowbit_sim.rtl.digits import Digits


class WordDecoder(Elaboratable):
    """A decoder of one word, without registers.

    Parameters
    ----------
    digits : Digits
        How weights leave: as the words that a PE takes.
    weights : int
        Weights of a word; digit i of the number, in the base of as many levels as the format
        has, is the code of weight i.

    Attributes
    ----------
    word : Signal
        What is read; beyond the last number, whatever costs least leaves.
    decoded : Signal
        The weights' words, the first one lowest.

    Examples
    --------
    >>> from lowbit_sim.formats.catalogue import number_format
    >>> from lowbit_sim.rtl.digits import TernaryDigits
    >>> decoder = WordDecoder(TernaryDigits(number_format("levels_3")), 5)
    >>> len(decoder.word), len(decoder.decoded)
    (8, 10)
    """

    def __init__(self, digits: Digits, weights: int) -> None:
        self.digits, self.weights = digits, weights
        self.base = digits.weight.count
        self.word = Signal((self.base**weights - 1).bit_length())
        self.decoded = Signal(weights * digits.word_bits)

    def elaborate(self, _platform: object) -> Module:
        """Return the hardware."""
        m = Module()
        words = self.digits.words(np.array(self.digits.weight.levels)).tolist()
        with m.Switch(self.word):
            for number in range(self.base**self.weights):
                codes = [number // self.base**place % self.base for place in range(self.weights)]
                with m.Case(number):
                    m.d.comb += self.decoded.eq(self._joined([words[code] for code in codes]))
        return m

    def _joined(self, words: list[int]) -> int:
        bits = self.digits.word_bits
        return sum(word << (place * bits) for place, word in enumerate(words))
