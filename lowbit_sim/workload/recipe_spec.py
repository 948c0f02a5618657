"""How a network is trained, as a workload file states it: nothing is defaulted.

A network is trained in fp32 first (`pretraining`) and goes on from there once per weight format
(`finetuning`), fp32 included. No epoch of pre-training means training from scratch.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from lowbit_sim.workload.fields import Count, Index, Part, Rate, Section, Share

StepSource = Literal["learned", "absmean", "statistics", "codebook"]
Granularity = Literal["channel", "tensor"]
GradientMask = Literal["none", "cell_edge", "clip"]


class PhaseSpec(Section):
    """How long, and how fast at most."""

    epochs: Index
    learning_rate: Rate


class FinetuningSpec(PhaseSpec):
    """The phase in which weights have their format: at least one epoch."""

    epochs: Count


class AugmentationSpec(Section):
    """How training images are changed anew every epoch; zeros and false leave them alone.

    Shifts crop the image padded with black; flips mirror left and right; the cut-out blackens a
    square at a random place; noise is Gaussian, its deviation a fraction of white.
    """

    max_shift_pixels: Index
    flip: Annotated[bool, Field(strict=True)]
    cutout_pixels: Index
    noise_fraction: Share


class QuantiserSpec(Section):
    """One operator with three knobs: where the step comes from, per what, and what is masked.

    - ``step``: ``learned`` by gradient [1]_; ``absmean``, a factor times the mean magnitude [2]_;
      ``statistics``, the step of least error for Gaussian weights of the same deviation, which
      has the thresholds of [3]_ within a few percent; ``codebook``, learned values without a
      grid, which hardware would have to look up.
    - ``granularity``: a step for each output channel, or one for the whole tensor.
    - ``gradient_mask``: weights that get no gradient: ``none``, those beyond the outer cell's
      edge (``cell_edge`` [4]_), or those beyond the outermost level (``clip`` [1]_).

    References
    ----------
    .. [1] S. K. Esser et al., "Learned Step Size Quantization", ICLR 2020.
    .. [2] S. Ma et al., "The Era of 1-bit LLMs", arXiv:2402.17764, section 2.
    .. [3] F. Li et al., "Ternary Weight Networks", arXiv:1605.04711.
    .. [4] Z. Liu et al., "ParetoQ", arXiv:2502.02631.
    """

    step: StepSource
    granularity: Granularity
    gradient_mask: GradientMask
    step_learning_rate_factor: Rate

    @model_validator(mode="after")
    def _fits(self) -> QuantiserSpec:
        if self.step == "codebook" and self.gradient_mask != "none":
            raise ValueError("gradient_mask must be 'none' with a codebook, which has no cells")
        return self


class RecipeSpec(Section):
    """Everything that decides a training, beside the seed.

    Weights and all else move at the phase's learning rate, warmed up and then lowered along half
    a cosine. A learned step moves at that rate times `step_learning_rate_factor` times its own
    starting value. `batch_norm_images` training images re-estimate the statistics of batch norms
    with rounded weights at the end; none keeps the running ones.
    """

    pretraining: PhaseSpec
    finetuning: FinetuningSpec
    batch_size: Count
    weight_decay: Rate
    warmup_fraction: Part
    augmentation: AugmentationSpec
    quantiser: QuantiserSpec
    batch_norm_images: Index
