"""The stated space of `lowbit_sim.mapping.space`, written down once more as plain nested loops."""

from itertools import pairwise, product

from tile_by_tile import held_weight_bits

from lowbit_sim.formats.packing import stored_bits
from lowbit_sim.mapping.mapping import Extent, Mapping

ORDERS = ("nkm", "nmk", "mnk", "mkn")


def doubled(unit, whole):
    """Return unit, 2·unit, 4·unit, … below `whole`, and `whole`."""
    return [extent for i in range(20) if (extent := unit * 2**i) < whole] + [whole]


def units_of(place, stays):
    """Return one fold of the array in m, k and n; what streams is taken in its rows."""
    pe, gemm = place.array.pe, place.gemm
    k = pe.rows * pe.terms(gemm.weight, gemm.activation)
    return {"m": pe.cols if stays == "input" else pe.rows, "k": k, "n": pe.cols}


def every_mapping(place, stays, reserved_bits=None):
    """Yield every mapping with one operand that stays."""
    gemm, machine = place.gemm, place.machine
    units = units_of(place, stays)
    choices = {d: doubled(units[d], getattr(gemm, d)) for d in "mkn"}
    first = dict(choices)
    batches = doubled(1, gemm.batch)
    if gemm.on_chip:
        first["m"] = [gemm.m]
        shared = "weight" in path_of(machine, "input")[1].serves
        if gemm.weights_stay or (gemm.weights_are_activations and shared):
            batches, first["k"], first["n"] = [gemm.batch], [gemm.k], [gemm.n]
    depths = machine.boundaries
    layers = [[Extent(*e) for e in product(batches, *(first[d] for d in "mkn"))]]
    inside = [Extent(1, *e) for e in product(*(choices[d] for d in "mkn"))]
    layers += [inside] * (depths - 1)
    for extents in product(*layers):
        if not all(within(inner, outer) for outer, inner in pairwise(extents)):
            continue
        for orders in product(ORDERS, repeat=depths):
            if not all(
                orders[d] == plainest(around(place, extents, d), extents[d], orders[d])
                for d in range(depths)
            ):
                continue
            mapping = Mapping("adders", stays, extents, orders)
            if fits(place, mapping, reserved_bits or {}):
                yield mapping


def around(place, extents, depth):
    gemm = place.gemm
    return extents[depth - 1] if depth else Extent(gemm.batch, gemm.m, gemm.k, gemm.n)


def within(inner, outer):
    return all(getattr(inner, d) <= getattr(outer, d) for d in "mkn")


def plainest(whole, tile, order):
    """Return the first order that walks the loops of more than one round as `order` does."""

    def walked(one):
        return [d for d in one if getattr(whole, d) > getattr(tile, d)]

    return next(other for other in ORDERS if walked(other) == walked(order))


def path_of(machine, operand):
    return [memory for memory in machine.memories if operand in memory.serves]


def fits(place, mapping, reserved_bits):
    machine = place.machine
    for memory in machine.memories[1:]:
        paths = {o: path_of(machine, o) for o in sorted(memory.serves)}
        depth = next(path.index(memory) for path in paths.values())
        needed = reserved_bits.get(memory.name, 0)
        for operand, path in paths.items():
            innermost = path[-1] is memory
            bits, in_place = tile_bits(place, mapping, operand, depth, innermost=innermost)
            needed += memory.buffers * bits + in_place
        if needed > memory.capacity_bits:
            return False
    return True


def tile_bits(place, mapping, operand, depth, *, innermost):
    """Return (bits of a tile in each buffer, bits in place of what stays) in a memory."""
    tile = mapping.extents[depth - 1]
    if operand == "output":
        return output_bits(place, mapping, depth, innermost=innermost)
    if depth == 1 and stays_on_chip(place, operand):
        return 0, 0
    find = weight_bits if operand == "weight" else input_bits
    return find(place, tile, depth, innermost=innermost), 0


def stays_on_chip(place, operand):
    gemm = place.gemm
    if operand == "weight" and not gemm.weights_are_activations:
        return gemm.weights_stay
    shared = "input" in path_of(place.machine, operand)[1].serves
    return gemm.on_chip and shared


def weight_bits(place, tile, depth, *, innermost):
    gemm, weights = place.gemm, tile.batch * tile.k * tile.n
    if depth > place.machine.decoder_depth:
        bits = weights * held_weight_bits(gemm)
    elif gemm.weights_are_activations:
        bits = weights * gemm.weight.field_bits
    else:
        bits = stored_bits(gemm.weight, gemm.packing, weights)
    channels = 0 if innermost else tile.batch * tile.n * gemm.channel_bits
    return bits + channels


def input_bits(place, tile, depth, *, innermost):  # noqa: ARG001 (all are asked alike)
    gemm, elements = place.gemm, tile.m * tile.k
    if not (innermost and place.machine.unfolding == "scratchpad"):
        elements = gemm.distinct_elements(tile.m, tile.k)
    return tile.batch * elements * gemm.activation.field_bits


def output_bits(place, mapping, depth, *, innermost):
    gemm, tile = place.gemm, mapping.extents[depth - 1]
    sums, results = place.array.pe.accumulator_bits, gemm.output.field_bits
    deeper = depth < len(mapping.extents)
    unfinished = tile.k < gemm.k or (deeper and spills(place, mapping, depth))
    if depth == 1 and gemm.on_chip:
        columns = gemm.n if spills(place, mapping, 0) else tile.n
        wider = max(sums - results, 0) if unfinished or innermost else 0
        return 0, gemm.batch * gemm.m * columns * wider
    width = sums if innermost else max(sums, results) if unfinished else results
    return tile.batch * tile.m * tile.n * width, 0


def spills(place, mapping, boundary):
    """Return whether sums leave across a boundary before their last k, and come back."""
    whole, tile = around(place, mapping.extents, boundary), mapping.extents[boundary]
    order = mapping.orders[boundary]
    inside = order[order.index("k") + 1 :]
    return whole.k > tile.k and any(getattr(whole, d) > getattr(tile, d) for d in inside)
