import numpy as np
import pytest
from made_space import write_space

from lowbit_sim.explore import chunks
from lowbit_sim.explore.chunks import FOUND, chunk_count, evaluated
from lowbit_sim.explore.confirming import Row, confirmed
from lowbit_sim.explore.exploration import load_exploration

MACHINES = ("ternary_pe", "shift_add_pe")
FORMATS = ["levels_3", "int8"]
#: 2 machines · 2 · (2 · 3) designs
AXES = [
    {"arrays.rows": [8, 16]},
    {"memories.shared_sram.capacity": ["32 KiB", "64 KiB"]},
    {"clock": ["100 MHz", "250 MHz", "500 MHz"]},
]


@pytest.fixture
def exploration(tmp_path):
    return load_exploration(write_space(tmp_path, MACHINES, weight_formats=FORMATS, axes=AXES))


def whole(exploration, size, monkeypatch):
    """Return the columns of all chunks, and the evaluations behind them."""
    monkeypatch.setattr(chunks, "CHUNK_DESIGNS", size)
    found = [evaluated(exploration, chunk) for chunk in range(chunk_count(exploration.space))]
    assert {tuple(one.columns) for one in found} == {tuple(found[0].columns)}
    for one in found:
        assert len({len(values) for values in one.columns.values()}) == 1
        assert one.refusal == found[0].refusal == ""
    columns = {
        name: np.concatenate([one.columns[name] for one in found]) for name in found[0].columns
    }
    return columns, sum(one.evaluations for one in found)


@pytest.mark.parametrize(
    ("size", "count"), [(1, 24), (5, 5), (6, 4), (7, 4), (12, 2), (23, 2), (24, 1), (1000, 1)]
)
def test_chunks_are_as_many_as_it_takes(exploration, monkeypatch, size, count):
    monkeypatch.setattr(chunks, "CHUNK_DESIGNS", size)
    assert chunk_count(exploration.space) == count


@pytest.mark.parametrize("size", [1, 5, 6, 9, 24])
def test_chunks_together_are_all_designs_in_all_formats(exploration, monkeypatch, size):
    columns, _ = whole(exploration, size, monkeypatch)
    for name in FORMATS:
        assert columns["design"][columns["weight_format"] == name].tolist() == [*range(24)]
    assert len(columns["design"]) == exploration.rows == 48


def test_the_size_of_chunks_decides_no_number(exploration, monkeypatch):
    reference, evaluations = whole(exploration, 24, monkeypatch)
    assert evaluations > 0
    for size in (1, 5, 7):
        found, count = whole(exploration, size, monkeypatch)
        assert count == evaluations
        orders = [np.lexsort((one["design"], one["weight_format"])) for one in (reference, found)]
        for name, values in reference.items():
            expected, got = values[orders[0]], found[name][orders[1]]
            assert expected.dtype == got.dtype
            if values.dtype == np.float64:
                np.testing.assert_allclose(got, expected, rtol=1e-12)
            else:
                assert got.tolist() == expected.tolist()


def test_a_chunk_holds_its_own_designs(exploration, monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK_DESIGNS", 5)
    designs = [evaluated(exploration, chunk).columns["design"] for chunk in (0, 2, 4)]
    assert [sorted(set(one.tolist())) for one in designs] == [
        [0, 1, 2, 3, 4], [10, 11, 12, 13, 14], [20, 21, 22, 23],
    ]  # fmt: skip


def test_a_row_says_what_its_design_is(exploration, monkeypatch):
    columns, _ = whole(exploration, 7, monkeypatch)
    for at, design in enumerate(columns["design"].tolist()):
        machine = exploration.space.accelerator(design)
        sram = next(level for level in machine.memories if level.name == "shared_sram")
        assert columns["accelerator"][at] == machine.name
        assert columns["rows"][at] == machine.arrays[0].pe.rows
        assert columns["shared_sram_capacity_bits"][at] == sram.capacity_bits
        assert columns["clock_hz"][at] == machine.clock_hz


def test_columns_have_their_units_in_their_names(exploration):
    columns = evaluated(exploration, 0).columns
    assert [*columns] == [
        "design", "accelerator", "rows", "shared_sram_capacity_bits", "clock_hz", "workload",
        "weight_format", "accuracy_fraction", "loss_fraction", *FOUND,
    ]  # fmt: skip
    units = ("_um2", "_nw", "_bits_per_s", "_cycles", "_seconds", "_pj")
    assert all(name.endswith(units) for name in FOUND)
    for name in ("design", "rows", "shared_sram_capacity_bits", "clock_hz"):
        assert columns[name].dtype == np.int64
    assert all(columns[name].dtype == np.float64 for name in FOUND)


def test_accuracies_are_those_of_the_network(exploration):
    columns = evaluated(exploration, 0).columns
    accuracies = exploration.networks[0].shipped.accuracies
    for name in FORMATS:
        of_it = columns["weight_format"] == name
        mean = accuracies[name].mean_fraction
        lost = accuracies["fp32"].mean_fraction - mean
        assert set(columns["accuracy_fraction"][of_it]) == {mean}
        assert set(columns["loss_fraction"][of_it]) == {lost}


def test_seconds_are_cycles_by_the_clock_and_bandwidth_bits_by_it(exploration):
    columns = evaluated(exploration, 0).columns
    np.testing.assert_allclose(
        columns["least_seconds"], columns["least_cycles"] / columns["clock_hz"], rtol=1e-15
    )
    # 64 bit/cycle either way
    assert columns["dram_bits_per_s"].tolist() == (64.0 * columns["clock_hz"]).tolist()


def test_the_wider_direction_of_the_dram_counts(tmp_path):
    axes = [{"memories.dram.read": ["32 bit/cycle", "256 bit/cycle"]}]
    found = evaluated(load_exploration(write_space(tmp_path, axes=axes)), 0)
    assert found.columns["dram_bits_per_s"].tolist() == [64 * 5e8, 256 * 5e8]


def test_no_row_is_better_than_its_bounds_and_area_is_exact(exploration):
    columns = evaluated(exploration, 0).columns
    for at in range(0, len(columns["design"]), 7):
        name = columns["weight_format"][at]
        exact = confirmed(exploration, Row(int(columns["design"][at]), "fcnn_digits", name))
        assert exact.refusal == ""
        assert exact.cycles >= columns["least_cycles"][at]
        assert exact.energy_pj >= columns["least_energy_pj"][at]
        assert exact.area_um2 == pytest.approx(columns["area_um2"][at], rel=1e-12)


def empty(columns):
    """Return which designs have nothing of what is found."""
    nothing = np.all([np.isnan(columns[name]) for name in FOUND], axis=0)
    return columns["design"][nothing].tolist()


def test_a_structure_that_cannot_be_is_empty_and_told(tmp_path):
    axes = [
        {"memories.weight_scratchpad.shared_port": [False, True]},
        {"clock": ["100 MHz", "500 MHz"]},
    ]
    found = evaluated(load_exploration(write_space(tmp_path, weight_formats=FORMATS, axes=axes)), 0)
    assert found.refusal.startswith("cannot be built: ")
    assert "is modelled only where outputs pass" in found.refusal
    assert empty(found.columns) == [2, 3, 2, 3]
    assert found.columns["weight_scratchpad_shared_port"].tolist() == [False] * 4 + [True] * 4
    assert found.columns["clock_hz"].tolist() == [10**8, 5 * 10**8] * 4
    assert np.isfinite(found.columns["accuracy_fraction"]).all()


def test_a_memory_that_cannot_be_is_told_and_its_designs_have_no_bounds(tmp_path):
    axes = [{"memories.weight_scratchpad.capacity": ["4 KiB", "8 bit", "8 KiB"]}]
    found = evaluated(load_exploration(write_space(tmp_path, axes=axes)), 0)
    assert found.refusal.startswith("cannot be built: weight_scratchpad: must be at least 1024")
    for name in ("area_um2", "least_cycles", "least_seconds", "least_energy_pj"):
        assert np.isnan(found.columns[name]).tolist() == [False, True, False]


def test_a_design_that_cannot_run_the_network_has_an_area_and_no_bounds(tmp_path):
    axes = [{"memories.input_scratchpad.read": ["512 bit/cycle", "8 bit/cycle"]}]
    found = evaluated(load_exploration(write_space(tmp_path, axes=axes)), 0)
    assert found.refusal.startswith(
        "cannot run fcnn_digits in levels_3: operator '1.linear': input_scratchpad reads 8 bit"
    )
    assert np.isfinite(found.columns["area_um2"]).all()
    for name in ("least_cycles", "least_seconds", "least_energy_pj"):
        assert np.isnan(found.columns[name]).tolist() == [False, True]


def test_every_network_has_rows(tmp_path):
    networks = ("fcnn_digits", "cvnn_digits")
    axes = [{"clock": ["100 MHz", "500 MHz"]}]
    exploration = load_exploration(write_space(tmp_path, workloads=networks, axes=axes))
    columns = evaluated(exploration, 0).columns
    assert columns["workload"].tolist() == ["fcnn_digits"] * 2 + ["cvnn_digits"] * 2
    assert columns["design"].tolist() == [0, 1, 0, 1]
    assert np.isfinite(columns["least_energy_pj"]).all()


def test_reasons_of_both_kinds_are_told_each_of_them_once(tmp_path):
    networks = ("fcnn_digits", "cvnn_digits")
    axes = [
        {"memories.input_scratchpad.read": ["8 bit/cycle", "16 bit/cycle"]},
        {"memories.weight_scratchpad.capacity": ["8 bit", "16 bit", "24 bit", "32 bit", "1 KiB"]},
    ]
    found = evaluated(load_exploration(write_space(tmp_path, workloads=networks, axes=axes)), 0)
    lines = found.refusal.splitlines()
    assert len(set(lines)) == len(lines)
    kinds = [line.partition(":")[0] for line in lines]
    assert kinds == ["cannot be built", *(f"cannot run {name} in levels_3" for name in networks)]


def test_reasons_of_a_network_are_told_for_three_formats(tmp_path):
    axes = [{"arrays.rows": [8, 256]}, {"clock": ["100 MHz"]}]
    formats = ["fp32", "levels_3", "levels_5", "levels_7", "int8"]
    asked = write_space(tmp_path, weight_formats=formats, axes=axes)
    lines = evaluated(load_exploration(asked), 0).refusal.splitlines()
    named = [line.partition(":")[0].removeprefix("cannot run fcnn_digits in ") for line in lines]
    assert named == ["fp32", "levels_3", "levels_5"]
    assert "adds integers" in lines[0]
    assert "reads 512 bit/cycle" in lines[1]
