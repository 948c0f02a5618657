import numpy as np
import pytest
from machines import make_gemm, make_hierarchy, make_machine, make_place

from lowbit_sim.mapping.room import fits, held_bits, levels_at, needed_bits


def layer(*extents):
    return np.array(extents, np.int64)[:, None]


def test_held_bits_by_hand():
    # 2 products of a tile 3 × 5 × 4: 40 ternary weights, 30 inputs, 24 sums of 16 bit
    change = {"batch": 2, "packing": "word_8", "channel_bits": 64}
    place = make_place(make_gemm(6, 10, 8, **change), make_machine(packing="word_8"))
    tile = layer(2, 3, 5, 4)
    held = {
        (operand, depth): int(held_bits(place, operand, depth, tile)[0])
        for operand in ("weight", "input", "output")
        for depth in (1, 2)
    }
    assert held == {
        ("weight", 1): 8 * 8 + 8 * 64,  # 5 in a byte, and 64 bit for each of 8 channels
        ("weight", 2): 40 * 2,
        ("input", 1): 30 * 8,
        ("input", 2): 30 * 8,
        ("output", 1): 24 * 8,
        ("output", 2): 24 * 16,
    }
    wide = np.array([True])
    assert held_bits(place, "output", 1, tile, wide)[0] == 24 * 16


def test_the_last_word_is_held_whole():
    # 28 five-level weights: 27 fill a word of 64 bit, the last one takes another
    gemm = make_gemm(4, 28, 4, weight="levels_5", packing="word_64")
    place = make_place(gemm, make_machine(packing="word_64"))
    assert held_bits(place, "weight", 1, layer(1, 4, 28, 1))[0] == 2 * 64


def test_what_stays_needs_no_second_place():
    gemm = make_gemm(4, 4, 4, on_chip=True, weights_stay=True)
    place = make_place(gemm, make_machine())
    for operand in ("weight", "input", "output"):
        assert held_bits(place, operand, 1, layer(1, 4, 4, 4))[0] == 0
        assert held_bits(place, operand, 2, layer(1, 4, 4, 4))[0] > 0


def test_levels_at():
    machine = make_hierarchy("uneven")
    place = make_place(make_gemm(2, 2, 2), machine)
    names = [[level.name for level in levels_at(place, depth)] for depth in range(4)]
    assert names == [["dram"], ["global"], ["operands", "sums"], ["weights"]]


@pytest.mark.parametrize(("kept_bits", "enough"), [(0, True), (1, False)])
def test_every_buffer_is_needed(kept_bits, enough):
    # inputs 4 × 8, weights 8 × 4 of 2 bit, results 4 × 4: 256 + 64 + 128 bit, twice
    place = make_place(make_gemm(4, 8, 4), make_machine(sram={"capacity_bits": 896}))
    (level, needed), *_ = needed_bits(place, 1, layer(1, 4, 8, 4))
    assert (level.name, int(needed[0])) == ("sram", 896)
    assert bool(fits(place, {"sram": kept_bits}, 1, layer(1, 4, 8, 4))[0]) is enough
