"""What can go wrong while training."""

from lowbit_sim.errors import LowbitSimError


class TrainingError(LowbitSimError):
    """A network did not train, or a training process was lost."""


class TrainingStoppedError(TrainingError):
    """Training was asked to stop; nothing of the unfinished run is kept."""
