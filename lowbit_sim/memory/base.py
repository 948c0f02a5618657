"""One level of the memory hierarchy, as plain values. What a bit costs stands in `sram`, `dram`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Operand = Literal["weight", "input", "output"]
MemoryTechnology = Literal["dram", "sram"]


@dataclass(frozen=True, slots=True)
class MemoryLevel:
    """A memory: how much it holds, how fast it is, and whom it serves.

    Parameters
    ----------
    name : str
        Its name on the machine; its actions are ``<name>.read_bit`` and ``<name>.write_bit``.
    technology : str
        ``dram`` (off the chip) or ``sram``.
    capacity_bits : int
        All it holds [bit], every buffer included; 0 means unbounded, which only a dram may be.
    read_bits_per_cycle, write_bits_per_cycle : int
        Width of its ports [bit/cycle].
    latency_cycles : int
        From a request to its first bit [cycle].
    buffers : int
        1, or 2 where half of it is filled while the other half is used.
    serves : frozenset of str
        The operands that pass through it.
    shared_port : bool
        Whether reads and writes wait for each other.

    Raises
    ------
    ValueError
        If a number is out of range, or the technology or an operand is unknown.

    Examples
    --------
    >>> serves = frozenset({"weight"})
    >>> level = MemoryLevel("weights", "sram", 8 * 2**13, 64, 64, 1, 2, serves, False)
    >>> level.capacity_bits // 8
    8192
    """

    name: str
    technology: MemoryTechnology
    capacity_bits: int
    read_bits_per_cycle: int
    write_bits_per_cycle: int
    latency_cycles: int
    buffers: int
    serves: frozenset[Operand]
    shared_port: bool

    def __post_init__(self) -> None:
        if not self.name or "." in self.name:
            raise ValueError(f"a memory needs a name without a dot, got {self.name!r}")
        if self.technology not in get_args(MemoryTechnology):
            raise ValueError(f"{self.name}: unknown memory technology {self.technology!r}")
        if self.capacity_bits < (self.technology == "sram"):
            raise ValueError(f"{self.name}: an {self.technology} cannot hold {self.capacity_bits}")
        if min(self.read_bits_per_cycle, self.write_bits_per_cycle) < 1:
            raise ValueError(f"{self.name}: a port is at least 1 bit/cycle wide")
        if self.latency_cycles < 0 or self.buffers not in {1, 2}:
            raise ValueError(f"{self.name}: latency is 0 or more, buffers are 1 or 2")
        if not self.serves or self.serves - set(get_args(Operand)):
            raise ValueError(f"{self.name}: serves weight, input, output, at least one of them")
