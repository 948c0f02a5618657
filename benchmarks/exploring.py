"""How fast a design space is bounded: rates, cores, memory, the floor of the hot loop, Dask.

    OMP_NUM_THREADS=1 python benchmarks/exploring.py [PART ...]

Parts: ``rate`` (evaluations a second of one process, by network), ``cores`` (two processes against
one), ``floor`` (the hot loop against numpy moving and multiplying the same bytes), ``layers``
(rate over distinct products), ``levels`` (over memory levels), ``memory`` (peak of a process as the
space grows), ``dask`` (two workers of a scheduler on the loopback against two processes),
``instructions`` (traced events of a chunk, which repeat), ``profile`` (where a chunk's seconds go).
Ratios are to something measured in the same run.
"""

import argparse
import cProfile
import os
import pstats
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import yaml
from threadpoolctl import threadpool_limits

from lowbit_sim.explore import chunks
from lowbit_sim.explore.bounding import part_of, spread
from lowbit_sim.explore.exploration import load_exploration
from lowbit_sim.explore.hot_loop import least
from lowbit_sim.explore.scheduling import workers
from lowbit_sim.explore.tables import Table

ROOT = Path(__file__).resolve().parent.parent
FORMATS = ["levels_2", "levels_3", "levels_5", "int8"]
#: glibc gives memory of threads back to the system eagerly, and Dask samples what workers do
TUNED = {
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
    "OMP_NUM_THREADS": 1,
    "MALLOC_ARENA_MAX": 1,
    "MALLOC_MMAP_THRESHOLD_": 1 << 27,
    "MALLOC_TRIM_THRESHOLD_": 1 << 27,
}


def space(folder, workloads=("vit",), machine="ternary_pe", clocks=4, factor=2):
    """Write a space of 16 structures and return its file; more clocks make it larger."""
    sides = [8, 16, 32, 64]
    ports = [f"{32 * side} bit/cycle" for side in sides]
    inner = [f"memories.{name}_scratchpad" for name in ("weight", "input", "output")]
    ways = ("read", "write")
    rows = {"arrays.rows": sides} | {f"{inner[1]}.{way}": list(ports) for way in ways}
    cols = {"arrays.cols": list(sides)}
    cols |= {f"{name}.{way}": list(ports) for name in (inner[0], inner[2]) for way in ways}
    capacities = [
        {f"{name}.capacity": {"from": "2 KiB", "to": "32 KiB", "factor": factor}} for name in inner
    ]
    written = {
        "name": "made",
        "kind": "space",
        "description": "For a benchmark.",
        "workloads": [str(ROOT / f"workloads/{name}.yaml") for name in workloads],
        "accelerators": [str(ROOT / f"arch_specs/{machine}.yaml")],
        "weight_formats": FORMATS,
        "axes": [
            rows,
            cols,
            {"memories.shared_sram.capacity": {"from": "32 KiB", "to": "1 MiB", "factor": 2}},
            *capacities,
            {"memories.dram.read": ["32 bit/cycle", "64 bit/cycle", "128 bit/cycle"]},
            {"clock": [f"{100 + at} MHz" for at in range(clocks)]},
        ],
    }
    path = Path(folder) / "made.yaml"
    path.write_text(yaml.safe_dump(written, sort_keys=False, width=1000))
    return path


def rate(folder):
    """Evaluations a second of one process, tables made afresh and kept."""
    print("| network | rows/s | million evaluations/s, first chunk | tables kept |")
    for name in ("fcnn", "cvnn", "vit", "resnet18", "vit_b"):
        found = load_exploration(space(folder, (name,)))
        told = []
        for _ in range(2):
            begun = time.process_time()
            chunk = chunks.evaluated(found, 0)
            told.append(
                (chunk.evaluations, time.process_time() - begun, len(chunk.columns["design"]))
            )
        (first, took, rows), (again, less, _) = told
        print(
            f"| {name} | {rows / took:,.0f} | {first / took / 1e6:.1f} | {again / less / 1e6:.1f} |"
        )


def floor(_folder):
    """The hot loop against numpy reading, multiplying and reducing the same numbers."""
    rng = np.random.default_rng(0)
    tilings, designs, sides = 1024, 1 << 14, 10
    table = Table(
        rng.uniform(1, 2, (1, tilings)),
        rng.uniform(1, 2, (tilings, sides)),
        np.zeros((1, tilings), np.int64),
    )
    prices, leakage = rng.uniform(1, 2, (sides, designs)), rng.uniform(1, 2, designs)
    rates, rooms = np.zeros(designs, np.int64), np.ones((1, designs), np.int64)
    ours = best_of(lambda: least(table, rates, rooms, prices, leakage))
    block = rng.uniform(1, 2, (tilings, 32))  # what one block of energies takes, in the cache
    blocks = designs // 32
    out = np.empty(32)
    moved = best_of(lambda: [np.minimum.reduce(block, axis=0, out=out) for _ in range(blocks)])
    whole = rng.uniform(1, 2, (tilings, designs))
    memory = best_of(lambda: whole.min(axis=0))
    rows, cols = np.ascontiguousarray(table.moved_bits), np.ascontiguousarray(prices)
    product = best_of(lambda: [rows @ cols[:, at : at + 32] for at in range(0, designs, 32)])
    count = tilings * designs
    print(f"hot loop: {count / ours / 1e6:,.0f} million evaluations/s")
    print(f"× a minimum over as many numbers from memory ({8 * count / memory / 1e9:.1f} GB/s): "
          f"{ours / memory:.2f}")  # fmt: skip
    print(f"× a minimum over as many numbers in the cache: {ours / moved:.2f}")
    print(f"× the matrix products alone: {ours / product:.2f}")


def best_of(call, times=5):
    seconds = []
    for _ in range(times):
        begun = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - begun)
    return min(seconds)


def bounded(path, jobs, scheduler=None):
    """Return the seconds for all chunks, and how many there are; workers are warm."""
    found = load_exploration(path)
    order = spread(range(chunks.chunk_count(found.space)), jobs)
    tasks = [(path.resolve(), found.key, chunk) for chunk in order]
    with workers(jobs, scheduler) as work:
        for _ in work(part_of, tasks[: 2 * jobs]):
            pass
        begun = time.perf_counter()
        for _ in work(part_of, tasks):
            pass
        return time.perf_counter() - begun, len(tasks)


def cores(folder):
    path = space(folder, clocks=16)
    one, count = bounded(path, 1)
    two, _ = bounded(path, 2)
    print(f"{count} chunks: one process {one:.1f} s, two {two:.1f} s, ratio {one / two:.2f}")


def dask(folder):
    """Two workers of one thread, as `TUNED` and as they come, against two processes.

    All have read the space before.
    """
    import dask as settings  # noqa: PLC0415 (only this part needs it)
    from distributed import LocalCluster  # noqa: PLC0415 (same)

    path = space(folder, clocks=16)
    for name, chosen in (("tuned", TUNED), ("as they come", {"OMP_NUM_THREADS": 1})):
        two, count = bounded(path, 2)
        settings.config.set({"distributed.nanny.pre-spawn-environ": chosen})
        with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
            on_dask, _ = bounded(path, 2, cluster.scheduler_address)
        print(f"{count} chunks of {2 * two / count:.1f} s: two processes {two:.1f} s, "
              f"Dask workers {name} {on_dask:.1f} s, ratio {on_dask / two:.2f}")  # fmt: skip


def memory(folder):
    """Peak of an exploring process and its results as the space grows, only some chunks done."""
    print("| designs | chunks done | peak MiB |")
    for clocks in (1, 10, 100, 1000, 10_000):
        path = space(folder, ("fcnn",), clocks=clocks)
        code = (
            "import sys; from pathlib import Path\n"
            "from lowbit_sim.explore.exploration import load_exploration\n"
            "from lowbit_sim.explore.bounding import part_of, spread\n"
            "from lowbit_sim.explore.chunks import chunk_count\n"
            "path = Path(sys.argv[1]); found = load_exploration(path)\n"
            "n = chunk_count(found.space)\n"
            "some = sorted({round(i * (n - 1) / 9) for i in range(10)})\n"
            "for chunk in some: part_of((path.resolve(), found.key, chunk))\n"
            "told = dict(line.split(':') for line in open('/proc/self/status'))\n"
            "peak = int(told['VmHWM'].split()[0]) / 1024\n"  # rusage counts the parent's, too
            "print(f'| {found.space.designs:,} | {len(some)} of {n:,} | {peak:.0f} |')\n"
        )
        print(subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True,
                             check=True).stdout, end="")  # fmt: skip


def layers(folder):
    """Rate over the number of distinct products of a network."""
    print("| network | distinct products | rows/s | million evaluations/s |")
    for name in ("fcnn", "vit", "mobilenet_v2", "resnet50"):
        found = load_exploration(space(folder, (name,), factor=4))
        workload = found.networks[0].workloads[0]
        shapes = {(op.kind, op.batch, op.m, op.k, op.n) for op in workload.ops if op.is_gemm}
        begun = time.process_time()
        chunk = chunks.evaluated(found, 0)
        took = time.process_time() - begun
        rows = len(chunk.columns["design"]) / took
        print(f"| {name} | {len(shapes)} | {rows:,.0f} | {chunk.evaluations / took / 1e6:.1f} |")


def levels(folder):
    """Rate over the memories of a machine, one axis alike on all of them."""
    print("| machine | memories | rows/s | million evaluations/s |")
    for name in ("tpu_like", "eyeriss_like", "ternary_pe", "edge_soc"):
        source = yaml.safe_load((ROOT / f"arch_specs/{name}.yaml").read_text())
        path = space(folder, ("vit",), clocks=1000)
        written = yaml.safe_load(path.read_text())
        written["accelerators"] = [str(ROOT / f"arch_specs/{name}.yaml")]
        written["axes"] = [
            {"clock": [f"{100 + at} MHz" for at in range(1000)]},
            {"memories.dram.latency": [f"{at} cycle" for at in range(10)]},
        ]
        path.write_text(yaml.safe_dump(written, sort_keys=False, width=1000))
        found = load_exploration(path)
        begun = time.process_time()
        chunk = chunks.evaluated(found, 0)
        took = time.process_time() - begun
        rows = len(chunk.columns["design"]) / took
        memories = len(source["memories"])
        print(f"| {name} | {memories} | {rows:,.0f} | {chunk.evaluations / took / 1e6:.1f} |")


def instructions(folder):
    """Bytecodes of a chunk: the same in every run, on every machine with the same packages."""
    found = load_exploration(space(folder))
    count = 0

    def tick(frame, _event, _value):
        nonlocal count
        frame.f_trace_opcodes = True
        count += 1
        return tick

    sys.settrace(tick)
    chunks.evaluated(found, 0)
    sys.settrace(None)
    print(f"traced events of the first chunk: {count:,}")


def profile(folder):
    """Where the seconds of a chunk go: own time by function, two chunks of one structure."""
    found = load_exploration(space(folder, clocks=16))
    for name, chunk in (("tables made", 0), ("tables kept", 1)):
        profiler = cProfile.Profile()
        profiler.runcall(chunks.evaluated, found, chunk)
        stats = pstats.Stats(profiler)
        by_own = sorted(stats.stats.items(), key=lambda one: -one[1][2])[:6]
        print(f"{name}, {stats.total_tt:.2f} s:")
        for (file, _, function), (_, calls, own, *_) in by_own:
            share = own / stats.total_tt
            print(f"  {share:4.0%} {Path(file).stem}:{function} ({calls:,} calls)")


PARTS = {
    "rate": rate,
    "floor": floor,
    "cores": cores,
    "dask": dask,
    "memory": memory,
    "layers": layers,
    "levels": levels,
    "instructions": instructions,
    "profile": profile,
}


def main():
    given = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    given.add_argument("parts", nargs="*", choices=[[], *PARTS])
    asked = given.parse_args().parts or list(PARTS)
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
        for name in asked:
            print(f"\n{name}: {PARTS[name].__doc__ or 'two processes against one'}")
            PARTS[name](folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\npeak of this process {peak:.0f} MiB, {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
