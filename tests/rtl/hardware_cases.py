"""Arrays to build, products to put into them, and what the formulas say of both."""

import itertools
from dataclasses import dataclass

import numpy as np

from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.pe.array import PEArray
from lowbit_sim.pe.base import Tile
from lowbit_sim.pe.bit_serial import BitSerial
from lowbit_sim.pe.folding import Conventions
from lowbit_sim.pe.integer_mac import IntegerMac
from lowbit_sim.pe.shift_add import ShiftAdd
from lowbit_sim.pe.ternary_adder import TernaryAdder
from lowbit_sim.pe.ternary_skip import TernarySkip
from lowbit_sim.rtl.bench import hardware, multiply

INT4 = NumberFormat("int4", tuple(range(-8, 8)))
INT8 = number_format("int8")
SIZES = [(1, 1), (4, 4), (2, 7), (8, 3), (1, 5), (5, 1), (3, 4)]
CONVENTIONS = [
    Conventions(preload, folds, drain)
    for preload in ("exposed", "hidden")
    for folds in ("separate", "overlapped")
    for drain in ("through_rows", "direct")
]


@dataclass(frozen=True)
class Case:
    """An array of one kind, in one convention, for weights of one format."""

    element: object
    weight: NumberFormat
    organisation: str
    stationary: str
    conventions: Conventions
    rows: int
    cols: int

    def __str__(self):
        parts = self.element.kind, self.weight.name, self.organisation, self.stationary
        c = self.conventions
        return "-".join((*parts, c.preload, c.folds, c.drain, f"{self.rows}x{self.cols}"))

    @property
    def array(self):
        how = self.organisation, self.conventions, (self.stationary,)
        return PEArray(self.element, self.rows, self.cols, 32, *how)

    @property
    def formats(self):
        few = isinstance(self.element, IntegerMac) and self.element.operand_bits < 8
        return self.weight, INT4 if few else INT8

    def design(self, depth=1024):
        return hardware(self.array, self.formats, self.stationary, depth)

    def cycles(self, inputs, levels):
        """Return what `lowbit_sim.pe` says."""
        (m, k), n = inputs.shape, levels.shape[1]
        if isinstance(self.element, TernarySkip):
            profile = self.element.profile(levels, self.rows, self.cols, self.stationary)
            return self.array.profiled_cycles(m, profile, self.formats, self.stationary)
        return self.array.cycles(Tile(m, k, n), *self.formats, self.stationary)

    def products(self, rng):
        """Return products that fit, are ragged, have one term, are single, tall, and wide."""
        rows, cols = self.rows, self.cols
        fit = (rows, 2 * rows, 2 * cols)
        ragged, one_term = (rows + 1, rows + 1, cols + 2), (2 * rows, 1, 2 * cols + 1)
        shapes = [fit, ragged, one_term, (1, 1, 1), (17, 3, 2), (2, 5, 3 * cols + 1)]
        return [self.product(rng, *shape) for shape in shapes]

    def product(self, rng, m, k, n):
        """Return random inputs and levels, a third of them zero where there is a zero."""
        levels = rng.choice(self.weight.levels, (k, n))
        if self.weight.has_zero:
            levels *= rng.random((k, n)) < 2 / 3
        return rng.choice(self.formats[1].levels, (m, k)), levels


def conventions_of(stationary):
    """Return the conventions that matter: sums that move do not drain, outputs are not loaded."""
    plain = {"weight": ("drain", "through_rows"), "output": ("preload", "exposed")}
    name, value = plain[stationary]
    return [c for c in CONVENTIONS if getattr(c, name) == value]


def _cases():
    elements = [
        *((TernaryAdder(), number_format(f"levels_{n}")) for n in (2, 3, 5, 17)),
        *((ShiftAdd(), number_format(name)) for name in ("levels_4", "levels_5", "levels_7_pow2")),
        *((ShiftAdd(), number_format(f"levels_{n}")) for n in (3, 17)),
        *((BitSerial("twos_complement"), number_format(f"levels_{n}")) for n in (4, 5, 16)),
        *((BitSerial("sign_magnitude"), number_format(f"levels_{n}")) for n in (2, 3, 9)),
        (IntegerMac(4), INT4),
        (IntegerMac(8), INT8),
    ]
    sizes = itertools.cycle(SIZES)
    for (element, weight), organisation, stays in itertools.product(
        elements, ("systolic", "broadcast"), ("weight", "output")
    ):
        for conventions in conventions_of(stays):
            yield Case(element, weight, organisation, stays, conventions, *next(sizes))
    skipping = itertools.product((1, 3, 4), ("levels_3", "levels_9"), conventions_of("output"))
    for group, name, conventions in skipping:
        lanes = TernarySkip(group)
        how = "broadcast", "output", conventions
        yield Case(lanes, number_format(name), *how, *next(sizes))


CASES = list(_cases())


def differences(case, design, products, multiply=multiply):
    """Return what is wrong with each product: its sums, its cycles."""
    found = []
    for (inputs, levels), measured in zip(products, multiply(design, products), strict=True):
        if not np.array_equal(measured.product, inputs @ levels):
            found.append(f"{inputs.shape} by {levels.shape}: other sums")
        expected = case.cycles(inputs, levels)
        if measured.cycles != expected:
            found.append(
                f"{inputs.shape} by {levels.shape}: {measured.cycles} cycles, not {expected}"
            )
    return found
