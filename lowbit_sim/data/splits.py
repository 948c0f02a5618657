"""Images kept and images held out, every class in equal shares, the same way every time."""

from __future__ import annotations

import numpy as np
from numpy.random import PCG64, Generator
from numpy.typing import NDArray

from lowbit_sim.errors import spec_error


def split_indices(
    labels: NDArray[np.int64], held_out_fraction: float, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which images are kept and which are held out.

    Of n images, ``round(n * held_out_fraction)`` are held out. Each class gives its share rounded
    down; the images that are still wanted come one each from the classes that lost most by the
    rounding (the method of largest remainders), lower labels first where they lost the same. So
    every class is within one image of its share. Which images of a class it gives is drawn.

    Parameters
    ----------
    labels : array of int64, shape (n,)
        Numbers of classes, from 0.
    held_out_fraction : float
        At least 0 and less than 1.
    seed : int
        At least 0; of NumPy's PCG64.

    Returns
    -------
    kept, held_out : array of int64
        Positions in `labels`, rising; each position is in exactly one of the two.

    Raises
    ------
    SpecError
        If the fraction is out of range, or so large that a class keeps no image.
    """
    if not 0 <= held_out_fraction < 1:
        reason = "the fraction to hold out must be at least 0 and less than 1"
        raise spec_error(reason, value=held_out_fraction)
    counts = np.bincount(labels)
    shares = counts * held_out_fraction
    taken = np.floor(shares).astype(np.int64)
    wanted = round(len(labels) * held_out_fraction) - int(taken.sum())
    taken[np.argsort(taken - shares, kind="stable")[:wanted]] += 1
    for emptied in np.flatnonzero((counts > 0) & (taken >= counts)):
        reason = f"would keep none of the {counts[emptied]} images of class {emptied}"
        raise spec_error(f"holding out {held_out_fraction} {reason}")
    generator = Generator(PCG64(seed))
    is_held_out = np.zeros(len(labels), bool)
    for label, count in enumerate(taken):
        members = np.flatnonzero(labels == label)
        is_held_out[generator.permutation(members)[:count]] = True
    return np.flatnonzero(~is_held_out), np.flatnonzero(is_held_out)
