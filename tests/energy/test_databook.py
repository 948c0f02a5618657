"""The literals of ``test_cmos_45nm`` against the collection of sources, where it is at hand.

It lies beside the repository, or where ``LOWBIT_SIM_DATABOOK`` says.
"""

import csv
import os
from pathlib import Path

import pytest
import yaml

DATABOOK = Path(
    os.environ.get("LOWBIT_SIM_DATABOOK", Path(__file__).parents[3] / "shared" / "databook")
)
pytestmark = pytest.mark.skipif(
    not (DATABOOK / "synth_nangate45.yaml").is_file(),
    reason="the databook is not at hand: set LOWBIT_SIM_DATABOOK to its folder",
)
ENERGY, AREA = "energy_fJ_0p9V_horowitz_calibrated", "area_um2_horowitz_calibrated"
LEAKAGE = 0.654 * 0.9 / 1.1
POINTS = Path(__file__).parents[2] / "arch_specs" / "technologies" / "cacti7_45nm.csv"
SWEPT = (
    *("width_b", "cell", "temp_K", "access_ns", "read_pJ", "write_pJ"),
    *("leak_mW", "gate_leak_mW", "area_mm2"),
)


def read(name):
    return yaml.load((DATABOOK / name).read_text(encoding="utf-8"), yaml.CSafeLoader)


@pytest.fixture(scope="module")
def netlists():
    return {entry["id"]: entry for entry in read("synth_nangate45.yaml")["entries"]}


@pytest.fixture(scope="module")
def operand_dependent():
    entries = read("synth_nangate45.yaml")["operand_dependent"]["entries"]
    return [entry for entry in entries if entry["act"] == "normal"]


@pytest.fixture(scope="module")
def horowitz():
    entries = read("ops_energy_area.yaml")["entries"]
    return {e["id"]: e for e in entries if e.get("family") == "horowitz2014"}


def pj(technology, action):
    return technology.actions[action].energy_pj


def test_the_line_through_the_ternary_points_is_the_best(technology, operand_dependent):
    points = [(e["p_zero"], e[ENERGY]) for e in operand_dependent if e["weights"] == "ternary"]
    assert len(points) == 4
    add, skip = (1000 * pj(technology, f"adder.{n}") for n in ("add", "skip"))

    def squares(add_fj, skip_fj):
        return sum((y - (1 - p) * add_fj - p * skip_fj) ** 2 for p, y in points)

    for step in (-0.3, 0.3):  # either number moved in its last digits makes it worse
        assert squares(add, skip) < squares(add + step, skip)
        assert squares(add, skip) < squares(add, skip + step)


def test_the_multiply_accumulate(technology, operand_dependent):
    [mac] = [e[ENERGY] for e in operand_dependent if e["design"] == "mul8x8+add24"]
    assert 1000 * pj(technology, "integer_mac.mac_int8") == pytest.approx(mac, rel=1e-3)


def test_registers(technology, netlists):
    for width in (8, 16, 24, 32):
        per_bit = netlists[f"reg{width}"][ENERGY] / width
        assert 1000 * pj(technology, "register.write_bit") == pytest.approx(per_bit, rel=3e-3)


@pytest.mark.parametrize(
    ("action", "ids"),
    [
        ("float_mac.mac_fp32", ["fp_mul_32", "fp_add_32"]),
        ("float_mac.mac_bf16", ["fp_mul_16", "fp_add_32"]),
        ("vector.add", ["fp_add_16"]),
        ("vector.multiply", ["fp_mul_16"]),
    ],
)
def test_float_operators(technology, horowitz, action, ids):
    assert pj(technology, action) == pytest.approx(sum(horowitz[i]["value"] for i in ids))


@pytest.mark.parametrize(
    ("levels", "decoder"),
    [
        ("3", "dec3p5in8"),
        ("5", "dec5p3in7"),
        ("7", "dec7p2in6"),
        ("7_pow2", "dec7p2in6"),
        ("9", "dec9p2in7"),
        ("15", "dec17p2in9"),
        ("17", "dec17p2in9"),
    ],
)
def test_decoders(technology, levels, decoder):
    rows = {row["decoder"]: row for row in read("packing.yaml")["decoders"]["rows"]}
    expected = rows[decoder]["energy_fJ_per_weight_0p9V_cal"]
    assert 1000 * pj(technology, f"decoder.levels_{levels}") == pytest.approx(expected, rel=1e-3)


def test_pes(technology, netlists, horowitz):
    register_um2 = netlists["reg24"][AREA] / 24
    register_nw = netlists["reg24"]["leak_nW"] / 24 * LEAKAGE
    parts = {
        "ternary_adder": (["tern8_acc24"], 44),
        "bit_serial": (["tern8_acc24"], 40),
        "bit_serial_both": (["xnorpop16", "tern8_acc24"], 168),
        "xnor_popcount": (["xnorpop32", "tern8_acc24"], 88),
        "ternary_popcount": (["ttpop32", "tern8_acc24"], 152),
        "integer_mac": (["mul8x8", "add24"], 40),
        "integer_mac_16": (["mul16x16", "add24"], 56),
    }
    for name, (ids, bits) in parts.items():
        area = sum(netlists[i][AREA] for i in ids) + bits * register_um2
        leakage = sum(netlists[i]["leak_nW"] for i in ids) * LEAKAGE + bits * register_nw
        assert technology.pes[name].one.area_um2 == pytest.approx(area, rel=1e-3)
        assert technology.pes[name].one.leakage_nw == pytest.approx(leakage, rel=1e-3)
    floats = horowitz["fp_mul_32"]["area_um2"] + horowitz["fp_add_32"]["area_um2"]
    area = floats + 96 * register_um2
    assert technology.pes["float_mac"].one.area_um2 == pytest.approx(area, rel=1e-3)


def test_counters(technology, netlists):
    for action, netlist, terms in (
        ("bit_pair.add", "xnorpop16", 16),
        ("xnor_popcount.term", "xnorpop32", 32),
        ("lookup.build", "add10", 1),
    ):
        expected = netlists[netlist][ENERGY] / terms
        assert 1000 * pj(technology, action) == pytest.approx(expected, rel=1e-3)
    # 2/3 of random trits count, 1/3 are skipped
    term, skip = (1000 * pj(technology, f"ternary_popcount.{n}") for n in ("term", "skip"))
    mean = netlists["ttpop32"][ENERGY] / 32
    assert 2 / 3 * term + 1 / 3 * skip == pytest.approx(mean, rel=1e-3)


def test_the_wide_multiply_accumulate(technology, netlists):
    expected = netlists["mul16x16"][ENERGY] + netlists["add24"][ENERGY]
    assert 1000 * pj(technology, "integer_mac.mac_int16") == pytest.approx(expected, rel=1e-3)


def test_a_shifter_stage(technology, netlists, operand_dependent):
    """Thirty-five multiplexer bits, each a ninth of a shifter stage's part."""
    points = {(e["design"], e["p_zero"]): e["e_zero_fJ"] for e in operand_dependent}
    low, high = points["tern8_acc24", 0.0], points["tern8_acc24", 0.333]
    parts = [
        points["lev5_8_acc24", zeros] - (low + (high - low) * zeros / 0.333)
        for zeros in (0.2, 0.33)
    ]
    stages_fj = 35 * sum(parts) / 2 * 0.2135 / 9
    adder_fj = 1000 * pj(technology, "adder.add")
    assert 1000 * pj(technology, "shift_adder.add") == pytest.approx(adder_fj + stages_fj, rel=1e-3)
    bit_um2 = (netlists["lev5_8_acc24"][AREA] - netlists["tern8_acc24"][AREA]) / 9
    one, plain = (technology.pes[n].one.area_um2 for n in ("shift_add", "ternary_adder"))
    assert one - plain == pytest.approx(35 * bit_um2 + 8 * 71.0 / 24, rel=1e-3)


def test_bricks(technology):
    with (DATABOOK / "bitfusion_pe_synth45.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if (row["N"], row["M"]) == ("1", "1")]
    units = {
        (row["Max Precision (bits)"], row["Min Precision (bits)"]): row
        for row in rows
        if row["Frequency"] == "500000000"
    }

    def ratio(column):
        return float(units["8", "2"][column]) / float(units["8", "8"][column])

    fused = 16 * pj(technology, "bit_brick.multiply") + pj(technology, "bit_brick.add")
    mac = pj(technology, "integer_mac.mac_int8")
    assert fused / mac == pytest.approx(ratio("Dynamic Power (nW)"), rel=1e-3)
    unit, fixed = (technology.pes[n].one for n in ("bit_brick", "integer_mac"))
    assert unit.area_um2 / fixed.area_um2 == pytest.approx(ratio("Area (um^2)"), rel=1e-3)
    assert unit.leakage_nw / fixed.leakage_nw == pytest.approx(
        ratio("Leakage Power (nW)"), rel=1e-3
    )


def test_accumulator_slopes(technology, netlists):
    def per_bit(wide, narrow, key):
        return (netlists[wide][key] - netlists[narrow][key]) / 8

    register_um2 = netlists["reg24"][AREA] / 24
    slopes = {name: row.per_accumulator_bit for name, row in technology.pes.items()}
    ternary = per_bit("tern8_acc24", "tern8_acc16", AREA) + register_um2
    assert slopes["ternary_adder"].area_um2 == pytest.approx(ternary, rel=1e-3)
    integer = per_bit("add32", "add24", AREA) + register_um2
    assert slopes["integer_mac"].area_um2 == pytest.approx(integer, rel=1e-3)
    energy = per_bit("add32", "add24", ENERGY)
    found = technology.actions["integer_mac.mac_int8"].pj_per_accumulator_bit
    assert 1000 * found == pytest.approx(energy, rel=1e-3)


def test_energy_is_about_proportional_to_the_accumulator(netlists):
    per_bit = [netlists[f"tern8_acc{width}"][ENERGY] / width for width in (16, 20, 24)]
    assert max(per_bit) / min(per_bit) < 1.05


@pytest.mark.parametrize("cell", ["lstp", "hp"])
def test_srams(technology, horowitz, cell):
    sram, rows = read("sram.yaml"), technology.sram[cell]
    own = (45, f"itrs-{cell}")
    [fit] = [f for f in sram["cacti7"]["fits"] if (f["node_nm"], f["cell"]) == own]
    um2_per_bit = fit["area_mm2_per_KB"] * 1e6 / 8192
    assert rows.area_law.at(1, 1) == pytest.approx(um2_per_bit, rel=1e-3)
    [leakage_mw] = [
        row["leak_mW"]
        for row in sram["cacti7"]["leakage_vs_temperature_128KB"]
        if (row["node_nm"], row["cell"], row["temp_K"]) == (*own, 300)
    ]
    nw_per_bit = leakage_mw * 1e6 / (128 * 8192)
    assert rows.leakage_law.at(1, 1) == pytest.approx(nw_per_bit, rel=1e-3)
    assert rows.read_law.value == horowitz["sram_8KB_64b_read"]["value"]
    assert rows.write_factor == sram["scaling_laws"]["write_over_read"]


def test_macros():
    """The rows of the sweep at 45 nm, to the digit; whole capacities instead of six digits."""
    with (DATABOOK / "sram_cacti7_sweep.csv").open(encoding="utf-8") as file:
        swept = [
            (float(row["capacity_B"]), *(row[name] for name in SWEPT))
            for row in csv.DictReader(file)
            if row["node_nm"] == "45" and row["temp_K"] in {"300", "350"}
        ]
    lines = POINTS.read_text(encoding="utf-8").splitlines()
    found = [line.split(",") for line in lines if line[0].isdigit()]
    assert len(found) == len(swept)
    for row, (capacity, width, cell, *numbers) in zip(found, swept, strict=True):
        assert int(row[0]) == pytest.approx(capacity, rel=1e-5)
        assert row[1:] == [width, cell.removeprefix("itrs-"), *numbers]


def test_dram(technology, horowitz):
    lower_pj = min(horowitz["dram_64b_read"]["value"])
    assert technology.dram.read_pj_per_bit == pytest.approx(lower_pj / 64)
    [ddr4] = [m for m in read("dram.yaml")["idd_models"] if m["name"] == "DDR4-3200 8Gb x8"]
    page_pj, page_bits = ddr4["energies"]["act_pre_pJ_per_device"], ddr4["params"]
    share = page_pj / page_bits["page_bits_per_device"]
    assert technology.dram.activate_pj_per_bit == pytest.approx(share, rel=1e-6)
    full_page = ddr4["energies"]["row_miss_extra_pJ_per_bit_full_page"]
    assert technology.dram.activate_pj_per_bit == pytest.approx(full_page, rel=1e-3)
