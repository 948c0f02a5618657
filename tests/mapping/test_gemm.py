import itertools
import random

import numpy as np
import pytest
from machines import make_conv_gemm, make_convolution, make_gemm, random_convolution
from tile_by_tile import pieces

from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.formats.packing import pack
from lowbit_sim.mapping.gemm import levels_of
from lowbit_sim.pe.base import Tile

GEOMETRIES = [
    make_convolution(),
    make_convolution(stride_height=2, stride_width=2),
    make_convolution(padding_height=1, padding_width=1),
    make_convolution(dilation_height=2, padding_height=2),
    make_convolution(kernel_height=1, kernel_width=1, stride_height=2),
    make_convolution(in_channels=6, out_channels=6, groups=6, padding_height=1),
    make_convolution(in_height=16, in_width=3, kernel_height=5),
    make_convolution(in_height=16, in_width=10, stride_height=3, stride_width=2),
    make_convolution(kernel_height=2, kernel_width=2, extra_padding_height=1,
                     extra_padding_width=1),
]  # fmt: skip
GEOMETRIES += [random_convolution(random.Random(seed), 7) for seed in range(40)]


def touched(geometry, outputs, terms):
    """Return the (channel, row, column) of every input that these multiply, padding left out."""
    window = geometry.kernel_height * geometry.kernel_width
    found = set()
    for output, term in itertools.product(outputs, terms):
        channel, tap = divmod(term, window)
        row, column = divmod(output, geometry.out_width)
        down, right = divmod(tap, geometry.kernel_width)
        y = row * geometry.stride_height + down * geometry.dilation_height
        x = column * geometry.stride_width + right * geometry.dilation_width
        y, x = y - geometry.padding_height, x - geometry.padding_width
        if 0 <= y < geometry.in_height and 0 <= x < geometry.in_width:
            found.add((channel, y, x))
    return found


def some_extents(total, rng):
    """Return 1, all, and some between."""
    return sorted({1, total, *(rng.randint(1, total) for _ in range(4))})


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_no_tile_needs_more_than_its_distinct_inputs(geometry):
    gemm, rng = make_conv_gemm(geometry), random.Random(0)
    for m, k in itertools.product(some_extents(gemm.m, rng), some_extents(gemm.k, rng)):
        tiles = itertools.product(pieces(range(gemm.m), m), pieces(range(gemm.k), k))
        for outputs, terms in tiles:
            needed = len(touched(geometry, outputs, terms))
            assert needed <= gemm.distinct_elements(len(outputs), len(terms))


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_tiles_of_whole_rows_and_channels_bring_whole_input_rows_once(geometry):
    """From the first row that is touched to the last, or unfolded windows where these are less."""
    gemm = make_conv_gemm(geometry)
    window = geometry.kernel_height * geometry.kernel_width
    for rows in range(1, geometry.out_height + 1):
        for channels in range(1, gemm.k // window + 1):
            m, k = rows * geometry.out_width, channels * window
            first = 0
            last = (rows - 1) * geometry.stride_height
            last += (geometry.kernel_height - 1) * geometry.dilation_height
            spanned = min(last - first + 1, geometry.in_height)
            expected = min(spanned * geometry.in_width * channels, m * k)
            assert gemm.distinct_elements(m, k) == expected


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_many_tiles_at_once_are_each_alone(geometry):
    gemm = make_conv_gemm(geometry)
    m, k = (np.arange(1, e + 1, dtype=np.int64) for e in (gemm.m, gemm.k))
    table = gemm.distinct_elements(m[:, None], k[None, :])
    assert table.dtype == np.int64
    for i, j in itertools.product(range(0, gemm.m, 3), range(0, gemm.k, 2)):
        one = gemm.distinct_elements(i + 1, j + 1)
        assert isinstance(one, int)
        assert table[i, j] == one


def test_all_outputs_need_the_image_once():
    geometry = make_convolution(padding_height=1, padding_width=1)
    gemm = make_conv_gemm(geometry)
    assert gemm.distinct_elements(gemm.m, gemm.k) == 2 * 9 * 7
    assert gemm.unfolded_elements(gemm.m, gemm.k) == 9 * 7 * 2 * 9


def test_two_rows_of_a_3_by_3_kernel_bring_four():
    # 8 × 8 image, 6 × 6 outputs, 2 channels: two output rows read four input rows of each
    gemm = make_conv_gemm(make_convolution(in_height=8, in_width=8))
    assert gemm.distinct_elements(12, 18) == 4 * 8 * 2
    assert gemm.distinct_elements(12, 9) == 4 * 8
    # a tile of 4 outputs may straddle two rows of 6, hence four input rows, and 5 terms a channel
    assert gemm.distinct_elements(4, 18) == min(4 * 8 * 2, 4 * 18)
    assert gemm.distinct_elements(36, 5) == min(8 * 8 * 2, 36 * 5)


def test_a_product_shares_no_inputs():
    gemm = make_gemm(10, 6, 4, batch=3)
    assert gemm.distinct_elements(5, 6) == gemm.unfolded_elements(5, 6) == 30


def test_stored_weights_are_packed_and_activations_are_not():
    # 20 ternary weights: 5 a byte; int8 activations: 8 bit each
    assert make_gemm(2, 4, 5, packing="word_8").stored_weight_bits(20) == 32
    matmul = make_gemm(2, 4, 5, packing="word_8", weight="int8", weights_are_activations=True)
    assert matmul.stored_weight_bits(20) == 160
    # 3 · 3 bit and a byte to end with
    assert make_gemm(2, 3, 1, weight="levels_5").stored_weight_bits(3) == 16


@pytest.mark.parametrize("packing", ["whole_field", "byte", "word_8", "word_16", "word_64"])
@pytest.mark.parametrize("weight", ["levels_3", "levels_5", "levels_9"])
def test_stored_bits_are_the_length_of_the_packed_stream(packing, weight):
    for weights in (1, 2, 5, 26, 27, 28):
        codes = np.zeros(weights, np.int64)
        stream = pack(codes, number_format(weight), packing)
        gemm = make_gemm(1, 1, weights, packing=packing, weight=weight)
        assert gemm.stored_weight_bits(weights) == 8 * stream.size


def test_biases_and_scales_are_stored_beside_the_weights():
    # twice 4 · 5 ternary weights: 40 in 8 byte, and 64 bit for each of 2 · 5 channels
    gemm = make_gemm(2, 4, 5, packing="word_8", batch=2, channel_bits=64)
    assert gemm.stored_parameter_bits() == 8 * 8 + 2 * 5 * 64


@pytest.mark.parametrize(
    ("change", "held_bits"),
    [
        ({"packing": "word_8"}, 2),
        ({"packing": "whole_field", "weight": "levels_9"}, 4),
        ({"packing": "byte"}, 8),
        ({"packing": "byte", "weight": "fp32"}, 32),
    ],
)
def test_a_weight_behind_the_decoder(change, held_bits):
    assert make_gemm(1, 1, 1, **change).held_weight_bits == held_bits


@pytest.mark.parametrize(
    ("change", "needed"),
    [
        ({"packing": "word_8"}, True),
        ({"packing": "word_64", "weight": "levels_9"}, True),
        ({"packing": "word_8", "weight": "levels_4"}, False),
        ({"packing": "word_8", "weight": "levels_2"}, False),
        ({"packing": "whole_field"}, False),
        ({"packing": "byte"}, False),
        ({"packing": "word_32", "weight": "fp32"}, False),
        ({"packing": "word_8", "weights_are_activations": True}, False),
    ],
)
def test_base_n_digits_need_a_decoder(change, needed):
    assert make_gemm(1, 1, 1, **change).needs_decoder is needed


@pytest.mark.parametrize(
    ("k", "weight", "activation"), [(8, "levels_3", "int8"), (7, "levels_9", "int8"),
                                    (1, "int8", "int8"), (300, "levels_2", "levels_2")],
)  # fmt: skip
def test_sums_just_fit(k, weight, activation):
    gemm = make_gemm(1, k, 1, weight=weight, activation=activation)
    largest = max(abs(w * a) for w in gemm.weight.levels for a in gemm.activation.levels) * k
    half = 1 << (gemm.sum_bits - 1)
    assert half // 2 <= largest < half


def test_floating_point_sums_need_no_width():
    assert make_gemm(1, 8, 1, weight="fp32").sum_bits == 0


def test_levels_are_equal_if_their_bytes_are():
    values = np.arange(12, dtype=np.int8).reshape(1, 3, 4)
    one, same = levels_of(values), levels_of(np.asfortranarray(values))
    assert one == same
    assert hash(one) == hash(same)
    others = [values + 1, values.reshape(1, 4, 3), values.astype(np.int16), values[:, :2]]
    assert all(levels_of(other) != one for other in others)
    assert one != values.tobytes()
    assert {make_gemm(1, 3, 4, levels=one): 1}[make_gemm(1, 3, 4, levels=same)] == 1


def test_whole():
    assert make_gemm(2, 3, 4).whole == Tile(2, 3, 4)
