"""The claims that studies test, in our words, and how they are answered.

**Source.** Claims (a) to (e) are those of Cabral & Driemeier, Neural Networks 191:107763, 2025, on
networks of low resolution; (r) is a question of our own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Answered = Literal["supported", "not supported", "undecided"]

#: the paper whose claims are tested
SOURCE = "Cabral & Driemeier, *Neural Networks* 191:107763, 2025"


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement that runs can support or contradict.

    Parameters
    ----------
    letter : str
        By which pages refer to it.
    text : str
        The statement, without capital and full stop.
    """

    letter: str
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A claim and what the runs say of it."""

    claim: Claim
    verdict: Answered


@dataclass(frozen=True, slots=True)
class ArmNames:
    """How the arms of one kind of study are called, so that they can be told apart.

    Parameters
    ----------
    told : str
        The form of a name, for a reader.
    pattern : re.Pattern
        The same with a named group for every part.
    """

    told: str
    pattern: re.Pattern[str]

    def parts(self, name: str) -> dict[str, str] | None:
        """Return the named parts of an arm's name, or None if it has another form."""
        found = self.pattern.fullmatch(name)
        return None if found is None else found.groupdict()

    def part(self, name: str, part: str) -> str:
        """Return one part of an arm's name.

        Raises
        ------
        ValueError
            If the name has another form.
        """
        parts = self.parts(name)
        if parts is None:
            raise ValueError(f"'{name}' is not called {self.told}")
        return parts[part]


COMPARABLE = Claim("a", "low-bit networks reach an accuracy comparable to that of 32 bit")
EPOCHS = Claim("b", "to come close to 32 bit, small networks need more epochs than large ones")
AUGMENTATION = Claim("c", "augmentation can destabilise low-resolution training")
ZERO = Claim("d", "a zero among the levels keeps low-resolution training stable")
BALANCE = Claim("e", "five levels (2.32 bit) are the best balance of memory and accuracy")
RECIPES = Claim("r", "how weights are quantised while training changes the accuracy")
