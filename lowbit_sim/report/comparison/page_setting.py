"""Under which conditions a comparison holds, for its page: bands, machines, refusals, manifest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lowbit_sim.judge.candidate import Machine
from lowbit_sim.judge.comparison_spec import BANDS
from lowbit_sim.judge.judgement import Judgement
from lowbit_sim.report.comparison.markup import Html, element, joined, table
from lowbit_sim.report.comparison.setting import setting
from lowbit_sim.report.study_words import counted, level_words
from lowbit_sim.units import significant

_UM2_PER_MM2, _MHZ, _BITS_PER_GB = 1e6, 1e6, 8e9
_BAND_WORDS = (
    "By how much each price may be wrong, either way, with 95 % confidence: judgements of ours, "
    "wider the less stands behind a row."
)


def setting_section(judgement: Judgement) -> Html:
    """Return the assumptions: rules, bands, machines, and who takes no part and why."""
    spec = judgement.comparison.spec
    rules = [
        *setting(judgement),
        f"With confidence means {100 * spec.confidence_fraction:g} %, one-sided, by Student's t.",
        f"Random numbers start from seed {spec.doubt.seed}.",
    ]
    bands = [[name, f"{spec.doubt.band(name):g}"] for name in BANDS]
    return joined(
        [
            element("ul", *(element("li", rule) for rule in rules)),
            element("h3", "Bands"),
            element("p", _BAND_WORDS, class_="note"),
            table(["confidence", "factor"], bands, "Bands of the prices", class_="narrow"),
            element("h3", "Machines"),
            _machines(judgement),
            element("h3", "Who takes no part, and why"),
            _refused(judgement),
        ],
        "\n",
    )


def _machines(judgement: Judgement) -> Html:
    found: dict[tuple[str, str], Machine] = {}
    for decided in judgement.decided:
        found |= {machine.key: machine for machine in decided.contest.machines}
    rows = [
        [
            machine.name,
            machine.arrays,
            machine.technology,
            f"{machine.scale} ×",
            f"{machine.area_um2 / _UM2_PER_MM2:.3f}",
            f"{machine.clock_hz / _MHZ:g}",
            f"{machine.dram_bits_per_cycle * machine.clock_hz / _BITS_PER_GB:.3g}",
            significant(machine.prices["dram.read"]),
        ]
        for machine in found.values()
    ]
    header = ["machine", "array", "technology", "sides", "mm²", "MHz", "DRAM GB/s", "DRAM pJ/bit"]
    return table(header, rows, "The machines as compared", texts=3)


def _refused(judgement: Judgement) -> Html:
    rows = [
        *([one.accelerator, "all", "all", one.reason] for one in judgement.entrants.left_out),
        *_refusals(judgement),
    ]
    if not rows:
        return element("p", "Every machine runs every format.")
    made = table(["machine", "network", "weights", "reason"], rows, "Refused", texts=4)
    summary = f"{counted(len(rows), 'refusal')}, by machine and network"
    return element("details", element("summary", summary), made)


def _refusals(judgement: Judgement) -> Iterator[list[str]]:
    """Yield a row for each machine, network and reason, formats together and regimes once."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for decided in judgement.decided:
        for one in decided.contest.refused:
            key = (one.machine.name, one.workload, str(one.refusal))
            found.setdefault(key, []).append(level_words(one.weight_format))
    for (machine, workload, reason), formats in found.items():
        yield [machine, workload, ", ".join(dict.fromkeys(formats)), reason]


def manifest_section(manifest: Mapping[str, Any]) -> Html:
    """Return the manifest: what is a mapping as a table, all else as a list."""
    plain = {name: value for name, value in manifest.items() if not isinstance(value, Mapping)}
    parts = [
        element(
            "dl",
            *(
                joined([element("dt", name), element("dd", _words(value))])
                for name, value in plain.items()
            ),
        )
    ]
    for name, value in manifest.items():
        if isinstance(value, Mapping):
            rows = [[key, element("code", _words(given))] for key, given in value.items()]
            made = table(["name", "value"], rows, name, texts=2)
            parts.append(element("details", element("summary", name), made))
    return joined(parts, "\n")


def _words(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " ".join(str(one) for one in value) or "none"
    return "none" if value is None else str(value)
