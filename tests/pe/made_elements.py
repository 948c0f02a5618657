"""Elements that keep the contract, to be broken one rule at a time."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lowbit_sim.actions import ActionCounts


@dataclass(frozen=True, slots=True)
class Sound:
    """Two's complement planes, two terms a beat, one register before the sum."""

    kind: ClassVar[str] = "sound"
    lanes: int = 2

    def refuses(self, weight, activation):
        return None if weight.is_integer and activation.is_integer else "no floats"

    def passes(self, weight, _activation):
        return weight.planes("twos_complement")

    def terms(self, _weight, _activation):
        return self.lanes

    def stages(self, _weight, _activation):
        return 1

    def actions(self, product, _frame):
        planes = product.weight.planes("twos_complement")
        adds = product.nonzeros(planes, product.weight.plane_counts("twos_complement"))
        return ActionCounts({"sound.add": adds, "sound.skip": product.macs * planes - adds})


@dataclass(frozen=True, slots=True)
class SoundSkipper(Sound):
    """The same, but a fold takes no more beats than its widest weight has bits."""

    kind: ClassVar[str] = "sound_skipper"

    def refuses(self, weight, activation):
        return "offset code" if weight.is_bipolar else Sound.refuses(self, weight, activation)

    def fits(self, _organisation, stationary):
        return "weights that stream differ from row to row" if stationary == "input" else None

    def group(self, rows, stationary):
        return rows * self.lanes if stationary == "weight" else self.lanes

    def profile(self, levels, rows, cols, stationary, _weight=None):
        group = self.group(rows, stationary)
        folds = -(-levels.shape[0] // group), -(-levels.shape[1] // cols)
        beats = np.ones(folds, dtype=np.int64)
        for k, n in np.ndindex(folds):
            part = levels[k * group : (k + 1) * group, n * cols : (n + 1) * cols]
            beats[k, n] = max(
                1 + (level ^ (level >> 63)).bit_length() for level in part.ravel().tolist()
            )
        return beats


def broken(base, **methods):
    """Return a class like `base` with other methods or fields."""
    return type("Broken", (base,), {"__slots__": (), "__module__": __name__, **methods})
