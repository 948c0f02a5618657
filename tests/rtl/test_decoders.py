import numpy as np
import pytest
from amaranth.sim import Simulator

from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.formats.packing import unpack
from lowbit_sim.rtl.decoders import WordDecoder
from lowbit_sim.rtl.digits import PowerDigits, TernaryDigits


def decoded(decoder, words):
    found = []

    async def bench(ctx):
        for word in words:
            ctx.set(decoder.word, word)
            await ctx.delay(1e-9)
            found.append(ctx.get(decoder.decoded))

    simulator = Simulator(decoder)
    simulator.add_testbench(bench)
    simulator.run()
    return found


def weights_of(word, digits, count):
    mask = (1 << digits.word_bits) - 1
    return [word >> (place * digits.word_bits) & mask for place in range(count)]


def test_five_trits_of_a_byte_are_those_that_the_packing_put_there():
    fmt = number_format("levels_3")
    digits = TernaryDigits(fmt)
    bytes_ = range(3**5)
    for byte, word in zip(bytes_, decoded(WordDecoder(digits, 5), bytes_), strict=True):
        codes = unpack(np.array([byte], np.uint8), fmt, "word_8", 5)
        levels = np.array(fmt.levels)[codes]
        assert weights_of(word, digits, 5) == digits.words(levels).tolist()


def test_three_five_level_weights_of_seven_bits():
    # 2 · 1 + 0 · 5 + 4 · 25 = 102: the levels 0, −2, 2
    digits = PowerDigits(number_format("levels_5"))
    decoder = WordDecoder(digits, 3)
    assert (len(decoder.word), len(decoder.decoded)) == (7, 9)
    (word,) = decoded(decoder, [102])
    # non-zero + 2 · negative + 4 · exponent
    assert weights_of(word, digits, 3) == [0, 1 + 2 + 4, 1 + 4]


@pytest.mark.parametrize("make", [PowerDigits, TernaryDigits])
def test_all_words_of_five_levels(make):
    fmt = number_format("levels_5")
    digits = make(fmt)
    words = decoded(WordDecoder(digits, 3), range(125))
    for number, word in enumerate(words):
        levels = np.array([fmt.levels[number // 5**place % 5] for place in range(3)])
        assert weights_of(word, digits, 3) == digits.words(levels).tolist()
