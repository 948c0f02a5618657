"""What a PE costs in silicon, by kind and weight format, and the sentence that this supports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lowbit_sim.netlist.table import Row
from lowbit_sim.report.markdown import markdown_table

_FORMATS = ("levels_2", "levels_3", "levels_5", "levels_9", "levels_17", "int8")
#: what stands in a line -> the elements that it shows
_LINES = {
    "`ternary_adder`": ("ternary_adder",),
    "`ternary_adder`, broadcast": ("ternary_adder_column",),
    "`shift_add`": ("shift_add",),
    "`shift_add`, broadcast": ("shift_add_column",),
    "`bit_serial`, two's complement": ("bit_serial",),
    "`bit_serial`, sign-magnitude": ("bit_serial_sign",),
    "`integer_mac` as wide as its weights": (
        *("integer_mac_2", "integer_mac_3", "integer_mac_4", "integer_mac_5"),
        "integer_mac_any",
    ),
}
#: elements that are so many PEs
_PES = dict.fromkeys(("ternary_adder_column", "shift_add_column", "integer_mac_column"), 16)
_PJ_PER_FJ = 1e-3
#: what still counts as about the same, in multiples
_ABOUT = 1.1


def pe_table(rows: Sequence[Row]) -> str:
    """Return the table of PEs, each built for one format alone, as Markdown.

    A cell tells area [um2], energy of a multiply-accumulate [pJ] and passes.
    """
    own = {(r.element, r.built_for): r for r in rows if r.runs == r.built_for}
    header = ["PE", *(name.replace("levels_", "") for name in _FORMATS)]
    header[1:-1] = [f"{count} levels" for count in header[1:-1]]
    lines = []
    for line, elements in _LINES.items():
        cells = [line]
        for name in _FORMATS:
            found = next((own[e, name] for e in elements if (e, name) in own), None)
            cells.append("" if found is None else _cell(found))
        lines.append(cells)
    wide = [r for r in rows if r.element == "integer_mac_any"]
    by_format = {r.runs: r for r in wide}
    if ("integer_mac_column", "int8") in own:
        cell = _cell(own["integer_mac_column", "int8"])
        lines.append(["`integer_mac` of 8 bit, broadcast", *[""] * (len(_FORMATS) - 1), cell])
    lines.append(["`integer_mac` of 8 bit", *(_cell(by_format[name]) for name in _FORMATS)])
    return markdown_table(header, lines)


def mac_pj(row: Row) -> float:
    """Return the energy of a multiply-accumulate: its passes in one PE [pJ]."""
    return row.pass_fj * row.passes * _PJ_PER_FJ / _PES.get(row.element, 1)


def _cell(row: Row) -> str:
    area_um2 = row.area_um2 / _PES.get(row.element, 1)
    return f"{area_um2:.0f} µm² · {mac_pj(row):.2f} pJ · {row.passes}"


def same_cost(rows: Sequence[Row]) -> str:
    """Return whether five levels cost what three cost, in figures."""
    own = {(r.element, r.built_for): r for r in rows if r.runs == r.built_for}
    three, five = own["ternary_adder", "levels_3"], own["shift_add", "levels_5"]
    holds = five.passes == three.passes and max(_ratios(five, three)) <= _ABOUT
    nine, narrow = own["shift_add", "levels_9"], own["integer_mac_4", "levels_9"]
    cheaper = "less" if mac_pj(narrow) < mac_pj(nine) else "more"
    return (
        f"*Five levels cost about what three cost* **{'holds' if holds else 'does not hold'}** for "
        "a systolic PE. Area, energy and energy with glitches, in multiples of the ternary PE's on "
        "three levels: five levels by a shift before the adder "
        f"{_said(five, three)}, by a multiplier of 3 bit "
        f"{_said(own['integer_mac_3', 'levels_5'], three)}; int8 "
        f"{_said(own['integer_mac_any', 'int8'], three)}. {_beside_a_tree(own)}"
        "From nine levels on, where adders need two passes, a multiplier as wide as its weights "
        f"takes {cheaper} energy a multiply-accumulate."
    )


def _beside_a_tree(own: Mapping[tuple[str, str], Row]) -> str:
    """Return the same of broadcast arrays, if they were measured."""
    three = own.get(("ternary_adder_column", "levels_3"))
    five = own.get(("shift_add_column", "levels_5"))
    if three is None or five is None:
        return ""
    return (
        "Beside a tree of adders (broadcast), where a PE is little more than its weight, five "
        f"levels take {_said(five, three)} times what three take there. "
    )


def _ratios(row: Row, to: Row) -> tuple[float, float, float]:
    glitches = row.pass_glitch_fj * row.passes / (to.pass_glitch_fj * to.passes)
    return row.area_um2 / to.area_um2, mac_pj(row) / mac_pj(to), glitches


def _said(row: Row, to: Row) -> str:
    return ", ".join(f"{ratio:.2f}" for ratio in _ratios(row, to))
