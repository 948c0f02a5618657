"""The vector unit: operations per input element of everything that is no matrix product.

**Formula**: a lane does one operation per cycle. With the (adds, multiplies, specials) of the
table below, a chunk of as many input elements as there are lanes takes

    cycles per chunk = adds + multiplies + specials

A *special* is exp, erf, a sigmoid, a reciprocal or a reciprocal square root: one look-up in a
table with one multiply-add of interpolation. Comparing is a kind of adding.

- layer_norm (4, 3, 0): add to the sum; subtract the mean; square, add to the sum of squares;
  times the reciprocal deviation; times the gain, add the offset.
- softmax (3, 1, 1): compare with the maximum; subtract it; exp; add to the sum; times the
  reciprocal of the sum.
- gelu (0, 1, 1): erf, with the factor 1/√2 and ½(1 + ·) inside the table; times the element.
- relu (1, 0, 0): compare with zero.
- add, avg_pool, max_pool (1, 0, 0): each element is added to, or compared with, what the lane
  holds. The first of them too, with a cleared lane, so that two inputs cost two adds.
- quantise (3, 1, 0): times the reciprocal step; add ½ and cut; compare with both ends.
- rms_norm (1, 3, 0): square, add to the sum of squares; times the reciprocal root; times the gain.
- sigmoid (0, 0, 1): one table.
- silu (0, 1, 1): the sigmoid; times the element.
- clamp (2, 0, 0): compare with both ends. ReLU6 and hard tanh are clamps.
- hardswish (3, 2, 0): add 3; compare with 0 and 6; times the element; times ⅙.
- mul (0, 1, 0): each element is multiplied by what the lane holds. The first of them too, by one,
  as for add, so that a product of two tensors costs two multiplies.
- neg (1, 0, 0): subtract from zero. square (0, 1, 0): times itself. rsqrt (0, 0, 1): one table.
- mask (1, 0, 0): keep the element, or put the lowest number in its place, as the mask's bit or a
  comparison of the element's row and column says.
- concat (1, 0, 0): a copy passes the lane as an addition to zero.
- embedding (0, 1, 0): times the scale of its row; of a floating-point table times one.

**Worked example**: softmax over 197 × 197 attention scores on 32 lanes is
⌈38,809/32⌉ = 1,213 chunks of 3 + 1 + 1 = 5 cycles, that is 6,065 cycles.

>>> -(-197 * 197 // 32) * cycles_per_chunk("softmax")
6065
>>> dict(actions("softmax", 197 * 197))
{'vector.add': 116427, 'vector.multiply': 38809, 'vector.special': 38809}

**Assumes** operands are already on one scale, as the output path leaves them; a special is
pipelined like any other operation; no multiply-add in one cycle.

**Ignores** what is done once per row or per output: for layer_norm two multiplies by 1/n and a
reciprocal square root (3 operations against 7·n), for softmax one reciprocal (against 5·n), for
avg_pool the factor 1/k (folded into the step of the result), for rms_norm a factor 1/n and a
reciprocal square root (2 against 4·n); reductions across lanes.

**Sources**: J. L. Ba et al., "Layer Normalization", arXiv:1607.06450; D. Hendrycks and
K. Gimpel, "Gaussian Error Linear Units", arXiv:1606.08415; B. Zhang and R. Sennrich, "Root Mean
Square Layer Normalization", arXiv:1910.07467; S. Elfwing et al., "Sigmoid-Weighted Linear Units",
arXiv:1702.03118; A. Howard et al., "Searching for MobileNetV3", arXiv:1905.02244; interpolated
tables: J. Yu et al., "NN-LUT", arXiv:2112.02191; the counts are read off the definitions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from lowbit_sim.actions import ActionCounts
from lowbit_sim.errors import nearest, spec_error


@dataclass(frozen=True, slots=True)
class ElementOperations:
    """Operations that one input element takes.

    Parameters
    ----------
    adds, multiplies, specials : int
        Additions, subtractions and comparisons; multiplications; table look-ups.
    """

    adds: int
    multiplies: int
    specials: int


#: vector kind -> operations per input element, with the reasons above
OPERATIONS: Mapping[str, ElementOperations] = MappingProxyType(
    {
        "layer_norm": ElementOperations(adds=4, multiplies=3, specials=0),
        "softmax": ElementOperations(adds=3, multiplies=1, specials=1),
        "gelu": ElementOperations(adds=0, multiplies=1, specials=1),
        "relu": ElementOperations(adds=1, multiplies=0, specials=0),
        "add": ElementOperations(adds=1, multiplies=0, specials=0),
        "avg_pool": ElementOperations(adds=1, multiplies=0, specials=0),
        "max_pool": ElementOperations(adds=1, multiplies=0, specials=0),
        "quantise": ElementOperations(adds=3, multiplies=1, specials=0),
        "rms_norm": ElementOperations(adds=1, multiplies=3, specials=0),
        "silu": ElementOperations(adds=0, multiplies=1, specials=1),
        "sigmoid": ElementOperations(adds=0, multiplies=0, specials=1),
        "clamp": ElementOperations(adds=2, multiplies=0, specials=0),
        "hardswish": ElementOperations(adds=3, multiplies=2, specials=0),
        "mul": ElementOperations(adds=0, multiplies=1, specials=0),
        "neg": ElementOperations(adds=1, multiplies=0, specials=0),
        "square": ElementOperations(adds=0, multiplies=1, specials=0),
        "rsqrt": ElementOperations(adds=0, multiplies=0, specials=1),
        "mask": ElementOperations(adds=1, multiplies=0, specials=0),
        "concat": ElementOperations(adds=1, multiplies=0, specials=0),
        "embedding": ElementOperations(adds=0, multiplies=1, specials=0),
    }
)


def operations(kind: str) -> ElementOperations:
    """Return the operations per input element of a vector kind.

    Raises
    ------
    SpecError
        If `kind` is none; the nearest is named.
    """
    if kind not in OPERATIONS:
        raise spec_error(f"unknown vector operator '{kind}'; {nearest(kind, OPERATIONS)}")
    return OPERATIONS[kind]


def cycles_per_chunk(kind: str) -> int:
    """Return the cycles that every lane spends on one input element [cycle]."""
    each = operations(kind)
    return each.adds + each.multiplies + each.specials


def actions(kind: str, elements: int) -> ActionCounts:
    """Return the operations on so many input elements."""
    each = operations(kind)
    per_element = {
        "vector.add": each.adds,
        "vector.multiply": each.multiplies,
        "vector.special": each.specials,
    }
    return ActionCounts(per_element) * elements
