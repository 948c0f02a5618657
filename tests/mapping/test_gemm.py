import itertools

import pytest
from machines import make_gemm

from lowbit_sim.pe.base import Tile
from lowbit_sim.workload.convolution import Convolution


def make_convolution(**change):
    given = {
        "in_channels": 2, "out_channels": 3, "in_height": 9, "in_width": 7,
        "kernel_height": 3, "kernel_width": 3, "stride_height": 1, "stride_width": 1,
        "padding_height": 0, "padding_width": 0, "dilation_height": 1, "dilation_width": 1,
        "groups": 1,
    }  # fmt: skip
    return Convolution(**(given | change))


def make_conv_gemm(geometry):
    batch, m, k, n = geometry.gemm_dims
    return make_gemm(m, k, n, batch=batch, convolution=geometry)


def touched_rows(geometry, outputs):
    """Return the set of input rows that these outputs multiply, padding left out."""
    rows = set()
    for output, tap in itertools.product(outputs, range(geometry.kernel_height)):
        top = output // geometry.out_width * geometry.stride_height - geometry.padding_height
        row = top + tap * geometry.dilation_height
        if 0 <= row < geometry.in_height:
            rows.add(row)
    return rows


def span(rows):
    return max(rows) - min(rows) + 1 if rows else 0


GEOMETRIES = [
    make_convolution(),
    make_convolution(stride_height=2, stride_width=2),
    make_convolution(padding_height=1, padding_width=1),
    make_convolution(dilation_height=2, padding_height=2),
    make_convolution(kernel_height=1, kernel_width=1, stride_height=2),
    make_convolution(in_channels=6, out_channels=6, groups=6, padding_height=1),
    make_convolution(in_height=16, in_width=3, kernel_height=5),
    make_convolution(in_height=16, in_width=10, stride_height=3, stride_width=2),
]
BITS_PER_ELEMENT = 8


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_a_block_of_a_convolution_finds_its_rows(geometry):
    gemm = make_conv_gemm(geometry)
    row_bits = geometry.in_width * geometry.in_channels * BITS_PER_ELEMENT
    for m in range(1, gemm.m + 1):
        for start in range(0, gemm.m, m):
            block = range(start, min(start + m, gemm.m))
            rows = touched_rows(geometry, block)
            assert gemm.input_bits(len(block)) >= span(rows) * row_bits


@pytest.mark.parametrize("geometry", [g for g in GEOMETRIES if not g.padding_height])
def test_without_padding_some_block_needs_as_many_rows(geometry):
    gemm = make_conv_gemm(geometry)
    row_bits = geometry.in_width * geometry.in_channels * BITS_PER_ELEMENT
    for m in (d for d in range(1, gemm.m + 1) if gemm.m % d == 0):
        blocks = [range(start, start + m) for start in range(0, gemm.m, m)]
        most = max(span(touched_rows(geometry, block)) for block in blocks)
        assert gemm.input_bits(m) == most * row_bits


def test_all_outputs_need_the_image_once():
    geometry = make_convolution(padding_height=1, padding_width=1)
    gemm = make_conv_gemm(geometry)
    assert gemm.input_bits(gemm.m) == 2 * 9 * 7 * BITS_PER_ELEMENT


def test_a_product_needs_the_rows_of_its_block_in_every_batch_entry():
    assert make_gemm(10, 6, 4, batch=3).input_bits(5) == 3 * 5 * 6 * 8


def test_stored_weights_are_packed_and_activations_are_not():
    # 4 · 5 ternary weights: 5 a byte; int8 activations: 8 bit each
    packed = make_gemm(2, 4, 5, packing="word_8")
    assert packed.stored_weight_bits(4, 5) == 32
    matmul = make_gemm(2, 4, 5, packing="word_8", weight="int8", weights_are_activations=True)
    assert matmul.stored_weight_bits(4, 5) == 160
    # 3 · 3 bit and a byte to end with
    assert make_gemm(2, 3, 1, weight="levels_5").stored_weight_bits(3, 1) == 16


def test_biases_and_scales_come_with_their_channels():
    # twice: 4 · 5 ternary weights in 4 byte, and 64 bit for each of 5 channels
    gemm = make_gemm(2, 4, 9, packing="word_8", batch=2, channel_bits=64)
    assert gemm.stored_parameter_bits(5) == 2 * (32 + 5 * 64)


@pytest.mark.parametrize(
    ("change", "held_bits"),
    [
        ({"packing": "word_8"}, 2),
        ({"packing": "whole_field", "weight": "levels_9"}, 4),
        ({"packing": "byte"}, 8),
        ({"packing": "byte", "weight": "fp32"}, 32),
    ],
)
def test_a_weight_in_its_scratchpad(change, held_bits):
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


def test_whole():
    assert make_gemm(2, 3, 4).whole == Tile(2, 3, 4)
