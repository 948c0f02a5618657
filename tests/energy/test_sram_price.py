import dataclasses
import re

import pytest

from lowbit_sim.energy.area import silicon_by_component
from lowbit_sim.energy.sram_price import late_memories, sram_price
from lowbit_sim.energy.table import energy_table
from lowbit_sim.errors import SpecError

KIB = 8 * 1024


@pytest.fixture
def level(machine):
    """Return a maker of memories like the shared one of the small machine, 8 KiB of lstp."""

    def make(capacity_bits=8 * KIB, read=64, write=64, **change):
        ports = {"read_bits_per_cycle": read, "write_bits_per_cycle": write}
        shared = machine().memories[1]
        return dataclasses.replace(shared, capacity_bits=capacity_bits, **ports, **change)

    return make


# exactly a point: CACTI 7, 45 nm itrs-lstp, 8 KiB at 64 bit
READ_PJ, WRITE_PJ, AREA_UM2, ACCESS_NS = 4.91712, 11.1543, 25309.2, 1.28649
LEAKAGE_NW = 182.701 + 86.0488  # below threshold at 300 K, and through gates


def test_a_macro_that_is_a_point_costs_what_it_was_simulated_to(cacti_technology, level):
    price = sram_price(cacti_technology, level())
    assert price.read_pj_per_bit == pytest.approx(READ_PJ / 64, rel=1e-12)
    assert price.write_pj_per_bit == pytest.approx(WRITE_PJ / 64, rel=1e-12)
    assert price.silicon.area_um2 == pytest.approx(AREA_UM2, rel=1e-12)
    assert price.silicon.leakage_nw == pytest.approx(LEAKAGE_NW, rel=1e-9)
    assert price.access_ns == ACCESS_NS
    assert price.read.confidence == price.write.confidence == "simulated"
    assert price.read.note.startswith("The point of 65536 bit by 64 bit, not the fit.")
    assert "CACTI 7" in price.read.source


def test_banks_share_the_port_and_the_capacity(cacti_technology, level):
    # 4 banks of 8 KiB, 2 for each buffer: 128 bit a cycle are 64 bit of each of the two
    price = sram_price(cacti_technology, level(32 * KIB, 128, 128, banks=4))
    assert price.read_pj_per_bit == pytest.approx(READ_PJ / 64, rel=1e-12)
    assert price.silicon.area_um2 == pytest.approx(4 * AREA_UM2, rel=1e-12)
    assert price.silicon.leakage_nw == pytest.approx(4 * LEAKAGE_NW, rel=1e-9)
    assert price.access_ns == ACCESS_NS


@pytest.mark.parametrize(
    ("capacity_bits", "read", "write"),
    [(9 * KIB, 64, 64), (8 * KIB, 65, 65), (8 * KIB, 64, 128), (8 * KIB, 128, 64)],
)
def test_anything_else_is_no_point(cacti_technology, level, capacity_bits, read, write):
    price = sram_price(cacti_technology, level(capacity_bits, read, write))
    assert "not the fit" not in price.read.note + price.write.note
    assert price.read.confidence == price.write.confidence == "scaled"


def test_without_points_the_law_prices_a_point_too(cacti_technology, level):
    rows = dataclasses.replace(cacti_technology.sram["lstp"], points={}, points_evidence=None)
    fitted = dataclasses.replace(cacti_technology, sram={"lstp": rows})
    price = sram_price(fitted, level())
    assert price.read_pj_per_bit == pytest.approx(6.352 / 64, rel=1e-12)
    assert price.silicon.leakage_nw == pytest.approx(264.4, rel=1e-9)


def test_a_fit_by_hand(cacti_technology, level):
    # 16 KiB: twice the reference; reads of 64 bit, writes of 128
    price = sram_price(cacti_technology, level(16 * KIB, 64, 128))
    assert price.read_pj_per_bit == pytest.approx(6.352 * 2**0.5586 / 64, rel=1e-12)
    write_pj = 10.30 * 2**0.4600 * 2**0.7052
    assert price.write_pj_per_bit == pytest.approx(write_pj / 128, rel=1e-12)
    # area and leakage by the wider port
    area_um2, leakage_nw = 32790 * 2**0.9506 * 2**0.0563, 264.4 * 2**0.9497 * 2**-0.0283
    assert price.silicon.area_um2 == pytest.approx(area_um2, rel=1e-12)
    assert price.silicon.leakage_nw == pytest.approx(leakage_nw, rel=1e-9)
    assert price.access_ns == pytest.approx(1.360 * 2**0.2454, rel=1e-12)


def test_cells_for_high_performance_leak_and_are_fast(cacti_technology, level):
    price = sram_price(cacti_technology, level(16 * KIB, 64, 128, cell="hp"))
    assert price.read_pj_per_bit == pytest.approx(5.558 * 2**0.5147 / 64, rel=1e-12)
    leakage_nw = 4.720e6 * 2**0.9730 * 2**-0.0241
    assert price.silicon.leakage_nw == pytest.approx(leakage_nw, rel=1e-9)
    assert price.access_ns == pytest.approx(0.3860 * 2**0.3445, rel=1e-12)


def test_beyond_the_range_by_hand(cacti_technology, level):
    # 24 MiB by 1024 bit: 6 parts of 4 MiB, 512 times 8 KiB; two accesses of 512 bit side by side
    price = sram_price(cacti_technology, level(24 * 1024 * KIB, 1024, 1024))
    read_pj = 6.352 * 512**0.5586 * 8**0.6054
    assert price.read_pj_per_bit == pytest.approx(read_pj / 512, rel=1e-12)
    area_um2 = 6 * 32790 * 512**0.9506 * 8**0.0563
    assert price.silicon.area_um2 == pytest.approx(area_um2, rel=1e-12)
    # 64 banks of 128 B cost what 512 B do, each
    tiny = sram_price(cacti_technology, level(8 * KIB, 2048, 2048, banks=64))
    bank_um2 = 32790 * (1 / 16) ** 0.9506
    assert tiny.silicon.area_um2 == pytest.approx(64 * bank_um2, rel=1e-12)


@pytest.mark.parametrize(
    ("capacity_bits", "confidence"), [(8 * KIB, "simulated"), (8 * 1024 * KIB, "scaled")]
)
def test_beyond_the_range_a_row_is_only_scaled(cacti_technology, level, capacity_bits, confidence):
    rows = cacti_technology.sram["lstp"]
    sure = dataclasses.replace(rows.read, confidence="simulated")
    rows = dataclasses.replace(rows, read=sure, write=sure, points={})
    surer = dataclasses.replace(cacti_technology, sram={"lstp": rows})
    price = sram_price(surer, level(capacity_bits))
    assert price.read.confidence == price.write.confidence == confidence


def test_a_ratio_prices_writes(technology, level):
    price = sram_price(technology, level())
    assert price.write_pj_per_bit == pytest.approx(1.1 * 10 / 64, rel=1e-12)
    assert (price.read.confidence, price.write.confidence) == ("scaled", "assumed")
    assert price.access_ns is None


def test_cells_without_rows_are_refused(technology, level):
    poorer = dataclasses.replace(technology, sram={"lstp": technology.sram["lstp"]})
    told = (
        f"{technology.path}: sram: no rows for cells 'hp', which 'shared' is made of; allowed: lstp"
    )
    with pytest.raises(SpecError, match=re.escape(told)):
        sram_price(poorer, level(cell="hp"))


def test_tables_and_areas_ask_the_same(cacti_technology, machine, level):
    small = machine()
    dram, _, weights = small.memories
    small = dataclasses.replace(small, memories=(dram, level(), weights))
    row = energy_table(cacti_technology, small)["shared.read_bit"]
    assert (row.energy_pj, row.confidence) == (READ_PJ / 64, "simulated")
    part = silicon_by_component(cacti_technology, small)["shared"]
    assert part.area_um2 == pytest.approx(AREA_UM2, rel=1e-12)


def test_a_memory_that_takes_longer_than_its_cycles_is_named(cacti_technology, machine, level):
    small = machine()  # 500 MHz
    dram, _, weights = small.memories

    def late(shared, clock_hz=500_000_000):
        made = dataclasses.replace(small, memories=(dram, shared, weights), clock_hz=clock_hz)
        return [(m.name, m.access_ns, m.given_ns) for m in late_memories(cacti_technology, made)]

    assert late(level()) == []  # 1.28649 ns of 2
    # at 800 MHz, 1.25 ns; the other, 2 KiB at 128 bit, takes 0.825 ns
    assert late(level(), 800_000_000) == [("shared", ACCESS_NS, 1.25)]
    assert late(level(latency_cycles=1), 800_000_000) == [("shared", ACCESS_NS, 1.25)]
    assert late(level(latency_cycles=2), 800_000_000) == []
    assert late(level(cell="hp"), 800_000_000) == []


def test_without_access_times_nothing_is_late(technology, machine):
    assert list(late_memories(technology, machine())) == []
