"""One training run, from one seed to one measured network.

Every network is trained in fp32 first; that checkpoint then starts one run per weight format,
fp32 included, all with the same number of further epochs and the same order of the images.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from lowbit_sim.training.datasets import Split, shifted
from lowbit_sim.training.errors import TrainingError
from lowbit_sim.training.layers import QuantisedWeight, calibration
from lowbit_sim.training.models import build_model
from lowbit_sim.training.optimisation import is_step, optimisation
from lowbit_sim.training.steps import SMALLEST_STEP
from lowbit_sim.workload.spec import RecipeSpec, WorkloadSpec

#: by name: the parameters and buffers of a network
State = dict[str, Tensor]

#: images measured at once
TEST_BATCH = 256


@dataclass(frozen=True, slots=True)
class Phase:
    """One pass of training: how long, how fast, and what to call it in an error."""

    title: str
    epochs: int
    learning_rate: float
    order_seed: int


@contextmanager
def repeatable() -> Iterator[None]:
    """Make torch deterministic inside, on one thread, and leave its state as it was."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    threads, strict = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(mode=True)
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(mode=strict)


def pretrain(spec: WorkloadSpec, split: Split, seed: int, tick: Callable[[], None]) -> State:
    """Train the network of `spec` in fp32 and return its state.

    Parameters
    ----------
    spec : WorkloadSpec
        The network and its recipe.
    split : Split
        Only its training part is used.
    seed : int
        Decides the starting weights and the order of the images.
    tick : callable
        Called after every batch; an exception it raises ends the run.

    Raises
    ------
    TrainingError
        If the loss stops being finite.
    """
    recipe = spec.recipe
    title = f"{spec.name}: fp32 pre-training, seed {seed}"
    phase = Phase(title, recipe.pretrain_epochs, recipe.pretrain_learning_rate, 2 * seed)
    with repeatable():
        torch.manual_seed(seed)
        model = build_model(spec, "fp32").to(split.train_images.device)
        _fit(model, recipe, phase, split, tick)
    return _detached(model)


def finetune(
    spec: WorkloadSpec,
    split: Split,
    weight_format: str,
    seed: int,
    pretrained: State,
    tick: Callable[[], None],
) -> State:
    """Train on from `pretrained` with weights of `weight_format` and return the state.

    Parameters and raises are those of `pretrain`.
    """
    recipe = spec.recipe
    title = f"{spec.name}: weight format {weight_format}, seed {seed}"
    phase = Phase(title, recipe.finetune_epochs, recipe.finetune_learning_rate, 2 * seed + 1)
    with repeatable():
        model = build_model(spec, weight_format).to(split.train_images.device)
        _start_from(model, pretrained, next(_batches(split, recipe, phase))[0])
        _fit(model, recipe, phase, split, tick)
    return _detached(model)


def restored(spec: WorkloadSpec, weight_format: str, state: State) -> nn.Module:
    """Return the network with weights of `weight_format` that has `state`."""
    model = build_model(spec, weight_format)
    model.load_state_dict(state)
    return model.eval()


def batch_count(split: Split, recipe: RecipeSpec) -> int:
    """Return how many batches an epoch has."""
    return math.ceil(len(split.train_images) / recipe.batch_size)


def count_correct(model: nn.Module, split: Split) -> int:
    """Return how many test images `model` classifies rightly, in evaluation mode."""
    model.eval()
    correct = 0
    with repeatable(), torch.no_grad():
        for start in range(0, len(split.test_labels), TEST_BATCH):
            part = slice(start, start + TEST_BATCH)
            guessed = model(split.test_images[part]).argmax(1)
            correct += int((guessed == split.test_labels[part]).sum())
    return correct


def _start_from(model: nn.Module, pretrained: State, images: Tensor) -> None:
    """Load the fp32 weights, then choose every step: of weights, and of activations."""
    model.load_state_dict({**model.state_dict(), **pretrained})
    for layer in model.modules():
        if isinstance(layer, QuantisedWeight):
            layer.choose_weight_step()
    model.eval()
    with torch.no_grad(), calibration(model):
        model(images)


def _fit(
    model: nn.Module, recipe: RecipeSpec, phase: Phase, split: Split, tick: Callable[[], None]
) -> None:
    total = phase.epochs * batch_count(split, recipe)
    optimiser, schedule = optimisation(model, recipe, phase.learning_rate, total)
    steps = [parameter for name, parameter in model.named_parameters() if is_step(name)]
    model.train()
    for images, labels in _batches(split, recipe, phase):
        loss = functional.cross_entropy(model(images), labels)
        if not torch.isfinite(loss):
            raise TrainingError(f"{phase.title}: the loss is no longer finite; lower the rates")
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        for step in steps:
            step.data.clamp_(min=SMALLEST_STEP)
        tick()


def _batches(split: Split, recipe: RecipeSpec, phase: Phase) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield batches of nearly equal length, reshuffled and shifted anew every epoch."""
    order = torch.Generator().manual_seed(phase.order_seed)
    for _ in range(phase.epochs):
        shuffled = torch.randperm(len(split.train_images), generator=order)
        for chosen in shuffled.tensor_split(batch_count(split, recipe)):
            images = shifted(split.train_images[chosen], recipe.max_shift_pixels, order)
            yield images, split.train_labels[chosen]


def _detached(model: nn.Module) -> State:
    return {name: value.detach().cpu().clone() for name, value in model.state_dict().items()}
