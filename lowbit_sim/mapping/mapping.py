"""A `Mapping` says where and when: which operand stays, which tile goes where, in which order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lowbit_sim.pe.base import Stationary, Tile

#: temporal loop order over the tiles of one boundary, outermost first. The two others, knm and
#: kmn, move what nkm and mkn move.
LoopOrder = Literal["nkm", "nmk", "mnk", "mkn"]
LOOP_ORDERS: tuple[LoopOrder, ...] = ("nkm", "nmk", "mnk", "mkn")


@dataclass(frozen=True, slots=True)
class Extent:
    """What the memories of one depth hold at once of a product, in elements.

    Parameters
    ----------
    batch : int
        Independent products.
    m, k, n : int
        Rows of the input, terms, columns of the output, of each of them.
    """

    batch: int
    m: int
    k: int
    n: int

    @property
    def tile(self) -> Tile:
        """m, k and n."""
        return Tile(self.m, self.k, self.n)


@dataclass(frozen=True, slots=True)
class Mapping:
    """Where and when a matrix product runs.

    Parameters
    ----------
    array : str
        Name of the array.
    stationary : str
        The operand that stays in the PEs.
    extents : tuple of Extent
        What the memories of depth 1, 2, … hold at once; the last tile of a dimension may be
        smaller. The array works on a tile of the last one.
    orders : tuple of str
        Loop order at the boundary before each of them; a batch is walked outside of it.
    """

    array: str
    stationary: Stationary
    extents: tuple[Extent, ...]
    orders: tuple[LoopOrder, ...]
