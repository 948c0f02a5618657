"""One training run, from one seed to one network with its history.

Every network is trained in fp32 first; that checkpoint then starts one run per weight format,
fp32 included, all with the same number of further epochs and the same order of the images.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.training.augmentation import augmented
from lowbit_sim.training.datasets import Split
from lowbit_sim.training.layers import QuantisedWeight, calibration, fix_input_step
from lowbit_sim.training.measuring import (
    body_codes,
    count_correct,
    re_estimate_batch_norms,
    repeatable,
    weight_change,
)
from lowbit_sim.training.models import build_model
from lowbit_sim.training.optimisation import is_step, optimiser_of, rate_factor, set_rates
from lowbit_sim.training.resuming import load_partial, save_partial
from lowbit_sim.training.steps import SMALLEST_STEP
from lowbit_sim.workload.recipe_spec import PhaseSpec, RecipeSpec
from lowbit_sim.workload.run_key import run_key
from lowbit_sim.workload.run_record import PRETRAINED, Epoch
from lowbit_sim.workload.spec import WorkloadSpec

#: by name: the parameters and buffers of a network
State = dict[str, Tensor]

#: in this part of a phase, warm-up included, a network need not be better than guessing
PATIENCE_FRACTION = 0.25


@dataclass(frozen=True, slots=True)
class Task:
    """What to train.

    Parameters
    ----------
    spec : WorkloadSpec
        The network and its recipe.
    weight_format : str
        A format's name, or `PRETRAINED` for the fp32 network before fine-tuning.
    seed : int
        Of the starting weights and of the order of the images.
    partial : Path
        Where an unfinished run is kept between epochs.
    """

    spec: WorkloadSpec
    weight_format: str
    seed: int
    partial: Path

    @property
    def network_format(self) -> str:
        """The format of the network's weights while it trains."""
        return "fp32" if self.weight_format == PRETRAINED else self.weight_format

    @property
    def phase(self) -> PhaseSpec:
        """How long and how fast."""
        recipe = self.spec.recipe
        return recipe.pretraining if self.weight_format == PRETRAINED else recipe.finetuning

    @property
    def key(self) -> str:
        """What decides the run, as a hash."""
        return run_key(self.spec, self.weight_format, self.seed)

    def order(self, epoch: int) -> torch.Generator:
        """Return the generator of all that is random in one epoch."""
        phase = self.weight_format != PRETRAINED
        generator = torch.Generator()
        return generator.manual_seed(((2 * self.seed + phase) << 16) + epoch)


@dataclass(frozen=True, slots=True)
class Trained:
    """A network as it was when training ended, and why it ended early if it did.

    What was no finite number in a network that diverged is zero here, so that it can be stored.
    """

    state: State
    history: tuple[Epoch, ...]
    diverged: str | None


class _DivergedError(Exception):
    """Training cannot go on; the message says why."""


def train(task: Task, split: Split, pretrained: State | None, tick: Callable[[], None]) -> Trained:
    """Train, from where an interrupted run stopped if there is one.

    Parameters
    ----------
    task : Task
        What to train.
    split : Split
        Its test part is not used.
    pretrained : mapping of str to Tensor, optional
        Where a fine-tuning starts.
    tick : callable
        Called after every batch; an exception it raises ends the run, to be taken up again.

    Raises
    ------
    SpecError
        If an unfinished run cannot be read or written.
    """
    with repeatable():
        torch.manual_seed(task.seed)
        model = build_model(task.spec, task.network_format).to(split.train.labels.device)
        if pretrained is not None:
            start_from(model, pretrained, next(_batches(task, split, 0))[0])
        history, diverged = _fit(model, task, split, tick)
        _follow(model)
        recipe = task.spec.recipe
        if task.weight_format != PRETRAINED and diverged is None:
            images = recipe.batch_norm_images
            re_estimate_batch_norms(model, split.train, images, recipe.batch_size)
    state = {name: value.detach().cpu().clone() for name, value in model.state_dict().items()}
    if not all(value.isfinite().all() for value in state.values()):
        diverged = diverged or "a weight was no finite number at the end"
        state = {name: _finite(name, value) for name, value in state.items()}
    return Trained(state, tuple(history), diverged)


def _finite(name: str, value: Tensor) -> Tensor:
    """Return zeros for what is no finite number; a step, by which is divided, stays positive."""
    finite = value.nan_to_num(0.0, 0.0, 0.0)
    is_divisor = is_step(name) and not name.endswith("codebook")
    return finite.clamp(min=SMALLEST_STEP) if is_divisor else finite


def restored(spec: WorkloadSpec, weight_format: str, state: State) -> nn.Module:
    """Return the network with weights of `weight_format` that has `state`."""
    model = build_model(spec, weight_format)
    model.load_state_dict(state)
    return model.eval()


def batch_count(split: Split, recipe: RecipeSpec) -> int:
    """Return how many batches an epoch has."""
    return math.ceil(len(split.train) / recipe.batch_size)


def start_from(model: nn.Module, pretrained: State, images: Tensor) -> None:
    """Load the fp32 weights, then choose every step: of weights, and of activations.

    Batch norms that were never trained know nothing of what passes; they then use the statistics
    of these images, and forget them again.
    """
    model.load_state_dict({**model.state_dict(), **pretrained})
    for layer in model.modules():
        if isinstance(layer, QuantisedWeight):
            layer.choose_weight_step()
    model.eval()
    norms = [part for part in model.modules() if isinstance(part, nn.BatchNorm2d)]
    for norm in norms:
        norm.train(mode=not norm.num_batches_tracked)
    kept = [{name: value.clone() for name, value in norm.named_buffers()} for norm in norms]
    with torch.no_grad(), calibration(model):
        model(images)
    for norm, buffers in zip(norms, kept, strict=True):
        norm.load_state_dict({**norm.state_dict(), **buffers})
    fix_input_step(model)


def _follow(model: nn.Module) -> None:
    """Bring the steps that are not learned up to date with the weights."""
    for layer in model.modules():
        if isinstance(layer, QuantisedWeight):
            layer.follow_weights()


def _fit(
    model: nn.Module, task: Task, split: Split, tick: Callable[[], None]
) -> tuple[list[Epoch], str | None]:
    optimiser = optimiser_of(model, task.spec.recipe, task.phase.learning_rate)
    history: list[Epoch] = []
    if task.partial.exists():
        history = load_partial(task.partial, task.key, model, optimiser)
        for _ in range(len(history) * batch_count(split, task.spec.recipe)):
            tick()
    while len(history) < task.phase.epochs:
        try:
            history.append(_epoch(model, task, split, optimiser, len(history), tick))
        except _DivergedError as error:
            return history, str(error)
        if len(history) < task.phase.epochs:
            save_partial(task.partial, task.key, model, optimiser, history)
    return history, None


def _epoch(
    model: nn.Module,
    task: Task,
    split: Split,
    optimiser: torch.optim.AdamW,
    epoch: int,
    tick: Callable[[], None],
) -> Epoch:
    """Pass once over the training images and measure.

    Raises
    ------
    _DivergedError
        If the loss is not finite, or no better than guessing when it should long be.
    """
    before = body_codes(model, task.network_format)
    loss, correct, norm, batches = 0.0, 0, 0.0, 0
    count = batch_count(split, task.spec.recipe)
    warmup = task.spec.recipe.warmup_fraction
    model.train()
    for images, labels in _batches(task, split, epoch):
        done = epoch * count + batches
        set_rates(optimiser, rate_factor(done, task.phase.epochs * count, warmup))
        logits = model(images)
        batch_loss = functional.cross_entropy(logits, labels)
        if not torch.isfinite(batch_loss):
            raise _DivergedError(f"the loss was not finite in epoch {epoch + 1}")
        norm += _move(model, optimiser, batch_loss)
        loss += batch_loss.item() * len(labels)
        correct += int((logits.argmax(1) == labels).sum())
        batches += 1
        tick()
    _follow(model)
    loss /= len(split.train)
    guessing = math.log(task.spec.data.shape.classes)
    if loss >= guessing and 1 + epoch > PATIENCE_FRACTION * task.phase.epochs:
        raise _DivergedError(f"the loss was {loss:.3f} in epoch {epoch + 1}, no less than guessing")
    zero_code = _zero_code(task.network_format)
    change = weight_change(before, body_codes(model, task.network_format), zero_code)
    right = count_correct(model, split.validation)
    validated = right / len(split.validation) if len(split.validation) else 0.0
    figures = (loss, correct / len(split.train), validated)
    return Epoch(*figures, change.zero_fraction, change.flip_fraction, norm / batches)


def _move(model: nn.Module, optimiser: torch.optim.AdamW, loss: Tensor) -> float:
    """Make one step of the optimiser and return the norm of the gradients."""
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    norm = torch.nn.utils.get_total_norm(gradients)
    optimiser.step()
    for name, parameter in model.named_parameters():
        if is_step(name) and not name.endswith("codebook"):
            parameter.data.clamp_(min=SMALLEST_STEP)
    return norm.item()


def _zero_code(weight_format: str) -> int | None:
    levels = number_format(weight_format).levels
    return levels.index(0) if 0 in levels else None


def _batches(task: Task, split: Split, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield batches of nearly equal length, shuffled and augmented by the epoch's generator."""
    order = task.order(epoch)
    recipe = task.spec.recipe
    layout = torch.channels_last if task.spec.model.family == "cvnn" else torch.contiguous_format
    shuffled = torch.randperm(len(split.train), generator=order)
    for chosen in shuffled.tensor_split(batch_count(split, recipe)):
        which = chosen.to(split.train.labels.device)
        images = augmented(split.train.images(which), recipe.augmentation, order)
        yield images.contiguous(memory_format=layout), split.train.labels[which]
