"""What the kinds count alike: slots, adds, and bits written into the array's registers."""

from __future__ import annotations

from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.pe.base import PEArray, Stationary, Tile


def check_accepts(array: PEArray, weight: NumberFormat, activation: NumberFormat) -> None:
    """Demand that `array` computes these formats.

    Raises
    ------
    ValueError
        With the array's reason if it refuses them.
    """
    reason = array.refuses(weight, activation)
    if reason is not None:
        raise ValueError(f"{array.kind} refuses {weight.name} × {activation.name}: {reason}")


def refuses_floats(weight: NumberFormat, activation: NumberFormat) -> str | None:
    """Return why an integer datapath cannot compute these formats, or None if it can."""
    for fmt in (weight, activation):
        if not fmt.is_integer:
            return f"{fmt.name} is floating-point, this array adds integers"
    return None


def check_level_counts(
    batch: int, tile: Tile, weight: NumberFormat, level_counts: tuple[int, ...] | None
) -> None:
    """Demand one count for each level, together the ``batch · k · n`` weights of the product.

    Raises
    ------
    ValueError
        If a count is missing, superfluous or negative, or if the sum is wrong.
    """
    if level_counts is None:
        return
    if len(level_counts) != weight.count:
        raise ValueError(f"{weight.name} needs {weight.count} counts, got {len(level_counts)}")
    weights = batch * tile.k * tile.n
    if weight.is_integer and (min(level_counts) < 0 or sum(level_counts) != weights):
        raise ValueError(
            f"the level counts must be at least 0 and add up to {batch}·{tile.k}·{tile.n} = "
            f"{weights} weights, got {sum(level_counts)}"
        )


def count_slots(batch: int, tile: Tile, passes: int) -> int:
    """Return the beats of all multiplications, ``batch · m · k · n · passes``."""
    return batch * tile.m * tile.k * tile.n * passes


def count_adds(
    slots: int, m: int, nonzero_digits: tuple[int, ...], level_counts: tuple[int, ...] | None
) -> int:
    """Return the slots in which a digit is not zero.

    Parameters
    ----------
    slots : int
        All slots; the answer where `level_counts` is None.
    m : int
        Rows of the input: how often each weight is used.
    nonzero_digits : tuple of int
        Non-zero digits of each level.
    level_counts : tuple of int, or None
        Weights of each level, checked by `check_level_counts`.
    """
    if level_counts is None:
        return slots
    return m * sum(c * d for c, d in zip(level_counts, nonzero_digits, strict=True))


def written_bits_per_slot(
    array: PEArray, activation_bits: int, stationary: Stationary, digit_bits: int
) -> int:
    """Return the register bits a processing element writes on a beat [bit].

    The activation moves on to the next column and the partial sum is rewritten. Where the
    outputs stay, `digit_bits` of the weight move on to the next row as well.
    """
    moving_weight_bits = digit_bits if stationary == "output" else 0
    return activation_bits + array.accumulator_bits + moving_weight_bits
