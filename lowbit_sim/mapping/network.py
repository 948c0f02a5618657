"""A whole workload on a machine: every operator mapped, equal operators once.

Operators run one after another. Activations stay in the shared SRAM between operators if the
most that live at once fit there beside one double-buffered column block of the weights of every
operator; otherwise every operator reads its inputs from the DRAM and writes its result back.
That rule is simple rather than best: just above the capacity at which they fit, weights come in
small blocks, which can take longer than the way through the DRAM did.
"""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass

from lowbit_sim.actions import ActionCounts
from lowbit_sim.arch.accelerator import Accelerator
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.mapping.block_schedule import Place
from lowbit_sim.mapping.gemm import Gemm
from lowbit_sim.mapping.mapper import Mapped, Mapper, Timer, UnmappableError
from lowbit_sim.mapping.mapping import Mapping
from lowbit_sim.mapping.schedule import TileSchedule
from lowbit_sim.mapping.vector_schedule import VectorPlace, vector_schedule
from lowbit_sim.workload.graph import Workload
from lowbit_sim.workload.liveness import peak_live_bits
from lowbit_sim.workload.op import FREE_KINDS, Op


@dataclass(frozen=True, slots=True)
class MappedOp:
    """An operator, where it runs, when, and what happens meanwhile.

    ``mapping`` is None for a vector operator; ``unit`` names the array or the vector unit.
    """

    op: Op
    unit: str
    mapping: Mapping | None
    schedule: TileSchedule
    actions: ActionCounts


@dataclass(frozen=True, slots=True)
class MappedWorkload:
    """Every operator that takes time, in order, and whether activations stayed on the chip."""

    ops: tuple[MappedOp, ...]
    activations_on_chip: bool
    peak_live_bits: int


def map_workload(
    workload: Workload,
    machine: Accelerator,
    timer: Timer,
    pj_per_action: Table[str, float],
    known: dict[tuple[Place, int], Mapped] | None = None,
) -> MappedWorkload:
    """Map every operator of `workload` on `machine`.

    Parameters
    ----------
    timer : callable
        The engine that the search trusts.
    pj_per_action : mapping of str to float
        Energy of every action [pJ]; decides between mappings of equal cycles.
    known : dict, optional
        Mappings found before, extended in place: equal work is mapped once.

    Raises
    ------
    UnmappableError
        If an operator's formats or tiles do not fit the machine; names the operator.
    """
    found = {} if known is None else known
    live_bits = peak_live_bits(workload)
    traffic = _dram_traffic(workload)
    on_chip = _fits_on_chip(workload, machine, live_bits)
    mapper = Mapper(timer, pj_per_action, live_bits if on_chip else 0)
    mapped = []
    for op in workload.ops:
        if op.kind in FREE_KINDS:
            continue
        try:
            if op.is_gemm:
                place = _place(
                    _gemm(op, machine, on_chip=on_chip, crossing=traffic[op.name]), machine
                )
                mapped.append(_map_gemm(op, place, mapper, found))
            else:
                vector_place = VectorPlace(op, machine, on_chip, *traffic[op.name])
                schedule, actions = vector_schedule(vector_place, timer)
                mapped.append(MappedOp(op, "vector_unit", None, schedule, actions))
        except UnmappableError as error:
            raise UnmappableError(f"operator '{op.name}': {error}") from error
    return MappedWorkload(tuple(mapped), on_chip, live_bits)


def _dram_traffic(workload: Workload) -> dict[str, tuple[int, bool]]:
    """Return for each operator the network input it is the first to read, and if it ends here.

    Returns
    -------
    dict of str to (int, bool)
        Bits that come from the DRAM even where activations stay on the chip, and whether nobody
        reads the result, which makes it the network's output.
    """
    positions = {op.name: position for position, op in enumerate(workload.ops)}
    unread = {op.name for op in workload.ops if op.kind in FREE_KINDS}
    first_read_bits = dict.fromkeys(positions, 0)
    for edge in sorted(workload.edges, key=lambda edge: positions[edge.target]):
        if edge.source in unread:
            unread.remove(edge.source)
            first_read_bits[edge.target] += edge.tensor_bits
    sources = {edge.source for edge in workload.edges}
    return {name: (first_read_bits[name], name not in sources) for name in positions}


def _fits_on_chip(workload: Workload, machine: Accelerator, live_bits: int) -> bool:
    sram = machine.shared_sram
    least = 0
    for op in workload.ops:
        if op.is_gemm and not op.weights_are_activations:
            gemm = _gemm(op, machine, on_chip=True, crossing=(0, False))
            columns = min(gemm.n, max(array.pe.cols for array in machine.arrays))
            least = max(least, gemm.stored_parameter_bits(columns))
        elif not op.is_gemm:
            least = max(least, op.side_parameter_bits)
    return live_bits + sram.buffers * least <= sram.capacity_bits


def _gemm(op: Op, machine: Accelerator, *, on_chip: bool, crossing: tuple[int, bool]) -> Gemm:
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
    )


def _place(gemm: Gemm, machine: Accelerator) -> Place:
    array = machine.array_for(gemm.weight, gemm.activation)
    if array is None:
        raise UnmappableError(str(machine.refusal(gemm.weight, gemm.activation)))
    if gemm.sum_bits > array.pe.accumulator_bits:
        raise UnmappableError(
            f"the {array.pe.accumulator_bits} bit accumulators of array '{array.name}' do not hold "
            f"every sum of {gemm.k} products of {gemm.activation.name} and {gemm.weight.name}: "
            f"that needs {gemm.sum_bits} bit"
        )
    return Place(gemm, array, machine)


def _map_gemm(
    op: Op, place: Place, mapper: Mapper, found: dict[tuple[Place, int], Mapped]
) -> MappedOp:
    key = (place, mapper.resident_bits)
    if key not in found:
        found[key] = mapper.map(place)
    best, gemm = found[key], place.gemm
    counts = op.statistics.level_counts if op.statistics is not None else None
    compute = place.array.pe.actions(
        gemm.batch,
        gemm.whole,
        gemm.weight,
        gemm.activation,
        best.mapping.scratchpad[0].stationary,
        counts or None,
    )
    return MappedOp(op, place.array.name, best.mapping, best.schedule, best.actions + compute)
