"""A block passes through the scratchpads, tile by tile, with their contents kept literally.

Nothing here knows when an operand must move: a scratchpad holds the elements of one tile, and
what a step needs and does not find is loaded. Partial sums are kept as the sets of k that went
into them, so a sum that is lost, read too early or added twice shows in the result.
"""

from collections import Counter
from dataclasses import dataclass, field
from itertools import product

import numpy as np


@dataclass
class Visit:
    """One step: the ranges of its tile, and what moved."""

    m: range
    k: range
    n: range
    loads_weight: bool = False
    loads_input: bool = False
    loads_partial: bool = False
    accumulates: bool = False
    stores: bool = False
    final: bool = False

    @property
    def extents(self):
        return len(self.m), len(self.k), len(self.n)


@dataclass
class Walk:
    """All steps of one batch entry, and what the multiplications added up to."""

    visits: list = field(default_factory=list)
    macs: np.ndarray = None  # (m, k, n): how often each was done
    results: np.ndarray = None  # (m, n, k): the terms in each stored sum


def pieces(total, tile):
    return [range(start, min(start + tile, total)) for start in range(0, total, tile)]


def walk_tiles(whole, tile, order):
    """Visit every tile of `whole` in `order`, and compute with counts for values."""
    parts = {dim: pieces(getattr(whole, dim), getattr(tile, dim)) for dim in "mkn"}
    path = []
    for indices in product(*(range(len(parts[dim])) for dim in order)):
        at = dict(zip(order, indices, strict=True))
        path.append({dim: parts[dim][at[dim]] for dim in "mkn"})
    walk = Walk(macs=np.zeros((whole.m, whole.k, whole.n), int))
    walk.results = np.zeros((whole.m, whole.n, whole.k), int)
    sram = np.zeros_like(walk.results)  # partial sums that have left
    held = {"weight": None, "input": None, "output": None}
    sums = None
    for step, now in enumerate(path):
        visit = Visit(**now)
        needs = {
            "weight": (now["k"], now["n"]),
            "input": (now["m"], now["k"]),
            "output": (now["m"], now["n"]),
        }
        visit.loads_weight = held["weight"] != needs["weight"]
        visit.loads_input = held["input"] != needs["input"]
        box = np.ix_(now["m"], now["n"])
        if held["output"] != needs["output"]:
            sums = np.zeros((len(now["m"]), len(now["n"]), whole.k), int)
            if sram[box].any():
                visit.loads_partial = True
                sums += sram[box]
        held = needs
        visit.accumulates = bool(sums.any())
        walk.macs[np.ix_(now["m"], now["k"], now["n"])] += 1
        sums[:, :, now["k"]] += 1
        visit.final = bool((sums == 1).all())
        following = path[step + 1] if step + 1 < len(path) else None
        leaves = following is None or (following["m"], following["n"]) != needs["output"]
        visit.stores = visit.final or leaves
        if visit.stores:
            (walk.results if visit.final else sram)[box] = sums
        walk.visits.append(visit)
    return walk


def held_weight_bits(gemm):
    """Return the width of a weight in its scratchpad: what comes in whole bytes stays so."""
    fields = gemm.weight.field_bits
    while gemm.packing == "byte" and fields % 8:
        fields += 1
    return fields


def sent_bits(bits):
    """Return what the shared SRAM sends of what `moved` returned."""
    return sum(bits[name] for name in ("packed", "inputs", "sums", "channels"))


def moved(visit, place):
    """Return the bits of what a step loads, as it leaves and arrives, and of what it stores."""
    gemm, pe = place.gemm, place.array.pe
    _, k, n = visit.extents
    weights = [held_weight_bits(gemm) for _ in product(visit.k, visit.n)]
    packed, fields = gemm.stored_weight_bits(k, n), sum(weights)
    inputs = sum(gemm.activation.field_bits for _ in product(visit.m, visit.k))
    sums = sum(pe.accumulator_bits for _ in product(visit.m, visit.n))
    results = sum(gemm.output.field_bits for _ in product(visit.m, visit.n))
    return {
        "packed": packed * visit.loads_weight,
        "fields": fields * visit.loads_weight,
        "inputs": inputs * visit.loads_input,
        "sums": sums * visit.loads_partial,
        "channels": sum(gemm.channel_bits for _ in visit.n) * visit.final,
        "stored": (results if visit.final else sums) * visit.stores,
    }


def cycles_of(bits, *rates):
    """Count the cycles in which something moves, one cycle at a time."""
    left, cycles = [bits] * len(rates), 0
    while max(left) > 0:
        left = [b - rate for b, rate in zip(left, rates, strict=True)]
        cycles += 1
    return cycles


def step_cycles(visit, place, stationary):
    """Return the (load, compute, store) cycles of a step."""
    bits = moved(visit, place)
    gemm, machine = place.gemm, place.machine
    sram = machine.shared_sram
    sent = sent_bits(bits)
    load = max(
        cycles_of(sent, sram.read_bits_per_cycle),
        cycles_of(bits["fields"], machine.scratchpad("weight").write_bits_per_cycle),
        cycles_of(bits["inputs"], machine.scratchpad("input").write_bits_per_cycle),
        cycles_of(bits["sums"], machine.scratchpad("output").write_bits_per_cycle),
    )
    rates = sram.write_bits_per_cycle, machine.scratchpad("output").read_bits_per_cycle
    store = cycles_of(bits["stored"], *rates)
    tile = type(gemm.whole)(*visit.extents)
    compute = place.array.pe.cycles(tile, gemm.weight, gemm.activation, stationary)
    latency = sram.latency_cycles
    return load + latency * (load > 0), compute, store + latency * (store > 0)


def count_actions(visit, place, stationary):
    """Count what one step moves and what the array reads and writes, fold by fold."""
    gemm, pe, machine = place.gemm, place.array.pe, place.machine
    names = {o: machine.scratchpad(o).name for o in ("weight", "input", "output")}
    bits, counts = moved(visit, place), Counter()
    counts[f"{machine.shared_sram.name}.read_bit"] += sent_bits(bits)
    counts[f"{machine.shared_sram.name}.write_bit"] += bits["stored"]
    counts[f"{names['weight']}.write_bit"] += bits["fields"]
    counts[f"{names['input']}.write_bit"] += bits["inputs"]
    counts[f"{names['output']}.write_bit"] += bits["sums"]
    if visit.loads_weight and gemm.needs_decoder:
        counts[f"decoder.{gemm.weight.name}"] += len(visit.k) * len(visit.n)
    touched = {(m, n) for m in visit.m for n in visit.n} if visit.accumulates else set()
    for weights, inputs, outputs in folds(visit, pe, stationary):
        counts[f"{names['weight']}.read_bit"] += len(weights) * held_weight_bits(gemm)
        counts[f"{names['input']}.read_bit"] += len(inputs) * gemm.activation.field_bits
        again = outputs & touched
        touched |= outputs
        counts[f"{names['output']}.read_bit"] += len(again) * pe.accumulator_bits
        counts[f"{names['output']}.write_bit"] += len(outputs) * pe.accumulator_bits
    if visit.stores:
        leaving = len(visit.m) * len(visit.n)
        counts[f"{names['output']}.read_bit"] += leaving * pe.accumulator_bits
        if visit.final:
            counts["vector.multiply"] += leaving
            counts["vector.add"] += leaving
    return counts


def folds(visit, pe, stationary):
    """Yield the elements of weight, input and output that each fold of the array touches."""
    rows = visit.k if stationary == "weight" else visit.m
    for i, j in product(range(0, len(rows), pe.rows), range(0, len(visit.n), pe.cols)):
        on_rows, on_cols = rows[i : i + pe.rows], visit.n[j : j + pe.cols]
        ms, ks = (visit.m, on_rows) if stationary == "weight" else (on_rows, visit.k)
        yield (
            set(product(ks, on_cols)),
            set(product(ms, ks)),
            set(product(ms, on_cols)),
        )


def lifetimes(visits, place, spans):
    """Yield (scratchpad, bits, first cycle, cycle after the last) of every tile that is held."""
    gemm, pe = place.gemm, place.array.pe
    begins, ends = spans.loader.begun, spans.array.ended
    widths = {"weight": held_weight_bits(gemm), "input": gemm.activation.field_bits}
    for operand, width_bits in widths.items():
        loads = [i for i, v in enumerate(visits) if getattr(v, f"loads_{operand}")]
        for first, following in zip(loads, [*loads[1:], len(visits)], strict=True):
            m, k, n = visits[first].extents
            elements = k * n if operand == "weight" else m * k
            yield operand, elements * width_bits, begins[first], ends[following - 1]
    first = None
    for index, visit in enumerate(visits):
        if first is None:
            first = begins[index] if visit.loads_partial else spans.array.begun[index]
        if visit.stores:
            sums_bits = len(visit.m) * len(visit.n) * pe.accumulator_bits
            yield "output", sums_bits, first, spans.storer.ended[index]
            first = None


def most_held_bits(lives):
    """Return the most bits that each memory holds at once."""
    most = Counter()
    for where in {life[0] for life in lives}:
        mine = [life[1:] for life in lives if life[0] == where]
        for _, instant, _ in mine:
            held = sum(bits for bits, begin, end in mine if begin <= instant < end)
            most[where] = max(most[where], held)
    return most


def walk_blocks(place, block, order):
    """Return (block shape, loaded bits, stored bits) of each block, by what the SRAM holds."""
    gemm = place.gemm
    parts = {"m": pieces(gemm.m, block.m), "n": pieces(gemm.n, block.n)}
    held_weights = "all" if gemm.on_chip and gemm.weights_are_activations else None
    held_inputs = "all" if gemm.on_chip else None
    steps, done = [], set()
    for outer, inner in product(parts[order[0]], parts[order[1]]):
        now = dict(zip(order, (outer, inner), strict=True))
        load = 0
        if held_weights not in ("all", now["n"]):
            held_weights = now["n"]
            for _ in range(gemm.batch):
                load += gemm.stored_weight_bits(gemm.k, len(held_weights))
                load += sum(gemm.channel_bits for _ in held_weights)
        if held_inputs not in ("all", now["m"]):
            held_inputs = now["m"]
            load += gemm.input_bits(len(held_inputs))
        if gemm.on_chip and not steps:
            load += gemm.input_from_dram_bits
        outputs = set(product(range(gemm.batch), now["m"], now["n"]))
        assert not outputs & done
        done |= outputs
        store = 0
        if gemm.output_to_dram or not gemm.on_chip:
            store = len(outputs) * gemm.output.field_bits
        shape = type(gemm.whole)(len(now["m"]), gemm.k, len(now["n"]))
        steps.append((shape, load, store))
    assert len(done) == gemm.batch * gemm.m * gemm.n
    return steps
