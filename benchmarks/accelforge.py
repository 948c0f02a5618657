"""Mapping side by side with AccelForge: seconds a layer, and what both mappers end with.

AccelForge 1.0.467 (PyPI ``accelforge``) wants Python 3.12 and an environment of its own:

    python3.12 -m venv accelforge-venv
    accelforge-venv/bin/pip install "accelforge==1.0.467"
    OMP_NUM_THREADS=1 python benchmarks/accelforge.py --accelforge-python accelforge-venv/bin/python

Rows go to ``benchmarks/accelforge.csv``, one by one. Those that are there stay (``--again``
measures them anew): stop it at any time, start it again to go on.

What is run: the six products of a ViT-B block on its ``tpu_v4i`` (4 × 128 × 128, 1.05 GHz), each
alone and every tensor in the main memory; energy × delay, one process, twice: with its defaults,
and with spatial loops that need not divide a dimension, which 197 tokens want. Seconds are CPU
seconds of its mapper; after `LIMIT_S` seconds it is stopped, and the row says "did not finish".
Its drawing of the mapping is left out: it needs Graphviz's ``dot``.

**Not one ruler.** Ours maps the same layers on the machine below, with AccelForge's capacities,
widths, prices and 8 bit for all values, sums included. What differs: the four arrays there have a
buffer each and share nothing, here they stand side by side on one; a tensor there may pass by the
global buffer, none here; cycles there are the largest of products / peak and of bits / width,
without fill, drain or stall. So its cycles are below, and energies are only of a size.
"""

import argparse
import csv
import datetime as dt
import json
import os
import signal
import subprocess
import tempfile
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

from peer_layers import best, layers, loaded, processor

from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.mapping.place import Place
from lowbit_sim.mapping.placing import gemm_of
from lowbit_sim.mapping.space import tilings

TABLE = Path(__file__).with_suffix(".csv")
#: when AccelForge's mapper is stopped [s]
LIMIT_S = 120
CLOCK_HZ = 1.05e9

#: runs in AccelForge's Python: one layer; the alarm ends the process
CHILD = """
import importlib.metadata, json, signal, sys, time
from pathlib import Path
import accelforge
import examples
from accelforge.mapper.FFM.mappings import Mappings

asked = json.load(sys.stdin)
Mappings.render = lambda self, **_: ""
accelforge.set_n_parallel_jobs(1)
Path("workload.yaml").write_text(json.dumps({"workload": asked["workload"]}))
machine = Path(next(iter(examples.__path__))) / "arches" / "tpu_v4i.yaml"
spec = accelforge.Spec.from_yaml(str(machine), "workload.yaml")
memories = [node for node in spec.arch.nodes if isinstance(node, accelforge.arch.Memory)]
memories[0].tensors.keep = "All"
spec.mapper.metrics = accelforge.mapper.Metrics.ENERGY_DELAY_PRODUCT
spec.mapper.max_fused_loops = 1
spec.mapper.explore_imperfect_spatial_loops = asked["imperfect"]
signal.alarm(asked["limit_s"])
wall_s, cpu_s = time.perf_counter(), time.process_time()
found = spec.map_workload_to_arch(print_progress=False)
wall_s, cpu_s = time.perf_counter() - wall_s, time.process_time() - cpu_s
signal.alarm(0)
Path("answer.json").write_text(json.dumps({
    "accelforge_cpu_s": cpu_s, "accelforge_wall_s": wall_s,
    "accelforge_pj": 1e12 * float(found.energy()), "accelforge_us": 1e6 * float(found.latency()),
    "accelforge_version": importlib.metadata.version("accelforge")}))
"""

#: 4678 = 614 GB/s, 15604 and 7802 = 2048 and 1024 GB/s at 1.05 GHz; the local buffers are free
MACHINE = """
name: accelforge_tpu_v4i
description: AccelForge's tpu_v4i
clock: 1050 MHz
technology: cmos_45nm
packing: byte
arrays:
  - {name: units, kind: integer_mac, rows: 128, cols: 512, operand: 8 bit, accumulator: 8 bit,
     stationary: [weight], preload: hidden, folds: overlapped}
vector_unit: {lanes: 128}
memories:
  - {name: main, technology: dram, read: 4678 bit/cycle, write: 4678 bit/cycle, shared_port: true,
     serves: [weight, input, output]}
  - {name: global_buffer, technology: sram, cell: lstp, capacity: 128 MiB, buffers: 2,
     read: 15604 bit/cycle, write: 7802 bit/cycle, serves: [weight, input, output]}
  - {name: local_buffers, technology: sram, cell: lstp, capacity: 16 MiB, buffers: 2,
     read: 1048576 bit/cycle, write: 1048576 bit/cycle, serves: [input, output]}
sources: ["PyPI accelforge 1.0.467, examples/arches/tpu_v4i.yaml"]
"""
#: [pJ]
PJ_PER_ACTION = defaultdict(
    float,
    {
        "main.read_bit": 7.03,
        "main.write_bit": 7.03,
        "global_buffer.read_bit": 1.88,
        "global_buffer.write_bit": 2.36,
        "local_buffers.read_bit": 0.249,
        "local_buffers.write_bit": 0.293,
        "integer_mac.mac_int8": 0.084,
    },
)


def described(op):
    """The layer in AccelForge's words."""
    return {
        "rank_sizes": {"B": op.batch, "M": op.m, "C": op.k, "N": op.n},
        "bits_per_value": {"All": 8},
        "persistent_tensors": "weight - Intermediates",
        "einsums": [
            {
                "einsum": "O[b, m, n] = I[b, m, c] * W[b, c, n]",
                "renames": {"input": "I", "weight": "W", "output": "O"},
            }
        ],
    }


def theirs(python, op, imperfect):
    """AccelForge's side of a row."""
    asked = {"workload": described(op), "imperfect": imperfect, "limit_s": LIMIT_S}
    with tempfile.TemporaryDirectory() as folder:
        ended = subprocess.run(
            [python, "-c", CHILD],
            input=json.dumps(asked),
            stdout=subprocess.DEVNULL,
            check=False,
            text=True,
            cwd=folder,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )
        if ended.returncode == -signal.SIGALRM:
            return {"result": f"did not finish in {LIMIT_S} s"}
        ended.check_returncode()
        return {"result": "finished"} | json.loads(Path(folder, "answer.json").read_text())


def ours(op):
    """Our side of a row: the exact search for energy × delay."""
    accelerator = loaded(MACHINE)
    gemm = gemm_of(op, accelerator)
    gemm = replace(gemm, channel_bits=0, output=FORMATS["int8"], weights_are_activations=False)
    place = Place(gemm, accelerator.arrays[0], accelerator)
    _, energy_pj, cycles, seconds = best(op, place, "edp", PJ_PER_ACTION)
    count = tilings(place, {}, "weight").m.shape[1]
    return {
        "our_search_s": seconds,
        "our_tilings": count,
        "our_pj": energy_pj,
        "our_us": 1e6 * cycles / CLOCK_HZ,
    }


COLUMNS = (
    *("layer", "batch", "m", "k", "n", "imperfect", "result", "accelforge_cpu_s"),
    *(
        "accelforge_wall_s",
        "accelforge_pj",
        "accelforge_us",
        "our_tilings",
        "our_search_s",
        "our_pj",
        "our_us",
    ),
    *("least_us", "accelforge_version", "processor", "date"),
)


def measured(python, op, imperfect):
    """One row of the table."""
    row = {"layer": op.name, "batch": op.batch, "m": op.m, "k": op.k, "n": op.n}
    least_us = 1e6 * op.macs / (4 * 128 * 128 * CLOCK_HZ)  # every unit at work all the time
    row |= {"imperfect": imperfect, "least_us": least_us}
    row |= theirs(python, op, imperfect) | ours(op)
    row |= {"processor": processor(), "date": dt.datetime.now(dt.UTC).date().isoformat()}
    return {name: f"{v:.6g}" if isinstance(v, float) else v for name, v in row.items()}


def write(rows):
    """Replace the table as a whole, so that a stop in between loses nothing."""
    fresh = TABLE.with_suffix(".new")
    with fresh.open("w", newline="") as file:
        table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    fresh.replace(TABLE)


def tell(row):
    """Print a row."""
    theirs_s = row.get("accelforge_cpu_s")
    print(f"{row['layer']:<28} imperfect {row['imperfect']!s:<6}", end="")
    if theirs_s:
        print(f"{float(theirs_s):>7.2f} s {float(row['accelforge_pj']) / 1e6:>8.2f} uJ", end="")
        print(f"{float(row['accelforge_us']):>9.3f} us", end="")
    else:
        print(row["result"], end="")
    print(f" | ours {float(row['our_search_s']):>6.3f} s of {row['our_tilings']} tilings", end="")
    print(f" {float(row['our_pj']) / 1e6:.2f} uJ", end="")
    print(f"{float(row['our_us']):>9.3f} us, least {float(row['least_us']):.3f} us", end="")
    print(
        f" | × {float(theirs_s) / float(row['our_search_s']):.0f}" if theirs_s else "", flush=True
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--accelforge-python", required=True, help="Python that has accelforge")
    parser.add_argument("--again", action="store_true", help="measure rows that are there, too")
    options = parser.parse_args()
    python = str(Path(options.accelforge_python).absolute())  # not resolved: a venv's is a link
    rows = list(csv.DictReader(TABLE.open())) if TABLE.exists() and not options.again else []
    there = {(row["layer"], row["imperfect"]) for row in rows}
    for imperfect in (False, True):
        for layer in layers():
            if layer.network == "vit_b" and (layer.name, str(imperfect)) not in there:
                rows.append(measured(python, layer.op, imperfect))
                write(rows)
    for row in rows:
        tell(row)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit("stopped; start again to go on") from None
