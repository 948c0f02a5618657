import dataclasses
import math

import pytest
import torch

from lowbit_sim.training.datasets import Part, Split
from lowbit_sim.training.export import packed_checkpoint
from lowbit_sim.training.layers import ActivationQuantiser
from lowbit_sim.training.measuring import count_correct
from lowbit_sim.training.models import build_model
from lowbit_sim.training.trainer import Task, _batches, restored, start_from, train
from lowbit_sim.workload.run_key import run_key
from lowbit_sim.workload.run_record import PRETRAINED


def nothing():
    pass


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("family", ["fcnn", "cvnn", "vit"])
def test_one_seed_twice_gives_the_same_numbers(make_spec, run, family):
    spec = make_spec(family, pretraining={"epochs": 1})
    first = run(spec, "levels_3")
    torch.rand(7)  # the caller's random numbers are no part of it
    again = run(spec, "levels_3")
    assert same(first.state, again.state)
    assert first.history == again.history
    assert not same(first.state, run(spec, "levels_3", seed=1).state)


def test_the_test_part_decides_nothing(make_spec, split, run):
    spec = make_spec(pretraining={"epochs": 1})
    five = Part(torch.zeros(5, 1, 8, 8, dtype=torch.uint8), torch.zeros(5, dtype=torch.int64), 16)
    hidden = dataclasses.replace(split, test=five)
    assert same(run(spec, "levels_5").state, run(spec, "levels_5", part=hidden).state)


def test_the_validation_part_is_measured_and_decides_nothing(make_spec, split, run):
    spec = make_spec(pretraining={"epochs": 1})
    turned = dataclasses.replace(split.validation, labels=9 - split.validation.labels)
    one, other = (
        run(spec, "levels_5"),
        run(
            spec,
            "levels_5",
            part=split.__class__(split.train, turned, split.test, split.data_sha256),
        ),
    )
    assert same(one.state, other.state)
    assert one.history[-1].validation_fraction != other.history[-1].validation_fraction


def test_training_learns(make_spec, split, run):
    spec = make_spec(pretraining={"epochs": 14}, finetuning={"epochs": 4})
    trained = run(spec, "levels_3")
    assert trained.diverged is None
    assert count_correct(restored(spec, "levels_3", trained.state), split.test) > 0.7 * 899
    first, *_, last = trained.history
    assert last.loss < first.loss
    assert 0 < last.zero_fraction < 1
    assert 0 < last.flip_fraction < 1
    assert last.gradient_norm > 0
    steps = [n for n in trained.state if n.endswith("step") and trained.state[n].min() > 0]
    assert len(steps) == 4  # two layers, each with steps of weights and of activations


def test_a_history_measures_what_the_network_is_at_the_end(make_spec, split, run):
    spec = make_spec("cvnn", pretraining={"epochs": 2}, finetuning={"epochs": 2})
    trained = run(spec, "levels_5")
    model = restored(spec, "levels_5", trained.state)
    right = count_correct(model, split.validation)
    assert trained.history[-1].validation_fraction == right / len(split.validation)


@pytest.mark.parametrize("weight_format", ["levels_3", "bf16", "fp32"])
def test_every_format_is_trained_for_equally_long(make_spec, run, weight_format):
    # 808 images (898 less a tenth) in batches of at most 100 are 9 batches an epoch
    spec = make_spec(pretraining={"epochs": 2}, finetuning={"epochs": 3})
    ticks = []
    trained = run(spec, weight_format, tick=lambda: ticks.append(1))
    assert len(ticks) == 5 * 9
    assert len(trained.history) == 3


def test_without_pretraining_a_network_starts_from_its_seed(make_spec, split, tmp_path):
    spec = make_spec(pretraining={"epochs": 0})
    first = train(Task(spec, PRETRAINED, 3, tmp_path / "x"), split, None, nothing)
    assert first.history == ()
    again = train(Task(spec, PRETRAINED, 3, tmp_path / "x"), split, None, nothing)
    other = train(Task(spec, PRETRAINED, 4, tmp_path / "x"), split, None, nothing)
    assert same(first.state, again.state)
    assert not same(first.state, other.state)


def test_an_epoch_shows_every_image_once_in_batches_of_nearly_equal_length(make_spec, tmp_path):
    count = 23
    pixels = torch.arange(count, dtype=torch.uint8).reshape(count, 1, 1, 1)
    part = Part(pixels, torch.arange(count), 1)
    split = Split(part, part, part, "")
    spec = make_spec(batch_size=10, augmentation={"max_shift_pixels": 0})
    task = Task(spec, "levels_3", 5, tmp_path / "x")
    epochs = [list(_batches(task, split, epoch)) for epoch in (0, 1)]
    for epoch in epochs:
        assert [len(labels) for _, labels in epoch] == [8, 8, 7]
        assert sorted(torch.cat([labels for _, labels in epoch]).tolist()) == list(range(count))
        assert all(torch.equal(images.reshape(-1).long(), labels) for images, labels in epoch)
    assert not torch.equal(epochs[0][0][1], epochs[1][0][1])


def test_no_two_epochs_or_phases_share_their_order(make_spec, tmp_path):
    spec = make_spec()
    seen = {
        Task(spec, name, seed, tmp_path).order(epoch).initial_seed()
        for name in (PRETRAINED, "levels_3")
        for seed in range(20)
        for epoch in range(50)
    }
    assert len(seen) == 2 * 20 * 50
    one, other = (Task(spec, name, 1, tmp_path).order(2) for name in ("levels_3", "levels_5"))
    assert one.initial_seed() == other.initial_seed()  # formats see the same images


def test_a_loss_that_is_not_finite_is_a_result(make_spec, split, tmp_path):
    spec = make_spec(finetuning={"epochs": 3})
    first = train(Task(spec, PRETRAINED, 4, tmp_path / "x"), split, None, nothing)
    first.state["1.weight"][0, 0] = torch.nan
    trained = train(Task(spec, "fp32", 4, tmp_path / "y"), split, first.state, nothing)
    assert trained.diverged == "the loss was not finite in epoch 1"
    assert trained.history == ()


@pytest.mark.parametrize(("epochs", "last"), [(1, 1), (3, 1), (4, 2), (8, 3)])
def test_a_loss_no_better_than_guessing_after_a_quarter_of_the_epochs_is_a_result(
    make_spec, run, epochs, last
):
    spec = make_spec(
        pretraining={"epochs": 0}, finetuning={"epochs": epochs, "learning_rate": 1e-9}
    )
    trained = run(spec, "levels_2")
    assert len(trained.history) == last - 1
    assert all(epoch.loss > math.log(10) for epoch in trained.history)
    assert trained.diverged.startswith("the loss was 2.")
    assert trained.diverged.endswith(f"in epoch {last}, no less than guessing")


def test_the_step_of_the_image_is_fixed_and_the_others_learn(make_spec, run):
    spec = make_spec("vit", pretraining={"epochs": 1}, finetuning={"epochs": 1})
    trained = run(spec, "levels_3")
    model = restored(spec, "levels_3", trained.state)
    image, *others = [p.step.item() for p in model.modules() if isinstance(p, ActivationQuantiser)]
    assert image == pytest.approx(1 / 127, rel=0.03)
    assert len(set(others)) == len(others)


def test_batch_norms_that_were_never_trained_do_not_spoil_the_steps(make_spec, split, tmp_path):
    spec = make_spec("cvnn", pretraining={"epochs": 0})
    first = train(Task(spec, PRETRAINED, 0, tmp_path / "x"), split, None, nothing)
    model = build_model(spec, "levels_3")
    images = split.train.images(slice(0, 200))
    start_from(model, first.state, images)
    norm = model[1]
    assert (norm.running_mean.abs().max(), norm.num_batches_tracked) == (0, 0)  # as they were
    seen = {}
    for index in (4, 9):  # the second convolution and the head
        model[index].quantise_input.register_forward_pre_hook(
            lambda part, given: seen.update({part: given[0]})
        )
    model.train()
    model(images)
    for part, given in seen.items():
        assert (given > part.step * 127.5).float().mean() < 0.01


def test_weights_that_are_no_numbers_are_a_result_that_can_be_stored(make_spec, split, tmp_path):
    spec = make_spec(finetuning={"epochs": 2, "learning_rate": 1e10})
    first = train(Task(spec, PRETRAINED, 0, tmp_path / "x"), split, None, nothing)
    trained = train(Task(spec, "levels_3", 0, tmp_path / "y"), split, first.state, nothing)
    assert trained.diverged is not None
    assert all(value.isfinite().all() for value in trained.state.values())
    packed_checkpoint(spec, "levels_3", 0, trained.state)


def test_a_run_that_was_stopped_anywhere_goes_on_to_the_same_bits(make_spec, split, tmp_path):
    spec = make_spec("cvnn", pretraining={"epochs": 1}, finetuning={"epochs": 4})
    first = train(Task(spec, PRETRAINED, 0, tmp_path / "x"), split, None, nothing)
    whole = train(Task(spec, "levels_3", 0, tmp_path / "whole"), split, first.state, nothing)
    for stop in (1, 9, 10, 26, 35):
        task = Task(spec, "levels_3", 0, tmp_path / f"after_{stop}")
        ticks = []

        def tick(stop=stop, ticks=ticks):
            ticks.append(1)
            if len(ticks) == stop:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            train(task, split, first.state, tick)
        assert task.partial.exists() == (stop > 9)
        ticks.clear()
        resumed = train(task, split, first.state, lambda ticks=ticks: ticks.append(1))
        assert len(ticks) == 4 * 9  # epochs done before are told at once
        assert same(resumed.state, whole.state)
        assert resumed.history == whole.history


def test_a_task_is_called_by_what_decides_it(make_spec, tmp_path):
    spec = make_spec()
    task = Task(spec, "levels_5", 2, tmp_path)
    assert task.key == run_key(spec, "levels_5", 2)
    assert (task.network_format, Task(spec, PRETRAINED, 2, tmp_path).network_format) == (
        "levels_5", "fp32",
    )  # fmt: skip


@pytest.mark.parametrize("source", ["absmean", "statistics", "codebook"])
@pytest.mark.parametrize("weight_format", ["levels_2", "levels_3", "levels_5"])
def test_every_recipe_learns(make_spec, split, run, source, weight_format):
    spec = make_spec(
        pretraining={"epochs": 10}, finetuning={"epochs": 3}, quantiser={"step": source}
    )
    trained = run(spec, weight_format)
    model = restored(spec, weight_format, trained.state)
    assert count_correct(model, split.test) > 0.6 * 899
    assert 1 < len(model[1].codes().unique()) <= int(weight_format.removeprefix("levels_"))


def test_steps_from_statistics_are_those_of_the_final_weights(make_spec, run):
    spec = make_spec(quantiser={"step": "absmean", "granularity": "tensor"})
    state = run(spec, "levels_3").state
    assert state["1.weight_step"].shape == (1, 1)
    assert state["1.weight_step"].item() == state["1.weight"].abs().mean().item()
