"""How much one layer's rounding costs a network that is in fp32 otherwise, before any fine-tuning.

Two figures for each layer and format, both on the validation images and in nats of the mean
cross-entropy. *Measured*: the loss with that layer's weights rounded at the steps of least squared
error, less the loss without. *Second order*: with H the Hessian of the loss by the layer's n
weights and Δ what rounding changes of them,

    ½ · trace(H) / n · ‖Δ‖²,

the expected ½ ΔᵀHΔ if Δ pointed anywhere; a gradient of zero is assumed. The trace is Hutchinson's
estimate, the mean of vᵀHv over vectors v of random signs.

**Sources.** Dong et al., HAWQ-V2, NeurIPS 2020, arXiv:1911.03852 (the trace times the squared error
as a layer's sensitivity). Hutchinson, A stochastic estimator of the trace of the influence matrix,
Commun. Stat. Simul. Comput. 18, 1989.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.training.datasets import Part
from lowbit_sim.training.layers import QuantisedWeight
from lowbit_sim.training.measuring import TEST_BATCH, quantised_layers, repeatable
from lowbit_sim.training.quantizers import quant_weight
from lowbit_sim.training.steps import weight_step


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """One layer in one format, all others in fp32.

    Parameters
    ----------
    layer, weight_format : str
    weights : int
        Weights of the layer.
    loss_increase : float
        Mean cross-entropy over the images, less that of the fp32 network [nat].
    lost_images : int
        Images classified rightly by the fp32 network, less those classified rightly now.
    second_order_increase : float
        The second-order estimate of `loss_increase` [nat].
    """

    layer: str
    weight_format: str
    weights: int
    loss_increase: float
    lost_images: int
    second_order_increase: float


def sensitivities(
    model: nn.Module, part: Part, formats: Sequence[str], probes: int, seed: int
) -> list[Sensitivity]:
    """Return what every layer in every format costs.

    Parameters
    ----------
    model : Module
        A trained network in fp32; it is left as it was, in evaluation mode.
    part : Part
        The images to measure on: those held out of training, never the test images.
    formats : sequence of str
        Integer formats.
    probes : int
        Random vectors behind each trace.
    seed : int
        Of the random vectors.
    """
    model.eval()
    found = []
    with repeatable():
        loss, correct = _measured(model, part)
        for name, layer in quantised_layers(model).items():
            trace = _trace(model, layer, part, probes, seed)
            kept = layer.weight.detach().clone()
            for weight_format in formats:
                rounded = _rounded(kept, weight_format)
                layer.weight.data.copy_(rounded)
                now, right = _measured(model, part)
                error = float((rounded - kept).square().sum())
                estimate = 0.5 * trace / kept.numel() * error
                lost = correct - right
                found.append(
                    Sensitivity(name, weight_format, kept.numel(), now - loss, lost, estimate)
                )
            layer.weight.data.copy_(kept)
    return found


def hessian_trace(
    losses: Callable[[], Iterator[Tensor]], parameter: Tensor, probes: int, seed: int
) -> float:
    """Return Hutchinson's estimate of the trace of a Hessian by one parameter.

    Parameters
    ----------
    losses : callable
        Makes the scalar terms whose sum is the loss, one at a time, so that only one term's graph
        is alive at once.
    parameter : Tensor
        The parameter, of any shape.
    probes : int
        Random vectors.
    seed : int
        Of them.
    """
    generator = torch.Generator().manual_seed(seed)
    signs = [
        (2 * torch.randint(0, 2, parameter.shape, generator=generator) - 1).to(parameter)
        for _ in range(probes)
    ]
    total = 0.0
    for loss in losses():
        (gradient,) = torch.autograd.grad(loss, parameter, create_graph=True)
        for sign in signs:
            (product,) = torch.autograd.grad((gradient * sign).sum(), parameter, retain_graph=True)
            total += float((product * sign).sum())
    return total / probes


def _rounded(weight: Tensor, weight_format: str) -> Tensor:
    levels = list(number_format(weight_format).levels)
    rounded: Tensor = quant_weight(weight, weight_step(weight, levels), levels)
    return rounded


def _slices(part: Part) -> Iterator[slice]:
    for start in range(0, len(part), TEST_BATCH):
        yield slice(start, start + TEST_BATCH)


@torch.no_grad()
def _measured(model: nn.Module, part: Part) -> tuple[float, int]:
    """Return the mean cross-entropy [nat] and the images classified rightly."""
    loss, correct = 0.0, 0
    for which in _slices(part):
        logits, labels = model(part.images(which)), part.labels[which]
        loss += float(functional.cross_entropy(logits, labels, reduction="sum"))
        correct += int((logits.argmax(1) == labels).sum())
    return loss / len(part), correct


def _trace(model: nn.Module, layer: QuantisedWeight, part: Part, probes: int, seed: int) -> float:
    def losses() -> Iterator[Tensor]:
        for which in _slices(part):
            logits = model(part.images(which))
            summed = functional.cross_entropy(logits, part.labels[which], reduction="sum")
            yield summed / len(part)

    with torch.enable_grad():
        return hessian_trace(losses, layer.weight, probes, seed)
