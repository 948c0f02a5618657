"""Lookup tables: the sums of a group of activations are built once, bit planes of weights pick one.

**Formula**, with P = planes of the weight format (two's complement, or the offset code of bipolar
levels), g = `group`:

    passes = P,  stages = 1,  terms t = g, or g + 1 for bipolar levels (±1, ±3, …)
    weight-stationary systolic   ⌈⌈k/t⌉/rows⌉ · ⌈n/cols⌉ · (2·rows + cols + P·m − 1)
    reads  = batch · m · n · ⌈k/t⌉ · P, each of them also an add
    tables = batch · m · ⌈k/t⌉ · ⌈n/cols⌉, or without ⌈n/cols⌉ where inputs stay
    adds that build one of t activations = 2^t − t − 1, or 2^t − 2 for bipolar levels

A table has 2^g entries. A plane's digits are 0 and 1, and entry S is the sum of the activations in
the set S: empty and single sets need no add, every other one is a smaller entry and one activation
more. Digits of the offset code are ±1: flipping all of them flips the sum, so that the 2^g entries
whose first sign is + serve g + 1 activations; entries of j activations are 2^(j − 1) adds.

**Worked example**: groups of 3, five levels (P = 3) and two levels (P = 1, bipolar: groups of 4).
On 4 rows by 8 columns, m = 5, k = 24, n = 16 takes ⌈8/4⌉ · ⌈16/8⌉ · (2·4 + 8 + 3·5 − 1) = 120
cycles, or ⌈6/4⌉ · ⌈16/8⌉ · (2·4 + 8 + 1·5 − 1) = 80. The first has 5 · 16 · 8 · 3 = 1,920 reads
from 5 · 8 · 2 = 80 tables of 2³ − 3 − 1 = 4 adds, the other 480 reads from 60 tables of 14.

>>> from lowbit_sim.formats.catalogue import number_format
>>> from lowbit_sim.pe.array import PEArray
>>> from lowbit_sim.pe.base import Tile
>>> array = PEArray(LookupTable(group=3), rows=4, cols=8, accumulator_bits=24)
>>> tile, int8 = Tile(m=5, k=24, n=16), number_format("int8")
>>> for name in ("levels_5", "levels_2"):
...     weight = number_format(name)
...     counts = array.actions(Product(1, tile, weight, int8, "weight"))
...     cycles = array.cycles(tile, weight, int8, "weight")
...     cycles, counts["lookup.read"], counts["adder.add"], counts["lookup.build"]
(120, 1920, 1920, 320)
(80, 480, 480, 840)

**Assumes** a table built in the cycle before its first plane, where its activations enter, and
handed on whole: to every PE of a systolic row, once on the wires of a broadcast one; it is written
once for all its planes. Two's complement only: the digits of sign-magnitude are three, and so are
trits, which would want tables of 3^g. Partial sums never overflow. Where the weights' values are
not known (activations in their place) nothing changes.

**Ignores** the shift of a plane's sum (wiring), the negation of half the entries of a bipolar
table, activations that the last group lacks (nothing is added for them), register writes while
weights load and outputs drain, idle PEs of ragged folds.

**Sources**: J. Lee et al., "UNPU", IEEE JSSC 54(1), 2019, doi:10.1109/JSSC.2018.2865489: its
7,372 GOPS at 1 bit are 16 · 4/3 times its 345.6 at 16 bit, as 4,608 readers of tables of 8 entries
give at 200 MHz (3 activations each, 4 where weights are ±1; our reading of those figures); Z. Mo et
al., "LUT Tensor Core", ISCA 2025, arXiv:2408.06003 (half a table by symmetry, bit-serial weights).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lowbit_sim.actions import ActionCounts
from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.pe.base import Frame, Product, check_positive
from lowbit_sim.pe.counting import count_slots, refuses_floats
from lowbit_sim.units import ceil_div


@dataclass(frozen=True, slots=True)
class LookupTable:
    """An adder that takes entries of a table of sums, picked by a bit plane of the weights.

    Parameters
    ----------
    group : int
        Activations of a table, where a plane's digits are 0 and 1.

    Raises
    ------
    ValueError
        If it is no whole number above zero.
    """

    kind: ClassVar[str] = "lookup_table"
    group: int = 4

    def __post_init__(self) -> None:
        check_positive(self, "group")

    def refuses(self, weight: NumberFormat, activation: NumberFormat) -> str | None:
        """Return why it cannot compute these formats; it computes all integers."""
        return refuses_floats(weight, activation)

    def passes(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return the planes of `weight`."""
        return weight.planes("twos_complement")

    def terms(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return the activations of a table."""
        return self.group + int(weight.is_bipolar)

    def stages(self, weight: NumberFormat, activation: NumberFormat) -> int:
        """Return 1: the table is built in the cycle before it is read."""
        return 1

    def actions(self, product: Product, frame: Frame) -> ActionCounts:
        """Return the adds that build tables, the entries read and added, and register writes."""
        weight, activation = product.weight, product.activation
        terms = self.terms(weight, activation)
        reads = count_slots(product, terms, self.passes(weight, activation))
        entry_bits = activation.twos_complement_bits + (terms - 1).bit_length()
        # the table is written with the first of its planes, weights and sums with every one
        words = count_slots(product, terms, 1)
        written = frame.register_bits(product, reads, terms, 0)
        written += frame.register_bits(product, words, 0, entry_bits << self.group)
        written -= frame.register_bits(product, words, 0, 0)
        return ActionCounts(
            {
                "lookup.build": _build_adds(product, terms, frame.cols),
                "lookup.read": reads,
                "adder.add": reads,
                "register.write_bit": written,
            }
        )


def _build_adds(product: Product, terms: int, cols: int) -> int:
    tile, full = product.tile, product.tile.k // terms
    adds = [_table_adds(product.weight, activations) for activations in (terms, tile.k % terms)]
    folds = 1 if product.stationary == "input" else ceil_div(tile.n, cols)
    return product.batch * tile.m * folds * (full * adds[0] + adds[1])


def _table_adds(weight: NumberFormat, activations: int) -> int:
    if weight.is_bipolar:
        return max((1 << activations) - 2, 0)
    return (1 << activations) - activations - 1
