"""A recipe carried out: every element synthesised and measured; the rows of its table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from lowbit_sim.errors import LowbitSimError, nearest, spec_error
from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.netlist.critical_path import critical_path_ns
from lowbit_sim.netlist.elements import passes
from lowbit_sim.netlist.lanes import Trace
from lowbit_sim.netlist.liberty import Library
from lowbit_sim.netlist.measure import Element, Switching, measure
from lowbit_sim.netlist.operators import Operator
from lowbit_sim.netlist.recipe import ElementSpec, RecipeSpec
from lowbit_sim.netlist.switching import Conditions, Priced
from lowbit_sim.netlist.synthesis import Synthesiser, synthesise
from lowbit_sim.netlist.table import Row

#: of a weight format, the pieces of trained layers
Traces = Callable[[NumberFormat], Sequence[Trace]]


#: what stands for a format where operands are random
RANDOM = "random"


def characterised(
    recipe: RecipeSpec, library: Library, tool: Synthesiser, traces: Traces, work: Path
) -> Iterator[list[Row]]:
    """Yield the rows of each element of a recipe, one for each format that it is run in.

    Raises
    ------
    SpecError
        If synthesis fails, or the library lacks what the recipe names.
    """
    means = _Means(library, tool, _conditions(recipe, library), traces, work)
    for name, spec in recipe.elements.items():
        for built_for in spec.built_for:
            yield _element_rows(name, spec, built_for, means)
    for name, operator in recipe.operators.items():
        element = Operator(operator.operator, operator.operand)
        priced = means.priced(element)
        yield [_row((name, RANDOM, RANDOM), 1, priced, measure(element, priced, [None]))]


def count_elements(recipe: RecipeSpec) -> int:
    """Return how many elements a recipe synthesises."""
    return len(recipe.operators) + sum(len(spec.built_for) for spec in recipe.elements.values())


@dataclass(frozen=True, slots=True)
class _Means:
    cell_library: Library
    tool: Synthesiser
    conditions: Conditions
    traces: Traces
    work: Path

    def priced(self, element: Element) -> Priced:
        """Return the netlist of an element."""
        netlist = synthesise(*element.design(), self.cell_library, self.tool, self.work)
        return Priced(netlist, self.cell_library, self.conditions)


def _conditions(recipe: RecipeSpec, library: Library) -> Conditions:
    given = recipe.conditions
    if library.name != recipe.cell_library:
        reason = f"is the library {library.name}; the recipe is for {recipe.cell_library}"
        raise spec_error(reason, library.path)
    if given.wire_load is not None and given.wire_load not in library.wire_ff:
        hint = nearest(given.wire_load, library.wire_ff)
        raise spec_error(f"has no wire load model '{given.wire_load}'; {hint}", library.path)
    return Conditions(given.slew, given.wire_load, given.tree_factor)


def _element_rows(name: str, spec: ElementSpec, built_for: str, means: _Means) -> list[Row]:
    element = spec.element(number_format(built_for))
    priced = means.priced(element)
    found = []
    for runs in dict.fromkeys((built_for, *spec.runs)):
        fmt = number_format(runs)
        try:
            switching = measure(element, priced, means.traces(fmt))
        except LowbitSimError as error:
            raise LowbitSimError(f"{name}, built for {built_for}, in {runs}: {error}") from None
        found.append(_row((name, built_for, runs), passes(element, fmt), priced, switching))
    return found


def _row(names: tuple[str, str, str], beats: int, priced: Priced, switching: Switching) -> Row:
    netlist = priced.netlist
    return Row(
        *names,
        beats,
        len(netlist.gates),
        len(netlist.flops),
        priced.area_um2,
        priced.leakage_nw,
        critical_path_ns(priced),
        **asdict(switching),
    )


def provenance(tool: Synthesiser, library: Library) -> str:
    """Return what made the netlists, in a line."""
    corner = f"{library.supply_volts:g} V, {library.temperature_celsius:g} C"
    return f"{tool.version}; {library.name}, {corner}, sha256 {library.sha256}"
