"""The operators of a workload in their places on a machine, and what stays there meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Table

from numpy.typing import NDArray

from lowbit_sim.actions import ActionCounts
from lowbit_sim.arch.accelerator import Accelerator
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.mapping.crossing import dram_traffic
from lowbit_sim.mapping.gemm import Gemm, levels_of
from lowbit_sim.mapping.place import Place
from lowbit_sim.mapping.refusal import UnmappableError
from lowbit_sim.mapping.vector_schedule import VectorPlace
from lowbit_sim.pe.base import Product, Stationary, ValueDependent
from lowbit_sim.workload.graph import Workload
from lowbit_sim.workload.op import FREE_KINDS, Op
from lowbit_sim.workload.parameters import parameter_bits

#: levels of the weights by operator, each (batch, k, n)
Values = Table[str, NDArray]  # type: ignore[type-arg]


def places(
    machine: Accelerator,
    workload: Workload,
    values: Values,
    reserved_bits: dict[str, int],
    on_chip: bool,
    weights_stay: bool,
) -> Iterator[tuple[Op, Place | VectorPlace]]:
    """Yield every operator that takes time, in order, with its place.

    Parameters
    ----------
    machine : Accelerator
    workload : Workload
    values : mapping of str to ndarray
        The weights' levels by operator, for arrays whose beats depend on them.
    reserved_bits : dict of str to int
        What stays in a memory between operators, by its name [bit].
    on_chip, weights_stay : bool
        Whether activations stay between operators, and weights between inferences.

    Raises
    ------
    UnmappableError
        If no array takes an operator's formats, or its sums; names the operator.
    """
    crossing = dram_traffic(workload, machine)
    for op in workload.ops:
        if op.kind in FREE_KINDS:
            continue
        if not op.is_gemm:
            passing = crossing[op.name]
            yield op, VectorPlace(op, machine, on_chip, *passing, weights_stay, reserved_bits)
            continue
        passing = crossing[op.name] if on_chip else (0, False)  # else all passes
        try:
            yield op, _place(machine, op, values, passing, on_chip, weights_stay)
        except UnmappableError as error:
            raise UnmappableError(f"operator '{op.name}': {error}") from error


def _place(
    machine: Accelerator,
    op: Op,
    values: Values,
    crossing: tuple[int, bool],
    on_chip: bool,
    stay: bool,
) -> Place:
    gemm = gemm_of(op, machine, on_chip=on_chip, crossing=crossing, stay=stay)
    array = machine.array_for(gemm.weight, gemm.activation)
    if array is None:
        raise UnmappableError(str(machine.refusal(gemm.weight, gemm.activation)))
    if gemm.sum_bits > array.pe.accumulator_bits:
        raise UnmappableError(
            f"the {array.pe.accumulator_bits} bit accumulators of array '{array.name}' do not "
            f"hold every sum of {gemm.k} products of {gemm.activation.name} and "
            f"{gemm.weight.name}: that needs {gemm.sum_bits} bit"
        )
    if isinstance(array.pe.element, ValueDependent) and op.name in values:
        levels = levels_of(values[op.name].reshape(op.batch, op.k, op.n))
        gemm = gemm_of(op, machine, on_chip=on_chip, crossing=crossing, stay=stay, levels=levels)
    return Place(gemm, array, machine)


def compute_actions(op: Op, place: Place, stationary: Stationary) -> ActionCounts:
    """Return what happens in the array during the whole product, weights as they are."""
    gemm = place.gemm
    counts = op.statistics.level_counts if op.statistics is not None else None
    product = Product(
        gemm.batch, gemm.whole, gemm.weight, gemm.activation, stationary, counts or None
    )
    return place.array.pe.actions(product)


def reserved_bits_of(
    machine: Accelerator, workload: Workload, live_bits: int, on_chip: bool, weights_stay: bool
) -> dict[str, int]:
    """Return what stays in a memory between operators, by its name [bit]."""
    found: dict[str, int] = {}
    if on_chip and machine.home is not None:
        found[machine.home.name] = live_bits
    if weights_stay:
        name = machine.path("weight")[1].name
        found[name] = found.get(name, 0) + held_parameter_bits(machine, workload)
    return found


def held_parameter_bits(machine: Accelerator, workload: Workload) -> int:
    """Return what all parameters take in the memory of weights at depth 1 [bit]."""
    held = parameter_bits(workload, machine.packing)
    if machine.decoder_depth > 0:
        return held
    products = (op for op in workload.ops if op.is_gemm and op.parameter is not None)
    wider = {}
    for op in products:
        gemm = gemm_of(op, machine)
        weights = op.weight_elements
        wider[op.parameter] = weights * gemm.held_weight_bits - gemm.stored_weight_bits(weights)
    return held + sum(wider.values())


def gemm_of(
    op: Op,
    machine: Accelerator,
    *,
    on_chip: bool = False,
    crossing: tuple[int, bool] = (0, False),
    stay: bool = False,
    levels: object = None,
) -> Gemm:
    """Return the matrix product that `op` is on `machine`."""
    assert op.weight is not None
    return Gemm(
        op.batch,
        op.m,
        op.k,
        op.n,
        FORMATS[op.weight],
        FORMATS[op.activation],
        FORMATS[op.output],
        op.weights_are_activations,
        machine.packing,
        op.convolution,
        on_chip,
        *crossing,
        op.side_parameter_bits // (op.batch * op.n),
        stay,
        levels,  # type: ignore[arg-type]
    )
