"""What ``lowbit-sim run`` and `lowbit_sim.run` ask, and how both come to the ranking."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from lowbit_sim.arch.accelerator import Accelerator
from lowbit_sim.arch.load import load_accelerator
from lowbit_sim.commands.check import expect_kind
from lowbit_sim.commands.pricing import pricings
from lowbit_sim.errors import nearest, spec_error
from lowbit_sim.mapping.mapper import Objective
from lowbit_sim.study.experiment import ENGINES, EngineName, Study, simulate
from lowbit_sim.study.price import Pricing
from lowbit_sim.study.ranking import Ranking, rank
from lowbit_sim.study.shipped import Shipped, load_shipped

#: the largest margin [point]
_MOST_POINTS = 100


@dataclass(frozen=True, slots=True)
class Question:
    """Which weight precision is best for a workload on a machine, and how that is found.

    Parameters
    ----------
    workload, accelerator : Path
        The two files.
    formats : sequence of str
        Only these weight formats, and the baseline; all if empty.
    engine : str
        What makes the cycles.
    objective : str
        What the mapper minimises.
    margin_points : float
        Accuracy that may be lost against the baseline [point].
    technologies : sequence of str
        What prices the machine instead of its own technology: the first is reported, each further
        one compared with it.

    Raises
    ------
    SpecError
        If there is no such engine or objective, or the margin is not between 0 and 100.
    """

    workload: Path
    accelerator: Path
    formats: Sequence[str] = ()
    engine: EngineName = "closed_form"
    objective: Objective = "edp"
    margin_points: float = 0.5
    technologies: Sequence[str] = ()

    def __post_init__(self) -> None:
        for key, given, known in (
            ("engine", self.engine, ENGINES),
            ("objective", self.objective, get_args(Objective)),
        ):
            if given not in known:
                raise spec_error(f"is not known; {nearest(given, known)}", key=key, value=given)
        if not 0 <= self.margin_points <= _MOST_POINTS:
            reason = f"must lie between 0 and {_MOST_POINTS} point"
            raise spec_error(reason, key="margin_points", value=self.margin_points)

    @property
    def options(self) -> Mapping[str, object]:
        """What is asked besides the two files, by name."""
        return {
            "formats": list(self.formats),
            "engine": self.engine,
            "objective": self.objective,
            "margin_points": self.margin_points,
            "technologies": list(self.technologies),
        }


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the files of a question hold: the machine, its prices, and the workload."""

    machine: Accelerator
    pricings: tuple[Pricing, ...]
    shipped: Shipped


def located(given: str | Path, folder: str) -> Path:
    """Return the path of a file that is given by its path, or by its name in `folder`.

    Examples
    --------
    >>> located("vit", "workloads").as_posix(), located("mine/vit.yaml", "workloads").as_posix()
    ('workloads/vit.yaml', 'mine/vit.yaml')
    """
    path = Path(given)
    named = len(path.parts) == 1 and path.suffix not in {".yaml", ".yml"} and not path.exists()
    return Path(folder) / f"{path}.yaml" if named else path


def read_inputs(question: Question) -> Inputs:
    """Read and check what a question needs; nothing is simulated.

    Raises
    ------
    SpecError
        If a file is wrong, missing or of another kind, or a format or technology is not known.
    """
    expect_kind(question.workload, "workload")
    expect_kind(question.accelerator, "accelerator")
    machine = load_accelerator(question.accelerator)
    priced = pricings(machine, question.technologies)
    return Inputs(machine, tuple(priced), load_shipped(question.workload, question.formats))


def rankings(
    question: Question, inputs: Inputs, tell: Callable[[str], None] = lambda _: None
) -> list[Ranking]:
    """Return the ranking in each technology, the one that is reported first.

    Each format is told when its turn comes.

    Raises
    ------
    LowbitSimError
        If a format that was asked for by name cannot be run, or none can.
    """
    studies = [
        simulate(inputs.shipped, priced, question.engine, question.objective, tell)
        for priced in inputs.pricings
    ]
    _check_computable(studies[0], question)
    return [rank(study, question.margin_points / 100) for study in studies]


def _check_computable(study: Study, question: Question) -> None:
    """Refuse a format that was asked for by name, and a machine that can run nothing."""
    refused = {r.weight_format: r.refusal for r in study.results if r.refusal is not None}
    asked = [name for name in question.formats if name in refused]
    if asked:
        raise spec_error(f"cannot run {asked[0]}: {refused[asked[0]]}", question.accelerator)
    if len(refused) == len(study.results):
        name, reason = next(iter(refused.items()))
        said = f"runs no format of this workload; {name}: {reason}"
        raise spec_error(said, question.accelerator)
