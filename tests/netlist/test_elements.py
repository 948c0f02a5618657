from dataclasses import replace

import numpy as np
import pytest
from tiny import needs_yosys, synthesised, tiny

from lowbit_sim.errors import LowbitSimError
from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.netlist.elements import BLOCK, Decoder, GrowingSum, HeldWeight, digit_values, passes
from lowbit_sim.netlist.lanes import Trace
from lowbit_sim.netlist.mapped import inputs_of
from lowbit_sim.netlist.measure import measure
from lowbit_sim.netlist.switching import Priced
from lowbit_sim.pe.bit_serial import BitSerial
from lowbit_sim.pe.integer_mac import IntegerMac
from lowbit_sim.pe.shift_add import ShiftAdd
from lowbit_sim.pe.ternary_adder import TernaryAdder

KINDS = {
    "ternary_adder": TernaryAdder(),
    "shift_add": ShiftAdd(),
    "bit_serial": BitSerial("twos_complement"),
    "bit_serial_sign": BitSerial("sign_magnitude"),
    "integer_mac": IntegerMac(8),
}
#: what each kind is built for here, and the beats of a multiplication
CASES = [
    ("ternary_adder", "levels_2", 1),
    ("ternary_adder", "levels_3", 1),
    ("ternary_adder", "levels_5", 2),
    ("ternary_adder", "int8", 6),
    ("shift_add", "levels_3", 1),
    ("shift_add", "levels_5", 1),
    ("shift_add", "int8", 4),
    ("bit_serial", "levels_2", 1),
    ("bit_serial", "levels_3", 2),
    ("bit_serial", "levels_5", 3),
    ("bit_serial", "int8", 8),
    ("bit_serial_sign", "levels_3", 1),
    ("bit_serial_sign", "levels_5", 2),
    ("integer_mac", "levels_5", 1),
    ("integer_mac", "int8", 1),
]
#: activations of 5 bit and sums of 12: small netlists that say as much
WIDTHS = (5, 12)


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    return tmp_path_factory.mktemp("netlists")


def trace(weight_format, m=5, k=6, n=4):
    fmt = number_format(weight_format)
    drawn = np.random.default_rng(0)
    inputs = drawn.integers(-16, 16, (m, k))
    inputs[:2, 0] = -16, 15
    return Trace(fmt, inputs, drawn.choice(fmt.levels, (k, n)))


@pytest.mark.parametrize(("kind", "weight_format", "beats"), CASES)
def test_a_multiplication_takes_a_beat_for_each_digit(kind, weight_format, beats):
    fmt = number_format(weight_format)
    assert passes(HeldWeight(KINDS[kind], fmt, *WIDTHS), fmt) == beats


@pytest.mark.parametrize(("kind", "weight_format", "beats"), CASES)
def test_digits_times_their_scales_are_the_weights(kind, weight_format, beats):
    given = trace(weight_format, k=40)
    element = HeldWeight(KINDS[kind], given.weight, *WIDTHS)
    codes, values = digit_values(element.element, given)
    scales = np.array(element.digits.scales)
    assert codes.shape == values.shape == (beats, *given.levels.shape)
    assert codes.max() < 2**element.digits.digit_bits
    assert np.array_equal((scales[:, None, None] * values).sum(axis=0), given.levels)


def test_a_decoder_takes_a_word_of_so_many_weights():
    fmt = number_format("levels_3")
    decoder = Decoder(TernaryAdder(), fmt, 5)
    # 3⁵ = 243
    assert (decoder.word_bits, passes(decoder, fmt)) == (8, 1)
    assert Decoder(ShiftAdd(), number_format("levels_5"), 3).word_bits == 7  # 5³ = 125


# what they are given


def test_a_held_weight_is_loaded_once_and_then_streams_its_inputs():
    given = trace("levels_3", m=3, k=2, n=2)
    made = HeldWeight(TernaryAdder(), given.weight, *WIDTHS).work(given)
    # a cycle to load, three inputs; the first that is counted is the second input
    assert made.lanes == 4
    assert made.stimulus["arrives"] == [[0b1111], [0], [0], [0]]
    assert made.busy == [0, 0, 0b1111, 0b1111]
    # the second row of PEs adds to the sum of the first: at the end all sums are the product
    sums = made.expected[3].reshape(2, 2)
    assert np.array_equal(sums[1], given.inputs[1] @ given.levels)
    assert np.array_equal(sums[0], given.inputs[1, 0] * given.levels[0])
    digits = [int(bit) for level in given.levels.ravel() for bit in [level != 0]]
    assert made.nonzero[1:] == [sum(bit << lane for lane, bit in enumerate(digits))] * 3


def test_a_growing_sum_takes_all_of_k():
    given = trace("levels_5", m=2, k=6, n=3)
    made = GrowingSum(TernaryAdder(), given.weight, *WIDTHS).work(given)
    # 6 inputs of 2 trits; the last sum is not seen, the last but one lacks the trit of scale 3
    assert made.lanes == 6
    assert len(made.busy) == 12
    assert set(made.expected) == set(range(1, 12))
    low_trit = (given.levels[-1] + 1) % 3 - 1
    expected = given.inputs[:, :-1] @ given.levels[:-1] + np.outer(given.inputs[:, -1], low_trit)
    assert np.array_equal(made.expected[11].reshape(2, 3), expected)


def test_no_more_than_a_block_runs_at_once():
    given = trace("levels_3", m=20, k=40, n=20)
    assert HeldWeight(TernaryAdder(), given.weight, *WIDTHS).work(given).lanes == BLOCK**2
    assert GrowingSum(TernaryAdder(), given.weight, *WIDTHS).work(given).lanes == BLOCK**2
    assert Decoder(TernaryAdder(), given.weight, 5).work(given).lanes == BLOCK


@pytest.mark.parametrize(
    ("kind", "weight_format", "scaled_bits"),
    [
        ("ternary_adder", "levels_3", 5),
        ("ternary_adder", "levels_5", 7),  # · 3: two more
        ("ternary_adder", "int8", 13),  # · 243: eight more
        ("shift_add", "int8", 5),
        ("bit_serial", "levels_3", 5 + 1 + 1),  # · 1 and · −2
        ("bit_serial_sign", "levels_5", 6),
    ],
)
def test_an_activation_that_is_scaled_in_front_has_room(kind, weight_format, scaled_bits):
    element = GrowingSum(KINDS[kind], number_format(weight_format), *WIDTHS)
    assert element.scaled_bits == scaled_bits
    extremes = [scale * value for scale in element.digits.scales for value in (-16, 15)]
    assert -(2 ** (scaled_bits - 1)) <= min(extremes)
    assert max(extremes) < 2 ** (scaled_bits - 1)


# what their netlists compute: `measure` refuses others


@needs_yosys
@pytest.mark.parametrize(("kind", "weight_format", "beats"), CASES)
def test_the_netlist_of_a_held_weight_computes_what_numpy_says(work, kind, weight_format, beats):
    element = HeldWeight(KINDS[kind], number_format(weight_format), *WIDTHS)
    priced = synthesised(element, work)
    # sum, activation, word, and where digits change from beat to beat their place
    places = (beats - 1).bit_length()
    assert len(priced.netlist.flops) == 12 + 5 + element.digits.word_bits + places
    measure(element, priced, [trace(weight_format), trace(weight_format, m=2, k=20, n=17)])


@needs_yosys
@pytest.mark.parametrize(("kind", "weight_format", "beats"), CASES)
def test_the_netlist_of_a_growing_sum_computes_what_numpy_says(work, kind, weight_format, beats):
    element = GrowingSum(KINDS[kind], number_format(weight_format), *WIDTHS)
    priced = synthesised(element, work)
    assert len(priced.netlist.outputs["activation"]) == element.scaled_bits
    found = measure(element, priced, [trace(weight_format), trace(weight_format, m=17, k=3, n=2)])
    assert beats >= 1
    assert found.pass_fj > 0


@needs_yosys
def test_the_netlist_of_a_second_register_computes_what_numpy_says(work):
    element = HeldWeight(TernaryAdder(), number_format("levels_5"), *WIDTHS, hidden=True)
    priced = synthesised(element, work)
    # the second register's two trits, and the flag that a fold begins
    assert len(priced.netlist.flops) == 12 + 5 + 4 + 1 + 4 + 1
    measure(element, priced, [trace("levels_5")])


@needs_yosys
@pytest.mark.parametrize(
    ("kind", "weight_format", "weights"),
    [("ternary_adder", "levels_3", 5), ("shift_add", "levels_5", 3), ("bit_serial", "levels_7", 2)],
)
def test_the_netlist_of_a_decoder_gives_back_the_weights(work, kind, weight_format, weights):
    decoder = Decoder(KINDS[kind], number_format(weight_format), weights)
    priced = synthesised(decoder, work)
    assert priced.netlist.flops == ()
    # a row of weights is left over where k is no multiple
    found = measure(decoder, priced, [trace(weight_format, k=4 * weights + 1, n=17)])
    assert (found.zero_fraction, found.register_bit_fj) == (0, 0)


@needs_yosys
@pytest.mark.parametrize("make", [HeldWeight, GrowingSum])
@pytest.mark.parametrize("kind", ["ternary_adder", "shift_add", "bit_serial", "integer_mac"])
def test_an_element_for_int8_computes_five_levels_too(work, make, kind):
    element = make(KINDS[kind], number_format("int8"), *WIDTHS)
    priced = synthesised(element, work)
    found = {name: measure(element, priced, [trace(name)]) for name in ("int8", "levels_5")}
    assert passes(element, number_format("levels_5")) <= passes(element, number_format("int8"))
    assert found["levels_5"] != found["int8"]


# faults in a netlist are found


def exchanged(priced, old, new):
    """Return the netlist with one gate replaced."""
    gates = tuple(new if one is old else one for one in priced.netlist.gates)
    return Priced(replace(priced.netlist, gates=gates), priced.cell_library, priced.conditions)


def in_front_of(priced, port):
    """Return the gate that drives the register of the lowest bit of a port."""
    (net,) = {f.nets["D"] for f in priced.netlist.flops if f.nets.get("Q") == port[0]}
    return next(one for one in priced.netlist.gates if one.nets["Y"] == net)


@needs_yosys
def test_a_gate_of_another_function_is_found(work):
    element = HeldWeight(TernaryAdder(), number_format("levels_3"), *WIDTHS)
    priced = synthesised(element, work)
    good = in_front_of(priced, priced.netlist.outputs["sum"])
    other = {"NOR2": "NAND2", "NAND2": "NOR2", "INV": "BUF", "BUF": "INV", "XOR2": "NAND2"}
    bad = exchanged(priced, good, replace(good, cell=other[good.cell]))
    with pytest.raises(LowbitSimError, match="the netlist computes another sum in cycle"):
        measure(element, bad, [trace("levels_3")])


@needs_yosys
def test_a_net_that_is_connected_wrongly_is_found(work):
    element = HeldWeight(TernaryAdder(), number_format("levels_3"), *WIDTHS)
    priced = synthesised(element, work)
    good = in_front_of(priced, priced.netlist.outputs["sum"])
    # the sum's lowest bit comes from the highest bit of what comes from above
    wrong = priced.netlist.inputs["sum_in"][-1]
    assert wrong not in inputs_of(good, tiny())
    nets = {pin: net if pin == "Y" else wrong for pin, net in good.nets.items()}
    bad = exchanged(priced, good, replace(good, nets=nets))
    with pytest.raises(LowbitSimError, match="the netlist computes another sum"):
        measure(element, bad, [trace("levels_3")])


@needs_yosys
def test_a_format_that_an_element_cannot_take_is_found(work):
    # ±1 as the digits of 1-bit planes are not the planes of two's complement
    element = HeldWeight(BitSerial("twos_complement"), number_format("int8"), *WIDTHS)
    with pytest.raises(LowbitSimError, match="another sum"):
        measure(element, synthesised(element, work), [trace("levels_2")])
