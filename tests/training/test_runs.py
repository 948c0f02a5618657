from pathlib import Path

import pytest
import torch

from lowbit_sim.errors import SpecError
from lowbit_sim.training.runs import (
    PRETRAINED,
    read_result,
    read_state,
    run_path,
    run_result,
    write_run,
)
from lowbit_sim.workload.spec import spec_hash

STATE = {"weight": torch.arange(6.0).reshape(2, 3), "count": torch.tensor(7)}


def test_a_run_is_kept_under_its_workload_recipe_format_and_seed(make_spec):
    spec = make_spec()
    twelve = spec_hash(spec)[:12]
    assert run_path(Path("runs"), spec, "levels_5", 3) == Path(
        f"runs/fcnn/{twelve}/levels_5-seed3.safetensors"
    )
    assert run_path(Path("runs"), spec, PRETRAINED, 0).name == "pretrained-seed0.safetensors"


def test_what_is_written_is_read_back(make_spec, tmp_path):
    path = tmp_path / "deep" / "levels_3-seed1.safetensors"
    result = run_result(make_spec(), "levels_3", 1, 90, 120)
    write_run(path, STATE, result)
    assert read_result(path) == result
    state = read_state(path)
    assert state.keys() == STATE.keys()
    assert all(torch.equal(state[name], STATE[name]) for name in STATE)
    assert [found.name for found in path.parent.iterdir()] == [path.name]


def test_a_result_says_what_was_measured(make_spec):
    spec = make_spec(pretrain_epochs=7, finetune_epochs=4)
    result = run_result(spec, "levels_3", 1, 90, 120)
    assert (result.weight_format, result.activation_format) == ("levels_3", "int8")
    assert (result.value_fraction, result.epochs) == (0.75, 11)
    assert result.spec_hash == spec_hash(spec)
    assert run_result(spec, "bf16", 1, 90, 120).activation_format == "bf16"


@pytest.mark.parametrize("read", [read_state, read_result])
def test_a_file_cut_short_is_named(tmp_path, make_spec, read):
    path = tmp_path / "levels_3-seed1.safetensors"
    write_run(path, STATE, run_result(make_spec(), "levels_3", 1, 90, 120))
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(SpecError, match=r"levels_3-seed1\.safetensors: cannot be read, delete it"):
        read(path)


def test_a_pretrained_network_has_no_result(tmp_path):
    path = tmp_path / "pretrained-seed1.safetensors"
    write_run(path, STATE)
    assert read_state(path).keys() == STATE.keys()
    with pytest.raises(SpecError, match="cannot be read"):
        read_result(path)
