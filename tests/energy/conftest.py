from pathlib import Path

import pytest

from lowbit_sim.arch.accelerator import Accelerator, NamedArray, VectorUnit
from lowbit_sim.energy.load import load_technology
from lowbit_sim.memory.base import MemoryLevel
from lowbit_sim.pe.array import PEArray
from lowbit_sim.pe.ternary_adder import TernaryAdder

ROWS = Path(__file__).parent / "cacti7_45nm_rows.yaml"
TECHNOLOGY = Path(__file__).parents[2] / "arch_specs" / "technologies" / "cmos_45nm.yaml"
KIB = 8 * 1024


@pytest.fixture(scope="session")
def technology_path():
    return TECHNOLOGY


@pytest.fixture(scope="session")
def technology():
    return load_technology(TECHNOLOGY)


@pytest.fixture(scope="session")
def cacti_path(tmp_path_factory):
    """Return a technology like the shipped one with the memories of CACTI instead."""
    shipped = TECHNOLOGY.read_text(encoding="utf-8")
    rows = ROWS.read_text(encoding="utf-8")
    head, _, _ = shipped.partition("\nsram:\n")
    _, _, rest = rows.partition("sources:\n")
    sources, _, sections = rest.partition("\nsram:\n")
    head = head.replace("  cacti: >-", "  other: >-").replace("  own:", sources + "  own:")
    head = head.replace("name: cmos_45nm", "name: cacti_45nm")
    path = tmp_path_factory.mktemp("technologies") / "cacti_45nm.yaml"
    path.write_text(f"{head}\nsram:\n{sections}", encoding="utf-8")
    points = TECHNOLOGY.parent / "cacti7_45nm.csv"
    (path.parent / points.name).write_bytes(points.read_bytes())
    return path


@pytest.fixture(scope="session")
def cacti_technology(cacti_path):
    return load_technology(cacti_path)


def memory(name, technology, capacity_bits, port_bits, **more):
    return MemoryLevel(
        name=name,
        technology=technology,
        capacity_bits=capacity_bits,
        read_bits_per_cycle=port_bits,
        write_bits_per_cycle=port_bits,
        latency_cycles=0,
        buffers=2,
        serves=frozenset({"weight", "input", "output"}),
        shared_port=False,
        cell="lstp" if technology == "sram" else None,
        **more,
    )


@pytest.fixture(scope="session")
def machine():
    """Return a maker of small machines: 2 × 3 ternary PEs, 4 lanes, 8 KiB shared SRAM."""

    def make(arrays=None, packing="whole_field", names=("dram", "shared"), decoder_depth=1, **dram):
        pes = {"adders": PEArray(TernaryAdder(), rows=2, cols=3, accumulator_bits=24)}
        return Accelerator(
            name="small",
            clock_hz=500_000_000,
            arrays=tuple(NamedArray(*item) for item in (arrays or pes).items()),
            vector_unit=VectorUnit(4),
            memories=(
                memory(names[0], "dram", 0, 64, **dram),
                memory(names[1], "sram", 8 * KIB, 128),
                memory("weights", "sram", 2 * KIB, 128),
            ),
            packing=packing,
            technology="cmos_45nm",
            technology_path=TECHNOLOGY,
            sources=("a test",),
            decoder_depth=decoder_depth,
        )

    return make
