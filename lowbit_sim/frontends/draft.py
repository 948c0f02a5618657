"""`Draft`: an operator before it has a name, and before the formats of its tensors are known."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from torch.fx import Node

from lowbit_sim.frontends.exported import shape
from lowbit_sim.workload.op import Convolution

Dims = tuple[int, int, int, int]

_IMAGE_RANK = 4


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """An operator without name and formats yet.

    Parameters
    ----------
    kind : str
        Of the operator.
    dims : tuple of int or None
        Its batch, m, k, n; None for those of the operator whose output it reads.
    reads : tuple of Node or Draft
        What it reads, the first operand first: activations, and parameters that are read element
        by element.
    suffix : str
        What to call it inside its module.
    weight : Node, optional
        The weights of a layer, or the table of an embedding.
    convolution : Convolution, optional
        The geometry of a ``conv2d``.
    table_rows : int
        Rows of an embedding's table.
    """

    kind: str
    dims: Dims | None
    reads: tuple[Node | Draft, ...]
    suffix: str
    weight: Node | None = None
    convolution: Convolution | None = None
    table_rows: int = 0


def chain(draft: Draft) -> Iterator[Draft]:
    """Yield the drafts that `draft` reads directly, and then itself."""
    for read in draft.reads:
        if isinstance(read, Draft):
            yield from chain(read)
    yield draft


def input_draft(node: Node) -> Draft:
    """Return the draft of a network input.

    Images [N, C, H, W] have m pixels of n channels, all else has rows of its last dimension. An
    index of a token is an integer of 32 bit; the catalogue's word of that width is fp32.
    """
    extents = shape(node)
    if len(extents) == _IMAGE_RANK:
        images, channels, height, width = extents
        return Draft("input", (1, images * height * width, 1, channels), (), "input")
    return Draft("input", rows_of(extents, 1), (), "input")


def output_draft(node: Node) -> Draft:
    """Return the draft of a tensor that leaves the network."""
    return Draft("output", rows_of(shape(node), 1), (node,), "output")


def rows_of(extents: tuple[int, ...], k: int) -> Dims:
    """Return the dims of a pass over a tensor, its last dimension as n."""
    return 1, math.prod(extents[:-1]), k, (extents or (1,))[-1]
