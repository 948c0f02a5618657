from dataclasses import replace

import numpy as np
import pytest
from made_space import machine_path, make_space

from lowbit_sim.energy.area import area_um2_by_component
from lowbit_sim.energy.load import load_technology
from lowbit_sim.energy.table import energy_table
from lowbit_sim.errors import SpecError
from lowbit_sim.explore.prices import prices_of
from lowbit_sim.explore.variants import variants_of
from lowbit_sim.study.price import Pricing

RELATIVE = 1e-12
#: the port before the decoder, both cells, banked and plain, some that cannot be
AXES = [
    {"memories.shared_sram.read": ["64 bit/cycle", "512 bit/cycle", "2048 bit/cycle"]},
    {"memories.shared_sram.capacity": ["2048 bit", "96 KiB", "24 MiB"]},
    {"memories.shared_sram.cell": ["lstp", "hp"]},
    {"memories.output_scratchpad.write": ["256 bit/cycle", "512 bit/cycle"],
     "memories.dram.read": ["32 bit/cycle", "64 bit/cycle"],
     "clock": ["300 MHz", "1 GHz"]},
    {"memories.shared_sram.banks": [1, 8]},
]  # fmt: skip


@pytest.fixture(scope="module")
def technology():
    return load_technology(machine_path("technologies/cmos_45nm"))


@pytest.mark.parametrize("machine", ["ternary_pe", "int8_systolic", "edge_soc"])
@pytest.mark.parametrize("structure", [0, 1])
def test_every_design_costs_what_it_costs_alone(tmp_path, technology, machine, structure):
    space = make_space(tmp_path, (machine,), axes=AXES)
    count = space.designs_of_a_structure
    variants = variants_of(space, structure, 0, count)
    prices = prices_of(variants, technology)
    sound = variants.sound()
    assert 0 < sound.sum() < count
    for design in np.flatnonzero(sound):
        alone = space.accelerator(structure * count + int(design))
        table = energy_table(technology, alone)
        areas = area_um2_by_component(technology, alone)
        leakage_pj = Pricing(alone, technology, table).leakage_pj_per_cycle
        assert prices.area_um2[design] == pytest.approx(sum(areas.values()), rel=RELATIVE)
        assert prices.leakage_pj_per_cycle[design] == pytest.approx(leakage_pj, rel=RELATIVE)
        sides = [
            table[f"{level.name}.{side}_bit"].energy_pj
            for level in alone.memories
            for side in ("read", "write")
        ]
        assert prices.side_pj_per_bit[:, design] == pytest.approx(sides, rel=RELATIVE)
        ends = ("read_bit", "write_bit")
        fixed = {n: row.energy_pj for n, row in table.rows.items() if not n.endswith(ends)}
        assert {name: prices.pj_per_action[name] for name in fixed} == fixed


def test_the_decoder_is_as_wide_as_the_port_before_it(tmp_path, technology):
    axes = [{"memories.shared_sram.read": ["64 bit/cycle", "512 bit/cycle"]}]
    packed, plain = (make_space(tmp_path, (m,), axes=axes) for m in ("ternary_pe", "int8_systolic"))
    growth = []
    for space in (packed, plain):
        narrow, wide = prices_of(variants_of(space, 0, 0, 2), technology).area_um2
        growth.append(wide - narrow)
    # whatever the memory itself takes, the decoder takes 448 bit more
    assert growth[0] - growth[1] == pytest.approx(448 * technology.decoder_bit.area_um2, rel=1e-9)


def test_what_cannot_be_costs_nothing_that_is_a_number(tmp_path, technology):
    space = make_space(tmp_path, axes=[{"memories.shared_sram.capacity": ["64 bit", "8 KiB"]}])
    prices = prices_of(variants_of(space, 0, 0, 2), technology)
    assert np.isnan(prices.area_um2).tolist() == [True, False]
    assert np.isnan(prices.leakage_pj_per_cycle).tolist() == [True, False]
    assert np.isnan(prices.side_pj_per_bit).any(axis=0).tolist() == [True, False]


def test_technologies_are_told_apart(tmp_path, technology):
    space = make_space(tmp_path)
    dearer = replace(technology.dram, read_pj_per_bit=2 * technology.dram.read_pj_per_bit)
    variants = variants_of(space, 0, 0, 1)
    one = prices_of(variants, technology)
    other = prices_of(variants, replace(technology, dram=dearer))
    ratio = other.side_pj_per_bit[:, 0] / one.side_pj_per_bit[:, 0]
    assert ratio == pytest.approx([2] + 9 * [1])


def test_cells_that_a_technology_does_not_price_are_an_error(tmp_path, technology):
    space = make_space(tmp_path)
    poorer = replace(technology, sram={"hp": technology.sram["hp"]})
    with pytest.raises(SpecError, match="no rows for cells 'lstp'"):
        prices_of(variants_of(space, 0, 0, 1), poorer)
