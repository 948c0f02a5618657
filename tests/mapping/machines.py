"""Small machines and products to map: by hand, or drawn from a seed."""

from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

import numpy as np

from lowbit_sim.actions import ActionCounts
from lowbit_sim.arch.accelerator import OPERANDS, Accelerator, NamedArray, VectorUnit
from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.mapping.bounds import Rates, rates_of
from lowbit_sim.mapping.gemm import Gemm, levels_of
from lowbit_sim.mapping.place import Place
from lowbit_sim.memory.base import MemoryLevel
from lowbit_sim.pe.array import PEArray
from lowbit_sim.pe.folding import DEFAULT_CONVENTIONS, Conventions
from lowbit_sim.pe.ternary_adder import TernaryAdder
from lowbit_sim.workload.convolution import Convolution
from lowbit_sim.workload.graph import Edge, Workload
from lowbit_sim.workload.op import Op

ALL = frozenset(OPERANDS)
#: hierarchies, outermost first: the memories on the chip and the operands they serve
HIERARCHIES = {
    # one boundary: the array reads the shared memory, or a buffer for each operand
    "shared": {"sram": ALL},
    "separate": {"weights": {"weight"}, "inputs": {"input"}, "outputs": {"output"}},
    "pair": {"unified": {"input", "output"}, "weights": {"weight"}},
    # two: scratchpads behind a shared memory, for all operands or for some
    "scratchpads": {
        "sram": ALL, "weights": {"weight"}, "inputs": {"input"}, "outputs": {"output"},
    },
    "bypassed": {"unified": {"input", "output"}, "weights": {"weight"}, "sums": {"output"}},
    "streamed": {
        "unified": {"input", "output"}, "weights": {"weight"},
        "tiles": {"weight"}, "sums": {"output"},
    },
    # three
    "deep": {
        "global": ALL, "local": ALL,
        "weights": {"weight"}, "inputs": {"input"}, "outputs": {"output"},
    },
    "uneven": {"global": ALL, "operands": {"input", "weight"}, "weights": {"weight"},
               "sums": {"output"}},
}  # fmt: skip


@dataclass(frozen=True)
class Serial:
    """An element of so many beats a product and so many products side by side; takes any format."""

    kind: ClassVar[str] = "serial"
    beats: int = 1
    lanes: int = 1
    delay: int = 0

    def refuses(self, weight, activation):  # noqa: ARG002
        return None

    def passes(self, weight, activation):  # noqa: ARG002
        return self.beats

    def terms(self, weight, activation):  # noqa: ARG002
        return self.lanes

    def stages(self, weight, activation):  # noqa: ARG002
        return self.delay

    def actions(self, product, frame):  # noqa: ARG002
        return ActionCounts({"serial.beat": product.macs * self.beats})


def make_memory(name, operands, **change):
    given = {
        "technology": "sram",
        "capacity_bits": 1 << 20,
        "read_bits_per_cycle": 256,
        "write_bits_per_cycle": 256,
        "latency_cycles": 0,
        "buffers": 2,
        "serves": frozenset(operands),
        "shared_port": False,
        "cell": "lstp",
    }
    return MemoryLevel(name=name, **(given | change))


def make_dram(**change):
    off_chip = {"technology": "dram", "cell": None, "capacity_bits": 0, "latency_cycles": 10}
    return make_memory("dram", ALL, **(off_chip | change))


def machine_of(memories, *, pe=None, packing="whole_field", lanes=4, **change):
    """Return a machine of these memories around 2 × 2 ternary adders."""
    pe = pe or PEArray(TernaryAdder(), 2, 2, 16)
    path = [level for level in memories if "weight" in level.serves]
    given = {
        "name": "toy",
        "clock_hz": 10**9,
        "arrays": (NamedArray("adders", pe),),
        "vector_unit": VectorUnit(lanes),
        "memories": tuple(memories),
        "packing": packing,
        "technology": "none",
        "technology_path": Path("none.yaml"),
        "sources": ("made up",),
        "decoder_depth": max(len(path) - 2, 0),
    }
    return Accelerator(**(given | change))


def make_machine(*, dram=None, sram=None, weight=None, inputs=None, output=None, **change):
    """Return a machine with scratchpads; each memory takes changes to its defaults."""
    memories = (
        make_dram(**(dram or {})),
        make_memory("sram", ALL, **(sram or {})),
        make_memory("weights", {"weight"}, **(weight or {})),
        make_memory("inputs", {"input"}, **(inputs or {})),
        make_memory("outputs", {"output"}, **(output or {})),
    )
    return machine_of(memories, **change)


def make_hierarchy(name, *, dram=None, memories=None, **change):
    """Return a machine with one of `HIERARCHIES`; `memories` are changes by name."""
    on_chip = [
        make_memory(memory, operands, **(memories or {}).get(memory, {}))
        for memory, operands in HIERARCHIES[name].items()
    ]
    return machine_of([make_dram(**(dram or {})), *on_chip], **change)


def with_memory(machine, index, **change):
    memories = list(machine.memories)
    memories[index] = replace(memories[index], **change)
    return replace(machine, memories=tuple(memories))


def rates_of_many(machines):
    """Return the rates of machines that differ in nothing else, in columns."""
    every = [rates_of(machine) for machine in machines]
    ports, names = every[0].width_bits, every[0].latency_cycles
    return Rates(
        {port: np.array([[one.width_bits[port]] for one in every]) for port in ports},
        {name: np.array([[one.latency_cycles[name]] for one in every]) for name in names},
    )


def with_other_rates(rng, machine):
    """Return `machine` with other ports and latencies in all its memories."""
    memories = tuple(
        replace(
            level,
            read_bits_per_cycle=rng.choice([7, 32, 300]),
            write_bits_per_cycle=rng.choice([7, 32, 300]),
            latency_cycles=rng.choice([0, 1, 9]),
        )
        for level in machine.memories
    )
    return replace(machine, memories=memories)


def make_convolution(**change):
    given = {
        "in_channels": 2, "out_channels": 3, "in_height": 9, "in_width": 7,
        "kernel_height": 3, "kernel_width": 3, "stride_height": 1, "stride_width": 1,
        "padding_height": 0, "padding_width": 0, "dilation_height": 1, "dilation_width": 1,
        "groups": 1,
    }  # fmt: skip
    return Convolution(**(given | change))


def make_gemm(m, k, n, **change):
    given = {
        "batch": 1,
        "weight": "levels_3",
        "activation": "int8",
        "output": "int8",
        "weights_are_activations": False,
        "packing": "whole_field",
        "convolution": None,
        "on_chip": False,
        "input_from_dram_bits": 0,
        "output_to_dram": False,
        "channel_bits": 0,
    }
    given |= change
    for operand in ("weight", "activation", "output"):
        given[operand] = number_format(given[operand])
    return Gemm(m=m, k=k, n=n, **given)


def make_conv_gemm(geometry, **change):
    batch, m, k, n = geometry.gemm_dims
    return make_gemm(m, k, n, batch=batch, convolution=geometry, **change)


def make_place(gemm, machine):
    return Place(gemm, machine.arrays[0], machine)


def random_convolution(rng, largest=4):
    """Return a small convolution with any stride, dilation, padding and groups."""
    while True:
        kernel = rng.randint(1, 3), rng.randint(1, 3)
        groups = rng.choice([1, 1, 1, 2])
        change = {
            "in_channels": groups * rng.randint(1, 2),
            "out_channels": groups * rng.randint(1, 3),
            "in_height": rng.randint(1, largest + 1),
            "in_width": rng.randint(1, largest),
            "kernel_height": kernel[0],
            "kernel_width": kernel[1],
            "groups": groups,
        }
        for side in ("height", "width"):
            change[f"stride_{side}"] = rng.choice([1, 1, 2, 3])
            change[f"padding_{side}"] = rng.randint(0, 1)
            change[f"dilation_{side}"] = rng.choice([1, 1, 2])
        try:
            return make_convolution(**change)
        except ValueError:  # the kernel is larger than the padded input
            continue


def random_array(rng):
    stays = rng.choice([("weight", "output"), ("input",), ("weight", "output", "input")])
    serial = Serial(rng.randint(1, 5), rng.choice([1, 2, 3]), rng.choice([0, 2]))
    conventions = Conventions(
        rng.choice(["exposed", "hidden"]),
        rng.choice(["separate", "overlapped"]),
        rng.choice(["through_rows", "direct"]),
    )
    return PEArray(
        rng.choice([TernaryAdder(), serial]),
        rng.randint(1, 4),
        rng.randint(1, 4),
        rng.choice([12, 16]),
        rng.choice(["systolic", "broadcast"]),
        rng.choice([DEFAULT_CONVENTIONS, conventions]),
        stays,
    )


def random_place(rng, shape=None, *, hierarchy=None, on_chip=False, tight=True, convolution=False):
    """Return a product on a machine whose memories hold a few folds of it.

    Parameters
    ----------
    shape : tuple of int
        m, k and n; drawn if left out.
    hierarchy : str
        One of `HIERARCHIES`; drawn if left out.
    on_chip : bool
        Whether activations stay, where the hierarchy lets them.
    tight : bool
        Whether memories are small.
    convolution : bool
        Whether the product is one.
    """
    name = hierarchy or rng.choice(list(HIERARCHIES))
    m, k, n = shape or (rng.randint(1, 11) for _ in range(3))
    packing = rng.choice(["whole_field", "byte", "word_8", "word_16"])
    home = on_chip and "output" in next(s for s in HIERARCHIES[name].values() if "input" in s)
    change = {
        "weight": rng.choice(["levels_3", "levels_4", "levels_5", "levels_9"]),
        "output": rng.choice(["int8", "fp32"]),
        "packing": packing,
        "on_chip": home,
    }
    if home:
        change["input_from_dram_bits"] = rng.choice([0, 0, 100])
        change["output_to_dram"] = rng.random() < 0.3
    if convolution:
        gemm = make_conv_gemm(random_convolution(rng), **change)
    else:
        change["weights_are_activations"] = rng.random() < 0.2
        change["batch"] = rng.choice([1, 1, 2, 3])
        gemm = make_gemm(m, k, n, **change)
    if not gemm.weights_are_activations:
        gemm = replace(
            gemm, channel_bits=rng.choice([0, 0, 32, 64]), weights_stay=rng.random() < 0.15
        )
    pe = random_array(rng)
    return make_place(gemm, random_machine(rng, name, gemm, pe, tight=tight))


def random_machine(rng, name, gemm, pe, *, tight=True):
    """Return a machine whose memories feed `pe`, with room for some folds of `gemm`."""
    k = pe.rows * pe.terms(gemm.weight, gemm.activation)
    side = max(pe.rows, pe.cols)
    folds = {
        "weight": k * side * gemm.held_weight_bits + side * gemm.channel_bits + 16,
        "input": side * k * gemm.activation.field_bits,
        "output": side * side * max(pe.accumulator_bits, gemm.output.field_bits),
    }
    if gemm.convolution is not None:
        folds["input"] *= 3
    if gemm.on_chip:
        folds["output"] *= gemm.batch * (1 + gemm.m)
    memories = {}
    for memory, operands in HIERARCHIES[name].items():
        buffers = rng.choice([1, 2, 2])
        fold_bits = sum(folds[operand] for operand in operands)
        memories[memory] = {
            "capacity_bits": buffers * fold_bits * (rng.choice([1, 2, 3, 5]) if tight else 10**4),
            "buffers": buffers,
            "banks": rng.choice([0, 0, 1, 2, 4]),
            "latency_cycles": rng.choice([0, 0, 1, 3]),
            "shared_port": rng.random() < 0.3,
            "read_bits_per_cycle": 512,
            "write_bits_per_cycle": rng.choice([256, 300]),
        }
    path = [memory for memory, operands in HIERARCHIES[name].items() if "weight" in operands]
    inner = {[m for m, served in HIERARCHIES[name].items() if o in served][-1] for o in OPERANDS}
    for memory, given in memories.items():
        if memory not in inner:  # the innermost must feed the array, the others are slow
            given["read_bits_per_cycle"] = rng.choice([7, 32, 100])
            given["write_bits_per_cycle"] = rng.choice([7, 32, 100])
    dram = {
        "latency_cycles": rng.randint(0, 9),
        "read_bits_per_cycle": rng.choice([8, 64]),
        "write_bits_per_cycle": rng.choice([8, 64]),
        "shared_port": rng.random() < 0.5,
        "burst_bits": rng.choice([1, 1, 32]),
        "row_bits": rng.choice([0, 0, 64, 100]),
        "row_miss_cycles": rng.choice([0, 2]),
    }
    return make_hierarchy(
        name,
        dram=dram,
        memories=memories,
        pe=pe,
        packing=gemm.packing,
        decoder_depth=rng.randint(0, max(len(path) - 1, 0)),
        unfolding=rng.choice(["array", "scratchpad"]),
    )


class Skipping(Serial):
    """Beats of a group: the largest magnitude among its weights, at least 1."""

    def group(self, rows, stationary):
        return 1 if stationary == "output" else rows

    def profile(self, levels, rows, cols, stationary, weight):  # noqa: ARG002
        group = self.group(rows, stationary)
        k, n = levels.shape
        return np.array(
            [
                [
                    max(
                        1,
                        int(
                            np.abs(
                                levels.astype(int)[first : first + group, left : left + cols]
                            ).max()
                        ),
                    )
                    for left in range(0, n, cols)
                ]
                for first in range(0, k, group)
            ],
            np.int64,
        )


def skipping_place(rng, hierarchy="scratchpads"):
    pe = PEArray(Skipping(4), rng.randint(1, 3), rng.randint(1, 3), 16,
                 stationary=("weight", "output"))  # fmt: skip
    batch, m, k, n = (rng.randint(1, e) for e in (2, 5, 7, 5))
    values = np.array([rng.randint(-4, 4) for _ in range(batch * k * n)], np.int8)
    gemm = make_gemm(m, k, n, batch=batch, weight="levels_9",
                     levels=levels_of(values.reshape(batch, k, n)))  # fmt: skip
    return make_place(gemm, make_hierarchy(hierarchy, pe=pe))


def make_op(name, kind, m, n, *, k=1, **change):
    """Return an operator of int8 activations; a product has ternary weights."""
    is_product, is_matmul = kind in ("linear", "conv2d", "matmul"), kind == "matmul"
    given = {
        "batch": 1,
        "weight": ("int8" if is_matmul else "levels_3") if is_product else None,
        "activation": "int8",
        "output": "int8",
        "parameter": f"{name}.weight" if is_product and not is_matmul else None,
        "convolution": None,
        "statistics": None,
    }
    return Op(name=name, kind=kind, m=m, k=k, n=n, **(given | change))


def make_workload(ops, pairs=None):
    """Join `ops` by `pairs` of names, or each to the next."""
    bits = {op.name: op.output_bits for op in ops}
    names = [op.name for op in ops]
    pairs = list(pairwise(names)) if pairs is None else pairs
    edges = tuple(Edge(source, target, bits[source]) for source, target in pairs)
    return Workload("toy", "levels_3", tuple(ops), edges)
