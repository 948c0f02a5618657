"""The exported Verilog in a second simulator."""

import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest
from hardware_cases import CASES

from lowbit_sim.rtl.operands import product, stimulus
from lowbit_sim.rtl.verilog import array_verilog, ways_out

pytestmark = pytest.mark.skipif(shutil.which("iverilog") is None, reason="needs iverilog")

BENCH = """\
`timescale 1ns / 1ps
module bench;
  reg clk = 0, rst = 1, start = 0;
  integer cycle = 0, began = -1;
  always #1 clk = ~clk;
  wire begins, ends;
{wires}
  top top(.clk(clk), .rst(rst), .start(start), .begins(begins), .ends(ends){ports});
  initial begin
    repeat (2) @(posedge clk);
    @(negedge clk) rst = 0; start = 1;
    @(negedge clk) start = 0;
    while (cycle < 5000) begin
      #0.5;
      if (began < 0 && begins) began = cycle;
{prints}
      if (began >= 0 && ends) begin
        $display("cycles %0d", cycle - began + 1);
        $finish;
      end
      cycle = cycle + 1;
      @(negedge clk);
    end
  end
endmodule
"""
WAYS = [
    "ternary_adder-levels_5-systolic-weight-exposed-separate",
    "shift_add-levels_5-systolic-output-exposed-separate-through_rows",
    "bit_serial-levels_5-broadcast-weight-hidden-overlapped",
    "integer_mac-int8-systolic-weight-hidden-overlapped",
    "bit_serial-levels_9-systolic-output-exposed-overlapped-through_rows",
    "ternary_skip-levels_9-broadcast-output-exposed-overlapped-direct",
]


def bench_of(given, ways):
    wires = [
        f"  wire came_{i}; wire [15:0] at_{i}; wire signed [31:0] sum_{i};" for i in range(ways)
    ]
    names = [f"{name}_{i}" for i in range(ways) for name in ("came", "at", "sum")]
    ports = "".join(f", .{name}({name})" for name in names)
    ports += "".join(f", .count_{i}(16'd{count})" for i, (_, count) in enumerate(given.counts))
    prints = [
        f'      if (came_{i}) $display("sum {i} %0d %0d", at_{i}, sum_{i});' for i in range(ways)
    ]
    return BENCH.format(wires="\n".join(wires), ports=ports, prints="\n".join(prints))


@pytest.mark.parametrize("way", WAYS)
def test_another_simulator_sees_the_same(tmp_path, way):
    case = replace(next(case for case in CASES if str(case).startswith(way)), rows=3, cols=2)
    inputs, levels = case.products(np.random.default_rng(3))[1]
    design = case.design(depth=64)
    given, ways = stimulus(design, inputs, levels), list(ways_out(design))
    (tmp_path / "top.v").write_text(array_verilog(design, given, "top"))
    (tmp_path / "bench.v").write_text(bench_of(given, len(ways)))
    compiled = ["iverilog", "-g2012", "-o", "bench", "bench.v", "top.v"]
    subprocess.run(compiled, cwd=tmp_path, check=True)
    done = subprocess.run(
        ["vvp", "bench"], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    lines = [line.split() for line in done.stdout.splitlines()]
    (cycles,) = (int(line[1]) for line in lines if line[0] == "cycles")
    sums = {(int(i), int(at)): int(value) for _, i, at, value in
            (line for line in lines if line[0] == "sum")}  # fmt: skip
    memories = {id(way): i for i, way in enumerate(memories_of(design))}
    found = product(
        design, len(inputs), levels.shape[1], lambda memory, at: sums[memories[id(memory)], at]
    )
    np.testing.assert_array_equal(found, inputs @ levels)
    assert cycles == case.cycles(inputs, levels)


def memories_of(design):
    if hasattr(design, "feet"):
        return [foot.memory for foot in design.feet]
    return [way.memory for column in design.collectors for way in column]
