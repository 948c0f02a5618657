import dataclasses

import pytest
import torch
from torch import nn

from lowbit_sim.training.datasets import Part
from lowbit_sim.training.measuring import (
    WeightChange,
    body_codes,
    count_correct,
    quantised_layers,
    re_estimate_batch_norms,
    repeatable,
    weight_change,
)
from lowbit_sim.training.models import build_model


def test_correct_answers_are_counted_over_the_whole_part(make_spec, split):
    model = build_model(make_spec(), "fp32")
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        model[-1].bias[3] = 1.0  # always answers 3
    assert count_correct(model, split.test) == int((split.test.labels == 3).sum())


def test_an_answer_that_is_no_number_is_wrong(make_spec, split):
    model = build_model(make_spec(), "fp32")
    with torch.no_grad():
        model[-1].bias.fill_(torch.nan)
    assert count_correct(model, split.test) == 0
    assert int((split.test.labels == 0).sum()) > 0  # which the first logit would have got


def test_torchs_settings_are_left_as_they_were():
    threads, strict = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    state = torch.get_rng_state()
    with repeatable():
        assert torch.get_num_threads() == 1
        assert torch.are_deterministic_algorithms_enabled()
        torch.rand(1)
    assert torch.get_num_threads() == threads
    assert torch.are_deterministic_algorithms_enabled() == strict
    assert torch.equal(torch.get_rng_state(), state)


def test_changes_of_weights_by_hand():
    before = {"a": torch.tensor([0, 1, 2, 1]), "b": torch.tensor([[1], [0]])}
    after = {"a": torch.tensor([1, 1, 1, 0]), "b": torch.tensor([[1], [2]])}
    # a flips at 0, 2, 3 and b at 1; code 1 stands three times in a and once in b
    assert weight_change(before, after, 1) == WeightChange(4 / 6, 4 / 6)
    assert weight_change(before, after, None) == WeightChange(0.0, 4 / 6)
    assert weight_change({}, {}, 1) == WeightChange(0.0, 0.0)


def test_the_body_is_what_has_the_weights_format(make_spec):
    model = build_model(make_spec("cvnn"), "levels_3")
    assert list(quantised_layers(model)) == ["0", "4", "9"]
    assert list(body_codes(model, "levels_3")) == ["4"]
    assert body_codes(build_model(make_spec("cvnn"), "fp32"), "fp32") == {}


def test_batch_norms_take_the_mean_over_the_first_images(split):
    norm = nn.BatchNorm2d(1, momentum=0.1)
    norm.running_mean.fill_(7.0)
    re_estimate_batch_norms(nn.Sequential(norm), split.train, 50, 20)
    batches = [split.train.images(slice(start, min(start + 20, 50))) for start in (0, 20, 40)]
    expected = torch.stack([batch.mean() for batch in batches]).mean()
    assert norm.running_mean.item() == pytest.approx(expected.item(), rel=1e-5)
    variance = torch.stack([batch.var() for batch in batches]).mean()
    assert norm.running_var.item() == pytest.approx(variance.item(), rel=1e-5)
    assert norm.momentum == 0.1


@pytest.mark.parametrize("images", [0, 10_000])
def test_batch_norms_without_images_or_with_more_than_there_are(split, images):
    few = dataclasses.replace(
        split.train, pixels=split.train.pixels[:30], labels=split.train.labels[:30]
    )
    assert isinstance(few, Part)
    norm = nn.BatchNorm2d(1)
    re_estimate_batch_norms(nn.Sequential(norm), few, images, 30)
    expected = few.images().mean().item() if images else 0.0
    assert norm.running_mean.item() == pytest.approx(expected, rel=1e-5)
