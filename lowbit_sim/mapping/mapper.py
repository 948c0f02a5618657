"""The mapper: fewest cycles, then least energy of what is moved, then a fixed order.

**Stated space**: one stationary operand for all of a product, the scratchpad mappings of
`candidates`, and blocks of the shared SRAM with all of k, n in steps of the array's columns
doubled, and m whole where activations stay on the chip, otherwise in steps of the array's rows
doubled. Each block shape takes its own best scratchpad mapping, fewest cycles first; that loses
no cycle of the whole, since equal work in fewer cycles never delays the pipeline that the closed
form computes. It may lose energy: a slower and cheaper mapping of a block, hidden behind
transfers, is not sought.

The clock (`Timer`) and the price of an action are handed in: the mapper knows neither engines
nor energies.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as Table
from dataclasses import dataclass
from itertools import product

from lowbit_sim.actions import ActionCounts
from lowbit_sim.cost import Timing
from lowbit_sim.errors import LowbitSimError
from lowbit_sim.mapping.block_schedule import Place, block_actions, block_schedule
from lowbit_sim.mapping.candidates import bound_cycles, candidates, tile_extents
from lowbit_sim.mapping.dram_schedule import block_bits, block_step, block_walk, dram_actions
from lowbit_sim.mapping.mapping import LOOP_ORDERS, BlockOrder, Mapping, ScratchpadMapping
from lowbit_sim.mapping.schedule import Step, TileSchedule, schedule_of
from lowbit_sim.pe.base import Stationary, Tile

Timer = Callable[[TileSchedule], Timing]
STATIONARY: tuple[Stationary, ...] = ("weight", "output")


class UnmappableError(LowbitSimError):
    """Something fits nowhere on this machine."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """A matrix product with its mapping, schedule and memory actions."""

    mapping: Mapping
    schedule: TileSchedule
    actions: ActionCounts


@dataclass(frozen=True)
class Mapper:
    """Searches mappings on one machine.

    Parameters
    ----------
    timer : callable
        Schedule to `Timing`, an engine's function.
    pj_per_action : mapping of str to float
        Energy of every action [pJ]; breaks ties.
    resident_bits : int
        What activations occupy in the shared SRAM; 0 when they live in the DRAM.
    """

    timer: Timer
    pj_per_action: Table[str, float]
    resident_bits: int

    def map(self, place: Place) -> Mapped:
        """Return the best mapping of `place`.

        Raises
        ------
        UnmappableError
            If no tile fits the scratchpads or no block the shared SRAM.
        """
        _check_feed(place)
        best: tuple[tuple[int, float], Mapped] | None = None
        for stationary in STATIONARY:
            found: dict[Tile, ScratchpadMapping] = {}
            gemm = place.gemm
            shape = (gemm.batch, gemm.whole, gemm.weight, gemm.activation)
            array_pj = self._price(place.array.pe.actions(*shape, stationary, None))
            for block, order in self._blocks(place):
                mapped = self._block_mapping(place, block, order, stationary, found)
                cycles = self.timer(mapped.schedule).total_cycles
                key = (cycles, self._price(mapped.actions) + array_pj)
                if best is None or key < best[0]:
                    best = (key, mapped)
        assert best is not None
        return best[1]

    def _price(self, actions: ActionCounts) -> float:
        return sum(self.pj_per_action[name] * actions[name] for name in actions)

    def _blocks(self, place: Place) -> list[tuple[Tile, BlockOrder]]:
        """Return the blocks that fit the shared SRAM beside the resident activations."""
        gemm, sram = place.gemm, place.machine.shared_sram
        room_bits = sram.capacity_bits - self.resident_bits
        ms = [gemm.m] if gemm.on_chip else tile_extents(gemm.m, place.array.pe.rows)
        ns = (
            [gemm.n]
            if gemm.on_chip and gemm.weights_are_activations
            else tile_extents(gemm.n, place.array.pe.cols)
        )
        fitting: list[tuple[Tile, BlockOrder]] = []
        needs = []
        for m, n in product(ms, ns):
            needs.append(sram.buffers * block_bits(place, m, n))
            if needs[-1] <= room_bits:
                orders: tuple[BlockOrder, ...] = ("nm", "mn") if m < gemm.m else ("nm",)
                fitting += [(Tile(m, gemm.k, n), order) for order in orders]
        if not fitting:
            raise UnmappableError(
                f"no block fits {sram.name}: the smallest needs {min(needs):,} bit "
                f"({sram.buffers} buffers), {room_bits:,} bit are free of {sram.capacity_bits:,}"
            )
        return fitting

    def _block_mapping(
        self,
        place: Place,
        block: Tile,
        order: BlockOrder,
        stationary: Stationary,
        found: dict[Tile, ScratchpadMapping],
    ) -> Mapped:
        sram = place.machine.shared_sram
        runs: list[tuple[int, Step]] = []
        actions = ActionCounts()
        used: dict[Tile, ScratchpadMapping] = {}
        last: tuple[int, int] | None = None
        for now, shape in block_walk(place.gemm.whole, block, order):
            if shape not in found:
                found[shape] = self.best_scratchpad_mapping(place, shape, stationary)
            mapping = used.setdefault(shape, found[shape])
            step = block_step(place, shape, mapping, now, last)
            runs.append((1, step))
            actions += block_actions(place, shape, mapping)
            last = now
        buffers = (sram.buffers, sram.buffers)
        schedule = schedule_of(runs, buffers, shared_port=place.machine.dram.shared_port)
        actions += dram_actions(place.machine, schedule)
        return Mapped(
            Mapping(place.array.name, block, order, tuple(used.values())), schedule, actions
        )

    def best_scratchpad_mapping(
        self, place: Place, block: Tile, stationary: Stationary
    ) -> ScratchpadMapping:
        """Return the best mapping of one block of the shared SRAM.

        Raises
        ------
        UnmappableError
            If no tile fits the scratchpads.
        """
        best: tuple[int, float, ScratchpadMapping] | None = None
        for candidate in candidates(place, block, stationary):
            if best is not None and candidate.compute_cycles > best[0]:
                break
            for order in LOOP_ORDERS:
                if best is not None and bound_cycles(place, block, candidate, order) > best[0]:
                    continue
                mapping = ScratchpadMapping(candidate.stationary, order, candidate.tile)
                cycles = self.timer(block_schedule(place, block, mapping)).total_cycles
                if best is not None and cycles > best[0]:
                    continue
                price = self._price(block_actions(place, block, mapping))
                if best is None or (cycles, price) < best[:2]:
                    best = (cycles, price, mapping)
        if best is None:
            raise UnmappableError(_smallest_tile(place))
        return best[2]


def _check_feed(place: Place) -> None:
    """Raise where a scratchpad cannot feed the array once a cycle."""
    gemm, pe = place.gemm, place.array.pe
    needs = (
        ("input", "read", pe.rows * gemm.activation.field_bits),
        ("weight", "read", pe.cols * gemm.held_weight_bits),
        ("output", "write", pe.cols * pe.accumulator_bits),
        # sums of an earlier fold over k come back while the next ones leave
        ("output", "read", pe.cols * pe.accumulator_bits if gemm.k > pe.rows else 0),
    )
    for operand, side, needed in needs:
        level = place.machine.scratchpad(operand)  # type: ignore[arg-type]
        rate = getattr(level, f"{side}_bits_per_cycle")
        if rate < needed:
            raise UnmappableError(
                f"{level.name} {side}s {rate} bit/cycle; {place.array.name} "
                f"({pe.rows} × {pe.cols}) needs {needed} bit/cycle for {gemm.activation.name} "
                f"activations and {gemm.weight.name} weights"
            )


def _smallest_tile(place: Place) -> str:
    rooms = ", ".join(
        f"{level.name} {level.capacity_bits:,} bit / {level.buffers} buffers"
        for level in place.machine.memories[2:]
    )
    pe = place.array.pe
    return (
        f"no tile fits the scratchpads of {place.machine.name}: one fold of {place.array.name} "
        f"is {pe.rows} × {pe.cols}; {rooms}"
    )
