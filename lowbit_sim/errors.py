"""The errors a user can cause, each told once and clearly."""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path


class LowbitSimError(Exception):
    """Base of every error that is the input's fault; the command line exits with code 2."""


#: longer values are cut where they are shown
_SHOWN_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in one place of one file.

    Parameters
    ----------
    reason : str
        What is wrong and what is allowed.
    file : Path, optional
        The file it stands in.
    line : int, optional
        Line in that file, counted from 1.
    key : str, optional
        Dotted path of the key, as in ``memories.1.capacity``.
    value : object, optional
        The offending value.
    """

    reason: str
    file: Path | None = None
    line: int | None = None
    key: str | None = None
    value: object = None

    def __str__(self) -> str:
        place = "" if self.file is None else str(self.file)
        if self.line is not None:
            place += f":{self.line}"
        what = "" if self.key is None else f"{self.key}: "
        shown = "" if self.value is None else f" (got {_cut(repr(self.value))})"
        return (f"{place}: " if place else "") + what + self.reason + shown


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 1]}…"


@dataclass(eq=False)
class SpecError(LowbitSimError):
    """One or more faults in the files that describe an experiment."""

    faults: tuple[Fault, ...] = field(default_factory=tuple)

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)


class UnwrittenError(SpecError):
    """A file cannot be written, as on a full disk."""


def spec_error(
    reason: str,
    file: Path | None = None,
    line: int | None = None,
    key: str | None = None,
    value: object = None,
) -> SpecError:
    """Return a `SpecError` with the single fault described by the arguments."""
    return SpecError((Fault(reason, file, line, key, value),))


@contextlib.contextmanager
def collecting(faults: list[Fault]) -> Iterator[None]:
    """Go on after a `SpecError` in the block, its faults appended to `faults`."""
    try:
        yield
    except SpecError as error:
        faults.extend(error.faults)


def in_file_order(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Return the faults of one file in the order of its lines."""
    return tuple(sorted(faults, key=lambda fault: (fault.line or 0, fault.key or "")))


def nearest(word: str, choices: Iterable[str]) -> str:
    """Say what is allowed, naming the nearest choice first where there is one.

    Examples
    --------
    >>> nearest("bit_serail", ["ternary_adder", "bit_serial"])
    "did you mean 'bit_serial'? allowed: bit_serial, ternary_adder"
    >>> nearest("FP32", ["fp32", "bf16"])
    "did you mean 'fp32'? allowed: bf16, fp32"
    >>> nearest("zzz", ["b", "a"])
    'allowed: a, b'
    """
    known = sorted(choices)
    if not known:
        return "there is none to choose from"
    folded = {choice.casefold(): choice for choice in known}
    close = difflib.get_close_matches(word.casefold(), folded, n=1)
    hint = f"did you mean '{folded[close[0]]}'? " if close else ""
    return f"{hint}allowed: {', '.join(known)}"
