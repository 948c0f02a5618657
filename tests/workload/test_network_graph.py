import json
import shutil
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest

from lowbit_sim.errors import SpecError
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.workload.network_graph import load_network, network_graph_path
from lowbit_sim.workload.network_spec import workload_kind

#: what workload files offer; the other is for studies of training
OFFERED = [name for name in FORMATS if name != "levels_4_zero"]

WORKLOADS = Path(__file__).parents[2] / "workloads"
NETWORKS = sorted(
    path.stem for path in WORKLOADS.glob("*.yaml") if workload_kind(path) == "network"
)
#: what a network says, where it is not every weight format, int8 activations, and an int8 head
TERNARY = {"cutie_cifar10": (["levels_2", "levels_3", "fp32"], "levels_3", None)}


@pytest.fixture
def copied(tmp_path):
    """The shipped ResNet-18, to be spoilt."""
    shutil.copy(WORKLOADS / "resnet18.yaml", tmp_path)
    shutil.copytree(WORKLOADS / "resnet18", tmp_path / "resnet18")
    return tmp_path / "resnet18.yaml"


def fault(path, *formats):
    with pytest.raises(SpecError) as caught:
        load_network(path, formats)
    return str(caught.value)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_shipped_network_in_every_format(name):
    workloads = load_network(WORKLOADS / f"{name}.yaml")
    formats, activation, head = TERNARY.get(name, (OFFERED, "int8", "int8"))
    assert [workload.weight_format for workload in workloads] == formats
    assert {workload.name for workload in workloads} == {name}
    assert len({workload.macs for workload in workloads}) == 1
    for workload in workloads:
        layers = [op for op in workload.ops if op.is_gemm and op.parameter]
        assert all(op.statistics.assumed for op in layers)
        if FORMATS[workload.weight_format].is_integer:
            assert {op.weight for op in layers[1:-1]} == {workload.weight_format}
            assert layers[-1].weight == (head or workload.weight_format)
            assert {op.activation for op in workload.ops if op.is_gemm} == {activation}
        else:
            assert {op.weight for op in layers} == {workload.weight_format}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_graph_is_small(name):
    text = network_graph_path(WORKLOADS / f"{name}.yaml").read_bytes()
    # 54 layers of a decoder are half a megabyte of text, of which a wheel and git store 20 kB
    assert len(text) < 600_000
    assert len(zlib.compress(text)) < 25_000


def test_formats_come_in_the_order_asked_for():
    chosen = load_network(WORKLOADS / "resnet18.yaml", ["levels_5", "levels_3"])
    assert [workload.weight_format for workload in chosen] == ["levels_5", "levels_3"]


def test_neither_torch_nor_scipy_is_needed_and_it_is_quick():
    program = (
        "import sys; from pathlib import Path;"
        "from lowbit_sim.workload.network_graph import load_network;"
        f"load_network(Path({str(WORKLOADS / 'resnet50.yaml')!r}), ['levels_5']);"
        "assert not {'networkx', 'torch', 'scipy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    start = time.process_time()
    load_network(WORKLOADS / "resnet50.yaml", ["levels_5"])
    assert time.process_time() - start < 0.5  # 0.03 s alone on one core


def test_a_format_that_the_file_does_not_offer(copied):
    text = copied.read_text().replace("levels_16, ", "")
    copied.write_text(text)
    assert "is no format of this workload; did you mean" in fault(copied, "levels_16")


def test_a_missing_graph_says_what_to_do(copied):
    network_graph_path(copied).unlink()
    assert f"is missing: run 'lowbit-sim trace {copied}'" in fault(copied)


def test_a_graph_of_another_network_is_refused(copied):
    copied.write_text(copied.read_text().replace("224\n", "192\n"))
    assert "was traced from another network" in fault(copied)


def test_a_graph_under_another_name_is_refused(copied):
    other = copied.with_name("other.yaml")
    other.write_text(copied.read_text().replace("name: resnet18", "name: other"))
    copied.with_suffix("").rename(copied.with_name("other"))
    assert "is the graph of resnet18" in fault(other)


def test_an_edited_graph_is_refused(copied):
    path = network_graph_path(copied)
    content = json.loads(path.read_text())
    content["ops"][1]["name"] = "start"
    path.write_text(json.dumps(content))
    assert "graph.json" in fault(copied)
