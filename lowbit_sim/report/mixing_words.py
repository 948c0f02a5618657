"""What the page of a study of mixed precision says of how it was done, and what it leaves open."""

from __future__ import annotations

from pathlib import Path

from lowbit_sim.judge.mixing_spec import MixingSpec
from lowbit_sim.report.study_words import counted, level_words


def legend_text(spec: MixingSpec) -> str:
    """Return how the table of mixtures is read."""
    return (
        "Formats by their number of levels. *×*: cost by the other's, both simulated as they were "
        "trained. *lost*: points of test accuracy lost against it, ± half the 95 % interval over "
        "paired seeds; negative: the mixture is better. Where the best uniform format within the "
        f"budget is not named, it is {level_words(spec.reference)} itself."
    )


def method_text(spec: MixingSpec) -> str:
    """Return how mixtures were chosen, trained and judged."""
    return _items(
        (
            "Each layer of each pre-trained fp32 network was rounded alone, at the steps of least "
            "squared error, and the loss measured on the validation images. The second-order "
            "estimate is ½ · trace(H) / n · ‖Δ‖² (HAWQ-V2, arXiv:1911.03852), the trace by "
            f"Hutchinson's method with {counted(spec.hessian_probes, 'random vector')}. Nothing "
            "was chosen by the test images."
        ),
        (
            f"{_budget(spec)} Within it the cheapest formats of all layers, the ends included, are "
            "the exact solution of an integer program (HiGHS); among equals the one of least "
            "estimated loss."
        ),
        (
            "Costs of single layers come from simulating networks with all layers in one format. "
            "Energy × delay enters as E/E₀ + D/D₀, the first-order change of its logarithm."
        ),
        (
            "Every chosen mixture was fine-tuned with the recipe, the seeds and the pre-training "
            "of the uniform networks, its test accuracy measured, and its trained graph simulated "
            "as a whole: one cold inference."
        ),
        (
            "*yes*: it costs less, and a paired one-sided t test shows that it loses less than "
            f"{100 * spec.margin_fraction:g} point. *no*: it costs as much or more, or is shown to "
            "be worse. Else *undecided*. Tests at 5 % after Holm's adjustment within a network."
        ),
    )


def limits_text(spec: MixingSpec) -> str:
    """Return what the study does not show."""
    return _items(
        (
            "Losses of single layers are added up as if they did not touch each other, and are "
            "those before fine-tuning, which repairs much of them: the budget ranks mixtures, it "
            "does not predict their accuracy."
        ),
        (
            f"There is one budget, and a layer has {counted(len(spec.layer_formats), 'format')} to "
            "choose from: another budget or another set of formats may answer otherwise."
        ),
        (
            f"There are {counted(len(spec.seeds), 'seed')} and one split of the images, and the "
            "same test images for every network, which are a sample themselves."
        ),
        (
            "Energies are those of each machine's own technology at its nominal prices, machines "
            "have the areas of their files, and one that computes several formats is not charged "
            "for it beyond what its file says."
        ),
        "Networks are small and images simple: nothing is said of larger ones or of other tasks.",
    )


def commands_text(folder: Path) -> str:
    """Return how the study in `folder` is made again."""
    whole = folder.resolve()
    place = f"{whole.parent.name}/{whole.name}"
    return (
        f"```console\nlowbit-sim train {place}/study.yaml\nlowbit-sim reproduce {place}\n```\n\n"
        "The first measures, chooses and trains what is not there yet. The second trains nothing: "
        "it chooses and simulates again, from `sensitivity.csv`, `graphs/` and the records of "
        "runs, and writes this page, `mixtures.csv` and `runs.csv`, the same to the byte every "
        "time."
    )


def _items(*lines: str) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _budget(spec: MixingSpec) -> str:
    if spec.budget_nat is not None:
        return f"The budget is a sum of losses of {spec.budget_nat:g} nat."
    uniform = level_words(spec.reference)
    return (
        f"The budget is the summed estimate of the uniform network in {uniform}, with the ends "
        "that its file says."
    )
