"""One level of the memory hierarchy, as plain values. What a bit costs stands in `sram`, `dram`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from lowbit_sim.units import ceil_div

Operand = Literal["weight", "input", "output"]
MemoryTechnology = Literal["dram", "sram"]
#: transistors of an sram's cells: for low standby power, or for high performance
MemoryCell = Literal["lstp", "hp"]


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
    banks : int
        Equal parts with a port each, a power of two; 0 stands for as many as there are buffers.
        A buffer is filled while another is used only if they lie in different banks, and words
        that stand a stride apart are read from as many banks as the stride meets.
    burst_bits : int
        What one access moves at least [bit]; every contiguous run is rounded up to it.
    row_bits : int
        What one activated row of a dram holds [bit]; 0 where rows are not told apart.
    row_miss_cycles : int
        What activating a row adds to a transfer [cycle].
    cell : str, optional
        Transistors of an sram: ``lstp`` (low standby power, slow) or ``hp`` (high performance,
        leaky); a dram has none.

    Raises
    ------
    ValueError
        If a number is out of range, the technology or an operand is unknown, an sram has no cell
        or a dram has one.

    Examples
    --------
    >>> serves = frozenset({"weight"})
    >>> level = MemoryLevel("weights", "sram", 8 * 2**13, 64, 64, 1, 2, serves, False, cell="hp")
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
    banks: int = 0
    burst_bits: int = 1
    row_bits: int = 0
    row_miss_cycles: int = 0
    cell: MemoryCell | None = None

    def __post_init__(self) -> None:
        if not self.name or "." in self.name:
            raise ValueError(f"a memory needs a name without a dot, got {self.name!r}")
        if self.technology not in get_args(MemoryTechnology):
            raise ValueError(f"{self.name}: unknown memory technology {self.technology!r}")
        if self.cell not in (get_args(MemoryCell) if self.technology == "sram" else (None,)):
            article = "an" if self.technology == "sram" else "a"
            reason = f"{article} {self.technology} cannot be of cells {self.cell!r}"
            raise ValueError(f"{self.name}: {reason}")
        if self.capacity_bits < (self.technology == "sram"):
            raise ValueError(f"{self.name}: an {self.technology} cannot hold {self.capacity_bits}")
        if min(self.read_bits_per_cycle, self.write_bits_per_cycle) < 1:
            raise ValueError(f"{self.name}: a port is at least 1 bit/cycle wide")
        if self.latency_cycles < 0 or self.buffers not in {1, 2}:
            raise ValueError(f"{self.name}: latency is 0 or more, buffers are 1 or 2")
        if self.banks < 0 or self.banks & (self.banks - 1):
            raise ValueError(f"{self.name}: banks are a power of two, got {self.banks}")
        if self.burst_bits < 1 or min(self.row_bits, self.row_miss_cycles) < 0:
            raise ValueError(f"{self.name}: a burst is 1 bit or more, rows are 0 or more")
        if not self.serves or self.serves - set(get_args(Operand)):
            raise ValueError(f"{self.name}: serves weight, input, output, at least one of them")

    @property
    def overlapping_buffers(self) -> int:
        """Buffers of which one can be filled while another is used."""
        return min(self.buffers, self.banks) if self.banks else self.buffers

    @property
    def buffer_capacity_bits(self) -> int:
        """What one buffer holds [bit]; 0 means unbounded."""
        return self.capacity_bits // self.buffers

    @property
    def banks_of_a_buffer(self) -> int:
        """Banks that share the words of one buffer, and the width of a port."""
        return max(self.banks // self.buffers, 1)

    def conflict_factor(self, stride: int) -> int:
        """Return how many times longer words `stride` apart take than words side by side.

        With b banks of one buffer, word i lies in bank i mod b, and words a stride s apart meet
        b / gcd(s, b) of them.

        Examples
        --------
        >>> serves = frozenset({"input"})
        >>> wide = MemoryLevel("m", "sram", 64, 8, 8, 0, 2, serves, False, banks=8, cell="lstp")
        >>> [wide.conflict_factor(stride) for stride in (1, 2, 3, 4, 8)]
        [1, 2, 1, 4, 4]
        """
        factor = 1
        while factor < self.banks_of_a_buffer and stride % (2 * factor) == 0:
            factor *= 2
        return factor

    def moved_bits(self, run_bits: int, runs: int) -> int:
        """Return what `runs` contiguous runs of `run_bits` take on the port, bursts rounded up."""
        return runs * self.burst_bits * ceil_div(run_bits, self.burst_bits)

    def rows_touched(self, run_bits: int, runs: int, stride_bits: int) -> int:
        """Return the rows that a transfer activates, its first run at the start of a row.

        Parameters
        ----------
        run_bits, runs : int
            Length of each contiguous run [bit], and how many there are.
        stride_bits : int
            From the start of a run to that of the next [bit].

        Examples
        --------
        >>> ram = MemoryLevel("d", "dram", 0, 8, 8, 0, 2, frozenset({"input"}), False, row_bits=64)
        >>> ram.rows_touched(32, 4, 32), ram.rows_touched(32, 4, 64), ram.rows_touched(32, 4, 100)
        (2, 4, 4)
        """
        if not self.row_bits or not run_bits:
            return 0
        apart = runs * ceil_div(run_bits, self.row_bits)
        footprint_bits = (runs - 1) * stride_bits + run_bits
        return min(apart, ceil_div(footprint_bits, self.row_bits))
