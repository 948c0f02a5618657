"""Arrays and PEs as Verilog, for synthesis and for other simulators."""

from __future__ import annotations

from collections.abc import Iterator

from amaranth.back import verilog
from amaranth.hdl import Signal

from lowbit_sim.rtl.growing import GrowingArray
from lowbit_sim.rtl.holding import HoldingArray
from lowbit_sim.rtl.operands import Stimulus


def array_verilog(design: HoldingArray | GrowingArray, given: Stimulus, name: str) -> str:
    """Return `design` as a module that has `given` in its memories and does it when started.

    Its inputs are ``clk``, ``rst``, ``start`` and what the controller is told, ``count_i``; its
    outputs ``begins`` and ``ends``, and of each way out ``came_i``, ``at_i`` and ``sum_i``: the
    last sum that comes for an address is that of the product.
    """
    for memory, words in given.contents:
        memory.init[: len(words)] = words
    ports = {"start": design.control.start, "begins": design.begins, "ends": design.ends}
    ports |= {f"count_{i}": signal for i, (signal, _) in enumerate(given.counts)}
    for i, (came, at, sum_out) in enumerate(ways_out(design)):
        ports |= {f"came_{i}": came, f"at_{i}": at, f"sum_{i}": sum_out}
    named = {port: (signal, None) for port, signal in ports.items()}
    return str(verilog.convert(design, name=name, ports=named, emit_src=False))


def ways_out(design: HoldingArray | GrowingArray) -> Iterator[tuple[Signal, Signal, Signal]]:
    """Yield of each way out whether a sum comes, its address, and the sum."""
    if isinstance(design, HoldingArray):
        for foot in design.feet:
            yield foot.came, foot.at, foot.written
        return
    for column in design.collectors:
        for way in column:
            yield way.came, way.at, way.sum_in
