"""Layer cycles, seconds and memory of the real SCALE-Sim, run layer by layer.

SCALE-Sim 3.0.0 (https://github.com/scalesim-project/SCALE-Sim, PyPI ``scalesim``) fails on numpy
2.4 (its issue 160), so that it wants an environment of its own:

    python3 -m venv scalesim-venv
    scalesim-venv/bin/pip install "scalesim==3.0.0" "numpy<2.4"
    OMP_NUM_THREADS=1 python benchmarks/scale_sim.py --scalesim-python scalesim-venv/bin/python

Cycles go to ``tests/anchors/scale_sim.csv``, seconds and MiB to ``out/scale_sim_seconds.csv``.
Rows that are there stay (``--again`` measures them anew), and the table is written after every
layer: stop it at any time, start it again to go on.

What is run: GEMM input, one layer in a process of its own, bandwidth mode CALC (no stalls), no
traces. ``printed_cycles`` is "Total Cycles" of COMPUTE_REPORT.csv, the index of the last cycle
counted from 0 (issue 125); ``counted_cycles`` is one more. Here and in the table, m × n outputs
are sums over k; SCALE-Sim's file has the order M, N, K, and wants a comma at the end of each row.
"""

import argparse
import csv
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "tests" / "anchors" / "scale_sim.csv"
SECONDS = ROOT / "out" / "scale_sim_seconds.csv"
DATAFLOWS = ("ws", "os", "is")

HAND = {"one": (1, 1, 1), "square": (4, 4, 4), "ragged": (5, 7, 6), "folds": (8, 8, 8)}
PRIMES = {"p11_13_7": (11, 13, 7), "p17_5_19": (17, 5, 19), "p2_23_3": (2, 23, 3)}
# ViT-Ti/16 on 224 × 224: 196 patches and a class token, 3 heads of 64 (Touvron et al. 2021)
VIT_TI16 = {
    "patch": (196, 768, 192),
    "qkv": (197, 192, 576),
    "scores": (197, 64, 197),
    "context": (197, 197, 64),
    "project": (197, 192, 192),
    "expand": (197, 192, 768),
    "contract": (197, 768, 192),
    "head": (1, 192, 1000),
}
# ResNet-18 on 224 × 224 (He et al. 2016, table 1); m = output pixels, k = kernel × in-channels
RESNET18 = {
    "conv1": (112 * 112, 7 * 7 * 3, 64),
    "layer1.conv": (56 * 56, 9 * 64, 64),
    "layer2.conv_stride_2": (28 * 28, 9 * 64, 128),
    "layer2.downsample": (28 * 28, 64, 128),
    "layer2.conv": (28 * 28, 9 * 128, 128),
    "layer3.conv_stride_2": (14 * 14, 9 * 128, 256),
    "layer3.downsample": (14 * 14, 128, 256),
    "layer3.conv": (14 * 14, 9 * 256, 256),
    "layer4.conv_stride_2": (7 * 7, 9 * 256, 512),
    "layer4.downsample": (7 * 7, 256, 512),
    "layer4.conv": (7 * 7, 9 * 512, 512),
    "fc": (1, 512, 1000),
}
# blanks become line ends
CONFIG = """
[general] run_name=layer
[architecture_presets] ArrayHeight={rows} ArrayWidth={cols} Dataflow={dataflow}
IfmapSramSzkB=1024 FilterSramSzkB=1024 OfmapSramSzkB=1024
IfmapOffset=0 FilterOffset=10000000 OfmapOffset=20000000 ReadRequestBuffer=64 WriteRequestBuffer=64
[layout] IfmapCustomLayout=False FilterCustomLayout=False
IfmapSRAMBankBandwidth=10 IfmapSRAMBankNum=10 IfmapSRAMBankPort=2
FilterSRAMBankBandwidth=10 FilterSRAMBankNum=10 FilterSRAMBankPort=2
[sparsity] SparsitySupport=false [run_presets] InterfaceBandwidth=CALC UseRamulatorTrace=False
"""
# the command line's `-s N` writes traces all the same; only the class can be told not to
SIMULATE = """
from scalesim.scale_sim import scalesim
files = dict(config="scale.cfg", topology="gemm.csv", layout="layout.csv")
scalesim(save_disk_space=True, verbose=False, input_type_gemm=True, **files).run_scale("reports")
"""
VERSIONS = """
import platform, importlib.metadata as packages
print(packages.version("scalesim"), packages.version("numpy"), platform.python_version())
"""


class Run(NamedTuple):
    """One layer on one array; the first columns of both tables."""

    network: str
    layer: str
    m: int
    k: int
    n: int
    rows: int
    cols: int
    dataflow: str


class Row(NamedTuple):
    """A line of the table: what SCALE-Sim says of a run."""

    run: Run
    printed_cycles: int
    scale_sim_version: str

    def cells(self):
        return (*self.run, self.printed_cycles, self.printed_cycles + 1, self.scale_sim_version)


class Cost(NamedTuple):
    """What a run took: seconds of the whole process and its peak resident memory."""

    seconds: float
    mebibytes: float


ROW_COLUMNS = (*Run._fields, "printed_cycles", "counted_cycles", "scale_sim_version")
COST_COLUMNS = (*Run._fields, *Cost._fields)


def digits_layers(network):
    """Each shape of a trained network of this repository once, under its first layer's name."""
    graph = json.loads((ROOT / "workloads" / network / "levels_5.graph.json").read_text())
    products = [op for op in graph["ops"] if op["kind"] in {"conv2d", "linear", "matmul"}]
    shapes = {(op["m"], op["k"], op["n"]): op["name"] for op in reversed(products)}
    return {name: shape for shape, name in reversed(shapes.items())}


def plan():
    """Every run of the table, smallest networks first."""
    small = {name: RESNET18[name] for name in ("layer4.downsample", "layer3.downsample", "fc")}
    wanted = [
        ("hand", HAND, [(4, 4)]),
        ("primes", PRIMES, [(5, 3), (3, 5), (1, 8), (8, 1)]),
        *((name, digits_layers(name), [(16, 16)]) for name in ("fcnn_digits", "cvnn_digits")),
        ("vit_digits", digits_layers("vit_digits"), [(8, 8), (16, 16), (8, 32), (32, 8)]),
        ("vit_ti16", VIT_TI16, [(128, 128), (32, 32), (16, 16)]),
        ("resnet18", RESNET18, [(128, 128)]),
        ("resnet18", small, [(32, 32)]),
    ]
    return [
        Run(network, name, *shape, *array, dataflow)
        for network, layers, arrays in wanted
        for array in arrays
        for name, shape in layers.items()
        for dataflow in DATAFLOWS
    ]


def read_runs(path):
    """The table's further cells by their run; none if there is no table yet."""
    if not path.exists():
        return {}
    lines = list(csv.reader(path.read_text().splitlines()))[1:]
    return {Run(t[0], t[1], *map(int, t[2:7]), t[7]): t[8:] for t in lines}


def write(path, columns, lines):
    """Replace the file as a whole, so that a stop in between loses nothing."""
    path.parent.mkdir(exist_ok=True)
    fresh = path.with_suffix(".new")
    with fresh.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([columns, *lines])
    fresh.replace(path)


def process_cost(command, folder):
    """Run the command in the folder; its seconds and its peak memory (Linux counts it in KiB).

    A child's peak starts with what this script holds: import nothing large before measuring.
    """
    with (Path(folder) / "log").open("w+") as log:
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            log.seek(0)
            raise SystemExit(f"{command[0]} stopped with {process.returncode}:\n{log.read()}")
    return Cost(round(seconds, 3), round(usage.ru_maxrss / 1024, 1))


def simulate(python, run):
    """The printed cycles of one layer and what they cost."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.joinpath("scale.cfg").write_text("\n".join(CONFIG.format(**run._asdict()).split()))
        folder.joinpath("gemm.csv").write_text(f"layer,M,N,K,\na,{run.m},{run.n},{run.k},\n")
        folder.joinpath("layout.csv").write_text("layer,\n")
        cost = process_cost([python, "-c", SIMULATE], folder)
        report = folder / "reports" / "layer" / "COMPUTE_REPORT.csv"
        (line,) = csv.DictReader(report.read_text().splitlines(), skipinitialspace=True)
    if int(line["Stall Cycles"]) != 0:
        raise SystemExit(f"{run}: {line['Stall Cycles']} stall cycles in the mode without stalls")
    return int(line["Total Cycles"]), cost


def summarise(rows, costs):
    """Print cycles, seconds and peak memory of the rows (0 where measured elsewhere), grouped."""
    groups = {}
    for row in rows:
        groups.setdefault((row.run.network, *row.run[5:]), []).append(row)
    print(f"{'network':<10}{'array':>9}{'':>4}{'layers':>8}{'cycles':>12}{'s':>9}{'peak MiB':>10}")
    for (network, height, width, dataflow), group in groups.items():
        measured = [costs.get(row.run, Cost(0, 0)) for row in group]
        cycles = sum(row.printed_cycles + 1 for row in group)
        peak = max(cost.mebibytes for cost in measured)
        print(
            f"{network:<10}{f'{height}x{width}':>9}{dataflow:>4}{len(group):>8}{cycles:>12,}"
            f"{sum(cost.seconds for cost in measured):>9.1f}{peak:>10.0f}"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--scalesim-python", required=True, help="Python that has scalesim")
    parser.add_argument("--again", action="store_true", help="measure rows that are there, too")
    options = parser.parse_args()
    python = str(Path(options.scalesim_python).absolute())  # not resolved: a venv's is a link
    asked = subprocess.run([python, "-c", VERSIONS], check=True, stdout=subprocess.PIPE, text=True)
    version, numpy_version, python_version = asked.stdout.split()
    with tempfile.TemporaryDirectory() as folder:
        floor = process_cost([python, "-c", "import scalesim.scale_sim"], folder)
    print(f"scalesim {version}, numpy {numpy_version}, Python {python_version}; starting it takes")
    print(f"{floor.seconds:.2f} s and {floor.mebibytes:.0f} MiB, part of every figure below")

    rows = {run: Row(run, int(t[0]), t[2]) for run, t in read_runs(TABLE).items()}
    costs = {run: Cost(*map(float, t)) for run, t in read_runs(SECONDS).items()}
    runs = plan()
    for done, run in enumerate(runs, start=1):
        if run in rows and not options.again:
            continue
        printed, costs[run] = simulate(python, run)
        rows[run] = Row(run, printed, version)
        write(TABLE, ROW_COLUMNS, [row.cells() for row in rows.values()])
        write(SECONDS, COST_COLUMNS, [(*r, *cost) for r, cost in costs.items()])
        print(f"{done}/{len(runs)} {' '.join(map(str, run))}: {printed + 1:,} cycles,", end=" ")
        print(f"{costs[run].seconds:.1f} s, {costs[run].mebibytes:.0f} MiB", flush=True)
    summarise(rows.values(), costs)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit("stopped; start again to go on") from None
