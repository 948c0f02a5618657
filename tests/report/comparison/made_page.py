"""Judgements and manifests from which pages are made in tests."""

import json
from html.parser import HTMLParser

from made_contest import candidate, machine, rows
from made_judgement import judgement

from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.judge.candidate import LayerCost
from lowbit_sim.judge.comparison_spec import DoubtSpec
from lowbit_sim.study.accuracy import Accuracy

MANIFEST = {
    "lowbit_sim": "0.1.0",
    "command": ["lowbit-sim", "compare", "made_up/study.yaml"],
    "training_seeds": [],
    "options": {"margin_fraction": 0.005, "technologies": None},
    "inputs_sha256": {"study.yaml": "ab" * 32},
}
#: closes a script, an attribute and a line of JavaScript at once
HOSTILE = "</script><b>'\"&`\u2028"
_VOID = {"br", "hr", "meta", "wbr", "input", "link", "img"}


class Page(HTMLParser):
    """A page's tags with attributes, text by the id of its element, and what is not closed."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.faults, self.texts = [], [], [], {}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append((tag, dict(attrs).get("id")))

    def handle_endtag(self, tag):
        if not self.open or self.open[-1][0] != tag:
            self.faults.append((tag, self.getpos()))
        else:
            self.open.pop()

    def handle_data(self, data):
        for _, name in self.open:
            if name:
                self.texts[name] = self.texts.get(name, "") + data

    def ids(self):
        return [attributes["id"] for _, attributes in self.tags if "id" in attributes]

    def data(self):
        return json.loads(self.texts["data"])


def hostile():
    """Two machines and a network whose names would break a page that does not escape."""
    layer = LayerCost(HOSTILE, HOSTILE, HOSTILE, "levels_3", 1, 10, 5.0, HOSTILE)
    on = machine(HOSTILE, arrays=HOSTILE)
    made = [
        candidate("levels_3", rows(3.0, 2.0), 10, on, workload=HOSTILE, layers=(layer,)),
        candidate("levels_5", rows(4.0, 5.0), 10, on, workload=HOSTILE, layers=(layer,)),
        candidate("fp32", {}, 0, on, workload=HOSTILE, refusal=HOSTILE),
    ]
    return judgement(made, [(HOSTILE, HOSTILE, HOSTILE)], question=HOSTILE, name=HOSTILE)


def large():
    """As many candidates as a large study has: 3 networks, 14 machines, 13 formats, 2 regimes."""
    names = [name for name in FORMATS if name not in {"bf16", "levels_4_zero"}]
    layers = [f"block_{place // 6}.layer_{place}" for place in range(50)]
    made = []
    for network, workload in enumerate(("first", "second", "third")):
        for regime in ("cold", "steady"):
            for place in range(14):
                on = machine(
                    f"machine_{place}", 1e6 + place, clock_hz=(1 + place % 3) * 250_000_000
                )
                made += [
                    _large(name, rank, workload, regime, on, layers, network + place)
                    for rank, name in enumerate(names)
                ]
    return judgement(made, doubt=DoubtSpec(samples=200))


def _large(name, rank, workload, regime, on, layers, shift):
    fractions = {seed: 0.88 + 0.003 * rank + 0.0007 * seed * (1 + rank % 3) for seed in range(3)}
    accuracy = Accuracy(workload, name, "int8", "top1", "a test", 1, 1000, fractions)
    cycles = 1000 + 137 * ((rank * 7 + shift) % 13) + 50 * rank
    energy = rows(1e6 / 7 + rank * 1e4, 3e6 / 7 + shift * 1e3, 1e5 / 7)
    each = sum(energy.values()) / len(layers)
    costs = tuple(
        LayerCost(layer, "linear", "adders", name, 4096, cycles // len(layers), each, "compute")
        for layer in layers
    )
    given = {"accuracy": accuracy, "layers": costs, "model_bits": 8000 * (rank + 1)}
    return candidate(name, energy, cycles, on, workload=workload, regime=regime, **given)
