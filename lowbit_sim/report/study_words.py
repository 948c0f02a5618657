"""How the pages of studies write formats, accuracies, tests and lists."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.report.wording import entropy_words
from lowbit_sim.study.arm_summary import FormatSummary
from lowbit_sim.study.comparison import Verdict

_SMALLEST_P = 0.001
#: what stands behind an accuracy
MARKS: dict[Verdict, str] = {"comparable": "=", "worse": "▼", "better": "▲", "undecided": "?"}
_KINDS = {"pow2": "power-of-two levels", "zero": "levels with zero"}


def level_words(name: str) -> str:
    """Return what a reader calls a format, in short.

    Examples
    --------
    >>> level_words("levels_5"), level_words("levels_4_zero"), level_words("fp32")
    ('5 levels', '4 levels with zero', 'fp32')
    """
    if not name.startswith("levels_"):
        return name
    count, _, kind = name.removeprefix("levels_").partition("_")
    return f"{count} {_KINDS.get(kind, 'levels')}"


def level_list(names: Iterable[str]) -> str:
    """Return several formats, in short.

    Examples
    --------
    >>> level_list(["levels_3", "levels_5", "fp32"]), level_list(["levels_2"]), level_list([])
    ('3 and 5 levels, fp32', '2 levels', 'none')
    """
    words = list(map(level_words, names))
    counts = [word.removesuffix(" levels") for word in words if word.endswith(" levels")]
    counts = [count for count in counts if count.isdecimal()]
    others = [word for word in words if word.removesuffix(" levels") not in counts]
    return ", ".join([*([f"{listed(counts)} levels"] if counts else []), *others]) or "none"


def set_words(name: str) -> str:
    """Return a format with its entropy and, where few, its levels.

    Examples
    --------
    >>> set_words("levels_4"), set_words("levels_4_zero"), set_words("levels_9")
    ('4 levels (±1, ±3; 2 bit)', '4 levels with zero (-2, -1, 0, 1; 2 bit)', '9 levels (3.17 bit)')
    >>> set_words("fp32")
    'fp32'
    """
    levels = FORMATS[name].levels
    if not levels:
        return name
    entropy = f"{entropy_words(name)} bit"
    if len(levels) > _MOST_SHOWN:
        return f"{level_words(name)} ({entropy})"
    return f"{level_words(name)} ({_values(levels)}; {entropy})"


_MOST_SHOWN = 5


def _values(levels: Sequence[int]) -> str:
    if set(levels) == {-level for level in levels}:
        magnitudes = sorted({abs(level) for level in levels})
        return ", ".join(f"±{magnitude}" if magnitude else "0" for magnitude in magnitudes)
    return ", ".join(map(str, levels))


def points(fraction: float) -> str:
    """Return a fraction in per cent, or a difference of fractions in points, two places.

    Examples
    --------
    >>> points(0.8831), points(-0.00001)
    ('88.31', '0.00')
    """
    return f"{round(100 * fraction, 2) + 0.0:.2f}"


def interval_words(mean: float, half_width: float) -> str:
    """Return mean and half its interval in per cent or points; the mean alone for one seed.

    Examples
    --------
    >>> interval_words(0.9, 0.012), interval_words(0.9, float("inf"))
    ('90.00 ± 1.20', '90.00')
    """
    return points(mean) if math.isinf(half_width) else f"{points(mean)} ± {points(half_width)}"


def cell(summary: FormatSummary) -> str:
    """Return accuracy, what the tests say beside fp32, and how many runs diverged."""
    said = interval_words(summary.mean_fraction, summary.half_width_fraction)
    mark = "" if summary.verdict is None else f" {MARKS[summary.verdict]}"
    return f"{said}{mark}" + (f" †{summary.diverged}" if summary.diverged else "")


def p_words(p: float) -> str:
    """Return a p value.

    Examples
    --------
    >>> p_words(0.0341), p_words(0.00002), p_words(1.0)
    ('0.034', '< 0.001', '1.000')
    """
    return f"{p:.3f}" if p >= _SMALLEST_P else f"< {_SMALLEST_P}"


def rate_words(times: int, trials: int, interval: tuple[float, float]) -> str:
    """Return how often something happened, with the interval of its rate in per cent.

    Examples
    --------
    >>> rate_words(1, 5, (0.036, 0.624))
    '1 of 5 (4 to 62 %)'
    """
    low, high = (f"{100 * end:.0f}" for end in interval)
    return f"{times} of {trials} ({low} to {high} %)"


def listed(items: Iterable[str]) -> str:
    """Return a list as a reader expects it.

    Examples
    --------
    >>> listed(["a"]), listed("ab"), listed("abc"), listed([])
    ('a', 'a and b', 'a, b and c', 'none')
    """
    *most, last = list(items) or ["none"]
    return f"{', '.join(most)} and {last}" if most else last


def counted(number: int, noun: str) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> counted(1, "run"), counted(1200, "run")
    ('1 run', '1,200 runs')
    """
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def sentence(text: str) -> str:
    """Return the text with a capital and a full stop.

    Examples
    --------
    >>> sentence("it holds")
    'It holds.'
    """
    return f"{text[:1].upper()}{text[1:]}."
