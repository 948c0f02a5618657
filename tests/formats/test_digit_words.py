import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowbit_sim.formats.digit_words import decode_words, digits_per_word, encode_words

WORD_BYTES = (1, 2, 3, 4, 5, 8, 13, 16, 32)


@st.composite
def words_of_digits(draw):
    """A base, a width, and some words as lists of digits, the largest word among them."""
    base = draw(st.one_of(st.integers(2, 20), st.integers(2, 2**16)))
    word_bytes = draw(st.sampled_from([w for w in WORD_BYTES if base <= 256**w]))
    most = digits_per_word(base, 8 * word_bytes)
    digits = draw(st.integers(1, most))
    word = st.lists(st.integers(0, base - 1), min_size=digits, max_size=digits)
    return base, word_bytes, [[base - 1] * digits, *draw(st.lists(word, max_size=6))]


def as_array(words, base):
    return np.array(words, np.min_scalar_type(base - 1))


@given(st.integers(2, 1000), st.integers(1, 200))
def test_digits_per_word_is_the_largest_that_fits(count, word_bits):
    digits = digits_per_word(count, word_bits)
    assert count**digits <= 2**word_bits < count ** (digits + 1)


def test_digits_per_word_needs_a_base():
    with pytest.raises(ValueError, match="at least 2 levels, got 1"):
        digits_per_word(1, 8)


@given(words_of_digits())
def test_words_are_positional_numbers_in_little_endian_bytes(drawn):
    base, word_bytes, words = drawn
    stream = encode_words(as_array(words, base), base, word_bytes)
    numbers = [sum(digit * base**place for place, digit in enumerate(word)) for word in words]
    assert stream.shape == (len(words), word_bytes)
    assert stream.tobytes() == b"".join(n.to_bytes(word_bytes, "little") for n in numbers)
    found, too_large = decode_words(stream, base, len(words[0]))
    assert found.tolist() == words
    assert not too_large.any()


@given(words_of_digits(), st.integers(0, 2**64))
def test_a_word_beyond_its_digits_is_found(drawn, excess):
    base, word_bytes, words = drawn
    limit, room = base ** len(words[0]), 256**word_bytes
    if limit == room:
        return
    number = limit + excess % (room - limit)
    stream = np.frombuffer(
        bytes(word_bytes) + number.to_bytes(word_bytes, "little"), np.uint8
    ).reshape(2, word_bytes)
    assert decode_words(stream, base, len(words[0]))[1].tolist() == [False, True]


def test_many_blocks_of_words_are_like_one():
    words = np.random.default_rng(3).integers(0, 5, (40_000, 55), dtype=np.uint8)
    stream = encode_words(words, 5, 16)
    for place in (0, 16_383, 16_384, 32_768, 39_999):
        assert np.array_equal(stream[place], encode_words(words[place : place + 1], 5, 16)[0])
    assert np.array_equal(decode_words(stream, 5, 55)[0], words)
