"""How long a comparison takes: simulated afresh, from the cache, and its 10,000 samples.

python benchmarks/judging.py [reports/<study>/study.yaml] [jobs]
"""

import os
import sys
import tempfile
import time
from pathlib import Path

from lowbit_sim.judge.comparison_spec import load_comparison
from lowbit_sim.judge.contest import contests
from lowbit_sim.judge.doubt import best_fractions, draw
from lowbit_sim.judge.judgement import judge
from lowbit_sim.judge.running import entrants

STUDY = Path(__file__).parents[1] / "reports/precision_by_machine/study.yaml"


def timed(what, call):
    begin = time.perf_counter()
    found = call()
    print(f"{what:40} {time.perf_counter() - begin:8.2f} s")
    return found


def main():
    given = sys.argv[1:]
    path = Path(given[0]) if given else STUDY
    jobs = int(given[1]) if given[1:] else os.cpu_count() or 1
    comparison = load_comparison(path)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LOWBIT_SIM_CACHE"] = folder
        found = timed(f"simulated, {jobs} processes", lambda: entrants(comparison, jobs))
        timed("from the cache", lambda: entrants(comparison, jobs))
    print(f"{len(found.candidates)} candidates, {comparison.spec.doubt.samples:,} samples")
    all_of = contests(found.candidates)
    drawn = timed(
        "samples drawn and priced", lambda: [draw(c, comparison.spec.doubt) for c in all_of]
    )
    margin = comparison.spec.margin_fraction
    timed(
        "how often each is the best",
        lambda: [
            best_fractions(one, contest.of_machine(machine), margin)
            for contest, one in zip(all_of, drawn, strict=True)
            for machine in contest.machines
        ],
    )
    timed("the whole judgement", lambda: judge(comparison, found))


if __name__ == "__main__":
    main()
