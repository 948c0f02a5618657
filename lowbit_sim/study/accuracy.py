"""Measured accuracy: one row per seed in ``accuracy.csv``, joined to costs on the weight format.

**Formula.** Mean over n seeds, with the 95 % interval ``± t(0.975, n-1) · s / √n`` of Student's
t distribution (Student, Biometrika 6, 1908), s the sample standard deviation.

A published accuracy (`lowbit_sim.study.published`) is one value without seeds; its interval is
what its source states, and infinite where it states none.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from lowbit_sim.errors import spec_error
from lowbit_sim.workload.accuracy_columns import COLUMNS

_CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Accuracy:
    """The accuracy of one workload in one weight format, over seeds or as published.

    Parameters
    ----------
    workload, weight_format, activation_format, metric, source : str
    epochs : int
        Epochs of training behind every seed; 0 where it is published.
    test_images : int
        Images behind every value; 0 where it is published.
    fractions : Mapping[int, float]
        Seed to the fraction of test images classified correctly, 0 to 1. A published accuracy
        stands under 0, which is no seed.
    published_as : str or None
        What its source calls the network in this format; None where it was measured here.
    stated_half_width_fraction : float or None
        Half of the 95 % interval that the source of a published accuracy states, if it does.
    conditions : str
        What else the source says of how a published accuracy came about.
    """

    workload: str
    weight_format: str
    activation_format: str
    metric: str
    source: str
    epochs: int
    test_images: int
    fractions: Mapping[int, float]
    published_as: str | None = None
    stated_half_width_fraction: float | None = None
    conditions: str = ""

    @property
    def published(self) -> bool:
        """Whether somebody else published it, and nobody measured it here."""
        return self.published_as is not None

    @property
    def mean_fraction(self) -> float:
        """Mean over the seeds."""
        return math.fsum(self.fractions.values()) / len(self.fractions)

    @property
    def half_width_fraction(self) -> float:
        """Half of the 95 % interval of the mean; infinite for one seed, or if none is stated."""
        if self.published:
            stated = self.stated_half_width_fraction
            return math.inf if stated is None else stated
        return half_width(self.fractions.values())

    def loss_against(self, other: Accuracy) -> tuple[float, float]:
        """Return the mean of ``other - self`` over shared seeds, and half its 95 % interval.

        Published accuracies share no seed: their intervals, if stated, add as squares.

        Raises
        ------
        ValueError
            If the two share no seed, or only one of them was measured.
        """
        if self.published != other.published:
            raise ValueError(f"of {self.weight_format} and {other.weight_format} one is measured")
        if self.published:
            halves = (self.half_width_fraction, other.half_width_fraction)
            return other.mean_fraction - self.mean_fraction, math.hypot(*halves)
        shared = sorted(self.fractions.keys() & other.fractions.keys())
        if not shared:
            raise ValueError(f"{self.weight_format} and {other.weight_format} share no seed")
        losses = [other.fractions[seed] - self.fractions[seed] for seed in shared]
        return math.fsum(losses) / len(losses), half_width(losses)


def half_width(values: Iterable[float]) -> float:
    """Return half of the 95 % interval of the mean of `values`.

    Examples
    --------
    Three seeds: t(0.975, 2) = 4.3027, s = 0.01, so ± 4.3027 · 0.01 / √3.

    >>> round(half_width([0.96, 0.97, 0.98]), 5)
    0.02484
    >>> half_width([0.9])
    inf
    """
    from scipy.special import stdtrit  # noqa: PLC0415 (scipy is slow to import)

    sample = list(values)
    n = len(sample)
    if n == 1:
        return math.inf
    mean = math.fsum(sample) / n
    variance = math.fsum((value - mean) ** 2 for value in sample) / (n - 1)
    return float(stdtrit(n - 1, (1 + _CONFIDENCE) / 2)) * math.sqrt(variance / n)


def read_accuracy(path: Path, workload: str, expected_hash: str) -> dict[str, Accuracy]:
    """Read ``accuracy.csv`` into one `Accuracy` for every weight format.

    Parameters
    ----------
    path : Path
        The file that training wrote.
    workload, expected_hash : str
        The workload's name and the hash of what decides its training.

    Raises
    ------
    SpecError
        If the file is missing or a row is malformed, doubled, impossible, or of another spec.
    """
    found: dict[str, Accuracy] = {}
    for line, row in accuracy_rows(path, COLUMNS):
        one = _accuracy(path, line, row)
        if one.workload != workload or row["spec_hash"] != expected_hash:
            reason = f"was measured on another spec than {workload}.yaml holds now: "
            reason += "run 'lowbit-sim train' on it"
            raise spec_error(reason, path, line, "spec_hash", row["spec_hash"])
        known = found.get(one.weight_format)
        found[one.weight_format] = one if known is None else _merged(path, line, known, one)
    return found


def accuracy_rows(path: Path, columns: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
    """Return the rows of a CSV file with their line numbers.

    Raises
    ------
    SpecError
        If it cannot be read, its header is not `columns`, or a row has more or fewer fields.
    """
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            reader = csv.DictReader(stream)
            rows = [(reader.line_num, row) for row in reader]
            header = tuple(reader.fieldnames or ())
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise spec_error(f"cannot be read: {error}", path) from error
    if header != columns:
        raise spec_error(f"the columns must be {','.join(columns)}", path, 1)
    for line, row in rows:
        if None in row or None in row.values():
            raise spec_error(f"is no accuracy row: it needs {len(columns)} fields", path, line)
    return rows


def _merged(path: Path, line: int, known: Accuracy, one: Accuracy) -> Accuracy:
    """Return `known` with the seed of `one`."""
    doubled = known.fractions.keys() & one.fractions.keys()
    if doubled:
        raise spec_error("this seed stands twice", path, line, "seed", min(doubled))
    if (known.test_images, known.epochs) != (one.test_images, one.epochs):
        raise spec_error("seeds of one format need equal test_images and epochs", path, line)
    return replace(known, fractions={**known.fractions, **one.fractions})


def _accuracy(path: Path, line: int, row: dict[str, str]) -> Accuracy:
    try:
        seed, epochs = int(row["seed"]), int(row["epochs"])
        correct, images = int(row["correct"]), int(row["test_images"])
        fraction = float(row["value_fraction"])
    except (TypeError, ValueError) as error:
        raise spec_error(f"is no accuracy row: {error}", path, line) from error
    if not 0 <= correct <= images or images < 1:
        reason = f"must be 0 to test_images ({images})"
        raise spec_error(reason, path, line, "correct", correct)
    if not math.isclose(fraction, correct / images, abs_tol=5e-7):
        reason = f"must be correct / test_images = {correct}/{images}"
        raise spec_error(reason, path, line, "value_fraction", fraction)
    names = (row["workload"], row["weight_format"], row["activation_format"], row["metric"])
    return Accuracy(*names, row["source"], epochs, images, {seed: correct / images})
