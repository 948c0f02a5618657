import json
import shutil

import pytest
from process import ROOT, VIT, copied_house

from lowbit_sim.errors import SpecError
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.study.shipped import load_shipped


def test_every_format_of_the_yaml_with_its_accuracy_and_files():
    shipped = load_shipped(ROOT / VIT, [])
    assert {workload.weight_format for workload in shipped.workloads} == set(FORMATS)
    assert set(shipped.accuracies) == set(FORMATS)
    assert len(shipped.files) == 1 + 2 * len(FORMATS)
    assert all(path.is_file() for path in shipped.files)
    assert shipped.dataset == "digits"


def test_the_baseline_comes_along():
    shipped = load_shipped(ROOT / VIT, ["levels_5"])
    assert [workload.weight_format for workload in shipped.workloads] == ["levels_5", "fp32"]


def test_a_checkpoint_of_another_format_under_this_name(tmp_path):
    folder = copied_house(tmp_path) / "workloads/vit"
    shutil.copy(folder / "levels_3.safetensors", folder / "levels_5.safetensors")
    with pytest.raises(SpecError, match="holds vit in levels_3"):
        load_shipped(tmp_path / VIT, ["levels_5"])


def test_a_graph_that_claims_the_checkpoint_of_another(tmp_path):
    folder = copied_house(tmp_path) / "workloads/vit"
    three, five = (folder / f"levels_{n}.graph.json" for n in (3, 5))
    provenance = json.loads(five.read_text())["provenance"]["checkpoint_sha256"]
    own = json.loads(three.read_text())["provenance"]["checkpoint_sha256"]
    five.write_text(three.read_text().replace(own, provenance))
    with pytest.raises(SpecError, match="is the graph of vit in levels_3"):
        load_shipped(tmp_path / VIT, ["levels_5"])


def test_a_format_without_accuracy(tmp_path):
    table = copied_house(tmp_path) / "workloads/vit/accuracy.csv"
    kept = [line for line in table.read_text().splitlines() if ",levels_5," not in line]
    table.write_text("\n".join(kept) + "\n")
    with pytest.raises(SpecError, match="has no row for levels_5"):
        load_shipped(tmp_path / VIT, [])
