"""How the networks of a study were trained, told from their workload files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lowbit_sim.data.catalogue import CATALOGUE
from lowbit_sim.report.markdown import markdown_table
from lowbit_sim.report.study_words import counted, listed
from lowbit_sim.study.run_table import ArmRuns
from lowbit_sim.workload.recipe_spec import AugmentationSpec, PhaseSpec, QuantiserSpec
from lowbit_sim.workload.spec import WorkloadSpec

#: what a reader is told, by its title
Settings = dict[str, str]

_STEPS = {
    "learned": "learned step",
    "absmean": "step from the mean magnitude",
    "statistics": "step of least error for Gaussian weights",
    "codebook": "learned values without a grid",
}
_MASKS = {
    "none": "a gradient for every weight",
    "clip": "no gradient beyond the outermost level",
    "cell_edge": "no gradient beyond the outer cell's edge",
}


def training_text(arms: Sequence[ArmRuns]) -> str:
    """Return what all `arms` have in common, what those of one network have, and what is left.

    Raises
    ------
    ValueError
        If there is no arm.
    """
    if not arms:
        raise ValueError("there is no arm to tell of")
    told = {runs.arm.name: _settings(runs.arm.spec) for runs in arms}
    networks: dict[str, list[Settings]] = {}
    for runs in arms:
        networks.setdefault(runs.arm.spec.name, []).append(told[runs.arm.name])
    everywhere = list(told.values())
    titles = [title for title in everywhere[0] if _matters(title, everywhere)]
    common = [title for title in titles if _agree(title, everywhere)]
    by_network = [
        title
        for title in titles
        if title not in common and all(_agree(title, some) for some in networks.values())
    ]
    by_arm = [title for title in titles if title not in {*common, *by_network}]
    parts = [_networks(arms)]
    if common:
        lines = [f"- {title}: {everywhere[0][title]}" for title in common]
        parts.append("In all arms:\n\n" + "\n".join(lines))
    if by_network:
        first = {name: some[0] for name, some in networks.items()}
        parts.append(_table("network", by_network, first))
    if by_arm:
        parts.append(_table("arm", by_arm, told))
    return "\n\n".join([*parts, _HOW])


def _agree(title: str, told: Sequence[Settings]) -> bool:
    return len({one[title] for one in told}) == 1


def _table(what: str, titles: Sequence[str], told: Mapping[str, Settings]) -> str:
    rows = [[name, *(one[title] for title in titles)] for name, one in told.items()]
    return markdown_table([what, *titles], rows, left=len(titles) + 1)


def _matters(title: str, told: Sequence[Settings]) -> bool:
    return any(one[title] != _NO_BATCH_NORM for one in told)


_NO_BATCH_NORM = "none in the network"
_HOW = (
    "A network is trained in fp32 first (pre-training) and goes on from there once per weight "
    "format, fp32 included, with as many further epochs (fine-tuning); without pre-training it "
    "starts from random weights. In fp32 nothing is rounded, activations included. The learning "
    "rate warms up and is then lowered along half a cosine. What is reported is the accuracy on "
    "the test images after the last epoch, or where a diverged run was stopped; training does not "
    "look at them."
)


def _networks(arms: Sequence[ArmRuns]) -> str:
    lines: dict[str, str] = {}
    for runs in arms:
        spec = runs.arm.spec
        most = max((record.parameters for record in runs.records()), default=0)
        lines.setdefault(spec.name, f"- `{spec.name}`: {spec.description} {most:,} parameters.")
    return "\n".join(lines.values())


def _settings(spec: WorkloadSpec) -> Settings:
    recipe, quantisation = spec.recipe, spec.quantisation
    ends = f"{_layer(quantisation.first_layer)} / {_layer(quantisation.last_layer)}"
    return {
        "images": _images(spec),
        "pre-training": _phase(recipe.pretraining),
        "fine-tuning": _phase(recipe.finetuning),
        "augmentation": augmentation_words(recipe.augmentation),
        "quantiser": _quantiser(recipe.quantiser),
        "activations": quantisation.activation_format,
        "weights of first / last layer": ends,
        "batch": f"{recipe.batch_size} images",
        "weight decay": f"{recipe.weight_decay:g}",
        "warm-up": f"{100 * recipe.warmup_fraction:g} % of the batches",
        "batch norms": _batch_norms(spec),
    }


def _images(spec: WorkloadSpec) -> str:
    data = spec.data
    known = CATALOGUE.get(data.dataset)
    title = data.dataset if known is None else known.title
    shape = data.shape
    held = f"{100 * data.validation_fraction:g} % of the training images held out"
    side = f"{shape.side} × {shape.side} pixels"
    return f"{title}, {side}, {shape.classes} classes; {held}"


def _phase(phase: PhaseSpec) -> str:
    if not phase.epochs:
        return "none"
    return f"{counted(phase.epochs, 'epoch')}, learning rate up to {phase.learning_rate:g}"


def augmentation_words(augmentation: AugmentationSpec) -> str:
    """Return how training images are changed.

    Examples
    --------
    >>> augmentation_words(AugmentationSpec(
    ...     max_shift_pixels=2, flip=True, cutout_pixels=0, noise_fraction=0.05))
    'shifts up to 2 pixels, flips and noise of 0.05'
    """
    ways = {
        f"shifts up to {counted(augmentation.max_shift_pixels, 'pixel')}": (
            augmentation.max_shift_pixels
        ),
        "flips": augmentation.flip,
        f"cut-outs of {counted(augmentation.cutout_pixels, 'pixel')}": augmentation.cutout_pixels,
        f"noise of {augmentation.noise_fraction:g}": augmentation.noise_fraction,
    }
    return listed(way for way, used in ways.items() if used)


def _quantiser(quantiser: QuantiserSpec) -> str:
    what = f"{_STEPS[quantiser.step]} per {quantiser.granularity}"
    return f"{what}, {_MASKS[quantiser.gradient_mask]}"


def _layer(name: str) -> str:
    return "as the others" if name == "same" else name


def _batch_norms(spec: WorkloadSpec) -> str:
    images = spec.recipe.batch_norm_images
    if spec.model.family != "cvnn":
        return _NO_BATCH_NORM
    return f"re-estimated on {images:,} images" if images else "running statistics"
