"""How the folds of a product follow one another: eight conventions, one formula.

A *fold* is one pass of a product over an array that is smaller than it. It *preloads* the
operand that stays (L cycles), lasts for B *beats* and S cycles of *skew* until the last wavefront
has crossed the array, and *drains* sums that stayed (O cycles). T folds take

    total = L + B + (T − 1) · I + S + O

where I, the interval between the last beats of two folds, is

    wait = L + tail             preload exposed
           max(L − B, tail)     preload hidden
    I    = wait + B             folds separate:   tail = S + O
           max(wait + B, O)     folds overlapped: tail = 0

or, as no array both preloads and drains,

    folds       preload   I
    separate    exposed   L + B + S + O
    separate    hidden    max(L, B + S + O)
    overlapped  exposed   max(L + B, O)
    overlapped  hidden    max(L, B, O)

Where beats differ from fold to fold (values decide), B in `wait` is that of the fold that ends,
and the other B that of the fold that follows.

- ``preload: hidden``: every PE has a second register for the operand that stays. The next fold's
  words move in through these while this fold streams, each until it is in its row; the first
  beat of a fold uses the word and moves it over. A word may follow that beat at once, so that one
  more register is enough for I = L. Only the first preload is seen.
- ``preload: exposed``: there is one register, and it is not written in a cycle in which it is
  read: the first word follows the last beat of the fold before.
- ``folds: overlapped``: the next fold's first beat follows the last one of this fold, and the
  skew is seen once. Sums that drain do so through registers of their own meanwhile; a fold
  shorter than that holds its last beat back until they are free.
- ``drain: through_rows``: sums that stayed leave row by row, O = rows. ``direct``: every PE
  has a way out of its own, O = 0.

Sources: N. P. Jouppi et al., "In-Datacenter Performance Analysis of a Tensor Processing Unit",
ISCA 2017 (hidden preload); A. Samajdar et al., "SCALE-Sim", arXiv:1811.02883 (separate folds,
exposed preload, direct drain: the convention called ``scale_sim``). The oracles in
``tests/pe/oracles.py`` build all of them register by register, and fail if a beat enters a cycle
earlier (where folds are separate: than the preload allows); ``tests/pe/timelines.md`` draws them.

Examples
--------
>>> folds = Folds(count=3, preload_cycles=4, beats=5, skew_cycles=6, drain_cycles=0)
>>> total_cycles(folds, Conventions())
45
>>> total_cycles(folds, Conventions(preload="hidden", folds="overlapped"))
25
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.errors import nearest

Preload = Literal["exposed", "hidden"]
FoldOrder = Literal["separate", "overlapped"]
Drain = Literal["through_rows", "direct"]

#: one number, or one for each of many shapes
Count = TypeVar("Count", int, NDArray[np.int64])


@dataclass(frozen=True, slots=True)
class Conventions:
    """How folds follow one another.

    Parameters
    ----------
    preload : {"exposed", "hidden"}
    folds : {"separate", "overlapped"}
    drain : {"through_rows", "direct"}

    Raises
    ------
    ValueError
        If one of them is unknown; the nearest is named.
    """

    preload: Preload = "exposed"
    folds: FoldOrder = "separate"
    drain: Drain = "through_rows"

    def __post_init__(self) -> None:
        choices = {"preload": Preload, "folds": FoldOrder, "drain": Drain}
        for name, literal in choices.items():
            given = getattr(self, name)
            if given not in get_args(literal):
                raise ValueError(
                    f"{name} '{given}' is unknown; {nearest(given, get_args(literal))}"
                )


DEFAULT_CONVENTIONS = Conventions()
#: conventions with a name
NAMED_CONVENTIONS = {"scale_sim": Conventions("exposed", "separate", "direct")}


@dataclass(frozen=True, slots=True)
class Folds:
    """The folds of a product on an array; each field a number, or an array of one shape.

    Parameters
    ----------
    count : int or ndarray of int64
        Folds, T.
    preload_cycles, beats, skew_cycles, drain_cycles : int or ndarray of int64
        L, B, S and O of each fold [cycle].
    """

    count: Any
    preload_cycles: Any
    beats: Any
    skew_cycles: Any
    drain_cycles: Any


def interval_cycles(folds: Folds, conventions: Conventions, next_beats: Any = None) -> Any:
    """Return I, the cycles from the last beat of a fold to that of the next [cycle].

    Parameters
    ----------
    folds : Folds
        ``count`` is not used.
    conventions : Conventions
        How they follow one another.
    next_beats : int or ndarray of int64, optional
        B of the fold that follows, where it is not that of `folds`.
    """
    overlapped = conventions.folds == "overlapped"
    wait_cycles = 0 if overlapped else folds.skew_cycles + folds.drain_cycles
    if conventions.preload == "hidden":
        wait_cycles = _larger(wait_cycles, folds.preload_cycles - folds.beats)
    else:
        wait_cycles = wait_cycles + folds.preload_cycles
    cycles = wait_cycles + (folds.beats if next_beats is None else next_beats)
    return _larger(cycles, folds.drain_cycles) if overlapped else cycles


def total_cycles(folds: Folds, conventions: Conventions) -> Any:
    """Return the cycles of `folds`, one after another, all with the same beats [cycle]."""
    once = folds.preload_cycles + folds.beats + folds.skew_cycles + folds.drain_cycles
    return (folds.count - 1) * interval_cycles(folds, conventions) + once


def varying_cycles(folds: Folds, conventions: Conventions) -> int:
    """Return the cycles of folds that differ in their beats.

    Parameters
    ----------
    folds : Folds
        ``beats`` is an array of shape (T,), in the order of the folds; ``count`` is not used,
        the other fields are numbers.
    conventions : Conventions
        How they follow one another.

    Examples
    --------
    Sums that drain for 4 cycles hold back the second fold, not the first.

    >>> folds = Folds(2, preload_cycles=0, beats=np.array([9, 1]), skew_cycles=0, drain_cycles=4)
    >>> varying_cycles(folds, Conventions(folds="overlapped"))
    17
    """
    beats = np.asarray(folds.beats)
    intervals = interval_cycles(replace(folds, beats=beats[:-1]), conventions, beats[1:])
    once = folds.preload_cycles + beats[0] + folds.skew_cycles + folds.drain_cycles
    return int(once + np.sum(intervals))


def _larger(one: Any, other: Any) -> Any:
    if isinstance(one, int) and isinstance(other, int):
        return max(one, other)
    return np.maximum(one, other)
