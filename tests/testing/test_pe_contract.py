"""The kit against the built-in kinds, and against elements that break one rule each."""

import dataclasses
import itertools
import subprocess
import sys

import pytest
from made_elements import Sound, SoundSkipper, broken

from lowbit_sim import registry
from lowbit_sim.actions import ActionCounts
from lowbit_sim.formats.catalogue import FORMATS, number_format
from lowbit_sim.testing import BrokenContractError, check_pe

GROUP = "lowbit_sim.pe"
#: what kinds need to be told
CHOICES = {
    "encoding": ("twos_complement", "sign_magnitude"),
    "skip": ("each", "column", "interleave"),
}
#: parameters to try besides the defaults
MORE = {
    "bit_serial": {"planes_per_cycle": 3},
    "bit_serial_both": {"lanes": 3, "weight_planes_per_cycle": 2, "activation_planes_per_cycle": 3},
    "bit_brick": {"bricks": 37},
    "lookup_table": {"group": 1},
    "integer_mac": {"operand_bits": 4},
    "xnor_popcount": {"lanes": 5},
    "ternary_popcount": {"lanes": 1},
    "ternary_skip": {"weights_per_group": 3},
    "bit_serial_skip": {"weights_per_group": 3, "encoding": "twos_complement"},
}


def built_in_elements():
    """Yield name and parameters of every registered kind: the defaults, and `MORE`."""
    for name in registry.registered(GROUP):
        yield name, {}
        if name in MORE:
            yield name, MORE[name]


def made(name, given):
    """Yield the kind called `name` with every choice of what it needs."""
    kind = registry.load(GROUP, name)
    needed = [f.name for f in dataclasses.fields(kind) if f.default is dataclasses.MISSING]
    for choice in itertools.product(*(CHOICES[field] for field in needed)):
        yield kind, {**given, **dict(zip(needed, choice, strict=True))}


@pytest.mark.parametrize(("name", "given"), list(built_in_elements()))
def test_every_built_in_kind_keeps_the_contract(name, given):
    few = [number_format(n) for n in ("levels_2", "levels_3", "levels_5", "levels_17", "int8")]
    for kind, parameters in made(name, given):
        check_pe(lambda kind=kind, parameters=parameters: kind(**parameters), few, shapes=1)


@pytest.mark.parametrize("name", ["ternary_adder", "float_mac", "xnor_popcount"])
def test_every_pair_of_formats(name):
    check_pe(registry.load(GROUP, name), shapes=1)


def test_sound_elements_pass():
    check_pe(Sound, shapes=1)
    check_pe(lambda: Sound(lanes=7), shapes=1)
    check_pe(SoundSkipper, shapes=1)


TURNS = itertools.count()
TURNS_TO_FIT = ["not now", None]


def actions_of(**counts):
    return lambda _self, product, _frame: ActionCounts(
        {name.replace("__", "."): count(product) for name, count in counts.items()}
    )


BROKEN = {
    "kind is no name": {"kind": 3},
    "has no method stages": {"stages": None},
    "refuses differently when asked again": {
        "refuses": lambda *_: f"not for the {next(TURNS)}th time"
    },
    "refuses without a reason": {"refuses": lambda *_: " "},
    "refuses every pair of formats": {"refuses": lambda *_: "never"},
    "fits, and is refused": {"fits": lambda *_: TURNS_TO_FIT.pop()},
    "no reason": {"fits": lambda *_: ""},
    "stands in no array": {"fits": lambda *_: "never"},
    "passes must be a whole number of at least 1, got 0": {"passes": lambda *_: 0},
    "passes must be a whole number of at least 1, got 2.0": {"passes": lambda *_: 2.0},
    "terms must be a whole number of at least 1, got True": {"terms": lambda *_: True},
    "stages must be a whole number of at least 0, got -1": {"stages": lambda *_: -1},
    "actions are no ActionCounts": {"actions": lambda *_: {"sound.add": 1}},
    "nothing happens": {"actions": lambda *_: ActionCounts()},
    "'add' is no component.action": {"actions": actions_of(add=lambda p: p.macs)},
    "fewer of ['sound.add']": {
        "actions": actions_of(sound__add=lambda p: p.batch * (1000 - p.tile.n))
    },
    "['sound.add'] not in proportion to the batch": {
        "actions": actions_of(sound__add=lambda p: p.tile.m)
    },
    "more of ['sound.add'] where the weights are known": {
        "actions": actions_of(
            sound__add=lambda p: p.macs * (1 if p.level_counts is None else 2),
        )
    },
}


@pytest.mark.parametrize("rule", BROKEN)
def test_a_broken_rule_is_told(rule):
    with pytest.raises(BrokenContractError) as caught:
        check_pe(broken(Sound, **BROKEN[rule]), shapes=2)
    assert rule in str(caught.value)


def test_passes_that_change_from_one_question_to_the_next_are_told():
    passes = itertools.count(1)
    element = broken(Sound, passes=lambda *_: next(passes))
    with pytest.raises(BrokenContractError, match=r"cycles|fully"):
        check_pe(element, shapes=1)


def test_an_element_that_is_no_frozen_dataclass_is_told():
    plain = type("Plain", (), {name: getattr(Sound, name) for name in ("kind", "refuses")})
    for method in ("passes", "terms", "stages", "actions"):
        setattr(plain, method, getattr(Sound, method))
    with pytest.raises(BrokenContractError, match="sound is no frozen dataclass"):
        check_pe(plain)


def test_an_element_that_differs_when_made_again_is_told():
    lanes = itertools.count(1)
    with pytest.raises(BrokenContractError, match="sound differs when made again"):
        check_pe(lambda: Sound(next(lanes)))


def test_a_module_that_explains_nothing_is_told(monkeypatch):
    monkeypatch.setattr(sys.modules[Sound.__module__], "__doc__", None)
    with pytest.raises(BrokenContractError, match="has no docstring to explain it"):
        check_pe(Sound)


def test_formats_that_are_refused_are_refused_by_the_array_too(monkeypatch):
    monkeypatch.setattr("lowbit_sim.pe.array.PEArray._check_accepts", lambda *_: None)
    with pytest.raises(BrokenContractError, match="refused, and computed"):
        check_pe(broken(Sound, refuses=lambda *_: "no"), [FORMATS["int8"]])


def test_the_kit_needs_no_test_runner():
    code = (
        "import sys\n"
        "from lowbit_sim.testing import check_pe\n"
        "from lowbit_sim.pe.ternary_adder import TernaryAdder\n"
        "check_pe(TernaryAdder, shapes=1)\n"
        "print(sorted({'pytest', 'hypothesis', 'pydantic', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
