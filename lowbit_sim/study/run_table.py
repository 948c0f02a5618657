"""The recorded runs of a study, by arm, weight format and seed, and which of them are missing."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lowbit_sim.errors import Fault, SpecError, collecting, spec_error
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.workload.run_key import run_key
from lowbit_sim.workload.run_record import RunRecord, read_record, record_path
from lowbit_sim.workload.study_spec import Arm, Study


@dataclass(frozen=True, slots=True)
class ArmRuns:
    """An arm and its finished runs.

    Parameters
    ----------
    arm : Arm
        What was wanted.
    runs : mapping of str to mapping of int to RunRecord
        By weight format, then by seed, both in the arm's order; a format without a finished run
        is left out.
    """

    arm: Arm
    runs: Mapping[str, Mapping[int, RunRecord]]

    @property
    def wanted(self) -> int:
        """How many runs the arm wants."""
        return len(self.arm.weight_formats) * len(self.arm.seeds)

    @property
    def found(self) -> int:
        """How many of them are finished."""
        return sum(len(seeds) for seeds in self.runs.values())

    def records(self) -> Iterator[RunRecord]:
        """Yield every finished run."""
        for seeds in self.runs.values():
            yield from seeds.values()

    def fractions(self, weight_format: str) -> dict[int, float]:
        """Return the accuracy by seed of one format; nothing if none of its runs is finished.

        Runs that diverged are among them, with the accuracy that they ended with.
        """
        seeds = self.runs.get(weight_format, {})
        return {seed: record.value_fraction for seed, record in seeds.items()}


@dataclass(frozen=True, slots=True)
class RunTable:
    """A study and its finished runs.

    Parameters
    ----------
    study : Study
    arms : tuple of ArmRuns
        Every arm of the study in its order, those without a finished run included.
    wanted, missing : int
        Different runs that the study wants, and that have no record; arms may share runs.
    """

    study: Study
    arms: tuple[ArmRuns, ...]
    wanted: int
    missing: int

    @property
    def usable(self) -> tuple[ArmRuns, ...]:
        """The arms that have a finished run."""
        return tuple(arm for arm in self.arms if arm.found)


def read_runs(study: Study, folder: Path) -> RunTable:
    """Read the records of a study from the run store `folder`.

    Raises
    ------
    SpecError
        If there is no such folder, or with every record that is damaged, is of another run than
        its key says, or was measured on other images than the first of its data set.
    """
    if not folder.is_dir():
        raise spec_error("is no run store: there is no such directory", folder)
    faults: list[Fault] = []
    records: dict[str, RunRecord | None] = {}
    arms = tuple(ArmRuns(arm, _runs(arm, folder, records, faults)) for arm in study.arms)
    faults.extend(_of_other_images(arms, folder))
    if faults:
        raise SpecError(tuple(dict.fromkeys(faults)))
    missing = sum(record is None for record in records.values())
    return RunTable(study, arms, len(records), missing)


def _runs(
    arm: Arm, folder: Path, records: dict[str, RunRecord | None], faults: list[Fault]
) -> dict[str, dict[int, RunRecord]]:
    """Return the finished runs of an arm, and put all that it wants into `records`."""
    found: dict[str, dict[int, RunRecord]] = {}
    for name, seed in itertools.product(arm.weight_formats, arm.seeds):
        key = run_key(arm.spec, name, seed)
        path = record_path(folder, key)
        if key not in records:
            records[key] = None
            if path.exists():
                with collecting(faults):
                    records[key] = _checked(read_record(path), key, name, seed, path)
        record = records[key]
        if record is not None:
            found.setdefault(name, {})[seed] = record
    return found


def _checked(record: RunRecord, key: str, name: str, seed: int, path: Path) -> RunRecord:
    """Return `record` if it is of the run that its file's name promises and makes sense."""
    if (record.key, record.weight_format, record.seed) != (key, name, seed):
        raise spec_error(f"is not the record of {name} with seed {seed}, delete it", path)
    counts = (record.correct, record.test_images, record.stored_bits, record.parameters)
    if not all(type(count) is int for count in counts):
        raise spec_error("is damaged, delete it: a count is no whole number", path)
    if not 0 <= record.correct <= record.test_images or record.test_images < 1:
        reason = f"is damaged, delete it: of {record.test_images} test images"
        raise spec_error(reason, path, key="correct", value=record.correct)
    for title, layer in record.layers.items():
        fmt = FORMATS.get(layer.weight_format)
        if fmt is None or len(layer.level_counts) != len(fmt.levels):
            raise spec_error(f"is damaged, delete it: layer {title} has other levels", path)
    return record


def _of_other_images(arms: tuple[ArmRuns, ...], folder: Path) -> Iterator[Fault]:
    """Yield the records whose images are others than those of the first run on the same data."""
    first: dict[str, RunRecord] = {}
    for runs in arms:
        data = runs.arm.spec.data.model_dump_json()
        for record in runs.records():
            known = first.setdefault(data, record)
            if (record.data_sha256, record.test_images) != (known.data_sha256, known.test_images):
                other = record_path(folder, known.key).name
                reason = f"was measured on other images than {other}"
                yield Fault(reason, record_path(folder, record.key))
