"""Small machines and products to map."""

from itertools import pairwise
from pathlib import Path

from lowbit_sim.arch.accelerator import Accelerator, NamedArray, VectorUnit
from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.mapping.block_schedule import Place
from lowbit_sim.mapping.gemm import Gemm
from lowbit_sim.memory.base import MemoryLevel
from lowbit_sim.pe.ternary_adder import TernaryAdder
from lowbit_sim.workload.graph import Edge, Workload
from lowbit_sim.workload.op import Op

ALL = frozenset({"weight", "input", "output"})


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
    }
    return MemoryLevel(name=name, **(given | change))


def make_machine(
    *,
    pe=None,
    packing="whole_field",
    dram=None,
    sram=None,
    weight=None,
    inputs=None,
    output=None,
    lanes=4,
):
    """Return a machine of 2 × 2 ternary adders; each memory takes changes to its defaults."""
    off_chip = {"technology": "dram", "capacity_bits": 0, "latency_cycles": 10}
    memories = (
        make_memory("dram", ALL, **(off_chip | (dram or {}))),
        make_memory("sram", ALL, **(sram or {})),
        make_memory("weights", {"weight"}, **(weight or {})),
        make_memory("inputs", {"input"}, **(inputs or {})),
        make_memory("outputs", {"output"}, **(output or {})),
    )
    pe = pe or TernaryAdder(2, 2, accumulator_bits=16)
    return Accelerator(
        name="toy",
        clock_hz=10**9,
        arrays=(NamedArray("adders", pe),),
        vector_unit=VectorUnit(lanes),
        memories=memories,
        packing=packing,
        technology="none",
        technology_path=Path("none.yaml"),
        sources=("made up",),
    )


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


def make_place(gemm, machine):
    return Place(gemm, machine.arrays[0], machine)


def random_place(rng, shape=None, *, on_chip=False, tight=True):
    """Return a product on a machine whose scratchpads hold a few folds of it."""
    rows, cols = rng.randint(1, 4), rng.randint(1, 4)
    pe = TernaryAdder(rows, cols, accumulator_bits=rng.choice([12, 16]))
    m, k, n = shape or (rng.randint(1, 11) for _ in range(3))
    packing = rng.choice(["whole_field", "byte", "word_8", "word_16"])
    computed = rng.random() < 0.2
    gemm = make_gemm(
        m,
        k,
        n,
        batch=rng.choice([1, 1, 2, 3]),
        weight=rng.choice(["levels_3", "levels_4", "levels_5", "levels_9"]),
        output=rng.choice(["int8", "fp32"]),
        weights_are_activations=computed,
        channel_bits=0 if computed else rng.choice([0, 0, 32, 64]),
        packing=packing,
        on_chip=on_chip,
    )
    return make_place(gemm, random_machine(rng, gemm, pe, packing, tight=tight))


def random_machine(rng, gemm, pe, packing, *, tight=True):
    folds = {
        "weight": pe.rows * pe.cols * gemm.held_weight_bits,
        "inputs": pe.rows * pe.rows * gemm.activation.field_bits,
        "output": pe.rows * pe.cols * pe.accumulator_bits,
    }
    memories = {}
    for name, fold_bits in folds.items():
        buffers = rng.choice([1, 2])
        memories[name] = {
            "capacity_bits": buffers * fold_bits * (rng.choice([1, 2, 3, 5]) if tight else 10**4),
            "buffers": buffers,
            "read_bits_per_cycle": 256,
            "write_bits_per_cycle": rng.choice([64, 100, 256]),
        }
    sram = {
        "latency_cycles": rng.randint(0, 3),
        "read_bits_per_cycle": rng.choice([7, 32, 100]),
        "write_bits_per_cycle": rng.choice([7, 32, 100]),
        "shared_port": rng.random() < 0.3,
        "buffers": rng.choice([1, 2]),
    }
    dram = {
        "latency_cycles": rng.randint(0, 9),
        "read_bits_per_cycle": rng.choice([8, 64]),
        "write_bits_per_cycle": rng.choice([8, 64]),
        "shared_port": rng.random() < 0.5,
    }
    return make_machine(pe=pe, packing=packing, dram=dram, sram=sram, **memories)


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
