"""The contract of kinds whose beats depend on the weights' values."""

from __future__ import annotations

from typing import cast

import numpy as np

from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.pe.array import PEArray
from lowbit_sim.pe.base import Stationary, Tile, ValueDependent
from lowbit_sim.testing.demands import demand
from lowbit_sim.units import ceil_div


def check_profile(
    array: PEArray,
    tile: Tile,
    pair: tuple[NumberFormat, NumberFormat],
    stays: Stationary,
    rng: np.random.Generator,
    what: str,
) -> None:
    """Demand that random weights have a profile of the right shape, and never make it slower.

    Parameters
    ----------
    array : PEArray
        Around an element that is `ValueDependent`.
    tile : Tile
        The product.
    pair : tuple of NumberFormat
        Of the weights and of the activations.
    stays : {"weight", "output"}
        The operand that stays.
    rng : numpy.random.Generator
        Of the weights.
    what : str
        What the error begins with.

    Raises
    ------
    BrokenContractError
        If a rule is broken.
    """
    element = cast("ValueDependent", array.element)
    group = element.group(array.rows, stays)
    demand(isinstance(group, int) and group >= 1, f"{what}: a group of {group!r}")
    levels = rng.choice(np.array(pair[0].levels, np.int64), size=(tile.k, tile.n))
    profile = element.profile(levels, array.rows, array.cols, stays, pair[0])
    shape = ceil_div(tile.k, group), ceil_div(tile.n, array.cols)
    demand(profile.shape == shape, f"{what}: a profile of {profile.shape}, not {shape}")
    demand(profile.dtype == np.int64, f"{what}: a profile of {profile.dtype}, not int64")
    demand(profile.min() >= 1, f"{what}: a beat takes {profile.min()} cycles")
    cycles = array.profiled_cycles(tile.m, profile, pair, stays)
    most = array.cycles(tile, *pair, stays)
    demand(cycles <= most, f"{what}: {cycles} cycles with values, {most} without")
