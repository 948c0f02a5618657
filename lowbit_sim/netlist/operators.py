"""Plain operators on random operands, for comparison with published tables.

Nothing of a PE is in them: an adder or a multiplier between ports, or a register. Operands are
independent and uniform, as such tables have them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from amaranth.hdl import Elaboratable, Module, Signal, Value

from lowbit_sim.netlist.lanes import Trace, Work, bit_lanes

OperatorKind = Literal["add", "multiply", "register"]
#: runs side by side, and cycles of each
LANES, CYCLES = 64, 33


class OperatorHardware(Elaboratable):
    """``result`` is the sum or the product of the operands, or what ``a`` was a cycle ago."""

    def __init__(self, kind: OperatorKind, operand_bits: int) -> None:
        self.kind = kind
        self.a, self.b = Signal(operand_bits), Signal(operand_bits)
        width = {"add": operand_bits, "multiply": 2 * operand_bits, "register": operand_bits}
        self.result = Signal(width[kind])

    def elaborate(self, _platform: object) -> Module:
        """Return the hardware."""
        m = Module()
        if self.kind == "register":
            m.d.sync += self.result.eq(self.a)
        else:
            m.d.comb += self.result.eq(self.a + self.b if self.kind == "add" else self.a * self.b)
        return m


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator with operands of so many bits; a sum is as wide as they are."""

    kind: OperatorKind
    operand_bits: int

    held: ClassVar[tuple[str, ...]] = ()

    @property
    def written(self) -> tuple[str, ...]:
        """The register's output; others have no register."""
        return ("result",) if self.kind == "register" else ()

    def design(self) -> tuple[Elaboratable, dict[str, Value]]:
        """Return the hardware and its ports."""
        made = OperatorHardware(self.kind, self.operand_bits)
        ports: dict[str, Value] = {"a": made.a, "result": made.result}
        return made, ports if self.kind == "register" else {**ports, "b": made.b}

    def work(self, _trace: Trace | None = None) -> Work:
        """Return random operands, the same every time."""
        drawn = np.random.default_rng(0)
        a, b = (
            drawn.integers(0, 1 << self.operand_bits, (CYCLES, LANES), dtype=np.int64)
            for _ in range(2)
        )
        everyone = (1 << LANES) - 1
        stimulus = {"a": bit_lanes(a, self.operand_bits)}
        if self.kind == "register":
            expected = {cycle + 1: a[cycle] for cycle in range(CYCLES - 1)}
        else:
            stimulus["b"] = bit_lanes(b, self.operand_bits)
            results = a + b if self.kind == "add" else a * b  # modulo 2^64, as the lanes are
            expected = dict(enumerate(results))
        busy = [0, 0, *[everyone] * (CYCLES - 2)]
        return Work(stimulus, LANES, [everyone] * CYCLES, busy, "result", expected)
