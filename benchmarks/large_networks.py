"""ResNet-50 and ViT-B: seconds and memory of this simulator, and of SCALE-Sim in the same run.

    python benchmarks/large_networks.py [--scalesim-python scalesim-venv/bin/python]

Ours: both networks in five levels, every operator mapped (closed form), then timed step by step
by the event-driven engine; one process, one core. With SCALE-Sim (see ``scale_sim.py`` for its
environment): each distinct matrix product of both networks, 128 × 128, weight-stationary, without
stalls; our cycles in the convention ``scale_sim`` must be its count on every row.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from scale_sim import Run, simulate

ROOT = Path(__file__).resolve().parent.parent
NETWORKS = ("resnet50", "vit_b")
SIDE, DATAFLOW = 128, "ws"

OURS = """
import json, resource, sys, time
start = time.perf_counter()
from pathlib import Path
from lowbit_sim.arch.load import load_accelerator
from lowbit_sim.energy.load import load_technology
from lowbit_sim.energy.table import energy_table
from lowbit_sim.study.experiment import confirm, simulate
from lowbit_sim.study.price import Pricing
from lowbit_sim.study.shipped import Shipped
from lowbit_sim.workload.network_graph import load_network
imported = time.perf_counter()
machine = load_accelerator(Path(f"arch_specs/{sys.argv[1]}.yaml"))
technology = load_technology(machine.technology_path)
pricing = Pricing(machine, technology, energy_table(technology, machine))
cycles, results = {}, []
for name in sys.argv[2:]:
    workloads = load_network(Path(f"workloads/{name}.yaml"), ("levels_5",))
    (result,) = simulate(Shipped(workloads, {}, None, ()), pricing, "closed_form").results
    assert result.refusal is None, result.refusal
    results.append(result)
    cycles[name] = result.total_cycles
mapped = time.perf_counter()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
difference = max(map(confirm, results))
done = time.perf_counter()
print(json.dumps({
    "cycles": cycles, "import_s": imported - start, "closed_form_s": mapped - imported,
    "closed_form_mib": peak, "event_driven_s": done - mapped, "difference_cycles": difference,
    "event_driven_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""

COUNT = """
import json, resource, sys, time
from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.pe.array import PEArray
from lowbit_sim.pe.base import Tile
from lowbit_sim.pe.folding import NAMED_CONVENTIONS
from lowbit_sim.pe.integer_mac import IntegerMac
int8 = number_format("int8")
array = PEArray(IntegerMac(8), 128, 128, 32, conventions=NAMED_CONVENTIONS["scale_sim"])
shapes = json.loads(sys.stdin.read())
start = time.perf_counter()
cycles = [array.cycles(Tile(*shape), int8, int8, "weight") for shape in shapes]
took = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"cycles": cycles, "s": took, "mib": peak}))
"""


def ours(machine):
    """What mapping and timing both networks takes, in a process of its own."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", OURS, machine, *NETWORKS]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return json.loads(done.stdout)


def shapes(network):
    """Each distinct (m, k, n) of a network's products under its first operator's name."""
    graph = json.loads((ROOT / "workloads" / network / "graph.json").read_text())
    products = [op for op in graph["ops"] if op["kind"] in {"conv2d", "linear", "matmul"}]
    found = {(op["m"], op["k"], op["n"]): op["name"] for op in reversed(products)}
    return {name: shape for shape, name in reversed(found.items())}


def against_scale_sim(python):
    """Run SCALE-Sim on every row; return how many, its seconds and peak, and ours of a process."""
    runs = [
        Run(network, name, *shape, SIDE, SIDE, DATAFLOW)
        for network in NETWORKS
        for name, shape in shapes(network).items()
    ]
    start = time.perf_counter()
    asked = json.dumps([run[2:5] for run in runs])
    done = subprocess.run(
        [sys.executable, "-c", COUNT], input=asked, check=True, stdout=subprocess.PIPE, text=True
    )
    own = json.loads(done.stdout) | {"process_s": time.perf_counter() - start}
    seconds = peak = 0.0
    for run, counted in zip(runs, own["cycles"], strict=True):
        printed, cost = simulate(python, run)
        seconds, peak = seconds + cost.seconds, max(peak, cost.mebibytes)
        same = "equal" if printed + 1 == counted else "DIFFERENT"
        print(f"{run.network} {run.layer}: {printed + 1:,} {counted:,} {same}", flush=True)
        if printed + 1 != counted:
            raise SystemExit("the cycles differ")
    return len(runs), seconds, peak, own


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--machine", default="ternary_pe", help="of arch_specs/")
    parser.add_argument("--scalesim-python", help="Python that has scalesim 3.0.0")
    options = parser.parse_args()
    found = ours(options.machine)
    for name, cycles in found["cycles"].items():
        print(f"{name} in five levels on {options.machine}: {cycles:,} cycles")
    print(f"importing {found['import_s']:.2f} s")
    print(f"closed form, mapper included: {found['closed_form_s']:.2f} s,", end=" ")
    print(f"{found['closed_form_mib']:.0f} MiB")
    print(f"event-driven besides: {found['event_driven_s']:.2f} s,", end=" ")
    print(f"{found['event_driven_mib']:.0f} MiB; differs by {found['difference_cycles']} cycles")
    if options.scalesim_python:
        python = str(Path(options.scalesim_python).absolute())
        rows, seconds, peak, own = against_scale_sim(python)
        print(f"SCALE-Sim: {rows} rows in {seconds:.0f} s, {peak:.0f} MiB; all cycles equal")
        print(
            f"the same from our closed form: {own['process_s']:.2f} s, a process and its", end=" "
        )
        print(f"imports included: {seconds / own['process_s']:,.0f} times as fast;", end=" ")
        print(f"{own['mib']:.0f} MiB, 1/{peak / own['mib']:.0f} of the memory;", end=" ")
        print(f"{own['s'] * 1e6:.0f} µs for the {rows} counts alone")
        whole = found["import_s"] + found["closed_form_s"]
        print(f"mapping and timing both networks: {seconds / whole:,.0f} times as fast")


if __name__ == "__main__":
    main()
