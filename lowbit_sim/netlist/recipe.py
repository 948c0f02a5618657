"""What is synthesised, and how: the mirror of ``arch_specs/characterisations/<name>.yaml``.

A recipe names the cell library, the conditions, the traces, the elements; and at its end the text
of the technology file, with places for what was measured (`lowbit_sim.netlist.template`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from lowbit_sim.errors import Fault, SpecError, nearest
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.netlist.columns import TreeColumn
from lowbit_sim.netlist.elements import Decoder, GrowingSum, HeldWeight
from lowbit_sim.netlist.measure import Element
from lowbit_sim.netlist.operators import OperatorKind
from lowbit_sim.netlist.skipping import ColumnWalker, SkippingSum
from lowbit_sim.pe.base import ProcessingElement
from lowbit_sim.pe.bit_serial import BitSerial
from lowbit_sim.pe.integer_mac import IntegerMac
from lowbit_sim.pe.shift_add import ShiftAdd
from lowbit_sim.pe.ternary_adder import TernaryAdder
from lowbit_sim.pe.ternary_skip import TernarySkip
from lowbit_sim.spec_file import SpecFile, read_spec_file, validate
from lowbit_sim.units import parse_quantity

Bits = Annotated[int, BeforeValidator(lambda text: parse_quantity(text, "bits"))]
Nanoseconds = Annotated[float, BeforeValidator(lambda text: parse_quantity(text, "ns"))]
Count = Annotated[int, Field(gt=0, strict=True)]
Factor = Annotated[float, Field(ge=1, allow_inf_nan=False)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Text = Annotated[str, Field(min_length=1)]
Kind = Literal["ternary_adder", "ternary_skip", "shift_add", "bit_serial", "integer_mac"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ConditionsSpec(_Strict):
    """What energies and delays are looked up at."""

    slew: Nanoseconds
    wire_load: Text | None
    tree_factor: Factor


class TraceSpec(_Strict):
    """A trained layer: of a workload, the parameter's name."""

    workload: Text
    parameter: Text


class TracesSpec(_Strict):
    """Where weights and activations come from."""

    test_images: Count
    layers: Annotated[list[TraceSpec], Field(min_length=1)]


class ElementSpec(_Strict):
    """A PE, or with `weights_per_word` a decoder for it, or with `walker` what walks its column.

    A PE of kind ``ternary_skip`` is that of a broadcast array whose sums stay; of other kinds,
    ``organisation: broadcast`` is a column of 16 PEs whose weights stay, with their tree.

    Parameters
    ----------
    kind : str
        As in a machine's file.
    encoding, operand : optional
        As there, of the kinds that have them.
    weights_per_group, organisation : optional
        As there.
    stationary : {"weight", "output"}
        The operand that stays.
    preload : {"exposed", "hidden"}
        Whether a weight that stays has a second register.
    activation, accumulator : int
        Widths [bit].
    built_for : list of str
        Weight formats; each is an element of its own.
    runs : list of str
        Further formats that it is measured in.
    """

    kind: Kind
    encoding: Literal["twos_complement", "sign_magnitude"] = "twos_complement"
    operand: Bits = 8
    weights_per_group: Count = 16
    walker: Annotated[bool, Field(strict=True)] = False
    organisation: Literal["systolic", "broadcast"] = "systolic"
    stationary: Literal["weight", "output"] = "weight"
    preload: Literal["exposed", "hidden"] = "exposed"
    activation: Bits = 8
    accumulator: Bits = 24
    weights_per_word: Count | None = None
    built_for: Annotated[list[Text], Field(min_length=1)]
    runs: list[Text] = []

    def element(self, weight: NumberFormat) -> Element:
        """Return what is built for a format."""
        kinds: dict[Kind, ProcessingElement] = {
            "ternary_adder": TernaryAdder(),
            "ternary_skip": TernarySkip(self.weights_per_group),
            "shift_add": ShiftAdd(),
            "bit_serial": BitSerial(encoding=self.encoding),
            "integer_mac": IntegerMac(self.operand),
        }
        pe = kinds[self.kind]
        if self.weights_per_word is not None:
            return Decoder(pe, weight, self.weights_per_word)
        widths = (self.activation, self.accumulator)
        if isinstance(pe, TernarySkip):
            return ColumnWalker(pe, weight) if self.walker else SkippingSum(pe, weight, *widths)
        if self.organisation == "broadcast":
            return TreeColumn(pe, weight, *widths)
        if self.stationary == "output":
            return GrowingSum(pe, weight, *widths)
        return HeldWeight(pe, weight, *widths, hidden=self.preload == "hidden")


class OperatorSpec(_Strict):
    """An operator on random operands."""

    operator: OperatorKind
    operand: Bits


class RecipeSpec(_Strict):
    """A whole recipe."""

    name: Name
    cell_library: Text
    cell_library_from: Text | None = None
    conditions: ConditionsSpec
    traces: TracesSpec
    elements: Annotated[dict[Name, ElementSpec], Field(min_length=1)]
    operators: dict[Name, OperatorSpec] = {}
    technology: Text


def load_recipe(path: Path) -> RecipeSpec:
    """Read the recipe at `path`.

    Raises
    ------
    SpecError
        With every fault of the file, each at its line.
    """
    file = read_spec_file(path)
    spec = validate(file, RecipeSpec)
    faults: list[Fault] = []
    if spec.name != path.stem:
        faults.append(file.fault(("name",), f"must be the file's, '{path.stem}'", spec.name))
    for name, element in spec.elements.items():
        faults += _format_faults(file, name, element)
    if faults:
        raise SpecError(tuple(faults))
    return spec


def _format_faults(file: SpecFile, name: str, element: ElementSpec) -> Iterator[Fault]:
    """Yield what is wrong with the formats of an element."""
    whole = [one for one, known in FORMATS.items() if known.is_integer]
    for key in ("built_for", "runs"):
        for at, fmt in enumerate(getattr(element, key)):
            place = ("elements", name, key, at)
            if fmt not in whole:
                yield file.fault(place, f"is no integer format; {nearest(fmt, whole)}", fmt)
            elif (
                element.kind == "integer_mac"
                and FORMATS[fmt].twos_complement_bits > element.operand
            ):
                yield file.fault(place, f"does not fit an operand of {element.operand} bit", fmt)
