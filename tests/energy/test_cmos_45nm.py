"""Every number of ``cmos_45nm.yaml`` derived again, from what its sources print.

``cal`` marks netlist numbers after calibration: raw fJ at 1.1 V · 0.2135, raw um2 · 0.654.
"""

import dataclasses
import math

import numpy as np
import pytest

from lowbit_sim.memory.sram import LawRange, PowerLaw

ROUNDING = 5e-4  # four significant digits

# Horowitz, ISSCC 2014, 45 nm, 0.9 V [pJ, um2]
FP16_ADD_PJ, FP16_MUL_PJ, FP32_ADD_PJ, FP32_MUL_PJ = 0.4, 1.1, 0.9, 3.7
FP16_ADD_UM2, FP16_MUL_UM2, FP32_ADD_UM2, FP32_MUL_UM2 = 1360, 1640, 4184, 7700
INT_ADD_8_PJ, INT_ADD_16_PJ, INT_MUL_8_PJ = 0.03, 0.05, 0.2

# netlists, ternary 8-bit into 24-bit, normal activations: share of zeros, raw fJ at 1.1 V
P_ZERO = (0.0, 0.333, 0.51, 0.7)
TERNARY_RAW_FJ = (505.1, 429.1, 359.0, 252.4)
TERNARY_CAL_FJ = (107.8, 91.6, 76.6, 53.9)

# the same netlists, leakage [raw nW], area [cal um2]
LEAKAGE = 0.654 * 0.9 / 1.1
REGISTER_UM2, REGISTER_NW = 71.0 / 24, 1899 / 24 * LEAKAGE
MULTIPLIER_NW_PER_UM2 = 10190 / 453.3 * 0.9 / 1.1
DATAPATH_UM2_PER_BIT, DATAPATH_NW_PER_BIT = (107.1 - 71.3) / 8, (3732 - 2489) / 8 * LEAKAGE
ADDER_UM2_PER_BIT, ADDER_NW_PER_BIT = (125.4 - 92.2) / 8, (4376 - 3212) / 8 * LEAKAGE

# CACTI 7, 45 nm itrs-lstp and itrs-hp: mm2 per KiB; mW of 128 KiB at 300 K
SRAM_UM2, SRAM_NW = 0.003368e6 / 8192, 0.002332e6 / (128 * 8192)
HP_SRAM_UM2, HP_SRAM_NW = 0.003262e6 / 8192, 72.7688e6 / (128 * 8192)


# a multiplexer bit, a ninth of what one shifter stage adds to the ternary datapath: normal
# activations, 20 and 33 % zeros, raw fJ; the ternary ones between their points at 0 and 33.3 %
MUX_UM2, MUX_RAW_NW = (119.5 - 107.1) / 9, (4119 - 3732) / 9
TERNARY_AT = [505.1 + (429.1 - 505.1) * p / 0.333 for p in (0.2, 0.33)]
MUX_FJ = ((520.9 - TERNARY_AT[0]) + (481.3 - TERNARY_AT[1])) / 2 * 0.2135 / 9
SHIFTER_BITS = 9 + 11 + 15  # an 8-bit activation, sign included, shifted by 1, 2, 4

# Bit Fusion's own synthesis, one PE: 16 bricks, and a fixed 8 × 8 bit one
FUSION_NW, FIXED_NW = 279960, 148845
FUSION_UM2, FIXED_UM2 = 1733.13, 687.6072
FUSION_LEAK_NW, FIXED_LEAK_NW = 64314, 22952


def least_squares(points_fj):
    shares = np.array(P_ZERO)
    solution, *_ = np.linalg.lstsq(np.stack([1 - shares, shares], 1), np.array(points_fj))
    return solution


ADD_FJ, SKIP_FJ = least_squares(TERNARY_CAL_FJ)
SKIP_SHARE = 36.34 / 111.4
MAC_FJ = 1486.9 * 0.2135
ACCUMULATE_FJ = 317.4 - 254.88  # the row of mac_int8 less the 8 × 8 bit multiplier
TRIT_FJ = 320.58 / 32 / (2 / 3 + SKIP_SHARE / 3)

ACTIONS_PJ = {
    "adder.add": ADD_FJ / 1000,
    "adder.skip": SKIP_FJ / 1000,
    "multiplexer.bit": MUX_FJ / 1000,
    "shift_adder.add": (111.4 + SHIFTER_BITS * MUX_FJ) / 1000,
    "shift_adder.skip": (111.4 + SHIFTER_BITS * MUX_FJ) * SKIP_SHARE / 1000,
    "bit_pair.add": 63.19 / 16 / 1000,
    "bit_brick.multiply": (MAC_FJ * FUSION_NW / FIXED_NW - ACCUMULATE_FJ) / 16 / 1000,
    "bit_brick.add": ACCUMULATE_FJ / 1000,
    "lookup.build": 29.36 / 1000,
    "lookup.read": 4 * 10 * MUX_FJ / 1000,
    "xnor_popcount.term": 132.71 / 32 / 1000,
    "ternary_popcount.term": TRIT_FJ / 1000,
    "ternary_popcount.skip": TRIT_FJ * SKIP_SHARE / 1000,
    "integer_mac.mac_int8": MAC_FJ / 1000,
    "integer_mac.mac_int16": (1064.53 + 80.79) / 1000,
    "float_mac.mac_fp32": FP32_MUL_PJ + FP32_ADD_PJ,
    "float_mac.mac_bf16": FP16_MUL_PJ + FP32_ADD_PJ,
    "register.write_bit": 378.1 * 0.2135 / 24 / 1000,
    "vector.add": FP16_ADD_PJ,
    "vector.multiply": FP16_MUL_PJ,
    "vector.special": FP16_MUL_PJ + FP16_ADD_PJ + 32 * 10 * math.sqrt(256 / 8192) / 64,
    "decoder.levels_3": 633.9 * 0.2135 / 5 / 1000,
    "decoder.levels_5": 459.1 * 0.2135 / 3 / 1000,
    "decoder.levels_7": 171.4 * 0.2135 / 2 / 1000,
    "decoder.levels_7_pow2": 171.4 * 0.2135 / 2 / 1000,
    "decoder.levels_9": 251.6 * 0.2135 / 2 / 1000,
    "decoder.levels_15": 857.0 * 0.2135 / 2 / 1000,
    "decoder.levels_17": 857.0 * 0.2135 / 2 / 1000,
}
DATAPATH_UM2, DATAPATH_NW = 107.1, 3732 * LEAKAGE
MAC_UM2 = 296.3 + 92.2 + 40 * REGISTER_UM2
MAC_NW = (10190 + 3212) * LEAKAGE + 40 * REGISTER_NW


def registers(bits):
    return np.array([bits * REGISTER_UM2, bits * REGISTER_NW])


def netlist(um2, raw_nw):
    return np.array([um2, raw_nw * LEAKAGE])


DATAPATH = np.array([DATAPATH_UM2, DATAPATH_NW])
MUX = netlist(MUX_UM2, MUX_RAW_NW)
# cells of the library, raw
OR_GATE, XOR_GATE = netlist(1.064 * 0.654, 22.69), netlist(1.596 * 0.654, 36.16)
TEN_BIT_ADDER = netlist(37.4, 1322)
FUSION_UNIT = np.array([MAC_UM2, MAC_NW]) * [
    FUSION_UM2 / FIXED_UM2,
    FUSION_LEAK_NW / FIXED_LEAK_NW,
]


def lookup(group, build_adds):
    """Return a reader with its share of a table of ten-bit entries on the wires of 16 PEs."""
    entries = 2**group
    own = (entries - 1) * 10 * MUX + DATAPATH + registers(24 + 8 * group)
    return own + (registers(10 * entries) + build_adds * TEN_BIT_ADDER) / 16


#: row -> area and leakage, held bits
PES = {
    "ternary_adder": (DATAPATH + registers(44), 12),
    "bit_serial": (DATAPATH + registers(40), 8),
    "shift_add": (DATAPATH + SHIFTER_BITS * MUX + registers(8 + 24 + 20), 4 * 5),
    "ternary_skip": (
        DATAPATH + (8 * 15 + 96 / 16) * MUX + registers(24 + (256 + 384) / 16),
        6 * 2,
    ),
    "bit_serial_skip": (DATAPATH + (SHIFTER_BITS + 8) * MUX + registers(8 + 24 + 9 + 8), 9),
    "bit_serial_skip_column": (
        DATAPATH
        + (7 + (14 + 16 + 20 + 8) / 16) * MUX
        + 8 * OR_GATE
        + registers(8 + 24 + 9 + 16 / 16),
        9,
    ),
    "bit_serial_skip_interleave": (
        DATAPATH
        + 8 * (8 * 63 + 64 / 16) * MUX
        + 64 * XOR_GATE
        + 7 * netlist(61.6, 2148)
        + registers(24 + (2 * 64 * 8 + 2 * 64 * 9) / 16),
        9,
    ),
    "bit_serial_both": (netlist(64.7, 2283) + DATAPATH + registers(16 + 128 + 24), 16 * 8),
    "bit_brick": (FUSION_UNIT, 16 * 2),
    "lookup_table": (lookup(4, 2**5 - 2), 4 * 8),
    "lookup_table_3": (lookup(3, 2**4 - 2), 3 * 8),
    "xnor_popcount": (netlist(137.0, 4828) + DATAPATH + registers(32 + 32 + 24), 32),
    "ternary_popcount": (netlist(340.3, 11720) + DATAPATH + registers(64 + 64 + 24), 32 * 2),
    "integer_mac": (np.array([MAC_UM2, MAC_NW]), 8),
    "integer_mac_16": (netlist(1204.8 + 92.2, 42288 + 3212) + registers(16 + 16 + 24), 16),
    "float_mac": (
        np.array(
            [
                FP32_MUL_UM2 + FP32_ADD_UM2,
                (FP32_MUL_UM2 + FP32_ADD_UM2) * MULTIPLIER_NW_PER_UM2,
            ]
        )
        + registers(96),
        32,
    ),
}
ADDER_SLOPE = (DATAPATH_UM2_PER_BIT + REGISTER_UM2, DATAPATH_NW_PER_BIT + REGISTER_NW)
MAC_SLOPE = (ADDER_UM2_PER_BIT + REGISTER_UM2, ADDER_NW_PER_BIT + REGISTER_NW)
SLOPES = {
    **dict.fromkeys(PES, ADDER_SLOPE),
    **dict.fromkeys(("bit_brick", "integer_mac", "integer_mac_16"), MAC_SLOPE),
    "float_mac": (0, 0),
}
#: a weight of a group: its part of selector and search, its registers in row and column
TRIT_WEIGHT = (8 + 6 / 16) * MUX + registers(2 * (8 + 12) / 16)
INTERLEAVED_WEIGHT = 8 * (8 + 1 / 16) * MUX + XOR_GATE + registers(2 * (8 + 9) / 16)
#: row -> parameter -> its value in the row, area and leakage of every further one, held bits
EACH = {
    "bit_serial": ("planes_per_cycle", 1, DATAPATH + registers(1), 0),
    "ternary_skip": ("weights_per_group", 16, TRIT_WEIGHT, 0),
    "bit_serial_skip_interleave": ("weights_per_group", 64, INTERLEAVED_WEIGHT, 0),
    "bit_serial_both": ("lanes", 16, netlist(64.7, 2283) / 16 + registers(9), 8),
    "bit_brick": (
        *("bricks", 16, (FUSION_UNIT - netlist(92.2, 3212) - registers(24)) / 16),
        2,
    ),
    "xnor_popcount": ("lanes", 32, netlist(137.0, 4828) / 32 + registers(2), 1),
    "ternary_popcount": ("lanes", 32, netlist(340.3, 11720) / 32 + registers(4), 2),
}


def wrong_actions(technology):
    assert technology.actions.keys() == ACTIONS_PJ.keys()
    return [
        name
        for name, expected in ACTIONS_PJ.items()
        if technology.actions[name].energy_pj != pytest.approx(expected, rel=ROUNDING)
    ]


def test_every_action_energy(technology):
    assert wrong_actions(technology) == []


@pytest.mark.parametrize("action", ACTIONS_PJ)
@pytest.mark.parametrize("factor", [0.1, 10, 1.01])
def test_a_slipped_decimal_point_would_be_seen(technology, action, factor):
    row = technology.actions[action]
    slipped = dataclasses.replace(row, energy_pj=row.energy_pj * factor)
    broken = dataclasses.replace(technology, actions={**technology.actions, action: slipped})
    assert wrong_actions(broken) == [action]


def test_the_calibration_factor():
    # netlists at 1.1 V: 106.9, 241.7 and 1193.9 fJ for an 8-bit add, 16-bit add, 8-bit multiply
    voltage = (0.9 / 1.1) ** 2
    horowitz = (INT_ADD_8_PJ, INT_ADD_16_PJ, INT_MUL_8_PJ)
    raw = (106.9, 241.7, 1193.9)
    ratios = [1000 * h / (fj * voltage) for h, fj in zip(horowitz, raw, strict=True)]
    assert voltage * math.prod(ratios) ** (1 / 3) == pytest.approx(0.2135, rel=2e-3)
    assert [r * 0.2135 for r in TERNARY_RAW_FJ] == pytest.approx(TERNARY_CAL_FJ, rel=1e-3)


def test_the_residuals_are_the_stated_ones(technology):
    add, skip = (1000 * technology.actions[f"adder.{n}"].energy_pj for n in ("add", "skip"))
    residuals = [
        y - (add * (1 - p) + skip * p) for p, y in zip(P_ZERO, TERNARY_CAL_FJ, strict=True)
    ]
    assert residuals == pytest.approx([-3.6, 5.2, 3.5, -5.0], abs=0.06)
    worst = max(abs(r) / y for r, y in zip(residuals, TERNARY_CAL_FJ, strict=True))
    assert worst == pytest.approx(0.092, abs=5e-4)
    for stated in ("-3.6, +5.2, +3.5, -5.0 fJ", "9.2 %"):
        assert stated in technology.actions["adder.add"].evidence.note


def test_a_skip_costs_less_than_an_add_but_something(technology):
    add, skip = (technology.actions[f"adder.{n}"].energy_pj for n in ("add", "skip"))
    assert 0 < skip < add / 2


@pytest.mark.parametrize(
    ("action", "slope_fj"),
    [
        ("adder.add", ADD_FJ / 24),
        ("adder.skip", SKIP_FJ / 24),
        ("shift_adder.add", ADD_FJ / 24),
        ("shift_adder.skip", SKIP_FJ / 24),
        ("bit_brick.add", (105.72 - 80.79) / 8),  # cal fJ of the 32- and 24-bit adder
        ("integer_mac.mac_int8", (105.72 - 80.79) / 8),
        ("integer_mac.mac_int16", (105.72 - 80.79) / 8),
    ],
)
def test_energy_per_accumulator_bit(technology, action, slope_fj):
    found = technology.actions[action].pj_per_accumulator_bit
    assert 1000 * found == pytest.approx(slope_fj, rel=ROUNDING)
    others = [a for a in technology.actions.values() if a.pj_per_accumulator_bit]
    assert len(others) == 7


def test_an_entry_is_read_through_a_multiplexer_level_for_each_activation(technology):
    read = technology.actions["lookup.read"]
    assert (read.parameters, read.each.keys()) == ({"group": 4}, {"group"})
    assert 1000 * read.each["group"] == pytest.approx(10 * MUX_FJ, rel=ROUNDING)
    assert read.energy_pj == pytest.approx(4 * read.each["group"])


def test_a_fused_product_is_as_large_as_bit_fusion_s_own(technology):
    # 16 bricks and their sum against 279,960 nW at 500 MHz, registers included there
    brick, accumulate = (
        technology.actions[f"bit_brick.{n}"].energy_pj for n in ("multiply", "add")
    )
    assert 1000 * (16 * brick + accumulate) == pytest.approx(FUSION_NW / 500, rel=0.1)


def test_the_pe_kinds_that_add_share_the_adder(technology):
    adders = {"ternary_adder", "bit_serial", "bit_serial_both", "lookup_table"}
    assert set(technology.actions["adder.add"].kinds) >= adders
    assert {row.kind for row in technology.pes.values()} >= adders


@pytest.mark.parametrize("name", PES)
def test_area_and_leakage_of_a_pe(technology, name):
    assert technology.pes.keys() == PES.keys()
    row, (expected, held_bits) = technology.pes[name], PES[name]
    assert (row.one.area_um2, row.one.leakage_nw) == pytest.approx(expected, rel=ROUNDING)
    slope = row.per_accumulator_bit
    assert (slope.area_um2, slope.leakage_nw) == pytest.approx(SLOPES[name], rel=ROUNDING)
    assert row.held_bits == held_bits
    assert row.each.keys() == ({EACH[name][0]} if name in EACH else set())


@pytest.mark.parametrize("name", EACH)
def test_what_a_further_lane_or_brick_takes(technology, name):
    row, (parameter, at, expected, held_bits) = technology.pes[name], EACH[name]
    every = row.each[parameter]
    assert row.parameters[parameter] == at
    assert (every.area_um2, every.leakage_nw) == pytest.approx(expected, rel=ROUNDING)
    assert row.held_each_bits.get(parameter, 0) == held_bits


def test_a_second_register(technology):
    # cells of the library: a flip-flop and two multiplexers, raw um2 and nW
    bit = technology.second_register_bit
    cells = ((4.522 + 2 * 1.862) * 0.654, (79.11 + 2 * 35.93) * LEAKAGE)
    assert (bit.area_um2, bit.leakage_nw) == pytest.approx(cells, rel=ROUNDING)
    # a ternary PE with its 2-bit weight twice, 332 and 348 um2 raw in trial synthesis
    assert bit.area_um2 == pytest.approx((348 - 332) / 2 * 0.654, rel=0.04)


def test_area_and_leakage_of_a_lane(technology):
    lane = technology.vector_lane
    table_bits, register_bits = 64 * 2 * 16, 3 * 16
    arithmetic_um2 = FP16_ADD_UM2 + FP16_MUL_UM2
    area_um2 = arithmetic_um2 + table_bits * SRAM_UM2 + register_bits * REGISTER_UM2
    leakage_nw = arithmetic_um2 * MULTIPLIER_NW_PER_UM2
    leakage_nw += table_bits * SRAM_NW + register_bits * REGISTER_NW
    assert lane.area_um2 == pytest.approx(area_um2, rel=ROUNDING)
    assert lane.leakage_nw == pytest.approx(leakage_nw, rel=ROUNDING)


def test_the_decoder_is_the_largest_of_all(technology):
    # cal um2 of a decoder / its input bits: bases 3, 5, 7, 9, 17
    per_bit = (121.7 / 8, 96.0 / 7, 37.6 / 6, 55.6 / 7, 178.4 / 9)
    assert technology.decoder_bit.area_um2 == pytest.approx(max(per_bit), rel=ROUNDING)
    assert technology.decoder_bit.leakage_nw == pytest.approx(6283 / 9 * LEAKAGE, rel=ROUNDING)


def test_the_memories(technology):
    bits = {"lstp": (SRAM_UM2, SRAM_NW), "hp": (HP_SRAM_UM2, HP_SRAM_NW)}
    assert technology.sram.keys() == bits.keys()
    for cell, (bit_um2, bit_nw) in bits.items():
        rows = technology.sram[cell]
        # 10 pJ for 64 bit at 8 KiB, by the root of the capacity; wider ports side by side
        assert rows.read_law == rows.write_law == PowerLaw(10, 8 * 8192, 64, 0.5, 1)
        assert rows.write_factor == 1.1
        assert rows.area_law.at(1000, 512) == pytest.approx(1000 * bit_um2, rel=ROUNDING)
        assert rows.leakage_law.at(1000, 512) == pytest.approx(1000 * bit_nw, rel=ROUNDING)
        assert rows.within == LawRange(largest_bits=8 << 20)  # the last point of the paper, 1 MiB
        assert rows.access_law is None
        assert not rows.points
    assert technology.dram.read_pj_per_bit == technology.dram.write_pj_per_bit == 1300 / 64


def test_the_activation_of_a_row(technology):
    # DDR4-3200 8 Gb x8: 1.2 V; IDD0 57, IDD3N 52, IDD2N 37 mA; tRAS 52, tRP 22 clocks of 0.63 ns
    page_pj = 1.2 * (57 * (52 + 22) - 52 * 52 - 37 * 22) * 0.63
    assert page_pj == pytest.approx(529.2)
    # 8192 bit a device; 8 devices are 64 bit wide
    assert technology.dram.activate_pj_per_bit == pytest.approx(8 * page_pj / (8 * 8192), rel=1e-9)
