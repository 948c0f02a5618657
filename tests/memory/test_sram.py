import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowbit_sim.memory.sram import (
    LawRange,
    Macro,
    PowerLaw,
    access_ns,
    amount,
    energy_pj_per_bit,
)

KIB = 8 * 1024
#: half of a square array's growth; a wider port is more accesses side by side
HOROWITZ = PowerLaw(10.0, 8 * KIB, 64, 0.5, 1.0)
#: four times the capacity doubles it, four times the width doubles it
ROOTS = PowerLaw(6.0, 8 * KIB, 64, 0.5, 0.5)
ANYWHERE = LawRange()
#: 1 to 32 KiB, 16 to 256 bit
NARROW = LawRange(KIB, 32 * KIB, 16, 256)
capacities = st.integers(1, 2**40)
widths = st.integers(1, 2**14)
laws = st.builds(
    PowerLaw,
    st.floats(0.01, 1000),
    st.integers(1, 2**30),
    st.integers(1, 1024),
    st.floats(0, 1),
    st.floats(-1, 1),
)


@pytest.mark.parametrize(
    ("kib", "published_pj", "error"),
    [
        (8, 10, 0),  # the law's own point
        (32, 20, 0),  # 10 · sqrt(4) = 20
        (1024, 100, 0.1314),  # 10 · sqrt(128) = 113.14
    ],
)
def test_the_square_root_law_meets_the_published_accesses(kib, published_pj, error):
    assert HOROWITZ.at(kib * KIB, 64) / published_pj - 1 == pytest.approx(error, abs=5e-5)
    assert HOROWITZ.per_bit(kib * KIB, 64) == HOROWITZ.at(kib * KIB, 64) / 64


def test_a_law_of_the_width_by_hand():
    # 128 KiB is 16 times, so 4 times the energy; 256 bit is 4 times, so twice: 6 · 4 · 2 = 48 pJ
    assert ROOTS.at(128 * KIB, 256) == pytest.approx(48.0, rel=1e-12)
    # 48 / 256 = 0.1875 pJ/bit: half of the 24 / 64 = 0.375 pJ/bit of a port of 64 bit
    assert ROOTS.per_bit(128 * KIB, 256) == pytest.approx(0.1875, rel=1e-12)
    assert ROOTS.per_bit(128 * KIB, 64) == pytest.approx(0.375, rel=1e-12)
    # a third root: 8 KiB costs 2 times what 1 KiB does; a port of half the width 2 ** 0.1 more
    time = PowerLaw(1.0, KIB, 64, 1 / 3, -0.1)
    assert time.at(8 * KIB, 32) == pytest.approx(2 * 2**0.1, rel=1e-12)


def test_by_the_bit_a_law_is_a_product():
    # 0.4 um2 a bit, whatever the width
    assert PowerLaw(0.4, 1, 1, 1.0, 0.0).at(1000, 512) == 400.0


@given(widths, capacities)
def test_side_by_side_no_width_changes_what_a_bit_costs(width_bits, capacity_bits):
    assert HOROWITZ.per_bit(capacity_bits, width_bits) == HOROWITZ.per_bit(capacity_bits, 64)


@given(laws, capacities, capacities, widths)
def test_nothing_falls_with_capacity(law, one, other, width_bits):
    small, large = (Macro(c, width_bits) for c in sorted((one, other)))
    for priced in (energy_pj_per_bit, amount, access_ns):
        for within in (ANYWHERE, NARROW):
            assert priced(small, law, within) <= priced(large, law, within) * (1 + 1e-12)


@given(capacities)
def test_four_times_the_capacity_costs_twice_the_energy(capacity_bits):
    small, large = (HOROWITZ.per_bit(c, 64) for c in (capacity_bits, 4 * capacity_bits))
    assert math.isclose(large, 2 * small, rel_tol=1e-9)


@pytest.mark.parametrize(
    ("kib", "width_bits", "pj_per_bit"),
    [
        (8, 64, 6 / 64),
        (32, 256, 6 * 2 * 2 / 256),
        (128, 256, 6 * 2 * 2 / 256),  # parts of 32 KiB, one of which is woken
        (0.5, 64, 6 / 8**0.5 / 64),  # as much as 1 KiB
        (32, 1024, 6 * 2 * 2 / 256),  # four accesses of 256 bit side by side
        (8, 4, 6 / 2 / 4),  # 16 bit are fetched, 4 used: 6 / sqrt(4) pJ
    ],
)
def test_an_access_beyond_the_law_by_hand(kib, width_bits, pj_per_bit):
    macro = Macro(int(kib * KIB), width_bits)
    assert energy_pj_per_bit(macro, ROOTS, NARROW) == pytest.approx(pj_per_bit, rel=1e-12)
    assert NARROW.holds(macro) == ((kib, width_bits) in {(8, 64), (32, 256)})


def test_area_and_time_beyond_the_law_by_hand():
    area = PowerLaw(1000.0, 8 * KIB, 64, 0.5, 0.5)
    # 96 KiB: three parts of 32 KiB, each 1000 · 2
    assert amount(Macro(96 * KIB, 64), area, NARROW) == pytest.approx(6000.0, rel=1e-12)
    # 256 bit at most, twice the area of 64; one part of 1 KiB at least
    assert amount(Macro(8 * KIB, 1024), area, NARROW) == pytest.approx(2000.0, rel=1e-12)
    assert amount(Macro(KIB // 4, 64), area, NARROW) == pytest.approx(1000 / 8**0.5, rel=1e-12)
    # an access waits for one part
    assert access_ns(Macro(96 * KIB, 64), area, NARROW) == pytest.approx(2000.0, rel=1e-12)


@pytest.mark.parametrize(
    "bad",
    [
        (0.0, 8, 64, 0.5, 1.0),
        (10.0, 0, 64, 0.5, 1.0),
        (10.0, 8, 0, 0.5, 1.0),
        (10.0, 8, 64, -0.1, 1.0),
    ],
)
def test_a_law_out_of_range_is_refused(bad):
    with pytest.raises(ValueError, match="law"):
        PowerLaw(*bad)


@pytest.mark.parametrize("bad", [(9, 8, 1, None), (1, None, 9, 8)])
def test_a_range_that_ends_before_it_begins_is_refused(bad):
    with pytest.raises(ValueError, match="must end after it begins, 9 to 8 bit"):
        LawRange(*bad)


def test_an_empty_memory_is_refused():
    with pytest.raises(ValueError, match="at least one bit"):
        HOROWITZ.at(0, 64)
