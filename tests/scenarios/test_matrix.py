"""Every shipped workload on every shipped machine: it runs and conserves, or is refused by name."""

from functools import cache
from pathlib import Path

import pytest
from made import pricing

from lowbit_sim.engines import closed_form
from lowbit_sim.engines.roofline import roofline
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.mapping.mapper import Mapper, UnmappableError
from lowbit_sim.mapping.network import NetworkMapper
from lowbit_sim.pe.base import ValueDependent
from lowbit_sim.study.shipped import load_shipped

ROOT = Path(__file__).parents[2]
MACHINES = sorted(path.stem for path in (ROOT / "arch_specs").glob("*.yaml"))
WORKLOADS = sorted(path.stem for path in (ROOT / "workloads").glob("*.yaml"))
#: where more weights than this would be walked one by one, all lanes are taken as never skipping
WALKED_WEIGHTS = 1_000_000
TERNARY_ACTIVATIONS = {"cutie_cifar10"}


@cache
def shipped(name):
    return load_shipped(ROOT / "workloads" / f"{name}.yaml", ["levels_3"])


def mapped(workload_name, machine_name):
    given, priced = shipped(workload_name), pricing(machine_name)
    workload = next(w for w in given.workloads if w.weight_format == "levels_3")
    mapper = Mapper(closed_form.timing, priced.pj_per_action, priced.leakage_pj_per_cycle)
    by_value = any(isinstance(a.pe.element, ValueDependent) for a in priced.machine.arrays)
    walked = not by_value or workload.weights <= WALKED_WEIGHTS
    values = given.levels(workload) if walked else {}
    return workload, NetworkMapper(priced.machine, mapper).map(workload, values), priced.machine


@pytest.mark.parametrize("machine_name", MACHINES)
@pytest.mark.parametrize("workload_name", WORKLOADS)
def test_it_runs_or_is_refused_by_name(workload_name, machine_name):
    if machine_name == "ternary_popcount" and workload_name not in TERNARY_ACTIVATIONS:
        with pytest.raises(UnmappableError, match=r"operator '.*': array 'channels': int8 has val"):
            mapped(workload_name, machine_name)
        return
    workload, found, machine = mapped(workload_name, machine_name)
    timed = [op for op in workload.ops if op.kind not in {"input", "output"}]
    assert [op.op.name for op in found.ops] == [op.name for op in timed]
    assert sum(op.op.macs for op in found.ops) == workload.macs
    arrays = {array.name: array.pe for array in machine.arrays}
    for op in found.ops:
        timing = closed_form.timing(op.schedule)
        assert timing.total_cycles >= roofline(op.schedule).bound_cycles
        if op.op.is_gemm:
            pe, formats = arrays[op.unit], (FORMATS[op.op.weight], FORMATS[op.op.activation])
            passes = 1 if isinstance(pe.element, ValueDependent) else pe.passes(*formats)
            possible = pe.rows * pe.cols * pe.terms(*formats) * timing.compute_cycles
            assert isinstance(pe.element, ValueDependent) or op.op.macs * passes <= possible
    read_bits = sum(op.actions[f"{machine.dram.name}.read_bit"] for op in found.ops)
    assert read_bits >= sum(least_bits(op) for op in timed)


def least_bits(op):
    """Return what an operator's weights cannot be packed below [bit]."""
    if not op.is_gemm or op.parameter is None:
        return 0
    return op.weight_elements * FORMATS[op.weight].entropy_bits
