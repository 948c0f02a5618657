"""A whole workload on a machine: every operator mapped, equal operators once.

Operators run one after another. Activations can stay at depth 1 between operators if there is a
memory there that serves both inputs and outputs, and the most that live at once fit it beside
some tile of every operator; both ways are mapped, and the better one is taken. Weights can stay
on the chip from one inference to the next if all of them fit the memory of weights at depth 1.
"""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass, field

from numpy.typing import NDArray

from lowbit_sim.actions import ActionCounts
from lowbit_sim.arch.accelerator import Accelerator
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.mapping.crossing import dram_traffic
from lowbit_sim.mapping.gemm import Gemm, levels_of
from lowbit_sim.mapping.mapper import Mapped, Mapper
from lowbit_sim.mapping.mapping import Mapping
from lowbit_sim.mapping.place import Place
from lowbit_sim.mapping.refusal import UnmappableError
from lowbit_sim.mapping.schedule import TileSchedule
from lowbit_sim.mapping.vector_schedule import VectorPlace, vector_schedule
from lowbit_sim.pe.base import Product, ValueDependent
from lowbit_sim.workload.graph import Workload
from lowbit_sim.workload.liveness import peak_live_bits
from lowbit_sim.workload.op import FREE_KINDS, Op
from lowbit_sim.workload.parameters import parameter_bits

#: levels of the weights by operator, each (batch, k, n)
Values = Table[str, NDArray]  # type: ignore[type-arg]


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
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class MappedWorkload:
    """Every operator that takes time, in order, and what stayed on the chip.

    Parameters
    ----------
    ops : tuple of MappedOp
    activations_on_chip, weights_on_chip : bool
        Whether activations stayed between operators, and weights between inferences.
    peak_live_bits : int
        The most activations alive at once [bit].
    """

    ops: tuple[MappedOp, ...]
    activations_on_chip: bool
    weights_on_chip: bool
    peak_live_bits: int


@dataclass(frozen=True, slots=True)
class NetworkMapper:
    """Maps workloads on one machine, and remembers what it has mapped.

    Parameters
    ----------
    machine : Accelerator
    mapper : Mapper
        Clock, prices and objective of the search.
    known, vectors : dict
        Products and vector operators mapped before: equal work is mapped once.
    """

    machine: Accelerator
    mapper: Mapper
    known: dict[tuple[object, ...], Mapped] = field(default_factory=dict)
    vectors: dict[object, tuple[TileSchedule, ActionCounts]] = field(default_factory=dict)

    def map(
        self, workload: Workload, values: Values | None = None, *, weights_stay: bool = False
    ) -> MappedWorkload | None:
        """Map every operator of `workload`.

        Parameters
        ----------
        workload : Workload
        values : mapping of str to ndarray, optional
            The weights' levels by operator, for arrays whose beats depend on them.
        weights_stay : bool
            Whether weights stay on the chip from one inference to the next; None is returned if
            they do not fit.

        Raises
        ------
        UnmappableError
            If an operator's formats or tiles do not fit the machine; names the operator.
        """
        room_bits = self.machine.path("weight")[1].capacity_bits
        if weights_stay and self._held_bits(workload) > room_bits:
            return None
        found: list[MappedWorkload] = []
        failures: list[UnmappableError] = []
        live_bits, home = peak_live_bits(workload), self.machine.home
        for on_chip in (True, False):
            if on_chip and (home is None or live_bits > home.capacity_bits):
                continue
            reserved = self._reserved_bits(workload, live_bits, on_chip, weights_stay)
            try:
                ops = self._ops(workload, values or {}, reserved, on_chip, weights_stay)
            except UnmappableError as error:
                failures.append(error)
                continue
            found.append(MappedWorkload(ops, on_chip, weights_stay, live_bits))
        if not found and weights_stay:
            return None
        if not found:
            raise failures[-1]
        return min(found, key=self._total)

    def _total(self, mapped: MappedWorkload) -> tuple[float, float]:
        cycles = sum(self.mapper.timer(op.schedule).total_cycles for op in mapped.ops)
        prices = self.mapper.pj_per_action
        energy_pj = sum(prices[n] * op.actions[n] for op in mapped.ops for n in op.actions)
        score: tuple[float, float] = self.mapper.score(cycles, energy_pj)
        return score

    def _reserved_bits(
        self, workload: Workload, live_bits: int, on_chip: bool, weights_stay: bool
    ) -> dict[str, int]:
        reserved: dict[str, int] = {}
        if on_chip and self.machine.home is not None:
            reserved[self.machine.home.name] = live_bits
        if weights_stay:
            name = self.machine.path("weight")[1].name
            reserved[name] = reserved.get(name, 0) + self._held_bits(workload)
        return reserved

    def _held_bits(self, workload: Workload) -> int:
        """Return what all parameters take in the memory of weights at depth 1 [bit]."""
        held = parameter_bits(workload, self.machine.packing)
        if self.machine.decoder_depth > 0:
            return held
        products = (op for op in workload.ops if op.is_gemm and op.parameter is not None)
        wider = {}
        for op in products:
            gemm = gemm_of(op, self.machine)
            weights = op.weight_elements
            wider[op.parameter] = weights * gemm.held_weight_bits - gemm.stored_weight_bits(weights)
        return held + sum(wider.values())

    def _ops(
        self,
        workload: Workload,
        values: Values,
        reserved_bits: dict[str, int],
        on_chip: bool,
        weights_stay: bool,
    ) -> tuple[MappedOp, ...]:
        crossing = dram_traffic(workload, self.machine)
        mapped = []
        for op in workload.ops:
            if op.kind in FREE_KINDS:
                continue
            try:
                if op.is_gemm:
                    passing = crossing[op.name] if on_chip else (0, False)  # else all passes
                    place = self._place(op, values, passing, on_chip, weights_stay)
                    mapped.append(self._map_gemm(op, place, reserved_bits))
                else:
                    vector = VectorPlace(
                        op, self.machine, on_chip, *crossing[op.name], weights_stay, reserved_bits
                    )
                    mapped.append(self._map_vector(vector))
            except UnmappableError as error:
                raise UnmappableError(f"operator '{op.name}': {error}") from error
        return tuple(mapped)

    def _place(
        self, op: Op, values: Values, crossing: tuple[int, bool], on_chip: bool, stay: bool
    ) -> Place:
        gemm = gemm_of(op, self.machine, on_chip=on_chip, crossing=crossing, stay=stay)
        array = self.machine.array_for(gemm.weight, gemm.activation)
        if array is None:
            raise UnmappableError(str(self.machine.refusal(gemm.weight, gemm.activation)))
        if gemm.sum_bits > array.pe.accumulator_bits:
            raise UnmappableError(
                f"the {array.pe.accumulator_bits} bit accumulators of array '{array.name}' do not "
                f"hold every sum of {gemm.k} products of {gemm.activation.name} and "
                f"{gemm.weight.name}: that needs {gemm.sum_bits} bit"
            )
        if isinstance(array.pe.element, ValueDependent) and op.name in values:
            levels = levels_of(values[op.name].reshape(op.batch, op.k, op.n))
            gemm = gemm_of(
                op, self.machine, on_chip=on_chip, crossing=crossing, stay=stay, levels=levels
            )
        return Place(gemm, array, self.machine)

    def _map_vector(self, place: VectorPlace) -> MappedOp:
        op = place.op
        work = (op.kind, op.batch, op.m, op.k, op.n, op.activation, op.output)
        around = (place.on_chip, place.input_from_dram_bits, place.output_to_dram)
        held = (op.side_parameter_bits, place.parameters_stay, *sorted(place.reserved_bits.items()))
        alike = (work, around, held)
        if alike not in self.vectors:
            self.vectors[alike] = vector_schedule(place, self.mapper)
        return MappedOp(op, "vector_unit", None, *self.vectors[alike])

    def _map_gemm(self, op: Op, place: Place, reserved_bits: dict[str, int]) -> MappedOp:
        key = (place, tuple(sorted(reserved_bits.items())))
        if key not in self.known:
            self.known[key] = self.mapper.map(place, reserved_bits)
        best, gemm = self.known[key], place.gemm
        counts = op.statistics.level_counts if op.statistics is not None else None
        stays = best.mapping.stationary
        product = Product(
            gemm.batch, gemm.whole, gemm.weight, gemm.activation, stays, counts or None
        )
        compute = place.array.pe.actions(product)
        actions = best.actions + compute
        return MappedOp(op, place.array.name, best.mapping, best.schedule, actions, place)


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
