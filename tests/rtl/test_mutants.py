"""Faults put into the hardware: each must show in the sums or in the cycles."""

import contextlib
import random
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from hardware_cases import CASES, differences
from schedules import random_schedule

from lowbit_sim.engines import event_driven
from lowbit_sim.rtl import bench

#: module, what stands there, what stands there instead, and the arrays in which it may show
FAULTS = {
    "a sum is taken a cycle late": (
        ("holding", "[layout.rows - 1 + col for", "[layout.rows + col for"),
        "systolic-weight",
    ),
    "a tree's sum is taken a cycle early": (
        ("holding", "[levels] *", "[max(0, levels - 1)] *"),
        "broadcast-weight",
    ),
    "rows begin at once": (
        ("holding", "delayed(m, entering, row)", "delayed(m, entering, 0)"),
        "systolic-weight",
    ),
    "words enter all columns at once": (
        ("holding", "words[col]), col)", "words[col]), 0)"),
        "systolic-weight-exposed-overlapped",
    ),
    "words of two folds mix": (
        ("holding", "passed & enters & ~begins", "passed & enters"),
        "systolic-weight-hidden",
    ),
    "a row of words is not loaded": (
        ("control", "row == self.rows - 1", "row + 2 >= self.rows"),
        "systolic-weight",
    ),
    "folds do not wait": (
        ("control", "alone = 1 if self.overlapped else ~inside", "alone = 1"),
        "weight-exposed-separate",
    ),
    "a fold waits a cycle more": (
        ("control", "room = ~ready & ~self.beat_enters", "room = ~ready & ~self.fold_leaves"),
        "weight-exposed-overlapped",
    ),
    "words wait for the next cycle": (
        ("control", "room = ~ready | self.first", "room = ~ready"),
        "weight-hidden-overlapped",
    ),
    "sums that wait are overwritten": (
        ("control", "busy_rows.eq(self.rows - 1)", "busy_rows.eq(0)"),
        "output-exposed-overlapped-through_rows",
    ),
    "sums wait a cycle more": (
        ("control", "busy_rows.eq(self.rows - 1)", "busy_rows.eq(self.rows)"),
        "output-exposed-overlapped-through_rows",
    ),
    "a fold's last step is skipped": (
        ("control", "self.step + 1 == self.steps", "self.step + 2 >= self.steps"),
        "systolic-weight",
    ),
    "a drain is a row short": (
        ("growing", "(turn == rows - 1)", "(turn + 2 >= rows)"),
        "output-exposed-separate-through_rows",
    ),
    "a drain begins a cycle late": (
        ("growing", "delayed(m, done, 1)", "delayed(m, done, 2)"),
        "output-exposed-separate-through_rows",
    ),
    "sums that grow move down": (
        ("growing", "draining & (begins | left)", "draining"),
        "output-exposed-overlapped-through_rows",
    ),
    "a new sum is not cleared": (
        ("pes", "Mux(self.first, 0, kept)", "Mux(0, 0, kept)"),
        "output-exposed",
    ),
    "a sum grows in bubbles": (
        ("pes", "with m.If(self.valid):", "with m.If(1):"),
        "systolic-output-exposed-separate-through_rows",
    ),
    "the second register is not used": (
        ("pes", "Mux(self.first, self.word, held)", "Mux(1, self.word, held)"),
        "weight-hidden-overlapped",
    ),
    "the word is not moved over": (
        ("pes", "held.eq(self.word)", "held.eq(0)"),
        "weight-hidden",
    ),
    "a complement lacks its one": (("gates", "wanted & negative", "wanted & 0"), "weight"),
    "a digit's scale is forgotten": (
        ("gates", "value * scale, chosen", "value * 1, chosen"),
        "ternary_adder-levels_5",
    ),
    "a power is not shifted": (
        ("digits", "activation << digit[2:]", "activation << 0"),
        "shift_add-levels_5",
    ),
    "planes beyond the first are lost": (
        ("digits", ".bit_select(place, 1)", "[0:1]"),
        "bit_serial-levels_5-systolic-weight",
    ),
    "sums of folds are not added": (
        ("feet", "Mux(self.new, 0, read.data)", "Mux(1, 0, read.data)"),
        "weight",
    ),
    "a group ends a trit early": (
        ("skipping", "~rest.any()", "~(rest & (rest - 1)).any()"),
        "ternary_skip",
    ),
    "columns do not wait for each other": (
        ("skipping", "Cat(done).all()", "Cat(done).any()"),
        "ternary_skip",
    ),
}
#: arrays that are tried for a fault
TRIED = 8
MODULES = ("gates", "digits", "pes", "feet", "control", "holding", "growing", "skipping")


def faulty_hardware(monkeypatch, module, old, new):
    """Build all modules of the hardware again, with one text of one of them replaced."""
    package = Path(bench.__file__).parent
    for name in (*MODULES, "operands", "bench", "tile_pipeline"):
        full_name = f"lowbit_sim.rtl.{name}"
        source = (package / f"{name}.py").read_text()
        if name == module:
            assert source.count(old) == 1, f"{old!r} stands {source.count(old)} times in {name}"
            source = source.replace(old, new)
        made = types.ModuleType(full_name)
        made.__file__ = str(package / f"{name}.py")
        monkeypatch.setitem(sys.modules, full_name, made)
        exec(compile(source, made.__file__, "exec"), made.__dict__)
    return sys.modules


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_seen(monkeypatch, fault):
    change, where = FAULTS[fault]
    faulty = faulty_hardware(monkeypatch, *change)["lowbit_sim.rtl.bench"]
    monkeypatch.setattr(faulty, "LIMIT_CYCLES", 1_000)
    cases = [case for case in CASES if where in str(case)][:TRIED]
    assert any(_shows(faulty, case) for case in cases)


def _shows(faulty, case):
    design = faulty.hardware(case.array, case.formats, case.stationary)
    products = case.products(np.random.default_rng(0))[:3]
    try:
        return bool(differences(case, design, products, faulty.multiply))
    except RuntimeError:  # it hangs
        return True


def test_without_a_fault_nothing_is_seen(monkeypatch):
    sound = faulty_hardware(monkeypatch, None, "", "")["lowbit_sim.rtl.bench"]
    assert not any(_shows(sound, case) for case in CASES[::60])


PIPELINE_FAULTS = {
    "a buffer too many": ("self.computes.ended + self.load_buffers", "self.computes.ended + 2"),
    "a sum is overwritten": ("(computes.at < stores.at + self.store_buffers)", "1"),
    "partial sums do not wait": ("self.loads_outputs & (step", "0 & (step"),
    "the load always goes first": ("~load_asks | store_is_older", "~load_asks"),
    "the store always goes first": ("~load_asks | store_is_older", "1"),
    "who waits longer is forgotten": ("store_asks & ~self.stores.begins)", "0)"),
    "both use the port at once": ("(self.loads.idle & self.stores.idle)", "1"),
    "nothing is passed over": ("(first == 0)", "0"),
    "a step takes a cycle more": ("left - 1, 0)", "left, 0)"),
}


@pytest.mark.parametrize("fault", PIPELINE_FAULTS)
def test_a_fault_of_the_pipeline_is_seen(monkeypatch, fault):
    faulty = faulty_hardware(monkeypatch, "tile_pipeline", *PIPELINE_FAULTS[fault])
    faulty = faulty["lowbit_sim.rtl.tile_pipeline"]
    monkeypatch.setattr(faulty, "LIMIT_CYCLES", 20_000)
    rng = random.Random(7)
    schedules = [random_schedule(rng, shared=bool(i % 2), depth=0) for i in range(120)]
    expected = [event_driven.timing(schedule).total_cycles for schedule in schedules]
    with contextlib.suppress(RuntimeError):  # it hangs
        assert faulty.pipeline_cycles(schedules) != expected
