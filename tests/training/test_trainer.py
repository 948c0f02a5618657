import dataclasses

import pytest
import torch

from lowbit_sim.training.datasets import Split
from lowbit_sim.training.errors import TrainingError
from lowbit_sim.training.models import build_model
from lowbit_sim.training.trainer import (
    Phase,
    _batches,
    count_correct,
    finetune,
    pretrain,
    repeatable,
    restored,
)


def nothing():
    pass


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("family", ["fcnn", "cvnn", "vit"])
def test_one_seed_twice_gives_the_same_numbers(make_spec, split, family):
    spec = make_spec(family, pretrain_epochs=1)

    def run(seed):
        pretrained = pretrain(spec, split, seed, nothing)
        return finetune(spec, split, "levels_3", seed, pretrained, nothing)

    first = run(0)
    torch.rand(7)  # the caller's random numbers are no part of it
    assert same(first, run(0))
    assert not same(first, run(1))


def test_the_test_part_decides_nothing(make_spec, split):
    spec = make_spec(pretrain_epochs=1)
    hidden = dataclasses.replace(split, test_images=torch.full((5, 1, 8, 8), torch.nan))
    states = []
    for part in (split, hidden):
        pretrained = pretrain(spec, part, 0, nothing)
        states.append(finetune(spec, part, "levels_5", 0, pretrained, nothing))
    assert same(*states)


def test_training_learns(make_spec, split):
    spec = make_spec(pretrain_epochs=12, finetune_epochs=4)
    pretrained = pretrain(spec, split, 0, nothing)
    before = count_correct(restored(spec, "fp32", pretrained), split)
    after = finetune(spec, split, "levels_3", 0, pretrained, nothing)
    assert before > 0.7 * 899
    assert count_correct(restored(spec, "levels_3", after), split) > 0.7 * 899
    changed = [n for n in after if n.endswith("step") and after[n].min() > 0]
    assert len(changed) == 4  # two layers, each with steps of weights and of activations


@pytest.mark.parametrize("weight_format", ["levels_3", "bf16", "fp32"])
def test_every_format_is_trained_for_equally_long(make_spec, split, weight_format):
    # 898 images in batches of at most 100 are 9 batches an epoch
    spec = make_spec(pretrain_epochs=2, finetune_epochs=3)
    ticks = []
    pretrained = pretrain(spec, split, 0, lambda: ticks.append(1))
    assert len(ticks) == 2 * 9
    finetune(spec, split, weight_format, 0, pretrained, lambda: ticks.append(1))
    assert len(ticks) == 5 * 9


def test_an_epoch_shows_every_image_once_in_batches_of_nearly_equal_length(make_spec):
    count = 23
    images = torch.arange(float(count)).reshape(count, 1, 1, 1)
    split = Split(images, torch.arange(count), images[:0], torch.arange(0))
    recipe = make_spec(batch_size=10, max_shift_pixels=0).recipe
    batches = list(_batches(split, recipe, Phase("", 2, 0.1, 5)))
    assert [len(labels) for _, labels in batches] == [8, 8, 7] * 2
    for epoch in (batches[:3], batches[3:]):
        assert sorted(torch.cat([labels for _, labels in epoch]).tolist()) == list(range(count))
    assert all(torch.equal(images.reshape(-1).long(), labels) for images, labels in batches)
    assert not torch.equal(batches[0][1], batches[3][1])


def test_a_loss_that_is_not_finite_names_the_format_and_the_seed(make_spec, split):
    spec = make_spec()
    pretrained = pretrain(spec, split, 4, nothing)
    pretrained["1.weight"][0, 0] = torch.nan
    with pytest.raises(TrainingError, match="fcnn: weight format fp32, seed 4: the loss is no"):
        finetune(spec, split, "fp32", 4, pretrained, nothing)
    split = dataclasses.replace(split, train_images=split.train_images * torch.inf)
    with pytest.raises(TrainingError, match="fcnn: fp32 pre-training, seed 4"):
        pretrain(spec, split, 4, nothing)


def test_correct_answers_are_counted_over_the_whole_test_part(make_spec, split):
    model = build_model(make_spec(), "fp32")
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        model[-1].bias[3] = 1.0  # always answers 3
    assert count_correct(model, split) == int((split.test_labels == 3).sum())


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
