import os
import shutil

import pytest
from made_space import ROOT, machine_path, workload_path, write_space

from lowbit_sim.energy.load import load_technology
from lowbit_sim.errors import SpecError
from lowbit_sim.explore import exploration as module
from lowbit_sim.explore.exploration import MixedVersionsError, exploration_of, load_exploration
from lowbit_sim.study.shipped import load_shipped


def test_networks_technologies_and_rows(tmp_path):
    axes = [{"arrays.rows": [8, 16]}, {"clock": ["500 MHz", "1 GHz"]}]
    path = write_space(
        tmp_path,
        workloads=("fcnn_digits", "vit_digits"),
        axes=axes,
        weight_formats=["levels_2", "levels_3"],
    )
    found = load_exploration(path)
    assert found.space.path == path
    assert [one.name for one in found.networks] == ["fcnn_digits", "vit_digits"]
    for network in found.networks:
        formats = [one.weight_format for one in network.workloads]
        assert formats == ["levels_2", "levels_3"]  # the baseline came along and takes no part
        shipped = load_shipped(workload_path(network.name), formats)
        means = {name: one.mean_fraction for name, one in shipped.accuracies.items()}
        assert network.accuracy_fractions == means
        assert network.loss_fractions["levels_2"] == means["fp32"] - means["levels_2"]
        assert network.loss_fractions["fp32"] == 0
    technology = machine_path("technologies/cmos_45nm")
    assert list(found.technologies) == [technology]
    assert found.technologies[technology] == load_technology(technology)
    assert found.rows == 2 * 2 * 2 * 2


def test_without_formats_all_of_a_network_take_part(tmp_path):
    path = write_space(tmp_path, weight_formats=None)
    path.write_text(path.read_text().replace("weight_formats: null\n", ""))
    (network,) = load_exploration(path).networks
    assert len(network.workloads) == 14
    assert network.workloads == load_shipped(workload_path("fcnn_digits"), ()).workloads


def test_technologies_that_an_axis_names(tmp_path):
    axes = [{"technology": ["nangate45_rtl", "cmos_45nm"]}]
    found = load_exploration(write_space(tmp_path, ("ternary_pe", "shift_add_pe"), axes=axes))
    names = ("cmos_45nm", "nangate45_rtl")
    assert list(found.technologies) == [machine_path(f"technologies/{name}") for name in names]


def test_a_margin_leaves_out_what_loses_more(tmp_path):
    formats = ["levels_2", "levels_3", "levels_8"]
    (whole,) = load_exploration(write_space(tmp_path, weight_formats=formats)).networks
    losses = sorted((whole.loss_fractions[name], name) for name in formats)
    for count in range(1, len(formats)):
        margin = (losses[count - 1][0] + losses[count][0]) / 2
        path = write_space(tmp_path, weight_formats=formats, margin_fraction=margin)
        (network,) = load_exploration(path).networks
        taking_part = {one.weight_format for one in network.workloads}
        assert taking_part == {name for _, name in losses[:count]}
        assert network.loss_fractions == whole.loss_fractions  # still told


def test_if_no_format_is_left_that_is_an_error(tmp_path):
    path = write_space(tmp_path, weight_formats=["levels_2"], margin_fraction=1e-9)
    with pytest.raises(SpecError, match=r"no format of fcnn_digits\.yaml loses at most 1e-09"):
        load_exploration(path)


def test_a_network_without_accuracies(tmp_path):
    given = {"workloads": ("llama_decode",), "weight_formats": ["levels_3"]}
    path = write_space(tmp_path, **given)
    (network,) = load_exploration(path).networks
    assert (network.accuracy_fractions, network.loss_fractions) == ({}, {})
    path = write_space(tmp_path, **given, objectives=["accuracy", "energy"])
    with pytest.raises(SpecError, match=r"objectives: llama_decode\.yaml has no accuracies"):
        load_exploration(path)


def test_accuracy_may_be_an_objective_where_it_was_measured(tmp_path):
    path = write_space(tmp_path, objectives=["accuracy", "energy"])
    assert load_exploration(path).networks[0].loss_fractions


@pytest.fixture
def copied(tmp_path):
    """Return the path of a space with copies of all that decides its numbers."""
    for name in ("arch_specs", "workloads"):
        (tmp_path / name).mkdir()
    technologies = ROOT / "arch_specs" / "technologies"
    shutil.copytree(technologies, tmp_path / "arch_specs" / "technologies")
    shutil.copy(machine_path("ternary_pe"), tmp_path / "arch_specs")
    shutil.copy(workload_path("fcnn_digits"), tmp_path / "workloads")
    shutil.copytree(ROOT / "workloads" / "fcnn_digits", tmp_path / "workloads" / "fcnn_digits")
    axes = [{"technology": ["cmos_45nm", "nangate45_rtl"]}]
    path = write_space(tmp_path, accelerators=["arch_specs/ternary_pe.yaml"], axes=axes)
    text = path.read_text().replace(str(workload_path("fcnn_digits")), "workloads/fcnn_digits.yaml")
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    "file",
    [
        "made.yaml",
        "arch_specs/ternary_pe.yaml",
        "arch_specs/technologies/cmos_45nm.yaml",
        "arch_specs/technologies/nangate45_rtl.yaml",
        "arch_specs/technologies/cacti7_45nm.csv",  # macros that the latter names
        "workloads/fcnn_digits.yaml",
        "workloads/fcnn_digits/accuracy.csv",
        "workloads/fcnn_digits/levels_3.graph.json",
    ],
)
def test_a_change_of_any_file_is_another_key(copied, file):
    before = load_exploration(copied).key
    changed = copied.parent / file
    changed.write_bytes(changed.read_bytes().removesuffix(b"\n"))
    assert load_exploration(copied).key != before


def test_what_decides_no_number_keeps_the_key(copied):
    before = load_exploration(copied).key
    (copied.parent / "notes.yaml").write_text("name: notes\n")
    os.utime(copied)
    assert load_exploration(copied).key == before


@pytest.mark.parametrize(
    ("name", "other"),
    [("_source_hash", lambda: "other"), ("version", lambda _: "0"), ("registered", lambda _: {})],
)
def test_another_source_package_or_plug_in_is_another_key(tmp_path, monkeypatch, name, other):
    path = write_space(tmp_path)
    before = load_exploration(path).key
    monkeypatch.setattr(module, name, other)
    assert load_exploration(path).key != before


def test_an_exploration_is_read_once_in_a_process(tmp_path):
    path = write_space(tmp_path)
    key = load_exploration(path).key
    found = exploration_of(path, key)
    assert found.key == key
    assert exploration_of(path, key) is found


def test_who_reads_other_files_computes_nothing(tmp_path):
    path = write_space(tmp_path)
    before = load_exploration(path).key
    path.write_text(path.read_text().replace("Made up.", "Made otherwise."))
    with pytest.raises(MixedVersionsError, match="nothing was computed"):
        exploration_of(path, before)
