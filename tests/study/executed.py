"""Products on random machines, to be carried out."""

import random
from dataclasses import replace
from itertools import product

import numpy as np
from machines import (
    HIERARCHIES,
    make_conv_gemm,
    make_gemm,
    make_machine,
    make_place,
    random_convolution,
    random_machine,
)

from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.mapping.gemm import levels_of
from lowbit_sim.mapping.mapping import Extent, Mapping
from lowbit_sim.mapping.nest import Nest
from lowbit_sim.mapping.space import candidates
from lowbit_sim.pe.array import PEArray
from lowbit_sim.pe.base import STATIONARY, Particular, ValueDependent
from lowbit_sim.pe.bit_brick import BitBrick
from lowbit_sim.pe.bit_serial import BitSerial
from lowbit_sim.pe.bit_serial_both import BitSerialBoth
from lowbit_sim.pe.bit_serial_skip import BitSerialSkip
from lowbit_sim.pe.float_mac import FloatMac
from lowbit_sim.pe.integer_mac import IntegerMac
from lowbit_sim.pe.lookup_table import LookupTable
from lowbit_sim.pe.shift_add import ShiftAdd
from lowbit_sim.pe.ternary_adder import TernaryAdder
from lowbit_sim.pe.ternary_popcount import TernaryPopcount
from lowbit_sim.pe.ternary_skip import TernarySkip
from lowbit_sim.pe.xnor_popcount import XnorPopcount
from lowbit_sim.study.execution import execute

ELEMENTS = [
    TernaryAdder(),
    TernarySkip(weights_per_group=3),
    BitSerial("twos_complement", planes_per_cycle=2),
    BitSerial("sign_magnitude"),
    BitSerialSkip("each"),
    BitSerialSkip("column", "twos_complement"),
    BitSerialSkip("interleave", weights_per_group=3),
    BitSerialBoth("twos_complement", lanes=2),
    BitSerialBoth("sign_magnitude", lanes=3),
    ShiftAdd(),
    BitBrick(),
    LookupTable(group=2),
    XnorPopcount(lanes=3),
    TernaryPopcount(lanes=3),
    IntegerMac(),
    FloatMac(),
]
INTEGERS = [fmt for fmt in FORMATS.values() if fmt.is_integer]
WAYS = list(product(("systolic", "broadcast"), ("weight", "output", "input")))


def activation_for(element, weight):
    return next((a for a in (FORMATS["int8"], weight) if element.refuses(weight, a) is None), None)


def drawn(rng, gemm):
    """Return the operands of a product."""
    generator = np.random.default_rng(rng.randrange(1 << 30))
    inputs = generator.choice(gemm.activation.levels, (gemm.batch, gemm.m, gemm.k))
    return inputs, generator.choice(gemm.weight.levels, (gemm.batch, gemm.k, gemm.n))


def some_mapping(rng, place, stays):
    """Return a mapping that fits, drawn from the mapper's space; None if there is none."""
    found = candidates(place, {}, stays)
    if not found.m.shape[1]:
        return None
    return found.mapping(rng.randrange(found.m.shape[1]), place.array.name)


def random_case(rng, element, weight, activation):
    """Return place, mapping and operands of a product on a random machine."""
    while True:
        organisation, stays = rng.choice(WAYS)
        if isinstance(element, Particular) and element.fits(organisation, stays):
            continue
        sides = rng.randint(1, 4), rng.randint(1, 4)
        pe = PEArray(element, *sides, 24, organisation=organisation, stationary=(stays,))
        name = rng.choice(list(HIERARCHIES))
        change = {"weight": weight.name, "activation": activation.name}
        change["packing"] = rng.choice(["whole_field", "byte", "word_8", "word_16", "word_64"])
        change["on_chip"] = name in ("shared", "scratchpads", "deep") and rng.random() < 0.4
        if rng.random() < 0.25:
            gemm = make_conv_gemm(random_convolution(rng), **change)
        else:
            change["weights_are_activations"] = weight is activation and rng.random() < 0.5
            extents = (rng.randint(1, 11) for _ in range(3))
            gemm = make_gemm(*extents, batch=rng.choice([1, 1, 2]), **change)
        if not gemm.weights_are_activations:
            gemm = replace(gemm, weights_stay=rng.random() < 0.15)
        inputs, weights = drawn(rng, gemm)
        if isinstance(element, ValueDependent):
            gemm = replace(gemm, levels=levels_of(weights.astype(np.int8)))
        place = make_place(gemm, random_machine(rng, name, gemm, pe))
        mapping = some_mapping(rng, place, stays)
        if mapping is not None:
            return place, mapping, inputs, weights


def leaves(schedule):
    return sum(
        times * (leaves(step.inner) if step.inner else 1) for times, step in schedule.counted()
    )


def pieces(total, tile):
    return [min(tile, total - start) for start in range(0, total, tile)]


def tiles(extents, at=None):
    """Yield (batch, m, k, n) of every tile that an array works on."""
    dims = ("batch", "m", "k", "n")
    if len(extents) == 1:
        yield at
        return
    sides = [pieces(whole, getattr(extents[1], d)) for whole, d in zip(at, dims, strict=True)]
    for part in product(*sides):
        yield from tiles(extents[1:], part)


def folds_of(place, mapping):
    """Return the folds that the array's cycles are counted for."""
    gemm, pe = place.gemm, place.array.pe
    whole = (gemm.batch, gemm.m, gemm.k, gemm.n)
    formats = gemm.weight, gemm.activation
    return sum(
        batch * pe.folds(m, k, n, formats, mapping.stationary).count
        for batch, m, k, n in tiles((Extent(*whole), *mapping.extents), whole)
    )


def check(place, mapping, inputs, weights):
    schedule, _ = Nest(place).unroll(mapping)
    sums, work = execute(place, mapping, schedule, inputs, weights)
    np.testing.assert_array_equal(sums, inputs @ weights)
    gemm = place.gemm
    assert work.macs == gemm.batch * gemm.m * gemm.k * gemm.n
    assert work.tiles == leaves(schedule)
    assert work.folds == folds_of(place, mapping)


def small(element=None, order="mkn", stays="weight", **change):
    """Return an 8 × 8 × 8 product in two levels of tiles, every loop with several rounds."""
    element, width = element or TernaryAdder(), change.pop("accumulator_bits", 16)
    if isinstance(element, Particular):
        stays = next(s for s in STATIONARY if element.fits("broadcast", s) is None)
    pe = PEArray(element, 2, 2, width, "broadcast", stationary=(stays,))
    place = make_place(make_gemm(8, 8, 8, **change), make_machine(pe=pe))
    mapping = Mapping("adders", stays, (Extent(1, 4, 4, 4), Extent(1, 2, 2, 2)), (order, order))
    return place, mapping, *drawn(random.Random(3), place.gemm)


def carried_out(place, mapping, inputs, weights):
    schedule, _ = Nest(place).unroll(mapping)
    sums, _ = execute(place, mapping, schedule, inputs, weights)
    return sums
