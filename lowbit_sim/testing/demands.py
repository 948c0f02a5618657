"""What a kit says of a plug-in that breaks its contract."""

from __future__ import annotations


class BrokenContractError(AssertionError):
    """A plug-in does not keep what its protocol asks."""


def demand(condition: object, broken: str) -> None:
    """Demand a condition.

    Raises
    ------
    BrokenContractError
        If it does not hold, with what is broken.
    """
    if not condition:
        raise BrokenContractError(broken)
