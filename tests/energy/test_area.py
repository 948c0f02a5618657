import dataclasses

import pytest

from lowbit_sim.energy.area import area_um2_by_component, silicon_by_component
from lowbit_sim.energy.technology import Silicon
from lowbit_sim.errors import SpecError
from lowbit_sim.pe.bit_serial import BitSerial
from lowbit_sim.pe.float_mac import FloatMac
from lowbit_sim.pe.integer_mac import IntegerMac
from lowbit_sim.pe.ternary_adder import TernaryAdder


def test_by_hand(technology, machine):
    assert area_um2_by_component(technology, machine()) == pytest.approx(
        {
            "adders": 6 * 237.3,
            "vector_unit": 4 * 3984,
            "shared": 65536 * 0.4111,  # 8 KiB
            "weights": 16384 * 0.4111,  # 2 KiB
        },
        rel=1e-12,
    )


@pytest.mark.parametrize("packing", ["word_8", "word_64"])
def test_digit_words_need_a_decoder_as_wide_as_the_shared_port(technology, machine, packing):
    areas = area_um2_by_component(technology, machine(packing=packing))
    assert areas["decoder"] == pytest.approx(128 * 19.82, rel=1e-12)


def test_the_decoder_follows_the_port_that_is_read(technology, machine):
    small = machine(packing="word_8")
    dram, shared, *others = small.memories
    narrow = dataclasses.replace(shared, write_bits_per_cycle=8)
    small = dataclasses.replace(small, memories=(dram, narrow, *others))
    assert area_um2_by_component(technology, small)["decoder"] == pytest.approx(128 * 19.82)


@pytest.mark.parametrize("packing", ["whole_field", "byte"])
def test_fields_need_no_decoder(technology, machine, packing):
    assert "decoder" not in area_um2_by_component(technology, machine(packing=packing))


@pytest.mark.parametrize(
    ("pe", "area_um2"),
    [
        (TernaryAdder(rows=1, cols=1, accumulator_bits=32), 237.3 + 8 * 7.433),
        (TernaryAdder(rows=1, cols=1, accumulator_bits=16), 237.3 - 8 * 7.433),
        (BitSerial(rows=1, cols=1, accumulator_bits=32, encoding="twos_complement"), 284.864),
        (IntegerMac(rows=1, cols=1, accumulator_bits=32), 506.8 + 8 * 7.108),
        (FloatMac(rows=1, cols=1, accumulator_bits=32), 12168),
    ],
)
def test_area_follows_the_accumulator(technology, machine, pe, area_um2):
    areas = area_um2_by_component(technology, machine({"a": pe}))
    assert areas["a"] == pytest.approx(area_um2, rel=1e-9)


def test_the_leakage_follows_the_accumulator(technology, machine):
    wide = machine({"a": TernaryAdder(rows=2, cols=2, accumulator_bits=32)})
    # 4 · (3860 + 8 · 125.5) nW
    assert silicon_by_component(technology, wide)["a"].leakage_nw == pytest.approx(19456)


def test_twice_the_rows_take_twice_the_area(technology, machine):
    small, large = (
        area_um2_by_component(
            technology, machine({"a": TernaryAdder(rows=r, cols=5, accumulator_bits=24)})
        )
        for r in (7, 14)
    )
    assert large.pop("a") == pytest.approx(2 * small.pop("a"))
    assert large == small


def test_a_dram_takes_no_area(technology, machine):
    assert "dram" not in silicon_by_component(technology, machine())


def test_a_kind_without_a_row_is_an_error_that_names_it(technology, machine):
    known = {kind: pe for kind, pe in technology.pes.items() if kind != "ternary_adder"}
    poorer = dataclasses.replace(technology, pes=known)
    with pytest.raises(SpecError, match="PE kind 'ternary_adder'; allowed: bit_serial"):
        area_um2_by_component(poorer, machine())


def test_two_parts_cannot_share_a_name(technology, machine):
    pe = TernaryAdder(rows=1, cols=1, accumulator_bits=24)
    with pytest.raises(SpecError, match="two parts are called 'shared'"):
        area_um2_by_component(technology, machine({"shared": pe}))


def test_every_part_has_area_and_leaks(technology, machine):
    for part in silicon_by_component(technology, machine(packing="word_8")).values():
        assert isinstance(part, Silicon)
        assert min(part.area_um2, part.leakage_nw) > 0
