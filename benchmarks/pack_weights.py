"""Seconds to pack and to unpack ten million five-level weights, in every packing.

Each figure is the best of five runs; beside it stands its ratio to a plain numpy copy of the
same codes, timed in the same run, so that figures of different machines can be compared.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import numpy as np

from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.formats.packing import PACKINGS, pack, unpack

WEIGHTS = 10_000_000
RUNS = 5
Result = TypeVar("Result")


def best_seconds(work: Callable[[], Result]) -> tuple[float, Result]:
    seconds = []
    for _ in range(RUNS):
        start = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - start)
    return min(seconds), result


def main() -> None:
    fmt = number_format("levels_5")
    codes = np.random.default_rng(1).integers(0, fmt.count, WEIGHTS, dtype=np.uint8)
    copy_seconds, _ = best_seconds(codes.copy)
    print(f"{WEIGHTS:,} weights of {fmt.name}; numpy copy {copy_seconds:.4f} s")
    print(f"{'packing':<12}{'pack s':>9}{'ratio':>8}{'unpack s':>10}{'ratio':>8}{'bit/weight':>12}")
    for packing in PACKINGS:
        pack_seconds, stream = best_seconds(partial(pack, codes, fmt, packing))
        unpack_seconds, back = best_seconds(partial(unpack, stream, fmt, packing, WEIGHTS))
        if not np.array_equal(back, codes):
            raise SystemExit(f"{packing}: the round trip changed the weights")
        print(
            f"{packing:<12}{pack_seconds:>9.4f}{pack_seconds / copy_seconds:>8.1f}"
            f"{unpack_seconds:>10.4f}{unpack_seconds / copy_seconds:>8.1f}"
            f"{8 * stream.size / WEIGHTS:>12.4f}"
        )


if __name__ == "__main__":
    main()
