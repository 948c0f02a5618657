"""Which array computes which weights in how many beats: the table that the READMEs show."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

from lowbit_sim.arch.accelerator import NamedArray
from lowbit_sim.arch.load import load_accelerator
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.pe.base import ValueDependent

#: activations that an array is asked about, the first that it computes with any weights
ACTIVATIONS = ("int8", "levels_3", "levels_2")
NONE = "–"


def passes_table_markdown(paths: Iterable[Path]) -> str:
    """Return the Markdown table of the beats that a multiplication takes, without a last newline.

    A row for each array, in the order of `paths`: an operator goes to the first array of a
    machine that computes its formats. A number is passes over the products that a processing
    element does side by side; ``≤`` stands before it where the weights' values decide.
    Floating-point weights meet activations of their own format.

    Parameters
    ----------
    paths : iterable of Path
        Accelerator files.

    Raises
    ------
    SpecError
        If one of the files has a fault.

    Examples
    --------
    >>> print(passes_table_markdown([]).splitlines()[0][:43])
    | machine | array | activations | 2 | 3 | 4
    """
    header = ["machine", "array", "activations", *map(_column, FORMATS)]
    aligned = ["---", "---", "---", *["---:"] * len(FORMATS)]
    rows = [
        [f"`{machine.name}`", f"{array.name} ({array.pe.rows} × {array.pe.cols})", *_cells(array)]
        for machine in map(load_accelerator, paths)
        for array in machine.arrays
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in [header, aligned, *rows])


def _column(name: str) -> str:
    return (
        name.removeprefix("levels_")
        .replace("_pow2", " (power of two)")
        .replace("_zero", " (with zero)")
    )


def _cells(array: NamedArray) -> list[str]:
    """Return the activations that an array takes, and the beats of each weight format."""
    for name in ACTIVATIONS:
        cells = [_beats(array, weight, FORMATS[name]) for weight in FORMATS.values()]
        if any(cell != NONE for cell in cells):
            return [name, *cells]
    return [NONE] * (len(FORMATS) + 1)


def _beats(array: NamedArray, weight: NumberFormat, activation: NumberFormat) -> str:
    """Return the passes over the products done side by side.

    Examples
    --------
    >>> from lowbit_sim.pe.array import PEArray
    >>> from lowbit_sim.pe.bit_brick import BitBrick
    >>> array = NamedArray("units", PEArray(BitBrick(), rows=1, cols=1, accumulator_bits=24))
    >>> [_beats(array, FORMATS[name], FORMATS["int8"]) for name in ("levels_3", "int8", "fp32")]
    ['1/4', '1', '–']
    """
    met = activation if weight.is_integer else weight
    if array.refuses(weight, met) is not None:
        return NONE
    beats = Fraction(array.pe.passes(weight, met), array.pe.terms(weight, met))
    return f"≤ {beats}" if isinstance(array.pe.element, ValueDependent) else str(beats)
