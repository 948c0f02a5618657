"""Mapping side by side with ZigZag: seconds, mappings a second, and whose mapping is better.

ZigZag 3.9.1 (https://github.com/KULeuven-MICAS/zigzag, PyPI ``zigzag-dse``) does not say that it
needs six, and wants an environment of its own:

    python3.11 -m venv zigzag-venv
    zigzag-venv/bin/pip install "zigzag-dse==3.9.1" six
    OMP_NUM_THREADS=1 python benchmarks/zigzag.py --zigzag-python zigzag-venv/bin/python

Rows go to ``benchmarks/zigzag.csv``, one by one. Those that are there stay (``--again`` measures
them anew): stop it at any time, start it again to go on.

What is run: each layer of `peer_layers` on ZigZag's ``tpu_like``, K 32 × C 32 unrolled as its own
mapping file has it; loop orders by LOMA with its default limit of 6 loop factors, in a process of
its own, from the parsed workload to the best mapping, without files and figures. Seconds are CPU
seconds of one process; an evaluation is a call of the cost model.

**The ruler is ZigZag's**: its energy, its cycles (``latency_total2``), their product. Our mapper
searches ``tpu_like`` as `peer_layers` says it, with ZigZag's prices; its mappings are written as
loop orders, which ZigZag's memory allocator and cost model then judge as they judge its own.

- *alone*: the one mapping that our exact search ends with, for energy × delay on the machine with
  two buffers, for energy on that with one (energy needs no second).
- *of a few*: the best of these two and of `SHORTLIST` for each objective, by our bounds, which
  know nothing of ZigZag's cycles. ``judged`` says how many that were; ZigZag judged ``evaluations``
  of its own.

A tile that does not divide a dimension becomes the next smaller one that does: ZigZag has no
ragged tiles. The 32 k of a beat are channels there, any k here.

Rates: a bound is no evaluation. It holds from below for a tiling in all its loop orders; what is
left over is then evaluated, which the seconds of the exact search include. That search ends with
a proof for its space; LOMA ends with the best of the orders that its limit lets it see.
"""

import argparse
import csv
import datetime as dt
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

from peer_layers import (
    RATES,
    SIDE,
    best,
    layers,
    loop_order,
    machine,
    place_of,
    processor,
    shortlist,
)

TABLE = Path(__file__).with_suffix(".csv")
#: mappings that ZigZag is asked to judge, for each objective
SHORTLIST = 8
#: two costs are the same within this: ZigZag rounds accesses to whole numbers
ROUNDING = 1e-4

#: runs in ZigZag's Python: a search, and an evaluation of every order that it is given
CHILD = """
import importlib.metadata, json, logging, sys, time
from pathlib import Path
import zigzag
from zigzag.cost_model.cost_model import CostModelEvaluation
from zigzag.mapping.temporal_mapping import TemporalMappingType
from zigzag.stages.evaluation.cost_model_evaluation import CostModelStage
from zigzag.stages.main import MainStage
from zigzag.stages.mapping.spatial_mapping_generation import SpatialMappingGeneratorStage
from zigzag.stages.mapping.temporal_mapping_generator_stage import TemporalMappingGeneratorStage
from zigzag.stages.parser.accelerator_parser import AcceleratorParserStage
from zigzag.stages.parser.workload_parser import WorkloadParserStage
from zigzag.stages.results.reduce_stages import MinimalEDPStage
from zigzag.stages.workload_iterator import WorkloadStage

logging.disable(logging.CRITICAL)
asked, costs, evaluate = json.load(sys.stdin), [], CostModelEvaluation.run

def counted(self):
    evaluate(self)
    costs.append((self.energy_total, self.latency_total2))

CostModelEvaluation.run = counted
hardware = Path(zigzag.__file__).parent / "inputs" / "hardware" / "tpu_like.yaml"
stages = [WorkloadParserStage, AcceleratorParserStage, WorkloadStage, MinimalEDPStage,
          SpatialMappingGeneratorStage, MinimalEDPStage, TemporalMappingGeneratorStage,
          CostModelStage]

def run(mapping):
    costs.clear()
    Path("mapping.yaml").write_text(json.dumps([mapping]))
    MainStage(
        stages, accelerator=str(hardware), workload=[asked["layer"]], mapping="mapping.yaml",
        loma_lpf_limit=asked["lpf_limit"], loma_show_progress_bar=False, nb_mappings_generated=3,
        enable_mix_spatial_mapping_generation=False,
        access_same_data_considered_as_no_access=True,
        temporal_mapping_type=TemporalMappingType.UNEVEN,
    ).run()
    return list(costs)

wall_s, cpu_s = time.perf_counter(), time.process_time()
searched = run(asked["mapping"])
wall_s, cpu_s = time.perf_counter() - wall_s, time.process_time() - cpu_s
judged = [run({**asked["mapping"], "temporal_ordering": one}) for one in asked["orders"]]
assert all(len(one) == 1 for one in judged), "an order left something to search"
version = importlib.metadata.version("zigzag-dse")
json.dump({"version": version, "cpu_s": cpu_s, "wall_s": wall_s, "searched": searched,
           "judged": [one[0] for one in judged]}, sys.stdout)
"""
MAPPING = {
    "name": "default",
    "spatial_mapping": {"D1": [f"K, {SIDE}"], "D2": [f"C, {SIDE}"]},
    "memory_operand_links": {"O": "O", "W": "I2", "I": "I1"},
}


def described(op):
    """The layer in ZigZag's words: 8-bit operands and results, sums of 16 bit."""
    layer = {
        "id": 0,
        "operand_precision": {"W": 8, "I": 8, "O": 16, "O_final": 8},
        "operand_source": {"I": 0, "W": 0},
    }
    one = op.convolution
    if one is None:
        return layer | {
            "operator_type": "Gemm",
            "equation": "O[b][m][k]+=I[b][m][c]*W[b][c][k]",
            "dimension_relations": [],
            "loop_dims": ["B", "M", "C", "K"],
            "loop_sizes": [op.batch, op.m, op.k, op.n],
        }
    sizes = {"K": one.out_channels, "C": one.in_channels, "OX": one.out_width}
    sizes |= {"OY": one.out_height, "FX": one.kernel_width, "FY": one.kernel_height}
    return layer | {
        "operator_type": "Conv",
        "equation": "O[k][oy][ox]+=W[k][c][fy][fx]*I[c][iy][ix]",
        "dimension_relations": [
            f"ix={one.stride_width}*ox+{one.dilation_width}*fx",
            f"iy={one.stride_height}*oy+{one.dilation_height}*fy",
        ],
        "loop_dims": list(sizes),
        "loop_sizes": list(sizes.values()),
        "pr_loop_dims": ["IX", "IY"],
        "pr_loop_sizes": [one.in_width, one.in_height],
        "padding": [[one.padding_width] * 2, [one.padding_height] * 2],
    }


def ours(op, double, single):
    """Our side of a row, and the loop orders to judge: both searches' ends, then the rest."""
    place = place_of(op, double)
    mapping, energy_pj, cycles, search_s = best(op, place, "edp")
    start = time.process_time()
    orders = [loop_order(op, mapping), loop_order(op, best(op, place_of(op, single), "energy")[0])]
    for objective in ("edp", "energy"):
        few = []
        for one in shortlist(place, objective):
            order = loop_order(op, one)
            few += [order] if order not in few else []
            if len(few) == SHORTLIST:
                break
        orders += [order for order in few if order not in orders[1:]]
    shortlist_s = time.process_time() - start
    cells = {"our_model_pj": energy_pj, "our_model_cycles": cycles}
    cells |= {"our_search_s": search_s, "our_shortlist_s": shortlist_s}
    for name, rate in RATES.items():
        cells[f"our_{name}_mappings"], cells[f"our_{name}_per_s"] = rate(place)
    return cells, orders


def edp(cost):
    return cost[0] * cost[1]


def measured(python, layer, machines, lpf_limit):
    """One row of the table."""
    op = layer.op
    cells, orders = ours(op, *machines)
    asked = {"layer": described(op), "mapping": MAPPING, "orders": orders, "lpf_limit": lpf_limit}
    with tempfile.TemporaryDirectory() as folder:
        answer = subprocess.run(
            [python, "-c", CHILD],
            input=json.dumps(asked),
            stdout=subprocess.PIPE,
            check=True,
            text=True,
            cwd=folder,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )
    found = json.loads(answer.stdout)
    searched, judged = found["searched"], found["judged"]
    costs = {
        "zigzag": min(searched, key=edp),
        "our_alone": judged[0],
        "our": min(judged, key=edp),
    }
    row = {"network": layer.network, "layer": layer.name}
    row |= {"batch": op.batch, "m": op.m, "k": op.k, "n": op.n, "lpf_limit": lpf_limit}
    row |= {"evaluations": len(searched), "zigzag_cpu_s": found["cpu_s"]}
    row |= {"zigzag_wall_s": found["wall_s"], "judged": len(judged)}
    for who, (energy_pj, cycles) in costs.items():
        row |= {f"{who}_pj": energy_pj, f"{who}_cycles": cycles}
    for at, name in enumerate(("pj", "cycles")):
        row[f"zigzag_least_{name}"] = min(cost[at] for cost in searched)
        row[f"our_least_{name}"] = min(cost[at] for cost in judged)
    row["our_alone_least_pj"] = judged[1][0]
    stamp = {"zigzag_version": found["version"], "processor": processor()}
    return row | cells | stamp | {"date": dt.datetime.now(dt.UTC).date().isoformat()}


def write(rows):
    """Replace the table as a whole, so that a stop in between loses nothing."""
    fresh = TABLE.with_suffix(".new")
    with fresh.open("w", newline="") as file:
        table = csv.DictWriter(file, list(rows[-1]), lineterminator="\n")
        table.writeheader()
        table.writerows(
            {
                k: f"{v:.6g}" if isinstance(v, float) and k.endswith("_s") else v
                for k, v in r.items()
            }
            for r in rows
        )
    fresh.replace(TABLE)


def ratios(row):
    """What a row's costs are as multiples of ZigZag's."""
    value = {k: float(row[k]) for k in row if k.endswith(("_pj", "_cycles"))}
    both = {
        who: value[f"{who}_pj"] * value[f"{who}_cycles"] for who in ("zigzag", "our_alone", "our")
    }
    return {
        "e·d alone": both["our_alone"] / both["zigzag"],
        "e·d of a few": both["our"] / both["zigzag"],
        "energy alone": value["our_alone_least_pj"] / value["zigzag_least_pj"],
        "energy of a few": value["our_least_pj"] / value["zigzag_least_pj"],
        "cycles of a few": value["our_least_cycles"] / value["zigzag_least_cycles"],
    }


def summarise(rows):
    """Print seconds and rates of both, and our costs by ZigZag's."""
    rates = [f"our_{name}_per_s" for name in RATES]
    print(f"{'layer':<30}{'ZigZag s':>9}{'a s':>6}{'our s':>7}{'list s':>7}", end="")
    print("".join(f"{name + ' a s':>13}{'×':>11}" for name in RATES), end="")
    print("".join(f"{name:>17}" for name in ratios(rows[0])))
    for row in rows:
        cpu_s = float(row["zigzag_cpu_s"])
        per_s = float(row["evaluations"]) / cpu_s
        print(f"{row['layer'].removeprefix('blocks.0.'):<30}{cpu_s:>9.2f}{per_s:>6.0f}", end="")
        print(f"{float(row['our_search_s']):>7.2f}{float(row['our_shortlist_s']):>7.2f}", end="")
        print(
            "".join(f"{float(row[r]):>13,.0f}{float(row[r]) / per_s:>11,.0f}" for r in rates),
            end="",
        )
        print("".join(f"{ratio:>17.4f}" for ratio in ratios(row).values()))
    total = {k: sum(float(r[k]) for r in rows) for k in rows[0] if k.endswith("_s")}
    count = sum(int(row["evaluations"]) for row in rows)
    our_s = total["our_search_s"] + total["our_shortlist_s"]
    print(f"all: ZigZag {total['zigzag_cpu_s']:.1f} s, {count:,} evaluations;", end=" ")
    print(f"ours {our_s:.1f} s, {total['zigzag_cpu_s'] / our_s:.1f} times faster")
    for name in ratios(rows[0]):
        found = [ratios(row)[name] for row in rows]
        good = sum(ratio <= 1 + ROUNDING for ratio in found)
        better = sum(ratio < 1 - ROUNDING for ratio in found)
        print(f"{name}: {good} of {len(rows)} as good or better, {better} better,", end=" ")
        print(f"worst {max(found):.4f}, best {min(found):.4f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--zigzag-python", required=True, help="Python that has zigzag-dse")
    parser.add_argument("--lpf-limit", type=int, default=6, help="loop factors that LOMA permutes")
    parser.add_argument("--again", action="store_true", help="measure rows that are there, too")
    options = parser.parse_args()
    python = str(Path(options.zigzag_python).absolute())  # not resolved: a venv's is a link
    rows = list(csv.DictReader(TABLE.open())) if TABLE.exists() and not options.again else []
    there = {(row["layer"], int(row["lpf_limit"])) for row in rows}
    machines = machine((2, 2)), machine((1, 1))
    for layer in layers():
        if (layer.name, options.lpf_limit) in there:
            continue
        rows.append(measured(python, layer, machines, options.lpf_limit))
        write(rows)
        cpu_s, ours_s = rows[-1]["zigzag_cpu_s"], rows[-1]["our_search_s"]
        print(f"{layer.network} {layer.name}: {cpu_s:.2f} s, ours {ours_s:.2f} s", flush=True)
    summarise([row for row in rows if int(row["lpf_limit"]) == options.lpf_limit])


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit("stopped; start again to go on") from None
