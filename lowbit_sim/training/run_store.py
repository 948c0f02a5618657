"""The run store: a directory with two files for every finished run, written whole or not at all.

``<first 16 digits of the key>.json`` is the run's record and ``….safetensors`` its packed weights,
or the plain fp32 ones of a pre-training. ``….partial.safetensors`` is where an unfinished run
stands. A run is finished when its record is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import safetensors
import safetensors.torch

from lowbit_sim.atomic import write_atomically
from lowbit_sim.errors import spec_error
from lowbit_sim.training.trainer import State
from lowbit_sim.workload.run_record import RunRecord, read_record, record_path, to_json


@dataclass(frozen=True, slots=True)
class RunStore:
    """Where runs are kept.

    Parameters
    ----------
    folder : Path
        Made when the first run is written.
    """

    folder: Path

    def weights_path(self, key: str) -> Path:
        """Return where the weights of a run stand."""
        return record_path(self.folder, key).with_suffix(".safetensors")

    def partial_path(self, key: str) -> Path:
        """Return where an unfinished run stands."""
        return record_path(self.folder, key).with_suffix(".partial.safetensors")

    def has(self, key: str) -> bool:
        """Return whether a run is finished."""
        return record_path(self.folder, key).exists()

    def record(self, key: str) -> RunRecord:
        """Return what was measured of a finished run; see `read_record` for the errors."""
        return read_record(record_path(self.folder, key))

    def weights(self, key: str) -> bytes:
        """Return the weights of a finished run.

        Raises
        ------
        SpecError
            If they are not there: records travel with the project, weights need not.
        """
        path = self.weights_path(key)
        try:
            return path.read_bytes()
        except OSError as error:
            reason = "has no weights here; delete its record and train it again"
            raise spec_error(reason, record_path(self.folder, key)) from error

    def pretrained(self, key: str) -> State:
        """Return the state of a finished pre-training.

        Raises
        ------
        SpecError
            If it is missing or damaged.
        """
        try:
            return safetensors.torch.load(self.weights(key))
        except safetensors.SafetensorError as error:
            reason = f"cannot be read, delete it and its record: {error}"
            raise spec_error(reason, self.weights_path(key)) from error

    def write(self, record: RunRecord, weights: bytes) -> None:
        """Write a finished run, its record last, and forget where it stood before.

        Raises
        ------
        SpecError
            If it cannot be written; what stood there stays.
        """
        write_atomically(self.weights_path(record.key), weights)
        write_atomically(record_path(self.folder, record.key), to_json(record))
        self.partial_path(record.key).unlink(missing_ok=True)
