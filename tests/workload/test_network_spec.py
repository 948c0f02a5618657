from pathlib import Path

import pytest
import yaml

from lowbit_sim.errors import SpecError
from lowbit_sim.workload.network_spec import (
    NETWORK_FAMILIES,
    graph_format,
    load_network_spec,
    network_spec_hash,
    workload_kind,
)
from lowbit_sim.workload.spec import QuantisationSpec

WORKLOADS = Path(__file__).parents[2] / "workloads"
NETWORKS = {
    "resnet": {"family": "resnet", "variant": "resnet18", "image_side": 224},
    "mobilenet": {"family": "mobilenet", "variant": "mobilenet_v2", "image_side": 224},
    "vit": {"family": "vit", "variant": "vit_ti", "image_side": 224, "patch_side": 16},
    "llama": {"family": "llama", "variant": "tinyllama_1_1b", "tokens": 1, "context": 0},
    "cutie": {"family": "cutie", "variant": "cutie_96", "image_side": 32},
}
QUANTISATION = {
    "weight_formats": ["levels_3", "fp32"],
    "activation_format": "int8",
    "first_layer": "int8",
    "last_layer": "int8",
}

#: activations of the families that have others
ACTIVATIONS = {"cutie": "levels_3"}


def quantisation_of(family):
    return QUANTISATION | {"activation_format": ACTIVATIONS.get(family, "int8")}


def written(directory, network, **changes):
    content = {"name": "tiny", "description": "For tests.", "network": network}
    quantisation = quantisation_of(network.get("family"))
    content = content | {"quantisation": quantisation} | changes
    path = directory / "tiny.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return path


def faults(path, load=load_network_spec):
    with pytest.raises(SpecError) as caught:
        load(path)
    return [str(fault) for fault in caught.value.faults]


@pytest.mark.parametrize("family", NETWORKS)
def test_every_family(tmp_path, family):
    spec = load_network_spec(written(tmp_path, NETWORKS[family]))
    assert type(spec) is NETWORK_FAMILIES[family]
    assert spec.network.model_dump() == NETWORKS[family]


@pytest.mark.parametrize(
    ("family", "change", "reason"),
    [
        ("resnet", {"variant": "resnet19"}, "tiny.yaml:5: network.variant: must be 'resnet18' or"),
        ("vit", {"patch_side": 15}, "patch_side must divide image_side 224"),
        ("llama", {"tokens": 0}, "network.tokens"),
        ("llama", {"context": -1}, "network.context"),
        ("llama", {"contexts": 3}, "unknown key; did you mean 'context'"),
        ("resnet", {"family": "resnext"}, "is no network family; did you mean 'resnet'"),
        ("resnet", {"image_side": "224"}, "network.image_side"),
        ("cutie", {"image_side": 20}, "tiny.yaml:6: network.image_side: must be a multiple of 8"),
    ],
)
def test_refuses(tmp_path, family, change, reason):
    (told,) = faults(written(tmp_path, NETWORKS[family] | change))
    assert reason in told


@pytest.mark.parametrize("activation", ["int8", "levels_3", "levels_8", "levels_15"])
def test_activations_of_any_gapless_integer_format(tmp_path, activation):
    quantisation = QUANTISATION | {"activation_format": activation}
    spec = load_network_spec(written(tmp_path, NETWORKS["resnet"], quantisation=quantisation))
    assert spec.quantisation.activation_format == activation


@pytest.mark.parametrize(
    ("family", "activation", "reason"),
    [
        ("resnet", "levels_2", "without gaps between its levels"),
        ("resnet", "levels_7_pow2", "without gaps between its levels; did you mean 'levels_7'?"),
        ("resnet", "bf16", "is no integer format"),
        ("cutie", "int8", "must be 'levels_3'"),
    ],
)
def test_refuses_activations(tmp_path, family, activation, reason):
    quantisation = QUANTISATION | {"activation_format": activation}
    (told,) = faults(written(tmp_path, NETWORKS[family], quantisation=quantisation))
    assert "quantisation.activation_format" in told
    assert reason in told


def test_a_missing_family_and_another_name_are_told(tmp_path):
    network = NETWORKS["resnet"]
    assert "network.family: is missing" in faults(written(tmp_path, {"variant": "x"}))[0]
    assert "must be the file's own name" in faults(written(tmp_path, network, name="other"))[0]


def test_the_kind_of_a_file(tmp_path):
    assert workload_kind(WORKLOADS / "vit.yaml") == "trained"
    assert workload_kind(WORKLOADS / "vit_ti.yaml") == "network"
    both = written(tmp_path, NETWORKS["resnet"], model={"family": "vit"})
    assert "has both sections" in faults(both, workload_kind)[0]
    both.write_text("netwrok: {}")
    assert (
        "neither a section model nor network; did you mean 'network'"
        in (faults(both, workload_kind)[0])
    )


@pytest.mark.parametrize("path", sorted(WORKLOADS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_file_is_of_a_kind(path):
    if workload_kind(path) == "network":
        assert load_network_spec(path).name == path.stem


def test_the_hash_is_of_the_network_and_its_ends(tmp_path):
    network = NETWORKS["resnet"]
    plain = network_spec_hash(load_network_spec(written(tmp_path, network)))

    def changed(**change):
        return network_spec_hash(
            load_network_spec(written(tmp_path, **{"network": network} | change))
        )

    assert changed(description="Another.") == plain
    assert changed(quantisation=QUANTISATION | {"weight_formats": ["levels_5"]}) == plain
    assert changed(quantisation=QUANTISATION | {"first_layer": "same"}) != plain
    assert changed(network=network | {"image_side": 192}) != plain


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("int8", "int8", "levels_2"),
        ("levels_2", "int8", "levels_3"),
        ("levels_2", "levels_3", "levels_4"),
        ("same", "same", "levels_2"),
    ],
)
def test_the_body_is_written_in_a_format_of_its_own(first, last, expected):
    ends = {"first_layer": first, "last_layer": last}
    assert graph_format(QuantisationSpec(**(QUANTISATION | ends))) == expected


def test_one_table_has_one_format(tmp_path):
    network = NETWORKS["llama"] | {"variant": "mobilellm_125m"}
    assert load_network_spec(written(tmp_path, network)).network.variant == "mobilellm_125m"
    apart = QUANTISATION | {"last_layer": "levels_9"}
    (told,) = faults(written(tmp_path, network, quantisation=apart))
    assert "first_layer (int8) and last_layer (levels_9) must be equal" in told
    assert load_network_spec(written(tmp_path, NETWORKS["llama"], quantisation=apart))
