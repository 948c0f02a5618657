"""What leads tiles through load, compute and store: two movers, an array, and the buffers between.

Durations lie in memories; nothing here knows a formula of `lowbit_sim.engines`. In each cycle every
stage looks at three counters: the steps that are loaded, computed, stored. A mover takes its next
step when the buffers are free, and passes over a step that moves nothing without a pause. Where
loads and stores share a port, the one that asked first gets it, and at once the load.
"""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Elaboratable, Module, Mux, Signal, Value
from amaranth.lib.memory import Memory
from amaranth.sim import Simulator

from lowbit_sim.mapping.schedule import TileSchedule

#: width of durations and counters [bit]
CYCLE_BITS = 32
#: no schedule of a bench takes as long
LIMIT_CYCLES = 1_000_000


class Stage:
    """A stage's registers: the steps it has ended, and the cycles left of the present one.

    Parameters
    ----------
    depth : int
        Steps that its memory of durations holds.
    """

    def __init__(self, depth: int) -> None:
        self.ended, self.left = Signal(CYCLE_BITS), Signal(CYCLE_BITS)
        self.at = Signal(CYCLE_BITS)  # its next step, those that take no time passed over
        self.begins = Signal()
        self.durations = Memory(shape=CYCLE_BITS, depth=depth, init=[])

    @property
    def idle(self) -> Value:
        """Whether no step is under way."""
        return self.left == 0

    def look(self, m: Module, may_take: Any) -> Value:
        """Choose the next step, and return how long it takes.

        ``may_take(step)`` says whether a step finds its buffers. Passing over one is enough: a
        mover is at most two steps ahead, and what it waits for takes a cycle.
        """
        first, second = (self._duration(m, self.ended + ahead) for ahead in (0, 1))
        passes = self.idle & may_take(self.ended) & (first == 0)
        m.d.comb += self.at.eq(self.ended + passes)
        return Mux(passes, second, first)

    def _duration(self, m: Module, step: Value) -> Value:
        port = self.durations.read_port(domain="comb")
        m.d.comb += port.addr.eq(step)
        return port.data

    def go_on(self, m: Module, duration: Value) -> None:
        """Spend the cycle: on the step under way, or on the one that begins."""
        left = Mux(self.idle, duration, self.left)
        works = self.begins | ~self.idle
        m.d.sync += [
            self.left.eq(Mux(works, left - 1, 0)),
            self.ended.eq(self.at + (works & (left == 1))),
        ]


class TilePipeline(Elaboratable):
    """Three stages and what they wait for.

    Parameters
    ----------
    depth : int
        Steps that the memories hold.

    Attributes
    ----------
    start : Signal
        High in the cycle before the first one.
    steps, load_buffers, store_buffers, shared_port, loads_outputs : Signal
        As in `lowbit_sim.mapping.schedule.TileSchedule`.
    loads, computes, stores : Stage
        The stages.
    ends : Signal
        Everything has been stored before this cycle.
    """

    def __init__(self, depth: int) -> None:
        self.start, self.ends = Signal(), Signal()
        self.steps = Signal(CYCLE_BITS)
        self.load_buffers, self.store_buffers = Signal(2), Signal(2)
        self.shared_port, self.loads_outputs = Signal(), Signal()
        self.loads, self.computes, self.stores = (Stage(depth) for _ in range(3))

    def elaborate(self, _platform: object) -> Module:
        """Return the hardware."""
        m = Module()
        loads, computes, stores = stages = self.loads, self.computes, self.stores
        for stage in stages:
            m.submodules += stage.durations
        store_cycles = stores.look(m, lambda step: step < computes.ended)
        load_cycles = loads.look(m, self._may_load)
        compute_cycles = computes.look(m, lambda _: 0)
        m.d.comb += computes.begins.eq(
            computes.idle
            & (computes.at < loads.at)
            & (computes.at < stores.at + self.store_buffers)
            & (computes.at < self.steps)
        )
        load_asks = loads.idle & self._may_load(loads.at) & (load_cycles != 0)
        store_asks = stores.idle & (stores.at < computes.ended) & (store_cycles != 0)
        self._grant(m, load_asks, store_asks)
        durations = load_cycles, compute_cycles, store_cycles
        for stage, cycles in zip(stages, durations, strict=True):
            stage.go_on(m, cycles)
            with m.If(self.start):
                m.d.sync += [stage.ended.eq(0), stage.left.eq(0)]
        m.d.comb += self.ends.eq(stores.at == self.steps)
        return m

    def _may_load(self, step: Value) -> Value:
        free = step < self.computes.ended + self.load_buffers
        full = self.loads_outputs & (step >= self.stores.at + self.store_buffers)
        return (step < self.steps) & free & ~full

    def _grant(self, m: Module, load_asks: Value, store_asks: Value) -> None:
        """Let transfers begin; on one port, the one that has waited longer."""
        store_is_older = Signal()
        free = ~self.shared_port | (self.loads.idle & self.stores.idle)
        store_first = ~load_asks | store_is_older
        m.d.comb += [
            self.stores.begins.eq(store_asks & free & (store_first | ~self.shared_port)),
            self.loads.begins.eq(
                load_asks & free & (~(store_asks & store_first) | ~self.shared_port)
            ),
        ]
        # of two that ask for a free port one gets it, so the one that waits asked first
        m.d.sync += store_is_older.eq(store_asks & ~self.stores.begins)


def pipeline_cycles(schedules: list[TileSchedule]) -> list[int]:
    """Return how many cycles the hardware takes for each schedule [cycle].

    Raises
    ------
    ValueError
        If a step's computation is a schedule itself.
    RuntimeError
        If one is not done after `LIMIT_CYCLES`.
    """
    pipeline = TilePipeline(max(schedule.steps for schedule in schedules) + 2)
    found: list[int] = []

    async def bench(ctx: Any) -> None:
        for schedule in schedules:
            _put(ctx, pipeline, schedule)
            ctx.set(pipeline.start, 1)
            await ctx.tick()
            ctx.set(pipeline.start, 0)
            for cycle in range(LIMIT_CYCLES):
                if ctx.get(pipeline.ends):
                    found.append(cycle)
                    break
                await ctx.tick()
            else:
                raise RuntimeError(f"the pipeline is not done after {LIMIT_CYCLES} cycles")

    simulator = Simulator(pipeline)
    simulator.add_clock(1e-9)
    simulator.add_testbench(bench)
    simulator.run()
    return found


def _put(ctx: Any, pipeline: TilePipeline, schedule: TileSchedule) -> None:
    for at, step in enumerate(schedule.in_order()):
        if step.inner is not None:
            raise ValueError("the hardware has one level; time inner schedules first")
        ctx.set(pipeline.loads.durations.data[at], step.load_cycles)
        ctx.set(pipeline.computes.durations.data[at], step.compute_cycles)
        ctx.set(pipeline.stores.durations.data[at], step.store_cycles)
    for name in ("steps", "load_buffers", "store_buffers", "shared_port", "loads_outputs"):
        ctx.set(getattr(pipeline, name), int(getattr(schedule, name)))
