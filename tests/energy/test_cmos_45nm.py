"""Every number of ``cmos_45nm.yaml`` derived again, from what its sources print.

``cal`` marks netlist numbers after calibration: raw fJ at 1.1 V · 0.2135, raw um2 · 0.654.
"""

import dataclasses
import math

import numpy as np
import pytest

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

# CACTI 7, 45 nm itrs-lstp
SRAM_UM2, SRAM_NW = 0.003368e6 / 8192, 0.002332e6 / (128 * 8192)


def least_squares(points_fj):
    shares = np.array(P_ZERO)
    solution, *_ = np.linalg.lstsq(np.stack([1 - shares, shares], 1), np.array(points_fj))
    return solution


ADD_FJ, SKIP_FJ = least_squares(TERNARY_CAL_FJ)

ACTIONS_PJ = {
    "adder.add": ADD_FJ / 1000,
    "adder.skip": SKIP_FJ / 1000,
    "integer_mac.mac_int8": 1486.9 * 0.2135 / 1000,
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
PES = {
    "ternary_adder": (107.1 + 44 * REGISTER_UM2, 3732 * LEAKAGE + 44 * REGISTER_NW),
    "bit_serial": (107.1 + 40 * REGISTER_UM2, 3732 * LEAKAGE + 40 * REGISTER_NW),
    "integer_mac": (
        296.3 + 92.2 + 40 * REGISTER_UM2,
        (10190 + 3212) * LEAKAGE + 40 * REGISTER_NW,
    ),
    "float_mac": (
        FP32_MUL_UM2 + FP32_ADD_UM2 + 96 * REGISTER_UM2,
        (FP32_MUL_UM2 + FP32_ADD_UM2) * MULTIPLIER_NW_PER_UM2 + 96 * REGISTER_NW,
    ),
}
ADDER_SLOPE = (DATAPATH_UM2_PER_BIT + REGISTER_UM2, DATAPATH_NW_PER_BIT + REGISTER_NW)
SLOPES = {
    "ternary_adder": ADDER_SLOPE,
    "bit_serial": ADDER_SLOPE,
    "integer_mac": (ADDER_UM2_PER_BIT + REGISTER_UM2, ADDER_NW_PER_BIT + REGISTER_NW),
    "float_mac": (0, 0),
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
        ("integer_mac.mac_int8", (105.72 - 80.79) / 8),  # cal fJ of the 32- and 24-bit adder
    ],
)
def test_energy_per_accumulator_bit(technology, action, slope_fj):
    found = technology.actions[action].pj_per_accumulator_bit
    assert 1000 * found == pytest.approx(slope_fj, rel=ROUNDING)
    others = [a for a in technology.actions.values() if a.pj_per_accumulator_bit]
    assert len(others) == 3


@pytest.mark.parametrize("kind", PES)
def test_area_and_leakage_of_a_pe(technology, kind):
    assert technology.pes.keys() == PES.keys()
    found, slope = technology.pes[kind], technology.pes_per_accumulator_bit[kind]
    assert (found.area_um2, found.leakage_nw) == pytest.approx(PES[kind], rel=ROUNDING)
    assert (slope.area_um2, slope.leakage_nw) == pytest.approx(SLOPES[kind], rel=ROUNDING)


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
    law = technology.sram.law
    assert (law.access_pj, law.access_bits) == (10, 64)
    assert (law.capacity_bits, law.exponent) == (8 * 8192, 0.5)
    assert technology.sram.write_over_read == 1.1
    assert technology.sram.bit.area_um2 == pytest.approx(SRAM_UM2, rel=ROUNDING)
    assert technology.sram.bit.leakage_nw == pytest.approx(SRAM_NW, rel=ROUNDING)
    assert technology.dram.read_pj_per_bit == technology.dram.write_pj_per_bit == 1300 / 64
