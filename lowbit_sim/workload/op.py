"""One operator: a matrix product with its formats, or a pass over a tensor's elements.

A GEMM is ``output[batch, m, n] = sum over k of input[batch, m, k] * weight[batch, k, n]``:

- ``linear``: m rows (tokens or samples), k features in, n features out;
- ``conv2d``: batch = groups, m = output pixels, k = the weights of one output, n = output
  channels of one group, for one image;
- ``matmul``: two activations, batch = samples times heads.

A vector operator passes over ``batch * m * n`` outputs: ``softmax`` and the norms normalise over
n; a pool reads windows of k elements for m outputs in each of n channels; ``add`` and ``mul``
read k = 2 tensors; the others read one element for each they write, k = 1. Two of them read
parameters in place of an activation: ``embedding`` reads m rows of n elements from a table, and
``concat`` copies its parts, of which some may be parameters.

A free operator takes no time: ``input`` is a tensor that comes from outside, ``output`` says that
the tensor it reads leaves as well as being read on. A result that nobody reads needs none.
"""

from __future__ import annotations

from dataclasses import dataclass

from lowbit_sim.errors import nearest
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.workload.convolution import Convolution
from lowbit_sim.workload.statistics import WeightStatistics

__all__ = ["FREE_KINDS", "GEMM_KINDS", "VECTOR_KINDS", "Convolution", "Op"]

GEMM_KINDS = ("linear", "conv2d", "matmul")
VECTOR_KINDS = (
    "layer_norm",
    "softmax",
    "gelu",
    "relu",
    "add",
    "avg_pool",
    "max_pool",
    "quantise",
    "rms_norm",
    "silu",
    "sigmoid",
    "clamp",
    "hardswish",
    "mul",
    "neg",
    "square",
    "rsqrt",
    "mask",
    "concat",
    "embedding",
)
FREE_KINDS = ("input", "output")

_KINDS = (*GEMM_KINDS, *VECTOR_KINDS, *FREE_KINDS)
_POOLS = ("avg_pool", "max_pool")
_PAIRS = ("add", "mul")


@dataclass(frozen=True, slots=True)
class Op:
    """One operator of a workload.

    Parameters
    ----------
    name : str
        Unique and readable, as ``blocks.0.qkv``.
    kind : str
        One of `GEMM_KINDS`, `VECTOR_KINDS`, `FREE_KINDS`.
    batch, m, k, n : int
        Dimensions in elements; the module's text says what they mean for each kind.
    weight : str or None
        Format of a GEMM's second operand: of the weights, or of the second activation. Of an
        ``embedding``, that of its table.
    activation : str
        Format of the first input of a GEMM, of the widest input of a vector operator. An
        ``embedding`` reads rows of its table.
    output : str
        Format of the output as it is stored.
    parameter : str or None
        Full name of the weight tensor or the table; None where neither is read.
    convolution : Convolution or None
        The geometry of a ``conv2d``.
    statistics : WeightStatistics or None
        Counts over the real weights, where they are known.
    side_parameter_bits : int
        What comes from memory with it beside the weights: biases, a scale for each output
        channel of integer weights, the gains and offsets of a norm, parameters that are added,
        multiplied or copied, all in fp32; the rows that an ``embedding`` reads (not the whole
        table); a constant mask, one bit an element [bit].
    table_rows : int
        Rows of an ``embedding``'s table; 0 for everything else.

    Raises
    ------
    ValueError
        If the kind or a format is unknown, a dimension is not positive, or the fields
        contradict each other.
    """

    name: str
    kind: str
    batch: int
    m: int
    k: int
    n: int
    weight: str | None
    activation: str
    output: str
    parameter: str | None
    convolution: Convolution | None
    statistics: WeightStatistics | None
    side_parameter_bits: int = 0
    table_rows: int = 0

    def __post_init__(self) -> None:
        if self.kind not in _KINDS:
            raise ValueError(
                f"op '{self.name}': unknown kind '{self.kind}'; {nearest(self.kind, _KINDS)}"
            )
        for dim in ("batch", "m", "k", "n"):
            if getattr(self, dim) < 1:
                raise ValueError(
                    f"op '{self.name}': {dim} must be at least 1, got {getattr(self, dim)}"
                )
        for field in ("side_parameter_bits", "table_rows"):
            if getattr(self, field) < 0:
                raise ValueError(f"op '{self.name}': {field} must be at least 0")
        for name in (self.weight, self.activation, self.output):
            if name is not None and name not in FORMATS:
                raise ValueError(
                    f"op '{self.name}': unknown number format '{name}'; {nearest(name, FORMATS)}"
                )
        if self.table_rows and self.kind != "embedding":
            raise ValueError(f"op '{self.name}': kind {self.kind} has no table_rows")
        reason = _gemm_fault(self) if self.is_gemm else _vector_fault(self)
        reason = reason or _statistics_fault(self)
        if reason:
            raise ValueError(f"op '{self.name}': {reason}")

    @property
    def is_gemm(self) -> bool:
        """Whether it is a matrix product, hence work for an array."""
        return self.kind in GEMM_KINDS

    @property
    def weights_are_activations(self) -> bool:
        """Whether both operands of the matrix product were computed by the network."""
        return self.kind == "matmul"

    @property
    def macs(self) -> int:
        """Multiply-accumulates; 0 for a vector operator."""
        return self.batch * self.m * self.k * self.n if self.is_gemm else 0

    @property
    def input_elements(self) -> int:
        """Elements of the first operand of a GEMM; all elements a vector operator reads.

        A convolution's are those of the image, not of its unfolded windows. A pool whose
        windows overlap reads the shared elements once for each window.
        """
        if self.convolution is not None:
            geometry = self.convolution
            return geometry.in_channels * geometry.in_height * geometry.in_width
        if self.is_gemm:
            return self.batch * self.m * self.k
        return self.batch * self.m * self.k * self.n

    @property
    def weight_elements(self) -> int:
        """Elements of a GEMM's second operand; 0 for a vector operator."""
        return self.batch * self.k * self.n if self.is_gemm else 0

    @property
    def output_elements(self) -> int:
        """Elements of the output tensor."""
        return self.batch * self.m * self.n

    @property
    def output_bits(self) -> int:
        """The output tensor as stored, in bit."""
        return self.output_elements * FORMATS[self.output].field_bits


def _gemm_fault(op: Op) -> str | None:
    if op.weight is None:
        return "a matrix product needs the format of its second operand"
    if (op.parameter is None) != op.weights_are_activations:
        return f"kind {op.kind} {'has no' if op.parameter else 'needs a'} parameter"
    if op.side_parameter_bits % (op.batch * op.n):
        return f"its side parameters are not the same for each of {op.batch * op.n} output channels"
    if (op.convolution is None) != (op.kind != "conv2d"):
        return f"kind {op.kind} {'has no' if op.convolution else 'needs a'} convolution geometry"
    dims = (op.batch, op.m, op.k, op.n)
    if op.convolution is not None and op.convolution.gemm_dims != dims:
        return f"batch, m, k, n are {dims}, its geometry says {op.convolution.gemm_dims}"
    return None


def _vector_fault(op: Op) -> str | None:
    if op.kind == "embedding":
        return _embedding_fault(op)
    for field in ("weight", "parameter", "convolution"):
        if getattr(op, field) is not None:
            return f"kind {op.kind} has no {field}"
    expected = 2 if op.kind in _PAIRS else 1
    if op.k != expected and op.kind not in _POOLS:
        return f"kind {op.kind} has k = {expected}, got {op.k}"
    return None


def _embedding_fault(op: Op) -> str | None:
    if op.weight is None or op.parameter is None or not op.table_rows:
        return "kind embedding needs weight, parameter and table_rows, those of its table"
    if op.activation != op.weight:
        return f"it reads its table in {op.weight}, activation says {op.activation}"
    if op.convolution is not None or op.statistics is not None:
        return "kind embedding has neither convolution nor statistics"
    return None if op.k == 1 else f"kind embedding has k = 1, got {op.k}"


def _statistics_fault(op: Op) -> str | None:
    counts = op.statistics
    if counts is None:
        return None
    if op.weight is None or op.parameter is None:
        return f"kind {op.kind} has no weights, hence no statistics"
    if counts.weights != op.weight_elements:
        return f"the statistics count {counts.weights} weights, it has {op.weight_elements}"
    if len(counts.row_nonzeros) != op.batch * op.n:
        return f"{len(counts.row_nonzeros)} rows for {op.batch * op.n} output channels"
    return _level_fault(FORMATS[op.weight], counts)


def _level_fault(weight: NumberFormat, counts: WeightStatistics) -> str | None:
    if len(counts.level_counts) != weight.count:
        return f"{len(counts.level_counts)} level counts for the {weight.count} of {weight.name}"
    by_level = dict(zip(weight.levels, counts.level_counts, strict=True))
    zeros = counts.weights - sum(counts.row_nonzeros)
    if weight.is_integer and zeros != by_level.get(0, 0):
        return "the non-zeros of the rows contradict the level counts"
    return None
