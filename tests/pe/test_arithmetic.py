from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from lowbit_sim import registry
from lowbit_sim.errors import SpecError
from lowbit_sim.formats.catalogue import FORMATS, number_format
from lowbit_sim.pe import arithmetic, word_arithmetic
from lowbit_sim.pe.arithmetic import ARITHMETIC, dot, wrapped
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

ELEMENTS = [
    TernaryAdder(),
    TernarySkip(),
    BitSerial("twos_complement"),
    BitSerial("sign_magnitude", planes_per_cycle=2),
    BitSerialSkip("each"),
    BitSerialSkip("column", "twos_complement"),
    BitSerialSkip("interleave"),
    BitSerialBoth("twos_complement", lanes=3),
    BitSerialBoth("sign_magnitude", lanes=3),
    ShiftAdd(),
    BitBrick(),
    LookupTable(group=1),
    LookupTable(group=3),
    XnorPopcount(lanes=5),
    XnorPopcount(lanes=32),
    TernaryPopcount(lanes=9),
    IntegerMac(),
    FloatMac(),
]
INTEGERS = [fmt for fmt in FORMATS.values() if fmt.is_integer]
CASES = [
    pytest.param(element, weight, activation, id=f"{element}-{weight.name}-{activation.name}")
    for element in ELEMENTS
    for weight in INTEGERS
    for activation in INTEGERS
    if element.refuses(weight, activation) is None
    and (activation.name in ("int8", "levels_4") or activation is weight)
]


def drawn(rng, fmt, *extents):
    return rng.choice(fmt.levels, extents)


def test_every_built_in_kind_has_an_arithmetic_and_is_tried_here():
    built_in = {
        name
        for name, point in registry.registered("lowbit_sim.pe").items()
        if point.value.startswith("lowbit_sim.")
    }
    assert set(ARITHMETIC) == built_in == {element.kind for element in ELEMENTS}


@pytest.mark.parametrize(("element", "weight", "activation"), CASES)
def test_sums_are_those_of_plain_integers(element, weight, activation):
    rng = np.random.default_rng(5)
    for k in (1, 2, 4, 7, 33):
        inputs = drawn(rng, activation, 2, 1, 5, k)
        levels = drawn(rng, weight, 1, 3, k, 6)
        inputs[0, 0, 0], inputs[0, 0, 1] = activation.min_level, activation.max_level
        levels[0, 0, :, 0], levels[0, 0, :, 1] = weight.min_level, weight.max_level
        np.testing.assert_array_equal(
            dot(element, inputs, levels, (weight, activation)), inputs @ levels
        )


def differs(element, weight="levels_5"):
    """Whether the sums are wrong, for levels and inputs that are all there."""
    weight, int8 = number_format(weight), number_format("int8")
    levels, inputs = np.array([weight.levels]).T, np.arange(-5, weight.count - 5)[None]
    return (dot(element, inputs, levels, (weight, int8)) != inputs @ levels).any()


@pytest.mark.parametrize(
    ("element", "cutter"),
    [
        (BitSerial("twos_complement"), "planes"),
        (BitSerial("sign_magnitude"), "planes"),
        (BitSerialBoth("twos_complement"), "planes"),
        (BitSerialSkip("each"), "planes"),
        (LookupTable(), "planes"),
        (TernaryAdder(), "trits"),
        (BitBrick(), "bricks"),
    ],
)
def test_a_digit_left_out_and_a_wrong_scale_are_seen(monkeypatch, element, cutter):
    module = word_arithmetic if element.kind == "lookup_table" else arithmetic
    right = getattr(module, cutter)
    assert not differs(element)

    def top_left_out(*given, **more):
        digits, scales = right(*given, **more)
        return digits[:-1], scales[:-1]

    def sign_not_minded(*given, **more):
        digits, scales = right(*given, **more)
        return digits, abs(scales) + (scales == scales.max())

    for wrong in (top_left_out, sign_not_minded):
        monkeypatch.setattr(module, cutter, wrong)
        assert differs(element)


def test_a_term_left_out_is_seen(monkeypatch):
    right = arithmetic.signed_powers
    assert not differs(ShiftAdd(), "levels_9")
    monkeypatch.setattr(arithmetic, "signed_powers", lambda *given: right(*given)[1:])
    assert differs(ShiftAdd(), "levels_9")


def test_a_multiplier_too_narrow_for_its_operands_is_seen():
    assert not differs(IntegerMac(operand_bits=4), "levels_5")
    assert differs(IntegerMac(operand_bits=2), "levels_5")


def test_floats_ride_along_exactly_only_up_to_eight_significant_bits():
    wide = np.array([255, 256, 257, 259, -257, 511])
    assert arithmetic._bf16(wide).tolist() == [255, 256, 256, 260, -256, 512]


def test_sums_of_floats_are_exact_below_24_bit():
    formats = number_format("int8"), number_format("int8")
    inputs = np.full((1, 1025), -128)
    assert dot(FloatMac(), inputs[:, :1024], inputs.T[:1024], formats) == 1 << 24
    odd = np.concatenate([inputs.T[:1024], [[1]]])
    assert dot(FloatMac(), -abs(inputs), odd, formats) == (1 << 24) - 128
    assert dot(FloatMac(), np.where(np.arange(1025) < 1024, inputs, 1), odd, formats) == 1 << 24


def test_accumulators_wrap_around():
    values = np.arange(-300, 300)
    for width in (1, 4, 8, 12):
        held = wrapped(values, width)
        assert ((held - values) % (1 << width) == 0).all()
        assert held.min() >= -(1 << width - 1)
        assert held.max() < 1 << width - 1


@dataclass(frozen=True, slots=True)
class Logarithmic:
    """A plug-in kind."""

    kind: ClassVar[str] = "logarithmic"


class Doubling(Logarithmic):
    def dot(self, inputs, levels, weight, activation):
        assert weight.name == "levels_3"
        assert activation.name == "int8"
        return 2 * (inputs @ levels)


def test_a_plug_in_brings_its_own_arithmetic_or_is_refused():
    formats = number_format("levels_3"), number_format("int8")
    one = np.ones((1, 1), np.int64)
    assert dot(Doubling(), one, one, formats) == 2
    with pytest.raises(SpecError, match="kind 'logarithmic' cannot be executed: it needs a method"):
        dot(Logarithmic(), one, one, formats)
