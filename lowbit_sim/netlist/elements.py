"""What is synthesised, each with its ports and with what they see while it works.

A PE is alone: its neighbours' registers are its ports. What they hold follows from the trace, so
all PEs of a block of an array run side by side, a lane each, without the skew between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from amaranth.hdl import Elaboratable, Value
from numpy.typing import NDArray

from lowbit_sim.formats.digits import planes, signed_powers, trits
from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.netlist.lanes import Trace, Work, bit_lanes
from lowbit_sim.pe.base import ProcessingElement
from lowbit_sim.pe.bit_serial import BitSerial
from lowbit_sim.rtl.decoders import WordDecoder
from lowbit_sim.rtl.digits import Digits, digits_of
from lowbit_sim.rtl.gates import joined
from lowbit_sim.rtl.pes import GrowingPE, HoldingPE

Array = NDArray[Any]
#: rows and columns of a block of an array
BLOCK = 16


@dataclass(frozen=True, slots=True)
class HeldWeight:
    """A PE of a systolic array whose weights stay."""

    element: ProcessingElement
    weight: NumberFormat
    activation_bits: int
    accumulator_bits: int
    hidden: bool = False

    #: outputs whose registers are written in every beat, and those that hold
    written: ClassVar[tuple[str, ...]] = ("activation", "sum")
    held: ClassVar[tuple[str, ...]] = ("word",)

    @property
    def digits(self) -> Digits:
        """How it takes weights."""
        return digits_of(self.element, self.weight)

    def design(self) -> tuple[Elaboratable, dict[str, Value]]:
        """Return the hardware and its ports."""
        pe = HoldingPE(self.digits, self.activation_bits, self.accumulator_bits, hidden=self.hidden)
        holder = pe.holder
        ports = {
            "word_in": holder.word_in,
            "arrives": holder.arrives,
            "activation_in": pe.activation_in,
            "sum_in": pe.sum_in,
            "word": holder.word,
            "activation": pe.activation,
            "sum": pe.sum,
        }
        if len(self.digits.scales) > 1:
            ports |= {"place_in": holder.place, "place": pe.place}
        if self.hidden:
            ports |= {"first_in": holder.first, "first": pe.first}
        return pe, ports

    def work(self, trace: Trace) -> Work:
        """Return a block of `BLOCK` × `BLOCK` PEs, first loaded, then streaming the inputs."""
        codes, values = digit_values(self.element, trace)
        codes, values = codes[:, :BLOCK, :BLOCK], values[:, :BLOCK, :BLOCK]
        places, rows, cols = codes.shape
        inputs = trace.inputs[:, :rows]
        beats = len(inputs) * places
        products = inputs[:, None, :, None] * values[None]  # m, place, row, col
        above = (np.cumsum(products, axis=2) - products).reshape(beats, -1)
        activation = np.broadcast_to(inputs[:, None, :, None], products.shape).reshape(beats, -1)
        place = np.broadcast_to(np.arange(places)[None, :, None, None], products.shape)
        words = np.zeros((beats + 1, rows * cols), np.int64)
        words[0] = self.digits.words(trace.levels[:rows, :cols]).ravel()
        word_bits = self.digits.word_bits
        stimulus = {
            "word_in": bit_lanes(words, word_bits),
            "arrives": bit_lanes(_after(np.zeros((beats, rows * cols)), 1), 1),
            "activation_in": bit_lanes(_after(activation), self.activation_bits),
            "sum_in": bit_lanes(_after(above), self.accumulator_bits),
        }
        if len(self.digits.scales) > 1:
            width = (len(self.digits.scales) - 1).bit_length()
            stimulus["place_in"] = bit_lanes(_after(place.reshape(beats, -1)), width)
        if self.hidden:
            first = np.zeros((beats + 1, rows * cols))
            first[1] = 1
            stimulus["first_in"] = bit_lanes(first, 1)
        busy = [0, 0, *[(1 << rows * cols) - 1] * (beats - 1)]
        digits = np.broadcast_to(values[None] != 0, products.shape).reshape(beats, -1)
        nonzero = [one[0] for one in bit_lanes(_after(digits), 1)]
        sums = above + products.reshape(beats, -1)
        expected = {beat + 2: sums[beat] for beat in range(beats - 1)}
        return Work(stimulus, rows * cols, nonzero, busy, "sum", expected)


@dataclass(frozen=True, slots=True)
class GrowingSum:
    """A PE of a systolic array whose sums stay."""

    element: ProcessingElement
    weight: NumberFormat
    activation_bits: int
    accumulator_bits: int

    written: ClassVar[tuple[str, ...]] = ("activation", "digit", "leaving")
    held: ClassVar[tuple[str, ...]] = ()

    @property
    def digits(self) -> Digits:
        """How it takes weights."""
        return digits_of(self.element, self.weight)

    @property
    def scaled_bits(self) -> int:
        """Width of an activation that is scaled in front of the array [bit]."""
        return self.digits.scaled_bits(self.activation_bits)

    def design(self) -> tuple[Elaboratable, dict[str, Value]]:
        """Return the hardware and its ports."""
        pe = GrowingPE(self.digits, self.scaled_bits, self.accumulator_bits, apart=False)
        ports = {
            name: getattr(pe, name)
            for name in ("activation_in", "digit_in", "valid", "first", "takes", "sum_in")
        }
        return pe, ports | {"activation": pe.activation, "digit": pe.digit, "leaving": pe.leaving}

    def work(self, trace: Trace) -> Work:
        """Return `BLOCK` × `BLOCK` sums that grow over all of k."""
        codes, values = digit_values(self.element, trace)
        codes, values = codes[..., :BLOCK], values[..., :BLOCK]
        places, k, cols = codes.shape
        inputs = trace.inputs[:BLOCK]
        rows, beats = len(inputs), k * places
        scales = np.array(digits_of(self.element, trace.weight).scales)
        scaled = inputs.T[:, None, :, None] * scales[:, None, None]  # k, place, row, 1
        digits = values.transpose(1, 0, 2)[:, :, None, :]  # k, place, 1, col
        shape = (k, places, rows, cols)
        products = scaled * digits
        coded = np.broadcast_to(codes.transpose(1, 0, 2)[:, :, None, :], shape)
        ones = np.ones((beats, rows * cols), np.int64)
        first = np.zeros_like(ones)
        first[0] = 1
        stimulus = {
            "activation_in": bit_lanes(
                np.broadcast_to(scaled, shape).reshape(beats, -1), self.scaled_bits
            ),
            "digit_in": bit_lanes(coded.reshape(beats, -1), self.digits.digit_bits),
            "valid": bit_lanes(ones, 1),
            "first": bit_lanes(first, 1),
        }
        busy = [0, *[(1 << rows * cols) - 1] * (beats - 1)]
        flags = np.broadcast_to(digits != 0, shape).reshape(beats, -1)
        nonzero = [one[0] for one in bit_lanes(flags, 1)]
        sums = np.cumsum(products.reshape(beats, -1), axis=0)
        expected = {beat + 1: sums[beat] for beat in range(beats - 1)}
        return Work(stimulus, rows * cols, nonzero, busy, "leaving", expected)


@dataclass(frozen=True, slots=True)
class Decoder:
    """A decoder of weights that share a word; it has no register."""

    element: ProcessingElement
    weight: NumberFormat
    weights: int

    written: ClassVar[tuple[str, ...]] = ()
    held: ClassVar[tuple[str, ...]] = ()

    def design(self) -> tuple[Elaboratable, dict[str, Value]]:
        """Return the hardware and its ports."""
        decoder = WordDecoder(digits_of(self.element, self.weight), self.weights)
        return decoder, {"word": decoder.word, "decoded": decoder.decoded}

    @property
    def word_bits(self) -> int:
        """Width of a word [bit]."""
        return int(self.weight.count**self.weights - 1).bit_length()

    def work(self, trace: Trace) -> Work:
        """Return words of neighbouring rows, `BLOCK` columns side by side."""
        digits = digits_of(self.element, self.weight)
        levels = trace.levels[:, :BLOCK]
        count = len(levels) // self.weights
        grouped = levels[: count * self.weights].reshape(count, self.weights, -1)
        codes = np.searchsorted(np.array(self.weight.levels), grouped)
        powers = self.weight.count ** np.arange(self.weights)
        words = (codes * powers[:, None]).sum(axis=1)
        lanes = words.shape[1]
        everyone = (1 << lanes) - 1
        decoded = joined(digits.words(grouped).transpose(1, 0, 2), digits.word_bits)
        return Work(
            {"word": bit_lanes(words, self.word_bits)},
            lanes,
            [everyone] * count,
            [0, *[everyone] * (count - 1)],
            "decoded",
            dict(enumerate(decoded)),
        )


def digit_values(element: ProcessingElement, trace: Trace) -> tuple[Array, Array]:
    """Return the digits of a trace's weights, as stored and by value, each (places, k, n)."""
    codes = digits_of(element, trace.weight).codes(trace.levels)
    if element.kind == "ternary_adder":
        return codes, trits(trace.levels, trace.weight)[0]
    if element.kind == "shift_add":
        return codes, signed_powers(trace.levels, trace.weight)
    if isinstance(element, BitSerial):
        return codes, planes(trace.levels, trace.weight, element.encoding)[0]
    return codes, trace.levels[None]


def passes(element: Any, weight: NumberFormat) -> int:
    """Return the beats of a multiplication in a format; of a decoder, the words of a weight, 1."""
    if isinstance(element, Decoder):
        return 1
    return len(digits_of(element.element, weight).scales)


def _after(values: Array, before: int = 0) -> Array:
    """Return `values` with a cycle of `before` in front."""
    return np.concatenate([np.full((1, values.shape[1]), before), values.astype(np.int64)])
