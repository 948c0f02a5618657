import errno
import os

import pytest
import torch

from lowbit_sim.errors import SpecError
from lowbit_sim.training.models import build_model
from lowbit_sim.training.optimisation import HIGHEST_RATE, optimiser_of
from lowbit_sim.training.resuming import load_partial, save_partial
from lowbit_sim.workload.run_record import Epoch

EPOCHS = [Epoch(1.0, 0.5, 0.4, 0.3, 0.2, 7.0), Epoch(0.1 + 0.2, 0.6, 0.5, 0.3, 0.1, 6.0)]


@pytest.fixture
def trained(make_spec):
    """Return a model and its optimiser after one step."""

    def trained(family="cvnn", seed=0):
        torch.manual_seed(seed)
        spec = make_spec(family)
        model = build_model(spec, "levels_3")
        optimiser = optimiser_of(model, spec.recipe, 0.01 + seed / 100)
        model(torch.rand(5, 1, 8, 8)).square().sum().backward()
        optimiser.step()
        return model, optimiser

    return trained


def test_network_moments_rates_and_history_come_back_to_the_bit(trained, tmp_path):
    path = tmp_path / "x.partial.safetensors"
    model, optimiser = trained()
    save_partial(path, "k" * 64, model, optimiser, EPOCHS)
    other, blank = trained(seed=1)
    assert load_partial(path, "k" * 64, other, blank) == EPOCHS
    for name, value in model.state_dict().items():
        assert torch.equal(value, other.state_dict()[name])
    pairs = zip(optimiser.param_groups, blank.param_groups, strict=True)
    for group, again in pairs:
        assert group[HIGHEST_RATE] == again[HIGHEST_RATE]
        for one, two in zip(group["params"], again["params"], strict=True):
            for moment, value in optimiser.state[one].items():
                assert torch.equal(value, blank.state[two][moment])


def test_the_checkpoint_of_another_run_is_refused(trained, tmp_path):
    path = tmp_path / "x.partial.safetensors"
    save_partial(path, "a" * 64, *trained(), EPOCHS)
    with pytest.raises(SpecError, match=r"checkpoint of another run .aaaaaaaaaaaa, not bbbbbbbb"):
        load_partial(path, "b" * 64, *trained())


def test_a_checkpoint_of_another_network_is_refused(trained, tmp_path):
    path = tmp_path / "x.partial.safetensors"
    save_partial(path, "a" * 64, *trained("cvnn"), EPOCHS)
    with pytest.raises(SpecError, match="does not fit the network"):
        load_partial(path, "a" * 64, *trained("fcnn"))


@pytest.mark.parametrize("damage", [lambda raw: raw[:-5], lambda _: b"", lambda _: b"{" * 99])
def test_a_damaged_checkpoint_is_named(trained, tmp_path, damage):
    path = tmp_path / "x.partial.safetensors"
    save_partial(path, "a" * 64, *trained(), EPOCHS)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(SpecError, match=r"x\.partial\.safetensors: is no whole checkpoint"):
        load_partial(path, "a" * 64, *trained())


def test_a_full_disk_leaves_the_checkpoint_of_the_epoch_before(trained, tmp_path, monkeypatch):
    path = tmp_path / "x.partial.safetensors"
    save_partial(path, "a" * 64, *trained(), EPOCHS[:1])
    before = path.read_bytes()

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SpecError, match="cannot be written: No space left on device"):
        save_partial(path, "a" * 64, *trained(), EPOCHS)
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.glob("*.safetensors")] == [path.name]
