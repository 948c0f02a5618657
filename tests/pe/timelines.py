"""Timelines of folds drawn in Markdown: the product that each is of, and what can be read off."""

import re
from dataclasses import dataclass
from pathlib import Path

from lowbit_sim.pe.folding import Conventions

CAPTION = re.compile(
    r"^(systolic|broadcast), (\w+) stays, (\d) × (\d), m (\d+), k (\d+), n (\d+), digits (\d), "
    r"preload (\w+), folds (\w+), drain (\w+)$",
    re.MULTILINE,
)
SUM = re.compile(r"^\d+·\d+( \+ \d+){4} = \d+$", re.MULTILINE)


@dataclass
class Timeline:
    """A product on an array, its drawing, and the sum that is written below."""

    organisation: str
    stationary: str
    rows: int
    cols: int
    shape: tuple
    digits: int
    conventions: Conventions
    lines: dict
    written: tuple

    @property
    def interval(self):
        """The distance between the last beats of two folds at PE 0,0."""
        line = self.lines["PE-0,0"]
        return line.rindex("1") - line.rindex("0")

    @property
    def width(self):
        (width,) = {len(line) for line in self.lines.values()}
        return width


def read_timelines(path: Path):
    """Return the timelines of `path` by title."""
    sections = path.read_text(encoding="utf-8").split("\n## ")[1:]
    return dict(_timeline(*section.split("\n", 1)) for section in sections)


def _timeline(title, text):
    organisation, stationary, *numbers = CAPTION.search(text).groups()
    rows, cols, m, k, n, digits = (int(number) for number in numbers[:6])
    lines = dict(line.split() for line in text.split("```")[1].strip().splitlines())
    written = tuple(int(number) for number in re.findall(r"\d+", SUM.search(text)[0]))
    return title, Timeline(
        organisation,
        stationary,
        rows,
        cols,
        (m, k, n),
        digits,
        Conventions(*numbers[6:]),
        lines,
        written,
    )


def drawn(run):
    """Return the lines of a drawing of what the oracle's `run` filmed."""
    lines = {}
    for loads, pes, sums in run.film:
        seen = {f"load-{col}": fold for col, fold in enumerate(loads)}
        seen |= {
            f"PE-{row},{col}": fold
            for row, folds in enumerate(pes)
            for col, fold in enumerate(folds)
        }
        seen |= {f"sums-{col}": fold for col, fold in enumerate(sums)}
        for name, fold in seen.items():
            lines[name] = lines.get(name, "") + ("." if fold < 0 else str(fold))
    return {name: line for name, line in lines.items() if set(line) != {"."}}
