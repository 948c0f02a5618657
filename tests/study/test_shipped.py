import json
import shutil
from dataclasses import replace

import pytest
from process import ROOT, VIT, copied_house, edit

from lowbit_sim.errors import SpecError
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.study.shipped import load_shipped

#: what workload files offer; the other is for studies of training
OFFERED = [name for name in FORMATS if name != "levels_4_zero"]


def test_every_format_of_the_yaml_with_its_accuracy_and_files():
    shipped = load_shipped(ROOT / VIT, [])
    assert {workload.weight_format for workload in shipped.workloads} == set(OFFERED)
    assert set(shipped.accuracies) == set(OFFERED)
    assert len(shipped.files) == 1 + 2 * len(OFFERED)
    assert all(path.is_file() for path in shipped.files)
    assert shipped.dataset == "digits"


def test_the_baseline_comes_along():
    shipped = load_shipped(ROOT / VIT, ["levels_5"])
    assert [workload.weight_format for workload in shipped.workloads] == ["levels_5", "fp32"]


def test_a_checkpoint_of_another_format_under_this_name(tmp_path):
    folder = copied_house(tmp_path) / "workloads/vit_digits"
    shutil.copy(folder / "levels_3.safetensors", folder / "levels_5.safetensors")
    with pytest.raises(SpecError, match="holds vit_digits in levels_3"):
        load_shipped(tmp_path / VIT, ["levels_5"])


def test_a_graph_that_claims_the_checkpoint_of_another(tmp_path):
    folder = copied_house(tmp_path) / "workloads/vit_digits"
    three, five = (folder / f"levels_{n}.graph.json" for n in (3, 5))
    provenance = json.loads(five.read_text())["provenance"]["checkpoint_sha256"]
    own = json.loads(three.read_text())["provenance"]["checkpoint_sha256"]
    five.write_text(three.read_text().replace(own, provenance))
    with pytest.raises(SpecError, match="is the graph of vit_digits in levels_3"):
        load_shipped(tmp_path / VIT, ["levels_5"])


def test_a_format_without_accuracy(tmp_path):
    table = copied_house(tmp_path) / "workloads/vit_digits/accuracy.csv"
    kept = [line for line in table.read_text().splitlines() if ",levels_5," not in line]
    table.write_text("\n".join(kept) + "\n")
    with pytest.raises(SpecError, match="has no row for levels_5"):
        load_shipped(tmp_path / VIT, [])


def test_the_levels_are_the_checkpoints():
    shipped = load_shipped(ROOT / VIT, ["levels_3"])
    three = shipped.workloads[0]
    assert set(shipped.checkpoints) == {"levels_3", "fp32"}
    levels = shipped.levels(three)
    for op in three.ops:
        if op.weight == "levels_3":
            matrix = levels[op.name]
            assert matrix.shape == (op.k, op.n)
            counts = tuple(int((matrix == level).sum()) for level in (-1, 0, 1))
            assert counts == op.statistics.level_counts


# networks without weights

PUBLISHED = "mobilellm_125m_decode"


def network(tmp_path, name="mobilenet_v2"):
    shutil.copytree(ROOT / f"workloads/{name}", tmp_path / name)
    shutil.copy(ROOT / f"workloads/{name}.yaml", tmp_path / f"{name}.yaml")
    return tmp_path / f"{name}.yaml"


def test_a_network_without_weights_has_no_accuracy_and_no_checkpoint(tmp_path):
    path = network(tmp_path)
    shipped = load_shipped(path, [])
    assert {workload.weight_format for workload in shipped.workloads} == set(OFFERED)
    assert len(shipped.workloads) == len(OFFERED)
    assert (dict(shipped.accuracies), shipped.dataset) == ({}, None)
    assert shipped.files == (tmp_path / "mobilenet_v2/graph.json",)
    assert not shipped.checkpoints


def test_its_levels_are_drawn_as_the_statistics_say():
    shipped = load_shipped(ROOT / "workloads/mobilenet_v2.yaml", ["levels_3"])
    workload = shipped.workloads[0]
    op = next(op for op in workload.ops if op.weight == "levels_3")
    drawn = shipped.levels(workload)[op.name]
    counts = tuple(int((drawn == level).sum()) for level in (-1, 0, 1))
    assert counts == op.statistics.level_counts
    assert op.statistics.assumed


@pytest.mark.parametrize("formats", [["levels_3"], ["levels_3", "levels_3"], ["fp32", "levels_3"]])
def test_its_baseline_comes_along_once(formats):
    shipped = load_shipped(ROOT / "workloads/mobilenet_v2.yaml", formats)
    assert {w.weight_format for w in shipped.workloads} == {"levels_3", "fp32"}
    assert len(shipped.workloads) == 2


def test_it_may_do_without_the_baseline(tmp_path):
    path = network(tmp_path)
    edit(path, ", fp32]", "]")
    assert [w.weight_format for w in load_shipped(path, ["levels_3"]).workloads] == ["levels_3"]
    assert len(load_shipped(path, []).workloads) == len(OFFERED) - 1


def test_published_accuracies_stand_in_for_training(tmp_path):
    shipped = load_shipped(network(tmp_path, PUBLISHED), ["levels_5"])
    assert [w.weight_format for w in shipped.workloads] == ["levels_5", "fp32"]
    assert shipped.dataset.startswith("average of 8 zero-shot tasks")
    assert shipped.accuracies["levels_3"].published
    assert "levels_5" not in shipped.accuracies
    folder = tmp_path / PUBLISHED
    assert shipped.files == (folder / "graph.json", folder / "published_accuracy.csv")


def test_published_accuracies_need_the_baseline_among_the_formats(tmp_path):
    path = network(tmp_path, PUBLISHED)
    edit(path, ", fp32]", "]")
    with pytest.raises(SpecError, match="weight_formats: must hold fp32, against which"):
        load_shipped(path, [])


def test_a_network_says_what_is_wrong_with_it(tmp_path):
    path = network(tmp_path)
    with pytest.raises(SpecError, match="did you mean 'levels_3'"):
        load_shipped(path, ["level_3"])
    edit(path, "image_side: 224", "image_side: 192")
    with pytest.raises(SpecError, match="traced from another network"):
        load_shipped(path, [])
    (tmp_path / "mobilenet_v2/graph.json").unlink()
    with pytest.raises(SpecError, match="is missing: run 'lowbit-sim trace"):
        load_shipped(path, [])


def test_levels_of_another_format_are_refused():
    shipped = load_shipped(ROOT / VIT, ["levels_3"])
    swapped = replace(shipped, checkpoints={"levels_3": shipped.checkpoints["fp32"]})
    with pytest.raises(SpecError, match="the checkpoint is in fp32"):
        swapped.levels(shipped.workloads[0])
