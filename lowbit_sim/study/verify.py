"""Do the machine's digits add up? Every mapped matrix product is carried out and compared.

`lowbit_sim.study.execution` computes a product as the machine does, on real operands. Its sums
must be those of a product of plain 64-bit integers, bit for bit; and where the operands are a
network's own on an input, what that network computes in floating point, divided by the steps of
weights and activations and rounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.errors import spec_error
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.mapping.network import MappedOp
from lowbit_sim.study.execution import Work, execute
from lowbit_sim.workload.op import Op
from lowbit_sim.workload.operands import Operands, Source, random_operands


@dataclass(frozen=True, slots=True)
class Verified:
    """What came of carrying out one matrix product.

    Parameters
    ----------
    op : Op
    unit, kind : str
        The array's name, and the kind of its processing elements.
    work : Work or None
        Tiles, folds and multiply-accumulates carried out; None where there is nothing to compare
        with: an operand is floating-point.
    differing : int
        Results that are not those of plain integers.
    differing_from_network : int or None
        Results that are not those of the network itself; None where they are not known.
    source : {"network", "random"}
        Where the activations come from.
    """

    op: Op
    unit: str
    kind: str
    work: Work | None
    differing: int = 0
    differing_from_network: int | None = None
    source: Source = "random"

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        return not self.differing and not self.differing_from_network


def verify(
    ops: Iterable[MappedOp],
    values: Mapping[str, NDArray[Any]],
    activations: Mapping[str, Operands],
) -> tuple[Verified, ...]:
    """Carry out every matrix product among `ops`, in their order.

    Parameters
    ----------
    ops : iterable of MappedOp
        A workload in one format on a machine; vector operators are passed over.
    values : mapping of str to ndarray, shape (k, n) or (batch, k, n)
        Levels of the weights by operator, as `lowbit_sim.workload.levels.layer_levels` has them.
    activations : mapping of str to Operands
        By operator; where there are none they are drawn at random.

    Raises
    ------
    SpecError
        If the levels of a layer are missing, operands are not of the product's extents, or the
        array's kind has no arithmetic.
    """
    products = (mapped for mapped in ops if mapped.mapping is not None)
    return tuple(verify_op(mapped, values, activations) for mapped in products)


def verify_op(
    mapped: MappedOp, values: Mapping[str, NDArray[Any]], activations: Mapping[str, Operands]
) -> Verified:
    """Carry out one matrix product; see `verify`."""
    op, place = mapped.op, mapped.place
    assert mapped.mapping is not None
    assert place is not None
    kind = place.array.pe.kind
    if not _is_integer(op):
        return Verified(op, mapped.unit, kind, None)
    operands = activations[op.name] if op.name in activations else random_operands(op)
    weights = _weights(op, operands, values)
    _check_extents(op, operands.inputs, weights)
    sums, work = execute(place, mapped.mapping, mapped.schedule, operands.inputs, weights)
    wanted = operands.inputs @ weights.astype(np.int64)
    theirs = operands.network_sums
    return Verified(
        op,
        mapped.unit,
        kind,
        work,
        int((sums != wanted).sum()),
        None if theirs is None else int((sums != theirs).sum()),
        operands.source,
    )


def _is_integer(op: Op) -> bool:
    return all(FORMATS[name].is_integer for name in (op.weight, op.activation) if name is not None)


def _weights(op: Op, operands: Operands, values: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
    if operands.weights is not None:
        return operands.weights
    try:
        levels = values[op.name]  # asked for once: it may be made now
    except KeyError:
        reason = "its weights are not given"
        raise spec_error(f"operator '{op.name}' cannot be carried out: {reason}") from None
    return levels.reshape(op.batch, op.k, op.n)


def _check_extents(op: Op, inputs: NDArray[Any], weights: NDArray[Any]) -> None:
    wanted = (op.batch, op.m, op.k), (op.batch, op.k, op.n)
    found = inputs.shape, weights.shape
    if found != wanted:
        reason = f"its operands are {found[0]} and {found[1]}, not {wanted[0]} and {wanted[1]}"
        raise spec_error(f"operator '{op.name}' cannot be carried out: {reason}")
