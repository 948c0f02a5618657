"""Our netlists beside published tables, as ratios: the page of ``reports/energy_sanity``."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from lowbit_sim.errors import SpecError, nearest
from lowbit_sim.netlist.table import Row, read_table
from lowbit_sim.report.markdown import markdown_table
from lowbit_sim.report.pe_costs import pe_table, same_cost
from lowbit_sim.report.study_page import marker
from lowbit_sim.spec_file import read_spec_file, validate
from lowbit_sim.units import parse_quantity, significant

FILE = "references.yaml"
_PJ_PER_FJ = 1e-3
_COLUMNS = (
    *("reference", "what", "ours_pj", "theirs_pj", "ratio", "ratio_at_their_supply"),
    *("ratio_with_glitches", "ours_um2", "theirs_um2", "area_ratio"),
)

PicoJoules = Annotated[float, BeforeValidator(lambda text: parse_quantity(text, "pj"))]
SquareMicrometres = Annotated[float, BeforeValidator(lambda text: parse_quantity(text, "um2"))]
Volts = Annotated[float, BeforeValidator(lambda text: parse_quantity(text, "volts"))]
Text = Annotated[str, Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PublishedSpec(_Strict):
    """A published energy and area, and which of our rows is the same thing."""

    what: Text
    ours: Text
    energy: PicoJoules
    area: SquareMicrometres


class ReferenceSpec(_Strict):
    """A published table."""

    name: Text
    source: Text
    voltage: Volts | None = None
    rows: Annotated[list[PublishedSpec], Field(min_length=1)]


class SanitySpec(_Strict):
    """All tables, ours, and why they differ."""

    name: Text
    measured: Text
    voltage: Volts
    references: Annotated[list[ReferenceSpec], Field(min_length=1)]
    reasons: list[Text]


def sanity_files(folder: Path) -> dict[str, str]:
    """Return the page and the table of ratios, by the names of their files.

    Raises
    ------
    SpecError
        If a file is wrong, or a row names what was not measured.
    """
    file = read_spec_file(folder / FILE)
    spec = validate(file, SanitySpec)
    rows = read_table(folder / spec.measured)
    ours = {f"{row.element}.{row.built_for}": row for row in reversed(rows)}
    faults = [
        file.fault(
            ("references", i, "rows", j, "ours"),
            f"was not measured; {nearest(row.ours, ours)}",
            row.ours,
        )
        for i, reference in enumerate(spec.references)
        for j, row in enumerate(reference.rows)
        if row.ours not in ours
    ]
    if faults:
        raise SpecError(tuple(faults))
    return {"README.md": _page(spec, ours, rows), "ratios.csv": _table(spec, ours)}


def _ratios(
    spec: SanitySpec, ours: dict[str, Row]
) -> Iterator[tuple[ReferenceSpec, PublishedSpec, tuple[float | None, ...]]]:
    """Yield of each published row: ours and theirs, and the ratios; None where nothing is said."""
    for reference in spec.references:
        for row in reference.rows:
            own = ours[row.ours]
            energy_pj = own.pass_fj * _PJ_PER_FJ
            ratio = energy_pj / row.energy
            supply = reference.voltage and (reference.voltage / spec.voltage) ** 2
            at_supply = None if supply is None else ratio * supply
            glitches = own.pass_glitch_fj / own.pass_fj * ratio
            area = own.area_um2 / row.area
            values = (energy_pj, row.energy, ratio, at_supply, glitches)
            yield reference, row, (*values, own.area_um2, row.area, area)


def _table(spec: SanitySpec, ours: dict[str, Row]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for reference, row, values in _ratios(spec, ours):
        numbers = ["" if value is None else f"{value:.4g}" for value in values]
        writer.writerow([reference.name, row.what, *numbers])
    return text.getvalue()


def _ratio_table(spec: SanitySpec, ours: dict[str, Row]) -> str:
    header = ["reference", "what", "ours pJ", "theirs pJ", "ratio", "at their supply"]
    header += ["with glitches", "ours µm²", "theirs µm²", "area ratio"]
    lines = (
        [reference.name, row.what, *("" if v is None else significant(v, 3) for v in values)]
        for reference, row, values in _ratios(spec, ours)
    )
    return markdown_table(header, lines, left=2)


def _span(spec: SanitySpec, ours: dict[str, Row]) -> str:
    """Return the least and the greatest ratio to the first table, at its supply."""
    first = spec.references[0].name
    ratios = [values[3] for reference, _, values in _ratios(spec, ours) if reference.name == first]
    known = [ratio for ratio in ratios if ratio is not None]
    return f"{min(known):.1f} to {max(known):.1f}"


def _page(spec: SanitySpec, ours: dict[str, Row], rows: list[Row]) -> str:
    sources = "\n".join(f"- **{one.name}**: {one.source.strip()}." for one in spec.references)
    reasons = "\n".join(f"- {reason.strip()}" for reason in spec.reasons)
    return f"""{marker(spec.name)}

# Are our energies sane?

Netlists of the project's own hardware beside published tables: the same operator, one to one.
**At the supply of {spec.references[0].name} they take {_span(spec, ours)} times its energies.** So
the two families of technologies, `cmos_45nm` and `nangate45_rtl`, are never mixed in one: ratios
within a family mean something, ratios across them do not.

{_ratio_table(spec, ours)}

Ratios are ours / theirs; without glitches unless said.

## Why they differ

{reasons}

## What a PE costs

{pe_table(rows)}

{same_cost(rows)}

## Sources

{sources}

Made by `lowbit-sim reproduce reports/{spec.name}` from `{FILE}` and the table of
`lowbit-sim characterise`.
"""
