import itertools
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from lowbit_sim.actions import ActionCounts
from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.pe.array import ORGANISATIONS, PEArray
from lowbit_sim.pe.base import STATIONARY, Product, Tile, ValueDependent
from lowbit_sim.pe.folding import Conventions
from lowbit_sim.pe.ternary_adder import TernaryAdder

LEVELS_3, INT8, BF16 = (number_format(name) for name in ("levels_3", "int8", "bf16"))
FORMATS = LEVELS_3, INT8


@dataclass(frozen=True)
class Lanes:
    """An element of so many passes, terms and stages, which tells what frame it is in."""

    kind: ClassVar[str] = "lanes"
    beats: int = 1
    side_by_side: int = 1
    late: int = 0

    def refuses(self, *formats):
        return None if all(fmt.is_integer for fmt in formats) else "integers only"

    def passes(self, *_):
        return self.beats

    def terms(self, *_):
        return self.side_by_side

    def stages(self, *_):
        return self.late

    def actions(self, product, frame):
        return ActionCounts({f"lanes.on_{frame.rows}_by_{frame.cols}": product.macs})


@dataclass(frozen=True)
class Skipping(Lanes):
    """Its weights are walked six at a time where outputs stay, or a fold at a time."""

    def group(self, rows, stationary):
        return 6 if stationary == "output" else rows

    def profile(self, levels, rows, cols, stationary, weight=None):
        raise NotImplementedError


@dataclass(frozen=True)
class Choosy(Lanes):
    def fits(self, organisation, stationary):
        return (
            "only inputs on wires" if (organisation, stationary) != ("broadcast", "input") else None
        )


def array(element=None, rows=8, cols=4, **more):
    return PEArray(element or Lanes(), rows, cols, accumulator_bits=24, **more)


@pytest.mark.parametrize(
    ("organisation", "stationary", "conventions", "by_hand"),
    [
        # k' = ⌈17/2⌉ = 9 words in ⌈9/8⌉·⌈9/4⌉ = 6 folds; B = 3·5; S = 8 + 4 − 2 and a stage
        ("systolic", "weight", Conventions(), 6 * (8 + 15 + 11)),
        ("systolic", "weight", Conventions("hidden", "overlapped"), 8 + 6 * 15 + 11),
        ("systolic", "weight", Conventions("exposed", "overlapped"), 6 * (8 + 15) + 11),
        # ⌈9/8⌉·⌈5/4⌉ = 4 folds of 3·9 beats
        ("systolic", "input", Conventions("hidden"), 8 + 4 * (27 + 11)),
        # ⌈5/8⌉·⌈9/4⌉ = 3 folds of 3·9 beats
        ("systolic", "output", Conventions(), 3 * (27 + 11 + 8)),
        ("systolic", "output", Conventions("exposed", "separate", "direct"), 3 * (27 + 11)),
        # the tree of 8 has three levels
        ("broadcast", "weight", Conventions(), 6 * (8 + 15 + 3 + 1)),
        ("broadcast", "output", Conventions("exposed", "overlapped"), 3 * 27 + 1 + 8),
    ],
)
def test_cycles_by_hand(organisation, stationary, conventions, by_hand):
    lanes = Lanes(beats=3, side_by_side=2, late=1)
    made = array(lanes, organisation=organisation, conventions=conventions)
    cycles = made.cycles(Tile(m=5, k=17, n=9), *FORMATS, stationary)
    assert cycles == by_hand
    assert type(cycles) is int


def test_folds_of_many_products_at_once():
    made = array(Lanes(side_by_side=3))
    m, k, n = np.array([5, 8]), np.array([17, 48]), np.array([9, 4])
    folds = made.folds(m, k, n, FORMATS, "weight")
    assert folds.count.tolist() == [1 * 3, 2 * 1]
    assert np.broadcast_to(folds.beats, 2).tolist() == [5, 8]


def test_units_are_one_fold():
    made = array(Lanes(side_by_side=3))
    assert made.tile_units(*FORMATS, "weight") == (8, 24, 4)
    assert made.tile_units(*FORMATS, "output") == (8, 24, 4)
    assert made.tile_units(*FORMATS, "input") == (4, 24, 4)


def test_units_of_lanes_that_skip_are_whole_groups():
    made = array(Skipping())
    assert isinstance(made.element, ValueDependent)
    assert made.tile_units(*FORMATS, "weight") == (8, 8, 4)
    assert made.tile_units(*FORMATS, "output") == (8, 24, 4)  # of eight and of six


def test_profiled_cycles_by_hand():
    made = array(Skipping(), organisation="broadcast")
    profile = np.array([[3, 1], [2, 5]])
    # two folds of k for each of two folds of n: 8 rows loaded, 5 inputs, 3 levels of a tree
    weight = sum(8 + 5 * beats + 3 for beats in (3, 2, 1, 5))
    assert made.profiled_cycles(5, profile, FORMATS, "weight") == weight
    # ⌈9/8⌉ = 2 folds of m for each of two folds of n: their groups, and 8 rows of drain
    assert made.profiled_cycles(9, profile, FORMATS, "output") == 2 * ((3 + 2 + 8) + (1 + 5 + 8))


@pytest.mark.parametrize("organisation", ORGANISATIONS)
@pytest.mark.parametrize("stationary", ["weight", "output"])
def test_where_nothing_is_skipped_a_profile_changes_nothing(organisation, stationary):
    rng = np.random.default_rng(1)
    for preload, folds, drain in itertools.product(
        ("exposed", "hidden"), ("separate", "overlapped"), ("through_rows", "direct")
    ):
        m, k, n, passes = (int(x) for x in rng.integers(1, [40, 40, 40, 5]))
        conventions = Conventions(preload, folds, drain)
        made = array(Skipping(passes), organisation=organisation, conventions=conventions)
        group = 6 if stationary == "output" else 8
        weights = np.diff(np.minimum(np.arange(0, k + group, group), k))
        beats = passes * (weights if stationary == "output" else np.ones_like(weights))
        profile = np.repeat(beats[:, None], -(-n // 4), axis=1)
        cycles = made.profiled_cycles(m, profile, FORMATS, stationary)
        assert cycles == made.cycles(Tile(m, k, n), *FORMATS, stationary)


def written_by_loops(made, product, terms, passes, digit_bits, activation_bits):
    """Count register bits one beat after another."""
    tile, bits = product.tile, 0
    words = -(-tile.k // terms)
    rows, cols, sum_bits = made.rows, made.cols, made.accumulator_bits
    stays = product.stationary
    down, across = {
        "weight": (words, tile.n),
        "input": (words, tile.m),
        "output": (tile.m, tile.n),
    }[stays]
    streamed = {"weight": tile.m, "input": tile.n, "output": words}[stays]
    for _, r0, c0, _ in itertools.product(
        range(product.batch), range(0, down, rows), range(0, across, cols), range(streamed * passes)
    ):
        used_rows, used_cols = min(rows, down - r0), min(cols, across - c0)
        from_left = digit_bits if stays == "input" else activation_bits
        from_top = digit_bits if stays == "output" else 0
        if made.organisation == "systolic":  # what moves, moves in every PE
            bits += used_rows * used_cols * (from_left + from_top + sum_bits)
        else:  # a register before each wire, and for each column a tree that adds its rows
            sums = used_rows if stays == "output" else used_rows - 1
            bits += used_rows * from_left + used_cols * from_top + used_cols * sums * sum_bits
    return bits


@pytest.mark.parametrize("organisation", ORGANISATIONS)
@pytest.mark.parametrize("stationary", STATIONARY)
def test_registers_by_loops(organisation, stationary):
    rng = np.random.default_rng(2)
    for _ in range(60):
        rows, cols, terms, passes, batch = (int(x) for x in rng.integers(1, [6, 6, 4, 4, 3]))
        tile = Tile(*(int(x) for x in rng.integers(1, 12, size=3)))
        made = array(Lanes(passes, terms), rows, cols, organisation=organisation)
        product = Product(batch, tile, *FORMATS, stationary)
        slots = batch * tile.m * -(-tile.k // terms) * tile.n * passes
        assert made.register_bits(product, slots, 2, 8) == written_by_loops(
            made, product, terms, passes, 2, 8
        )


def test_actions_are_those_of_the_kind_in_this_frame():
    counts = array().actions(Product(2, Tile(3, 4, 5), *FORMATS, "weight"))
    assert dict(counts) == {"lanes.on_8_by_4": 120}
    assert array().kind == "lanes"


def test_refused_formats_are_refused_everywhere():
    assert array().refuses(BF16, INT8) == "integers only"
    for ask in (
        lambda: array().passes(BF16, INT8),
        lambda: array().terms(BF16, INT8),
        lambda: array().cycles(Tile(1, 1, 1), BF16, INT8, "weight"),
        lambda: array().tile_units(BF16, INT8, "weight"),
        lambda: array().actions(Product(1, Tile(1, 1, 1), BF16, INT8, "weight")),
    ):
        with pytest.raises(ValueError, match=r"^lanes refuses bf16 × int8: integers only$"):
            ask()


@pytest.mark.parametrize("bad", [0, -8, 8.0, True, "8"])
@pytest.mark.parametrize("field", ["rows", "cols", "accumulator_bits"])
def test_counts_are_whole_and_above_zero(field, bad):
    with pytest.raises(ValueError, match=rf"^{field} must be a whole number above zero"):
        PEArray(**{"element": Lanes(), "rows": 8, "cols": 8, "accumulator_bits": 24, field: bad})


@pytest.mark.parametrize("bad", [(), ("weights",), ("weight", "row")])
def test_at_least_one_known_operand_may_stay(bad):
    with pytest.raises(ValueError, match=r"^stationary names at least one of: weight, output, inp"):
        array(stationary=bad)


def test_an_unknown_organisation_names_the_nearest():
    with pytest.raises(ValueError, match=r"^organisation 'sistolic' is unknown; did you mean 'sys"):
        array(organisation="sistolic")


def test_an_element_may_not_fit():
    array(Choosy(), organisation="broadcast", stationary=("input",))
    for more, stays in (
        ({"organisation": "systolic", "stationary": ("input",)}, "input on a systolic"),
        ({"organisation": "broadcast", "stationary": ("input", "output")}, "output on a broadcast"),
        ({}, "weight on a systolic"),
    ):
        with pytest.raises(
            ValueError,
            match=f"^stationary {stays} array does not suit lanes: only inputs on wires$",
        ):
            array(Choosy(), **more)


def test_every_kind_fits_unless_it_says_otherwise():
    for organisation in ORGANISATIONS:
        assert array(TernaryAdder(), organisation=organisation, stationary=STATIONARY)
