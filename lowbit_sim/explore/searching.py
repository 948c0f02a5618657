"""A space too large to be looked at whole: Optuna picks designs, each is simulated exactly.

A generation is asked for, simulated side by side, and told in the order in which it was asked:
what comes out depends on the seed and not on the number of processes. A search that was
interrupted is played again from its beginning, and simulates nothing twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from lowbit_sim.explore.axes import Axis
from lowbit_sim.explore.confirming import Confirmed, Row, confirmed_by
from lowbit_sim.explore.exploration import Network
from lowbit_sim.explore.frames import needs
from lowbit_sim.explore.front import Front, Means, best_of, so_far
from lowbit_sim.explore.limits import exact_of, overshoots
from lowbit_sim.explore.space import Space
from lowbit_sim.explore.space_spec import SearchSpec

if TYPE_CHECKING:
    import optuna


def search(means: Means, network: Network) -> Front:
    """Search the designs of one network, and return the front of those that were simulated.

    Raises
    ------
    SpecError
        If no design that was tried keeps the budgets.
    MissingPackageError
        Without Optuna.
    """
    space = means.exploration.space
    plan = space.spec.search
    assert plan is not None
    study = _study(plan, len(space.spec.objectives))
    told = 0
    while told < plan.trials:
        count = min(plan.population, plan.trials - told)
        trials = [study.ask() for _ in range(count)]
        rows = [_row(trial, space, network) for trial in trials]
        _simulate(means, rows)
        for trial, row in zip(trials, rows, strict=True):
            _tell(study, trial, means.records.known[row], means, network)
        told += count
        means.tell(so_far(means, network), told, plan.trials)
    return best_of(means, network)


def _study(plan: SearchSpec, objectives: int) -> optuna.Study:
    try:
        import optuna  # noqa: PLC0415 (only a search needs it)
    except ModuleNotFoundError as error:
        raise needs(error) from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler: optuna.samplers.BaseSampler
    if plan.sampler == "nsga2":
        sampler = optuna.samplers.NSGAIISampler(population_size=plan.population, seed=plan.seed)
    else:
        sampler = optuna.samplers.TPESampler(
            n_startup_trials=plan.population, constant_liar=True, seed=plan.seed
        )
    return optuna.create_study(directions=["minimize"] * objectives, sampler=sampler)


def _row(trial: optuna.Trial, space: Space, network: Network) -> Row:
    """Return the design and the format that a trial picks."""
    steps = [_step(trial, "accelerator", len(space.machines), ordered=False)]
    steps += [
        _step(trial, axis.fields[0], len(axis), ordered=_is_ordered(axis)) for axis in space.axes
    ]
    formats = [one.weight_format for one in network.workloads]
    chosen = trial.suggest_categorical("weight_format", formats)
    return Row(space.number(steps), network.name, str(chosen))


def _step(trial: optuna.Trial, name: str, count: int, *, ordered: bool) -> int:
    if ordered:
        return trial.suggest_int(name, 0, count - 1)
    return int(trial.suggest_categorical(name, list(range(count))))


def _is_ordered(axis: Axis) -> bool:
    """Return whether the values of an axis are numbers, one beside the other."""
    _, values = next(axis.columns())
    return all(isinstance(value, int | float) for value in values)


def _simulate(means: Means, rows: Sequence[Row]) -> None:
    path, key = means.exploration.space.path.resolve(), means.exploration.key
    fresh = [row for row in dict.fromkeys(rows) if row not in means.records.known]
    asked = [(path, key, row) for row in fresh]
    found = [one for _, one in means.work(confirmed_by, asked)]
    if found:
        means.records.add(found)


def _tell(
    study: optuna.Study, trial: optuna.Trial, one: Confirmed, means: Means, network: Network
) -> None:
    import optuna  # noqa: PLC0415 (only a search needs it)

    if one.refusal:
        study.tell(trial, state=optuna.trial.TrialState.FAIL)
        return
    spec = means.exploration.space.spec
    accuracy = network.accuracy_fractions.get(one.row.weight_format, np.nan)
    for key, share in overshoots(spec.constraints, one).items():
        trial.set_constraint(key, share)
    study.tell(trial, exact_of(spec, one, accuracy).tolist())
