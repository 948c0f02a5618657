"""A whole workload on a machine: every operator mapped, equal operators once.

Operators run one after another. Activations can stay at depth 1 between operators if there is a
memory there that serves both inputs and outputs, and the most that live at once fit it beside
some tile of every operator; both ways are mapped, and the better one is taken. Weights can stay
on the chip from one inference to the next if all of them fit the memory of weights at depth 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lowbit_sim.actions import ActionCounts
from lowbit_sim.arch.accelerator import Accelerator
from lowbit_sim.mapping.mapper import Mapped, Mapper
from lowbit_sim.mapping.mapping import Mapping
from lowbit_sim.mapping.place import Place
from lowbit_sim.mapping.placing import (
    Values,
    compute_actions,
    held_parameter_bits,
    places,
    reserved_bits_of,
)
from lowbit_sim.mapping.refusal import UnmappableError
from lowbit_sim.mapping.schedule import TileSchedule
from lowbit_sim.mapping.vector_schedule import VectorPlace, vector_schedule
from lowbit_sim.workload.graph import Workload
from lowbit_sim.workload.liveness import peak_live_bits
from lowbit_sim.workload.op import Op


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
        if weights_stay and held_parameter_bits(self.machine, workload) > room_bits:
            return None
        found: list[MappedWorkload] = []
        failures: list[UnmappableError] = []
        live_bits, home = peak_live_bits(workload), self.machine.home
        for on_chip in (True, False):
            if on_chip and (home is None or live_bits > home.capacity_bits):
                continue
            reserved = reserved_bits_of(self.machine, workload, live_bits, on_chip, weights_stay)
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

    def _ops(
        self,
        workload: Workload,
        values: Values,
        reserved_bits: dict[str, int],
        on_chip: bool,
        weights_stay: bool,
    ) -> tuple[MappedOp, ...]:
        mapped = []
        found = places(self.machine, workload, values, reserved_bits, on_chip, weights_stay)
        for op, place in found:
            try:
                if isinstance(place, VectorPlace):
                    mapped.append(self._map_vector(place))
                else:
                    mapped.append(self._map_gemm(op, place, reserved_bits))
            except UnmappableError as error:
                raise UnmappableError(f"operator '{op.name}': {error}") from error
        return tuple(mapped)

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
        best = self.known[key]
        actions = best.actions + compute_actions(op, place, best.mapping.stationary)
        return MappedOp(op, place.array.name, best.mapping, best.schedule, actions, place)
