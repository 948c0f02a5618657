"""Streams against Python's own big integers, and streams that no weights give."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lowbit_sim.errors import SpecError
from lowbit_sim.formats.catalogue import FORMATS, number_format
from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.formats.packing import (
    PACKINGS,
    digits_per_word,
    pack,
    stored_bits,
    unpack,
)

INTEGER_FORMATS = [name for name, fmt in FORMATS.items() if fmt.is_integer]
every_format = pytest.mark.parametrize("name", INTEGER_FORMATS)
every_packing = pytest.mark.parametrize("packing", PACKINGS)


def big_integer_stream(codes, fmt, packing):
    """The stream by the definition of each packing, one Python integer at a time."""
    field_bits = (fmt.count - 1).bit_length()
    if packing == "whole_field":
        number = sum(code << (field_bits * place) for place, code in enumerate(codes))
        return number.to_bytes((len(codes) * field_bits + 7) // 8, "little")
    if packing == "byte":
        return b"".join(code.to_bytes((field_bits + 7) // 8, "little") for code in codes)
    word_bits = int(packing.split("_")[1])
    step = max(d for d in range(1, 129) if fmt.count**d <= 2**word_bits)
    words = [codes[start : start + step] for start in range(0, len(codes), step)]
    return b"".join(
        sum(code * fmt.count**place for place, code in enumerate(word)).to_bytes(
            word_bits // 8, "little"
        )
        for word in words
    )


def assert_packs(codes, fmt, packing):
    stream = pack(codes, fmt, packing)
    assert stream.dtype == np.uint8
    assert stream.tobytes() == big_integer_stream(codes.ravel().tolist(), fmt, packing)
    assert 8 * len(stream) == stored_bits(fmt, packing, codes.size)
    back = unpack(stream, fmt, packing, codes.size)
    assert back.dtype == (np.uint8 if fmt.count <= 256 else np.uint16)
    assert np.array_equal(back, codes.ravel())


@every_packing
@every_format
def test_lengths_around_words_and_bytes_come_back(name, packing):
    fmt = number_format(name)
    digits = (
        8 if packing in ("whole_field", "byte") else digits_per_word(fmt.count, int(packing[5:]))
    )
    lengths = {
        0,
        1,
        2,
        7,
        8,
        9,
        digits - 1,
        digits,
        digits + 1,
        2 * digits - 1,
        2 * digits + 1,
        500,
    }
    generator = np.random.default_rng(len(name))
    for length in lengths:
        assert_packs(generator.integers(0, fmt.count, length), fmt, packing)
        assert_packs(np.full(length, fmt.count - 1), fmt, packing)


@st.composite
def formats_with_codes(draw):
    count = draw(st.one_of(st.integers(2, 20), st.integers(2, 2**16)))
    packing = draw(st.sampled_from([p for p in PACKINGS if p != "word_8" or count <= 256]))
    shape = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=12)
    codes = draw(hnp.arrays(np.int64, shape, elements=st.integers(0, count - 1)))
    return NumberFormat("drawn", tuple(range(count))), packing, codes


@given(formats_with_codes())
@example((NumberFormat("all", tuple(range(2**16))), "whole_field", np.full(9, 2**16 - 1)))
@example((NumberFormat("all", tuple(range(2**16))), "word_128", np.full(9, 2**16 - 1)))
def test_any_codes_of_any_format_come_back(drawn):
    fmt, packing, codes = drawn
    assert_packs(codes, fmt, packing)


def test_streams_by_hand():
    five = number_format("levels_5")
    codes = np.array([4, 0, 3, 1], np.uint8)
    # fields of 3 bit from bit 0: 4 + 0·8 + 3·64 = 196, then 1·512: bytes 196, 2
    assert pack(codes, five, "whole_field").tolist() == [196, 2]
    assert pack(codes, five, "byte").tolist() == [4, 0, 3, 1]
    # three digits a byte: 4 + 0·5 + 3·25 = 79, then 1 alone
    assert pack(codes, five, "word_8").tolist() == [79, 1]
    # 4 + 0·5 + 3·25 + 1·125 = 204
    assert pack(codes, five, "word_16").tolist() == [204, 0]
    assert pack(codes, five, "word_128").tolist() == [204] + 15 * [0]


@every_packing
@every_format
def test_a_stream_of_another_length_is_refused(name, packing):
    fmt = number_format(name)
    stream = pack(np.zeros(300, np.uint8), fmt, packing)
    for wrong in (stream[:-1], np.append(stream, stream[:1]), stream[:0]):
        with pytest.raises(SpecError, match=f"300 weights in {packing} are a stream of"):
            unpack(wrong, fmt, packing, 300)


@every_packing
def test_a_stream_is_a_row_of_bytes(packing):
    five = number_format("levels_5")
    stream = pack(np.zeros(600, np.uint8), five, packing)
    for wrong in (stream.astype(np.int64), stream.reshape(1, -1)):
        with pytest.raises(SpecError, match="are a stream of"):
            unpack(wrong, five, packing, 600)


@every_packing
@every_format
def test_a_word_or_field_that_no_codes_give_is_refused(name, packing):
    fmt = number_format(name)
    weights = 4000  # several words, and whole bytes of fields
    stream = pack(np.zeros(weights, np.uint8), fmt, packing)
    step = 1
    if packing.startswith("word_"):
        step = int(packing[5:]) // 8
    tampered = stream.copy()
    tampered[3 * step : 4 * step] = 255
    power_of_two = fmt.count & (fmt.count - 1) == 0
    if packing == "byte":
        can_be_seen = fmt.count < 256
    elif packing == "whole_field":
        can_be_seen = not power_of_two
    else:
        digits = digits_per_word(fmt.count, 8 * step)
        can_be_seen = fmt.count**digits < 2 ** (8 * step)
    if can_be_seen:
        reason = "is coded as" if packing in ("byte", "whole_field") else "word 3 is not below"
        with pytest.raises(SpecError, match=reason):
            unpack(tampered, fmt, packing, weights)
    else:
        assert unpack(tampered, fmt, packing, weights).max() == fmt.count - 1


def test_reasons_name_the_place():
    five = number_format("levels_5")
    # fields 0, 0, 5: 5 << 6 = 320 = 64 + 256
    with pytest.raises(SpecError, match="weight 2 is coded as 5, which is not below 5"):
        unpack(np.array([64, 1], np.uint8), five, "whole_field", 3)
    # 5^3 = 125 is the first byte beyond three digits, 124 the last within
    with pytest.raises(SpecError, match=r"word 1 is not below 5\*\*3"):
        unpack(np.array([0, 125], np.uint8), five, "word_8", 6)
    assert unpack(np.array([0, 124], np.uint8), five, "word_8", 6).tolist() == [0, 0, 0, 4, 4, 4]


@pytest.mark.parametrize(
    ("packing", "stream"),
    [
        ("whole_field", [8]),  # bit 3, the first after the one field
        ("whole_field", [128]),
        ("word_8", [5]),  # second digit is 1
        ("word_64", [5, 0, 0, 0, 0, 0, 0, 0]),
    ],
)
def test_padding_that_is_not_zero_is_refused(packing, stream):
    with pytest.raises(SpecError, match="padding after the last weight is not zero"):
        unpack(np.array(stream, np.uint8), number_format("levels_5"), packing, 1)


@every_packing
def test_codes_that_are_none_are_refused(packing):
    five = number_format("levels_5")
    for wrong in ([5], [0, -1]):
        with pytest.raises(SpecError, match="codes run from 0 to 4, not"):
            pack(np.array(wrong), five, packing)
    with pytest.raises(SpecError, match="codes are integers, not float64"):
        pack(np.array([1.0]), five, packing)
    with pytest.raises(SpecError, match="bf16 is a floating-point format"):
        pack(np.array([1]), number_format("bf16"), packing)
    with pytest.raises(SpecError, match="fp32 is a floating-point format"):
        unpack(np.zeros(4, np.uint8), number_format("fp32"), packing, 1)
