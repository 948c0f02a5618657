"""What can go wrong while training."""

from lowbit_sim.errors import LowbitSimError


class TrainingError(LowbitSimError):
    """A network did not train, or a training process was lost."""


class TrainingStoppedError(TrainingError):
    """Training was asked to stop; the unfinished run keeps its whole epochs."""
