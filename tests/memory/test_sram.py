import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowbit_sim.memory.sram import (
    AccessLaw,
    area_um2,
    leakage_nw,
    read_pj_per_bit,
    write_pj_per_bit,
)

KIB = 8 * 1024
HOROWITZ = AccessLaw(access_pj=10.0, access_bits=64, capacity_bits=8 * KIB, exponent=0.5)
capacities = st.integers(1, 2**40)
laws = st.builds(
    AccessLaw,
    st.floats(0.01, 1000),
    st.integers(1, 1024),
    st.integers(1, 2**30),
    st.floats(0, 1),
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
    access_pj = 64 * read_pj_per_bit(kib * KIB, HOROWITZ)
    assert access_pj / published_pj - 1 == pytest.approx(error, abs=5e-5)


def test_a_write_by_hand():
    # 128 KiB = 16 · 8 KiB: 10 pJ · 4 / 64 = 0.625 pJ/bit read; · 1.1 = 0.6875 pJ/bit written
    assert read_pj_per_bit(128 * KIB, HOROWITZ) == 0.625
    assert write_pj_per_bit(128 * KIB, HOROWITZ, 1.1) == pytest.approx(0.6875, rel=1e-12)


def test_another_law_by_hand():
    # 6 pJ for 32 bit at 1 KiB, growing with the cube root: 8 KiB costs 6 · 2 / 32 = 0.375 pJ/bit
    assert read_pj_per_bit(8 * KIB, AccessLaw(6.0, 32, KIB, 1 / 3)) == pytest.approx(0.375)
    # exponent 0: the same at any capacity, 6 / 32 = 0.1875 pJ/bit
    assert read_pj_per_bit(8 * KIB, AccessLaw(6.0, 32, KIB, 0.0)) == 0.1875


@given(laws, capacities, capacities)
def test_energy_never_falls_with_capacity(law, one, other):
    small, large = sorted((one, other))
    assert read_pj_per_bit(small, law) <= read_pj_per_bit(large, law)
    assert write_pj_per_bit(small, law, 1.1) <= write_pj_per_bit(large, law, 1.1)


@given(capacities)
def test_four_times_the_capacity_costs_twice_the_energy(capacity_bits):
    small, large = (read_pj_per_bit(c, HOROWITZ) for c in (capacity_bits, 4 * capacity_bits))
    assert math.isclose(large, 2 * small, rel_tol=1e-9)


@given(capacities, capacities)
def test_area_and_leakage_add_over_capacity(one, other):
    for per_bit in (area_um2, leakage_nw):
        both = per_bit(one, 0.4) + per_bit(other, 0.4)
        assert math.isclose(per_bit(one + other, 0.4), both, rel_tol=1e-12)
        assert per_bit(one, 0.4) > 0


@pytest.mark.parametrize(
    "bad",
    [(0.0, 64, 8, 0.5), (10.0, 0, 8, 0.5), (10.0, 64, 0, 0.5), (10.0, 64, 8, -0.1), (1.0, 1, 1, 2)],
)
def test_a_law_out_of_range_is_refused(bad):
    with pytest.raises(ValueError, match="law"):
        AccessLaw(*bad)


def test_an_empty_memory_is_refused():
    with pytest.raises(ValueError, match="at least one bit"):
        read_pj_per_bit(0, HOROWITZ)
