"""Candidates made by hand: two machines, three formats and fp32, round numbers."""

from lowbit_sim.judge.candidate import Candidate, LayerCost, Machine
from lowbit_sim.judge.contest import contests
from lowbit_sim.study.accuracy import Accuracy

CONFIDENCES = {
    "actions.adder.add": "synthesised",
    "dram.read": "simulated",
    "pes.ternary_adder.leakage": "assumed",
    "pes.ternary_adder.area": "measured",
}
#: format: accuracies of seeds 0, 1, 2; model bits
FORMATS = {
    "levels_2": ((0.87, 0.88, 0.89), 1000),
    "levels_3": ((0.897, 0.898, 0.899), 1600),
    "levels_5": ((0.9, 0.901, 0.902), 2400),
    "fp32": ((0.9, 0.9, 0.9), 32000),
}


def machine(name="small", area_um2=1e6, **others):
    given = {
        "technology": "made_up",
        "scale": "1",
        "arrays": "adders 16 × 16",
        "clock_hz": 1_000_000_000,
        "dram_bits_per_cycle": 64,
        "area_um2_by_row": {"pes.ternary_adder.area": area_um2},
        "confidences": CONFIDENCES,
        "prices": {"dram.read": 20.0, "dram.write": 20.0},
    }
    return Machine(name, **{**given, **others})


def accuracy(weight_format, fractions=None):
    values = FORMATS[weight_format][0] if fractions is None else fractions
    named = ("net", weight_format, "int8", "top1", "a test", 1, 1000)
    return Accuracy(*named, dict(enumerate(values)))


def candidate(weight_format, energy_pj, cycles, on=None, **others):
    """A candidate whose energy is as given by row, of one layer."""
    measured = accuracy(weight_format) if weight_format in FORMATS else None
    layer = LayerCost("0.linear", "linear", "adders", weight_format, 4096, cycles, 1.0, "load 0")
    given = {
        "workload": "net",
        "machine": on or machine(),
        "regime": "cold",
        "weight_format": weight_format,
        "accuracy": measured,
        "model_bits": FORMATS.get(weight_format, (None, 500))[1],
        "cycles": cycles,
        "macs": 4096,
        "dram_bits": 2000,
        "peak_macs_per_cycle": 256.0,
        "energy_pj_by_row": energy_pj,
        "energy_pj_by_component": {"dram": sum(energy_pj.values())},
        "layers": (layer,),
    }
    return Candidate(**{**given, **others})


def rows(adder=0.0, dram=0.0, leakage=0.0):
    named = {
        "actions.adder.add": adder,
        "dram.read": dram,
        "pes.ternary_adder.leakage": leakage,
    }
    return {row: energy_pj for row, energy_pj in named.items() if energy_pj}


def small_and_large():
    """Three formats on two machines; the small one refuses fp32."""
    large = machine("large", 4e6, clock_hz=500_000_000)
    return [
        candidate("levels_2", rows(10.0, 100.0, 1.0), 100),
        candidate("levels_3", rows(10.0, 160.0, 1.0), 100),
        candidate("levels_5", rows(15.0, 240.0, 1.0), 150),
        candidate("fp32", {}, 0, refusal="no multipliers"),
        candidate("levels_2", rows(40.0, 100.0, 4.0), 50, large),
        candidate("levels_3", rows(40.0, 160.0, 4.0), 50, large),
        candidate("levels_5", rows(40.0, 240.0, 4.0), 50, large),
        candidate("fp32", rows(400.0, 3200.0, 40.0), 400, large),
    ]


def contest(candidates=None):
    (only,) = contests(small_and_large() if candidates is None else candidates)
    return only
