import pytest
import torch

from lowbit_sim.training.measuring import quantised_layers
from lowbit_sim.training.rounding import rounded_network
from lowbit_sim.training.trainer import Task, restored, train
from lowbit_sim.workload.run_record import PRETRAINED


@pytest.fixture
def pretrained(split, tmp_path):
    def pretrained(spec):
        task = Task(spec, PRETRAINED, 0, tmp_path / "partial.safetensors")
        return train(task, split, None, lambda: None).state

    return pretrained


@pytest.mark.parametrize("family", ["fcnn", "cvnn"])
def test_every_layer_is_rounded_and_the_weights_are_the_pretrained_ones(
    make_spec, split, pretrained, family
):
    spec = make_spec(family)
    state = pretrained(spec)
    images = split.train.images(slice(100))
    model = rounded_network(spec, state, "levels_5", images)
    layers = quantised_layers(model)
    assert {layer.weight_format for layer in layers.values()} == {"levels_5"}
    for name, layer in layers.items():
        assert torch.equal(layer.weight, state[f"{name}.weight"])
    assert not model.training
    with torch.no_grad():
        fine = rounded_network(spec, state, "int8", images)(images)
        exact = restored(spec, "fp32", state)(images)
        coarse = model(images)
    assert (fine - exact).abs().mean() < (coarse - exact).abs().mean() / 4
