"""What formats are called in a figure, and how labels keep their distance on an axis."""

from __future__ import annotations

from collections.abc import Sequence


def count_words(weight_format: str) -> str:
    """Return the shortest name of a format: its number of levels, and what sets it apart.

    Examples
    --------
    >>> count_words("levels_5"), count_words("levels_7_pow2"), count_words("fp32")
    ('5', '7 pow2', 'fp32')
    """
    return weight_format.removeprefix("levels_").replace("_", " ")


def is_variant(weight_format: str) -> bool:
    """Whether the levels are another choice of as many: powers of two, or 4 of which one is 0.

    Examples
    --------
    >>> is_variant("levels_7_pow2"), is_variant("levels_7"), is_variant("int8")
    (True, False, False)
    """
    return " " in count_words(weight_format)


def level_words(weight_format: str, entropy_bits: float) -> str:
    r"""Return number of levels and entropy on two lines, and on a third what sets it apart.

    Examples
    --------
    >>> level_words("levels_5", 2.3219), level_words("levels_4_zero", 2.0)
    ('5\n2.32', '4\n2\nzero')
    """
    count, _, kind = count_words(weight_format).partition(" ")
    entropy = f"{entropy_bits:.2f}".rstrip("0").rstrip(".")
    return f"{count}\n{entropy}\n{kind}".rstrip()


def spaced(wanted: Sequence[float], gap: float) -> tuple[float, ...]:
    """Return places at least `gap` apart, as near to the `wanted` ones, which ascend, as can be.

    Least squares: where labels collide they are centred together on the mean of their places.

    Examples
    --------
    >>> spaced([0, 10, 11, 20], gap=2)
    (0.0, 9.5, 11.5, 20.0)
    """
    groups: list[list[float]] = []  # each: places that touch, less the room of those before them
    for place, want in enumerate(wanted):
        groups.append([want - place * gap])
        while len(groups) > 1 and _mean(groups[-2]) >= _mean(groups[-1]):
            last = groups.pop()
            groups[-1] += last
    settled = [_mean(group) for group in groups for _ in group]
    return tuple(mean + place * gap for place, mean in enumerate(settled))


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers)
