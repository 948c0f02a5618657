"""Layers that this program and its peers map side by side, and the machine on which it does.

The machine is ZigZag's ``tpu_like`` (github KULeuven-MICAS/zigzag,
``zigzag/inputs/hardware/tpu_like.yaml`` of version 3.9.1), as far as it can be said here:

=====================  ====================================  ======================================
ZigZag                 there                                 here
=====================  ====================================  ======================================
operational array      32 × 32, unrolled K 32 × C 32         a row of 32 PEs that add 32 products
``rf_128B``, weights   1024 bit a PE, 0.095 pJ a byte        ``weight_registers``, 1024 of them
``rf_2B``, sums        16 bit a PE, 0.021 pJ a word          no memory; see below
``sram_2MB``           2048 bit/cycle, 416.16 and 378.4 pJ   ``buffer``; a bit costs 1/2048 of that
``dram``               64 bit/cycle, 700 and 750 pJ          ``main``; a bit costs 1/64 of that
=====================  ====================================  ======================================

The same are capacities, widths, prices, the unrolling, 8-bit operands and results, 16-bit sums.
These differ:

- ``rf_2B`` holds one sum a PE, which is written and read for every product whatever the mapping:
  0.042 pJ beside the 0.04 pJ of the product itself.
- A tile here is one for all operands of a depth; ZigZag lets each operand have its own. So
  weights stand apart: ``far`` is the DRAM as they see it, its price and width, one depth further
  in. It shares no port with ``main`` then: cycles come out lower where ZigZag's port is busy.
- ZigZag says for each mapping whether a memory is filled while it is used (if half of it is
  free); here the machine says so: `machine` takes the buffers. Energy does not depend on it.
- Finished sums are 16 bit in ``buffer`` and 8 in ZigZag's; a k of several tiles may be ragged.
- The k of a convolution is one dimension here, C, FX and FY there.
- A port passes one operand in a cycle there; here operands share its width. So sums that move in
  every cycle beside inputs (``weight`` stays) halve ZigZag's speed and not ours.
- The 16-bit sums can overflow. ZigZag does not ask; that check is left out here, too.
- Biases, scales, leakage and latencies of memories are left out, as ZigZag has none.
"""

import tempfile
import time
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import yaml

from lowbit_sim.arch.load import load_accelerator
from lowbit_sim.explore.hot_loop import least
from lowbit_sim.explore.tables import table_of
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.mapping.bounds import Rates, lower_bounds, rates_of
from lowbit_sim.mapping.mapper import Mapper
from lowbit_sim.mapping.place import Place
from lowbit_sim.mapping.placing import compute_actions, gemm_of
from lowbit_sim.mapping.refusal import fed
from lowbit_sim.mapping.space import ordered, tilings
from lowbit_sim.study.experiment import engine
from lowbit_sim.study.shipped import load_shipped
from lowbit_sim.workload.op import Op

ROOT = Path(__file__).resolve().parent.parent
SIDE = 32  # of the array
#: tilings that a shortlist looks at in every loop order, and what it looks through of those
MOST_TILINGS, MOST_MAPPINGS = 512, 160
#: shortest time over which a rate is taken [s]
RATE_S = 0.5

#: buffers of two memories are filled in; a machine must name a technology, its prices are not read
MACHINE = """
name: zigzag_tpu_like
description: ZigZag's tpu_like
clock: 1 GHz
technology: cmos_45nm
packing: byte
arrays:
  - {name: units, kind: bit_serial_both, rows: 1, cols: 32, lanes: 32, accumulator: 16 bit,
     encoding: twos_complement, weight_planes_per_cycle: 8, activation_planes_per_cycle: 8,
     organisation: broadcast, stationary: [weight, output], preload: hidden, folds: overlapped,
     drain: direct}
vector_unit: {lanes: 1}
memories:
  - {name: main, technology: dram, read: 64 bit/cycle, write: 64 bit/cycle, shared_port: true,
     serves: [weight, input, output]}
  - {name: buffer, technology: sram, cell: lstp, capacity: 2 MiB, buffers: @buffer@,
     read: 2048 bit/cycle, write: 2048 bit/cycle, serves: [input, output]}
  - {name: far, technology: sram, cell: lstp, capacity: 1 GiB, read: 64 bit/cycle,
     write: 64 bit/cycle, serves: [weight]}
  - {name: weight_registers, technology: sram, cell: lstp, capacity: 128 KiB, buffers: @weight@,
     read: 8192 bit/cycle, write: 8192 bit/cycle, serves: [weight]}
sources: ["github KULeuven-MICAS/zigzag, zigzag/inputs/hardware/tpu_like.yaml of 3.9.1"]
"""
#: energy of a product with its sum register, and of every action that costs something [pJ]
PRODUCT_PJ = 0.04 + 2 * 0.021
PJ_PER_ACTION = defaultdict(
    float,
    {
        "main.read_bit": 700 / 64,
        "main.write_bit": 750 / 64,
        "far.read_bit": 700 / 64,
        "buffer.read_bit": 416.16 / 2048,
        "buffer.write_bit": 378.4 / 2048,
        "weight_registers.read_bit": 0.095 / 8,
        "weight_registers.write_bit": 0.095 / 8,
        "bit_pair.add": PRODUCT_PJ / 64,  # 8 × 8 of them are a product
    },
)


class Layer(NamedTuple):
    """One layer to map."""

    network: str
    name: str
    op: Op


def layers():
    """The six products of a ViT-B block and the distinct convolutions of ResNet-18, in order."""
    found = {}
    for network, kinds in (("vit_b", {"linear", "matmul"}), ("resnet18", {"conv2d"})):
        shipped = load_shipped(ROOT / "workloads" / f"{network}.yaml", ("int8",))
        for op in shipped.workloads[0].ops:
            shape = (network, op.batch, op.m, op.k, op.n, op.convolution)
            if op.kind in kinds and op.name != "head" and shape not in found:
                found[shape] = Layer(network, op.name, op)
    return list(found.values())


def machine(buffers):
    """``tpu_like`` with so many buffers in its memory of activations and in that of weights."""
    return loaded(MACHINE.replace("@buffer@", str(buffers[0])).replace("@weight@", str(buffers[1])))


def loaded(text):
    """The machine that a file of this text describes."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "technologies").symlink_to(ROOT / "arch_specs" / "technologies")
        path = Path(folder, yaml.safe_load(text)["name"] + ".yaml")
        path.write_text(text)
        return load_accelerator(path)


def place_of(op, accelerator):
    """The layer as a product of 8-bit weights that lie in ``far``."""
    gemm = replace(
        gemm_of(op, accelerator),
        channel_bits=0,
        output=FORMATS["int8"],
        weights_are_activations=False,
        weights_stay=True,
    )
    return Place(gemm, accelerator.array_for(gemm.weight, gemm.activation), accelerator)


def product_pj(place):
    """What all products of a layer take together [pJ]."""
    gemm = place.gemm
    return gemm.batch * gemm.m * gemm.k * gemm.n * PRODUCT_PJ


def best(op, place, objective, pj_per_action=PJ_PER_ACTION):
    """The exact search: its mapping, energy [pJ], cycles, and how long it took [s]."""
    start = time.process_time()
    found = Mapper(engine("closed_form"), pj_per_action, 0.0, objective).map(place, {})
    seconds = time.process_time() - start
    actions = found.actions + compute_actions(op, place, found.mapping.stationary)
    energy_pj = sum(pj_per_action[name] * actions[name] for name in actions)
    cycles = engine("closed_form")(found.schedule).total_cycles
    return found.mapping, energy_pj, cycles, seconds


def shortlist(place, objective):
    """The mappings of least bound, best first."""
    score, found = Mapper(engine("closed_form"), PJ_PER_ACTION, 0.0, objective).score, []
    for stays in fed(place):
        tiled = tilings(place, {}, stays)
        for most in (MOST_TILINGS, MOST_MAPPINGS):
            cycles, energy_pj = lower_bounds(place, tiled, PJ_PER_ACTION)
            bound, tie = score(cycles, energy_pj + product_pj(place))
            first = np.lexsort((tie, bound))[:most]
            tiled, keys = tiled.take(first), zip(bound[first], tie[first], strict=True)
            if most == MOST_TILINGS:
                tiled = ordered(place, {}, tiled)
        found += [(*key, tiled.mapping(at, place.array.name)) for at, key in enumerate(keys)]
    return [mapping for *_, mapping in sorted(found, key=lambda one: one[:2])]


def bounds_rate(place):
    """Tilings of a layer, and how many of them are bounded in a second of CPU time."""
    tiled = [tilings(place, {}, stays) for stays in fed(place)]
    count, rounds, start = sum(one.m.shape[1] for one in tiled), 0, time.process_time()
    while time.process_time() - start < RATE_S:
        for one in tiled:
            lower_bounds(place, one, PJ_PER_ACTION)
        rounds += 1
    return count, rounds * count / (time.process_time() - start)


def designs_rate(place, designs=1 << 14):
    """Tilings of a layer, and how many of them are bounded in a second for many designs at once.

    The designs differ in the prices of all memories; their table is made afresh each time.
    """
    rng = np.random.default_rng(0)
    sides = 2 * len(place.machine.memories)
    prices, leakage = rng.uniform(0.1, 10, (sides, designs)), np.zeros(designs)
    rate_of = np.zeros(designs, np.int64)
    room = np.array([level.capacity_bits for level in place.machine.memories])
    rooms = np.repeat(room[:, None], designs, axis=1)
    one = rates_of(place.machine)
    rates = Rates(
        {key: np.array([[width]]) for key, width in one.width_bits.items()},
        {key: np.array([[wait]]) for key, wait in one.latency_cycles.items()},
    )
    tables, evaluations, start = 0, 0, time.process_time()
    while time.process_time() - start < RATE_S:
        made = [table_of(place, stays, rates) for stays in fed(place)]
        found = [least(table, rate_of, rooms, prices, leakage) for table in made]
        tables = sum(table.tilings for table in made)
        evaluations += sum(each.evaluations for each in found)
    return tables, evaluations / (time.process_time() - start)


def temporal_loops(op):
    """ZigZag's loops of each of our dimensions, innermost first, beyond what is unrolled."""
    one, words = op.convolution, {"k": op.k, "n": op.n}
    if one is not None:
        words["k"] = one.in_channels
    words = {dim: -(-extent // SIDE) for dim, extent in words.items()}
    loops = {"b": [("B", op.batch)], "k": [("C", words["k"])], "n": [("K", words["n"])]}
    if one is None:
        return loops | {"m": [("M", op.m)]}
    loops["k"] += [("FX", one.kernel_width), ("FY", one.kernel_height)]
    return loops | {"m": [("OX", one.out_width), ("OY", one.out_height)]}


def split(loops, most):
    """Loops of at most so many rounds in all, and what is left outside of them."""
    inner, outer = [], []
    for name, size in loops:
        rounds = max(d for d in range(1, size + 1) if size % d == 0 and d <= most)
        inner.append((name, rounds))
        outer.append((name, size // rounds))
        most = most // rounds if rounds == size else 1
    return inner, outer


def loop_order(op, mapping):
    """A mapping of ours as ZigZag's loops, innermost first."""
    rest, outside = temporal_loops(op), []
    for extent, order in zip(mapping.extents, mapping.orders, strict=True):
        words = {"k": extent.k, "n": extent.n}
        most = {dim: -(-words[dim] // SIDE) for dim in words}
        most |= {"b": extent.batch, "m": extent.m}
        if extent.k == op.k:  # all of it, however ZigZag counts
            most["k"] = op.k
        parts = {dim: split(rest[dim], most[dim]) for dim in rest}
        outside = [loop for dim in (*reversed(order), "b") for loop in parts[dim][1]] + outside
        rest = {dim: inner for dim, (inner, _) in parts.items()}
    dims = "kmnb" if mapping.stationary == "output" else "mknb"
    inside = [loop for dim in dims for loop in rest[dim]]
    return [[name, size] for name, size in inside + outside if size > 1]


#: ways of this program to weigh mappings, each a rate; a faster one is a line more
RATES = {"bounds": bounds_rate, "designs": designs_rate}


def processor():
    """The name of the processor."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next(line.partition(": ")[2] for line in lines if line.startswith("model name"))
