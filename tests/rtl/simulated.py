"""Small pieces of hardware, cycle by cycle."""

from amaranth.sim import Simulator


def cycles_of(design, given, seen):
    """Return what the signals `seen` are in each cycle, with the signals of `given` set.

    `given` is a list of pairs (signal, value) for each cycle.
    """
    found = []

    async def bench(ctx):
        for settings in given:
            for signal, value in settings:
                ctx.set(signal, value)
            await ctx.delay(1e-10)
            found.append(tuple(ctx.get(signal) for signal in seen))
            await ctx.tick()

    simulator = Simulator(design)
    simulator.add_clock(1e-9)
    simulator.add_testbench(bench)
    simulator.run()
    return found
