"""A product passes through a machine's memories, tile by tile, with their contents kept literally.

Nothing here knows when an operand must move: a memory holds the elements of one tile, and what a
step needs and does not find there is loaded. Partial sums are kept as the k that went into them,
so a sum that is lost, read too early or added twice shows in the result. The schedule that comes
out has no repetition in it.
"""

from collections import Counter
from dataclasses import dataclass, field
from itertools import product

import numpy as np

from lowbit_sim.formats.packing import stored_bits
from lowbit_sim.mapping.schedule import Step, TileSchedule
from lowbit_sim.pe.base import Tile


@dataclass(frozen=True)
class Box:
    """The elements of a tile: ranges of b, m, k and n."""

    b: range
    m: range
    k: range
    n: range

    def of(self, dims):
        return tuple(getattr(self, dim) for dim in dims)

    def count(self, dims):
        return len(list(product(*self.of(dims))))


#: the dimensions of each operand
DIMS = {"weight": "bkn", "input": "bmk", "output": "bmn"}


@dataclass
class Visit:
    """One step of one boundary: its tile, what was missing, and if sums lay unfinished behind."""

    box: Box
    wide: bool = False
    loads_weight: bool = False
    loads_input: bool = False
    loads_partial: bool = False
    accumulates: bool = False
    stores: bool = False
    final: bool = False


@dataclass
class Run:
    """What happens on a machine while a product is computed."""

    place: object
    mapping: object
    counts: Counter = field(default_factory=Counter)
    #: for each boundary, all its steps in order
    visits: list = field(default_factory=list)
    macs: np.ndarray = None  # (b, m, k, n): how often each was done
    #: for each depth, (b, m, n, k): the terms in each sum that lies there
    sums: list = field(default_factory=list)
    #: the most sums that lay unfinished at depth 1 at once
    unfinished: int = 0

    def __post_init__(self):
        gemm, machine = self.place.gemm, self.place.machine
        self.macs = np.zeros((gemm.batch, gemm.m, gemm.k, gemm.n), int)
        self.visits = [[] for _ in range(machine.boundaries)]
        shape = gemm.batch, gemm.m, gemm.n, gemm.k
        self.sums = [np.zeros(shape, int)]
        for boundary in range(machine.boundaries):
            stays = not self.moves("output", boundary)
            self.sums.append(self.sums[-1] if stays else np.zeros(shape, int))
        everything = Box(*map(range, (gemm.batch, gemm.m, gemm.k, gemm.n)))
        self.schedule = self.walk(0, everything)

    def path(self, operand):
        return [m for m in self.place.machine.memories if operand in m.serves]

    def moves(self, operand, boundary):
        """Tell whether an operand crosses a boundary: there is a memory behind, it is elsewhere."""
        gemm = self.place.gemm
        if boundary + 1 >= len(self.path(operand)):
            return False
        if boundary == 0 and operand == "weight" and not gemm.weights_are_activations:
            return not gemm.weights_stay
        around = operand == "weight" and "input" not in self.path("weight")[1].serves
        return boundary > 0 or not gemm.on_chip or around

    def walk(self, boundary, whole):
        """Take the tiles of `whole` across a boundary, one after another."""
        extent, order = self.mapping.extents[boundary], self.mapping.orders[boundary]
        sizes = {"b": extent.batch, "m": extent.m, "k": extent.k, "n": extent.n}
        parts = {dim: pieces(getattr(whole, dim), sizes[dim]) for dim in sizes}
        dims = "b" + order
        tiles = []
        for pick in product(*(parts[dim] for dim in dims)):
            chosen = dict(zip(dims, pick, strict=True))
            tiles.append(Box(chosen["b"], chosen["m"], chosen["k"], chosen["n"]))
        steps, partial = [], False
        for index, tile in enumerate(tiles):
            before = tiles[index - 1] if index else None
            after = tiles[index + 1] if index + 1 < len(tiles) else None
            step, visit = self.step(boundary, (before, tile, after))
            steps.append(step)
            partial |= visit.loads_partial
        return self.scheduled(boundary, steps, partial)

    def step(self, boundary, tiles):
        """Bring in what is missing, compute, and send away what the next tile has no use for."""
        before, tile, after = tiles
        visit = Visit(tile)
        self.visits[boundary].append(visit)

        def new(operand):
            return before is None or before.of(DIMS[operand]) != tile.of(DIMS[operand])

        visit.loads_weight, visit.loads_input = new("weight"), new("input")
        inside, outside = self.sums[boundary + 1], self.sums[boundary]
        at = np.ix_(*tile.of("bmn"))
        crossing = self.moves("output", boundary)
        if new("output"):
            visit.loads_partial = bool(outside[at].any())
            if crossing:
                inside[at] = outside[at]
        visit.accumulates = bool(inside[at].any())
        inner, compute = self.compute(boundary, visit)
        assert (inside[at] <= 1).all()
        visit.final = bool((inside[at] == 1).all())
        visit.stores = after is None or after.of("bmn") != tile.of("bmn")
        visit.wide |= visit.loads_partial or not visit.final
        if visit.stores and crossing:
            outside[at] = inside[at]
        loads, stores = self.loads(boundary, visit), self.stores(boundary, visit)
        load_bits, store_bits = self.count(boundary, visit, loads, stores)
        cycles = self.cycles(loads), compute, self.cycles(stores)
        return Step(*cycles, load_bits, store_bits, inner), visit

    def compute(self, boundary, visit):
        """Return the schedule behind a tile, or None and the array's cycles."""
        if boundary + 1 < self.place.machine.boundaries:
            first = len(self.visits[boundary + 1])
            inner = self.walk(boundary + 1, visit.box)
            within = self.visits[boundary + 1][first:]
            visit.wide = any(one.stores and not one.final for one in within)
            return inner, 0
        cycles = self.work(visit.box)
        terms = self.sums[1].sum(axis=3)
        unfinished = (terms > 0) & (terms < self.place.gemm.k)
        if self.sums[1] is self.sums[-1]:  # the array's own sums are as wide as unfinished ones
            unfinished[np.ix_(*visit.box.of("bmn"))] = True
        self.unfinished = max(self.unfinished, int(unfinished.sum()))
        return None, cycles

    def count(self, boundary, visit, loads, stores):
        """Count what moves, and return the bits that leave the outer memories and come back."""
        for memory, side, bits, _, rows in (*loads, *stores):
            self.counts[f"{memory.name}.{side}_bit"] += bits
            self.counts[f"{self.place.machine.dram.name}.activate"] += rows
        if visit.loads_weight and self.moves("weight", boundary) and self.decodes(boundary):
            self.counts[f"decoder.{self.place.gemm.weight.name}"] += visit.box.count("bkn")
        load_bits = sum(bits for _, side, bits, _, _ in loads if side == "read")
        return load_bits, sum(bits for _, side, bits, _, _ in stores if side == "write")

    def decodes(self, boundary):
        gemm, machine = self.place.gemm, self.place.machine
        words = gemm.packing.startswith("word") and gemm.weight.is_integer
        odd = words and gemm.weight.count not in (2, 4, 8, 16, 256)
        return odd and boundary == machine.decoder_depth and not gemm.weights_are_activations

    def packed_bits(self, weights, depth):
        """Return what so many weights take before the decoder, or behind it."""
        gemm = self.place.gemm
        if depth > self.place.machine.decoder_depth:
            return sum(held_weight_bits(gemm) for _ in range(weights))
        if gemm.weights_are_activations:
            return sum(gemm.weight.field_bits for _ in range(weights))
        return stored_bits(gemm.weight, gemm.packing, weights)

    def input_elements(self, box, depth):
        """Return the inputs of a tile, as many as the memory at `depth` holds of them."""
        gemm, machine = self.place.gemm, self.place.machine
        windows = machine.unfolding == "scratchpad" and depth + 1 == len(self.path("input"))
        if gemm.convolution is None or windows:
            return box.count("bmk")
        return len(box.b) * gemm.distinct_elements(len(box.m), len(box.k))

    def loads(self, boundary, visit):
        """Return (memory, side, bits, bits of its port, rows) of all that comes in."""
        gemm, box, found = self.place.gemm, visit.box, []
        if visit.loads_weight and self.moves("weight", boundary):
            path = self.path("weight")
            weights = box.count("bkn")
            channels = sum(gemm.channel_bits for _ in product(box.b, box.n)) * visit.final
            leaving = self.packed_bits(weights, boundary) + channels
            arriving = self.packed_bits(weights, boundary + 1)
            if boundary + 1 < len(path) - 1:  # the innermost holds weights alone
                arriving += channels
            found += moved(path[boundary : boundary + 2], leaving, arriving, [[(0, leaving)]])
        if visit.loads_input and self.moves("input", boundary):
            path, width = self.path("input"), gemm.activation.field_bits
            bits = self.input_elements(box, boundary + 1) * width
            runs = self.runs(box, "m", "k", width, bits)
            pair = moved(path[boundary : boundary + 2], bits, bits, runs)
            last = boundary + 2 == len(path)
            if gemm.convolution and last and self.place.machine.unfolding == "scratchpad":
                times = slower(path[boundary], gemm.convolution.stride_width)
                memory, side, leaving, port_bits, rows = pair[0]
                pair[0] = (memory, side, leaving, port_bits * times, rows)
            found += pair
        if boundary == 0 and gemm.on_chip and len(self.visits[0]) == 1:
            bits = gemm.input_from_dram_bits
            found += moved(self.path("input")[:2], bits, bits, [[(0, bits)]])
        if visit.loads_partial and self.moves("output", boundary):
            width = self.place.array.pe.accumulator_bits
            bits = sum(width for _ in product(*box.of("bmn")))
            runs = self.runs(box, "m", "n", width, bits)
            found += moved(self.path("output")[boundary : boundary + 2], bits, bits, runs)
        return found

    def stores(self, boundary, visit):
        gemm, box = self.place.gemm, visit.box
        leaves = self.moves("output", boundary)
        if boundary == 0 and gemm.on_chip and gemm.output_to_dram and visit.final:
            leaves = True
        if not (leaves and visit.stores):
            return []
        width = self.place.array.pe.accumulator_bits
        if visit.final:
            width = gemm.output.field_bits
        path = self.path("output")
        outer, inner = path[boundary : boundary + 2]
        held = self.place.array.pe.accumulator_bits if inner == path[-1] else width
        read = sum(held for _ in product(*box.of("bmn")))
        sent = sum(width for _ in product(*box.of("bmn")))
        taken = outside(outer, sent, self.runs(box, "m", "n", width, sent))
        return [(inner, "read", read, read, 0), (outer, "write", sent, *taken)]

    def runs(self, box, row, column, width, bits):
        """Return, for each product, (first bit, bits) of what lies side by side in a matrix."""
        gemm = self.place.gemm
        whole = getattr(gemm, column)
        if column == "k" and gemm.convolution is not None:
            count = 1 if len(box.k) == gemm.k else len(box.m)
            each = -(-bits // (len(box.b) * count))
            return [[(i * gemm.k * width, each) for i in range(count)] for _ in box.b]
        cells = sorted(r * whole + c for r, c in product(getattr(box, row), getattr(box, column)))
        found = []
        for cell in cells:
            if found and cell == found[-1][0] + found[-1][1]:
                found[-1][1] += 1
            else:
                found.append([cell, 1])
        if len(getattr(box, row)) > 1 and len(getattr(box, column)) < whole:
            assert len(found) == len(getattr(box, row))
        return [[(start * width, length * width) for start, length in found] for _ in box.b]

    def cycles(self, transfers):
        """Let every port move its bits, a cycle at a time."""
        left, rates, latency, missed = Counter(), {}, 0, 0
        for memory, side, _, port_bits, rows in transfers:
            left[memory.name, side] += port_bits
            rates[memory.name, side] = getattr(memory, f"{side}_bits_per_cycle")
            latency = max(latency, memory.latency_cycles)
            missed += rows * memory.row_miss_cycles
        cycles = 0
        while any(bits > 0 for bits in left.values()):
            cycles += 1
            left = {port: bits - rates[port] for port, bits in left.items()}
        return latency + missed + cycles

    def work(self, tile):
        """Let the array multiply a tile, fold by fold, and return its cycles."""
        gemm, pe, counts = self.place.gemm, self.place.array.pe, self.counts
        inner = {operand: self.path(operand)[-1].name for operand in DIMS}
        stays = self.mapping.stationary
        at = np.ix_(*tile.of("bmn"))
        sums = self.sums[-1]
        touched = {(b, m, n) for b, m, n in product(*tile.of("bmn")) if sums[b, m, n].any()}
        for b in tile.b:
            for weights, inputs, outputs in folds(tile, self.place, stays):
                weight_bits = held_weight_bits(gemm)
                counts[f"{inner['weight']}.read_bit"] += len(weights) * weight_bits
                counts[f"{inner['input']}.read_bit"] += len(inputs) * gemm.activation.field_bits
                mine = {(b, *output) for output in outputs}
                again = len(mine & touched) * pe.accumulator_bits
                counts[f"{inner['output']}.read_bit"] += again
                counts[f"{inner['output']}.write_bit"] += len(mine) * pe.accumulator_bits
                touched |= mine
        self.macs[np.ix_(*tile.of("bmkn"))] += 1
        terms = sums[at]
        terms[:, :, :, list(tile.k)] += 1
        sums[at] = terms
        done = int((terms == 1).all(axis=3).sum())
        counts["vector.multiply"] += done
        counts["vector.add"] += done
        shape = Tile(len(tile.m), len(tile.k), len(tile.n))
        cycles = pe.cycles(shape, gemm.weight, gemm.activation, stays)
        return sum(cycles for _ in tile.b)

    def scheduled(self, boundary, steps, partial):
        """Return the schedule of a walk: buffers that overlap, ports that are shared."""
        buffers = {"in": [], "out": []}
        for operand in DIMS:
            if self.moves(operand, boundary):
                memory = self.path(operand)[boundary + 1]
                several = memory.buffers == 2 and memory.banks != 1
                buffers["out" if operand == "output" else "in"].append(2 if several else 1)
        shared = any(m.shared_port for m in self.path("output")[boundary : boundary + 2])
        returns = partial and self.moves("output", boundary)
        return TileSchedule(
            tuple(steps),
            min(buffers["in"], default=2),
            min(buffers["out"], default=2),
            shared,
            returns,
        )


def pieces(whole, size):
    return [whole[start : start + size] for start in range(0, len(whole), size)]


def held_weight_bits(gemm):
    """Return the width of a weight behind the decoder: what comes in whole bytes stays so."""
    fields = gemm.weight.field_bits
    while gemm.packing == "byte" and fields % 8:
        fields += 1
    return fields


def outside(memory, bits, runs):
    """Return the bits on the port of an outer memory, and the rows that it activates."""
    if not bits:
        return 0, 0
    port_bits = rows = 0
    for product_runs in runs:
        lengths = [bits for _, bits in product_runs]
        port_bits += sum(-(-bits // memory.burst_bits) * memory.burst_bits for bits in lengths)
        if memory.row_bits:
            apart = sum(-(-bits // memory.row_bits) for bits in lengths)
            first, last = product_runs[0], product_runs[-1]
            extent = last[0] + last[1] - first[0]
            rows += min(apart, -(-extent // memory.row_bits))
    return port_bits, rows


def moved(pair, leaving, arriving, runs):
    """Return the read of the first memory and the write of the second."""
    if not leaving:
        return []
    source, sink = pair
    read = source, "read", leaving, *outside(source, leaving, runs)
    return [read, (sink, "write", arriving, arriving, 0)]


def slower(memory, stride):
    """Return how much longer words a stride apart take: by the banks they do not meet."""
    banks = max(memory.banks // memory.buffers, 1)
    met = {i * stride % banks for i in range(banks)}
    return banks // len(met)


def folds(tile, place, stays):
    """Yield the elements of weight, input and output that each fold of the array touches."""
    pe, gemm = place.array.pe, place.gemm
    terms = pe.terms(gemm.weight, gemm.activation)
    rows, columns = {
        "weight": (tile.k, tile.n), "input": (tile.k, tile.m), "output": (tile.m, tile.n),
    }[stays]  # fmt: skip
    side = pe.rows * (1 if stays == "output" else terms)
    for on_rows, on_columns in product(pieces(rows, side), pieces(columns, pe.cols)):
        ms, ks, ns = {
            "weight": (tile.m, on_rows, on_columns),
            "input": (on_columns, on_rows, tile.n),
            "output": (on_rows, tile.k, on_columns),
        }[stays]
        yield set(product(ks, ns)), set(product(ms, ks)), set(product(ms, ns))
