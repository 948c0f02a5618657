import pytest
from process import ROOT

from lowbit_sim.errors import SpecError
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.study.published import PUBLISHED_COLUMNS, published_path, read_published
from lowbit_sim.workload.network_spec import load_network_spec

HEADER = ",".join(PUBLISHED_COLUMNS)
FP32 = "net,fp32,bf16,average of 8 tasks,0.485,,Net-BF16,,table 1"
THREE = "net,levels_3,bf16,average of 8 tasks,0.465,,Net-1.58-bit,weights alone,table 1"
FORMATS_OF_NET = ("levels_3", "levels_5", "bf16", "fp32")
SIZES = ("125m", "350m", "600m", "1b", "1_5b")


def write(tmp_path, *rows, header=HEADER):
    path = tmp_path / "published_accuracy.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def read(path):
    return read_published(path, "net", FORMATS_OF_NET, "fp32")


def test_a_row_is_an_accuracy_with_its_source_and_without_a_seed(tmp_path):
    found = read(write(tmp_path, FP32, THREE))
    assert list(found) == ["fp32", "levels_3"]
    three = found["levels_3"]
    assert (three.mean_fraction, three.half_width_fraction) == (0.465, float("inf"))
    assert (three.published, three.published_as, three.source) == (True, "Net-1.58-bit", "table 1")
    assert (three.conditions, three.activation_format) == ("weights alone", "bf16")
    assert (three.epochs, three.test_images) == (0, 0)
    loss, half = three.loss_against(found["fp32"])
    assert (round(loss, 9), half) == (0.02, float("inf"))


def test_a_stated_interval_is_kept(tmp_path):
    found = read(write(tmp_path, FP32.replace("0.485,,", "0.485,0.004,")))
    assert found["fp32"].half_width_fraction == 0.004


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (THREE.replace("net,", "nest,"), "csv:3: workload: must be the workload's name, 'net'"),
        (THREE.replace("levels_3", "levels_4"), "csv:3: weight_format: is no format of this workl"),
        (THREE.replace("levels_3", "levels_33"), "did you mean 'levels_3'"),
        (THREE.replace("bf16", "bf17"), "csv:3: activation_format: is no number format; did you"),
        (THREE.replace("of 8", "of 9"), "csv:3: metric: rows of one file need one metric"),
        (
            THREE.replace("0.465", "46.5"),
            "csv:3: value_fraction: must lie between 0 and 1 (got '46",
        ),
        (THREE.replace("0.465", "-0.1"), "csv:3: value_fraction: must lie between 0 and 1"),
        (THREE.replace("0.465", "nan"), "csv:3: value_fraction: must lie between 0 and 1"),
        (THREE.replace("0.465", "high"), "csv:3: value_fraction: is no number (got 'high')"),
        (THREE.replace("0.465", ""), "csv:3: value_fraction: is no number"),
        (THREE.replace("0.465,,", "0.465,2,"), "csv:3: half_width_fraction: must lie between"),
        (THREE.replace("table 1", " "), "csv:3: source: must not be empty"),
        (THREE.replace("Net-1.58-bit", ""), "csv:3: published_as: must not be empty"),
        (FP32, "csv:3: weight_format: this weight format stands twice (got 'fp32')"),
        (THREE + ",more", "csv:3: is no accuracy row: it needs 9 fields"),
        ("net,levels_3", "csv:3: is no accuracy row: it needs 9 fields"),
    ],
)
def test_a_faulty_row_is_named_with_its_line(tmp_path, row, told):
    with pytest.raises(SpecError) as caught:
        read(write(tmp_path, FP32, row))
    assert told in str(caught.value)
    assert len(caught.value.faults) == 1


def test_a_malformed_header(tmp_path):
    with pytest.raises(SpecError, match=r"csv:1: the columns must be workload,weight_format,"):
        read(write(tmp_path, FP32, header=HEADER.replace("source", "origin")))


@pytest.mark.parametrize("rows", [(), (THREE,)])
def test_the_baseline_has_to_have_a_row(tmp_path, rows):
    with pytest.raises(SpecError, match=r"weight_format: has no row for fp32, against which"):
        read(write(tmp_path, *rows))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(SpecError, match="cannot be read"):
        read(tmp_path / "none.csv")


@pytest.mark.parametrize("size", SIZES)
def test_the_shipped_ones_join_and_fp32_is_the_16_bit_network(size):
    spec_path = ROOT / f"workloads/mobilellm_{size}_decode.yaml"
    spec = load_network_spec(spec_path)
    offered = spec.quantisation.weight_formats
    found = read_published(published_path(spec_path), spec.name, offered, "fp32")
    assert set(found) == {
        "levels_2",
        "levels_3",
        "levels_4",
        "levels_8",
        "levels_16",
        "bf16",
        "fp32",
    }
    assert found["fp32"].published_as == found["bf16"].published_as
    assert found["fp32"].fractions == found["bf16"].fractions
    assert all(FORMATS[one.activation_format].count == 0 for one in found.values())
    # one bit is the least accurate of all five networks
    assert min(found, key=lambda name: found[name].mean_fraction) == "levels_2"
