"""What several kinds say alike."""

from __future__ import annotations

from lowbit_sim.formats.number_format import NumberFormat
from lowbit_sim.pe.base import Product
from lowbit_sim.units import ceil_div


def refuses_floats(weight: NumberFormat, activation: NumberFormat) -> str | None:
    """Return why an integer datapath cannot compute these formats, or None if it can."""
    for fmt in (weight, activation):
        if not fmt.is_integer:
            return f"{fmt.name} is floating-point, this array adds integers"
    return None


def count_slots(product: Product, terms: int, passes: int) -> int:
    """Return the beats of all processing elements that have work, ragged words among them.

    Parameters
    ----------
    product : Product
        The whole product.
    terms : int
        Products of one sum that a beat takes side by side; the last word of a sum may have fewer.
    passes : int
        Beats of one word.

    Returns
    -------
    int
        ``batch · m · n · ⌈k / terms⌉ · passes``
    """
    tile = product.tile
    return product.batch * tile.m * tile.n * ceil_div(tile.k, terms) * passes
