"""How often something happened, such as a training that diverged, with its interval.

**Formula.** k of n with p = k/n has the 95 % score interval
``(p + z²/2n ± z · √(p(1-p)/n + z²/4n²)) / (1 + z²/n)``, z = 1.96 the normal's 0.975 quantile. It
stays within 0 to 1 and has a width even where k is 0 or n.

**Source.** Wilson, Probable inference, the law of succession, and statistical inference, J. Am.
Stat. Assoc. 22, 1927.
"""

from __future__ import annotations

import math
from statistics import NormalDist

_CONFIDENCE = 0.95


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Return the low and the high end of the 95 % interval of a rate, as fractions.

    Raises
    ------
    ValueError
        If there is no trial, or `successes` is not 0 to `trials`.

    Examples
    --------
    z² = 3.8415. Of 10 trials none: the ends are 0 and z²/(n + z²) = 3.8415/13.8415. Of 10 trials
    5: 0.5 ± 1.96 · √(0.025 + 3.8415/400) / 1.38415 = 0.5 ± 0.2634.

    >>> [round(end, 4) for end in wilson(0, 10)]
    [0.0, 0.2775]
    >>> [round(end, 4) for end in wilson(5, 10)]
    [0.2366, 0.7634]
    """
    if trials < 1 or not 0 <= successes <= trials:
        raise ValueError(f"{successes} of {trials} is no rate")
    z = NormalDist().inv_cdf((1 + _CONFIDENCE) / 2)
    rate = successes / trials
    centre = rate + z**2 / (2 * trials)
    half = z * math.sqrt(rate * (1 - rate) / trials + z**2 / (4 * trials**2))
    scale = 1 + z**2 / trials
    # exact ends, which the formula meets only up to rounding
    low = 0.0 if successes == 0 else (centre - half) / scale
    high = 1.0 if successes == trials else (centre + half) / scale
    return low, high
