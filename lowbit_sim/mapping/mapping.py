"""A `Mapping` says where and when: which operand stays, which tile goes where, in which order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lowbit_sim.pe.base import Stationary, Tile

#: temporal loop order over tiles or blocks, outermost first
LoopOrder = Literal["nkm", "nmk", "mnk"]
BlockOrder = Literal["nm", "mn"]
LOOP_ORDERS: tuple[LoopOrder, ...] = ("nkm", "nmk", "mnk")


@dataclass(frozen=True, slots=True)
class ScratchpadMapping:
    """How one tile of the shared SRAM passes through the scratchpads and the array.

    Parameters
    ----------
    stationary : str
        The operand that stays in the PEs: ``weight`` puts k on the rows and n on the columns and
        streams m; ``output`` puts m on the rows and n on the columns and streams k.
    order : str
        Loop order over the scratchpad tiles, outermost first.
    tile : Tile
        m, k, n of a scratchpad tile; the last tile of a dimension may be smaller.
    """

    stationary: Stationary
    order: LoopOrder
    tile: Tile


@dataclass(frozen=True, slots=True)
class Mapping:
    """Where and when a matrix product runs.

    Parameters
    ----------
    array : str
        Name of the array.
    block : Tile
        m, k, n of what the shared SRAM holds at once; k is never split here.
    block_order : str
        ``nm``: weights stay in the shared SRAM while m runs; ``mn``: inputs stay.
    scratchpad : tuple of ScratchpadMapping
        One for every distinct block shape, in the order of first use.
    """

    array: str
    block: Tile
    block_order: BlockOrder
    scratchpad: tuple[ScratchpadMapping, ...]
