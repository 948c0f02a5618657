import pytest
from made_space import write_space

from lowbit_sim.energy.area import area_um2_by_component
from lowbit_sim.energy.load import load_technology
from lowbit_sim.energy.table import energy_table
from lowbit_sim.explore import confirming
from lowbit_sim.explore.confirming import Confirmed, Row, confirmed, confirmed_by
from lowbit_sim.explore.exploration import MixedVersionsError, load_exploration
from lowbit_sim.study.experiment import simulate
from lowbit_sim.study.price import Pricing
from lowbit_sim.study.shipped import load_shipped

FORMATS = ["levels_3", "int8"]
AXES = [
    {"arrays.rows": [8, 16]},
    {"memories.shared_sram.capacity": ["64 KiB", "8 KiB"]},
    {"clock": ["100 MHz", "500 MHz"]},
]
BOTH = ("ternary_pe", "edge_soc")


def made(tmp_path, machines=("ternary_pe",), **change):
    return load_exploration(
        write_space(tmp_path, machines, **{"weight_formats": FORMATS, "axes": AXES} | change)
    )


def simulated(exploration, row):
    """Return a design's machine, and what is said of it by the experiment itself."""
    space = exploration.space
    machine = space.accelerator(row.design)
    technology = load_technology(machine.technology_path)
    pricing = Pricing(machine, technology, energy_table(technology, machine))
    shipped = load_shipped(space.workloads[0], [row.weight_format])
    study = simulate(shipped, pricing, "closed_form", space.spec.objective)
    found = {one.weight_format: one for one in study.results}[row.weight_format]
    return machine, technology, found


@pytest.mark.parametrize("objective", ["edp", "cycles"])
@pytest.mark.parametrize("machines", [("ternary_pe",), BOTH])
def test_a_design_turns_out_as_it_is_simulated(tmp_path, machines, objective):
    exploration = made(tmp_path, machines, objective=objective)
    last = exploration.space.designs - 1
    for design, weight_format in ((0, "int8"), (last, "levels_3")):
        row = Row(design, "fcnn_digits", weight_format)
        machine, technology, found = simulated(exploration, row)
        one = confirmed(exploration, row)
        assert (one.row, one.refusal) == (row, "")
        assert (one.cycles, one.energy_pj) == (found.total_cycles, found.energy_pj)
        assert one.seconds == found.total_cycles / machine.clock_hz
        assert one.area_um2 == sum(area_um2_by_component(technology, machine).values())
        dram = machine.dram
        widest = max(dram.read_bits_per_cycle, dram.write_bits_per_cycle)
        assert one.dram_bits_per_s == widest * machine.clock_hz
        assert one.disagreement_cycles == 0
        watts = one.energy_pj * 1e-12 / one.seconds
        assert one.power_nw == pytest.approx(watts * 1e9)


def test_in_the_steady_state_the_better_of_both_ways_counts(tmp_path):
    exploration = made(tmp_path, regime="steady")
    # with 64 KiB the weights stay; with 8 KiB they do not fit
    for design, stays in ((0, True), (2, False)):
        row = Row(design, "fcnn_digits", "int8")
        _, _, found = simulated(exploration, row)
        assert (found.steady is not None) == stays
        best = found.steady if stays else found
        one = confirmed(exploration, row)
        assert (one.cycles, one.energy_pj) == (best.total_cycles, best.energy_pj)
        if stays:
            assert best.energy_delay_pj_cycles() < found.energy_delay_pj_cycles()


def test_a_steady_state_that_is_worse_is_not_taken(tmp_path, monkeypatch):
    exploration, row = made(tmp_path, regime="steady"), Row(0, "fcnn_digits", "int8")
    _, _, found = simulated(exploration, row)

    def swapped(*asked, **options):
        study = simulate(*asked, **options)
        (one,) = study.results
        worse = confirming.replace(one.steady, steady=one)
        return confirming.replace(study, results=(worse,))

    before = confirmed(exploration, row)
    monkeypatch.setattr(confirming, "simulate", swapped)
    assert confirmed(exploration, row) == before
    assert before.cycles == found.steady.total_cycles


def test_a_machine_that_cannot_be_is_refused(tmp_path):
    exploration = made(tmp_path, axes=[{"memories.weight_scratchpad.shared_port": [False, True]}])
    one = confirmed(exploration, Row(1, "fcnn_digits", "int8"))
    assert "is modelled only where outputs pass" in one.refusal
    assert one == Confirmed(one.row, one.refusal)
    assert one.power_nw == 0


def test_a_network_that_cannot_be_mapped_is_refused(tmp_path):
    exploration = made(tmp_path, axes=[{"memories.input_scratchpad.read": ["8 bit/cycle"]}])
    one = confirmed(exploration, Row(0, "fcnn_digits", "int8"))
    assert "input_scratchpad reads 8 bit/cycle" in one.refusal
    assert one == Confirmed(one.row, one.refusal)


def test_a_process_that_has_not_read_the_space_says_the_same(tmp_path):
    exploration, row = made(tmp_path), Row(5, "fcnn_digits", "levels_3")
    asked = (exploration.space.path, exploration.key, row)
    assert confirmed_by(asked) == confirmed(exploration, row)


def test_another_source_confirms_nothing(tmp_path):
    exploration, row = made(tmp_path), Row(5, "fcnn_digits", "levels_3")
    with pytest.raises(MixedVersionsError, match="nothing was computed"):
        confirmed_by((exploration.space.path, "another", row))
