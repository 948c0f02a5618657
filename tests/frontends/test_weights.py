import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from lowbit_sim.errors import SpecError
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.frontends.torch_export import trace
from lowbit_sim.training.quantizers import cast, quant_weight

INTEGER_FORMATS = [name for name, fmt in FORMATS.items() if fmt.is_integer]


def nearest_levels(weight, step, levels):
    """Find each weight's level by comparing it with all of them, in numpy."""
    ratios = weight.detach().double().numpy() / step.detach().double().numpy()
    distances = np.abs(ratios[..., None] - np.array(levels, dtype=float))
    return np.array(levels)[distances.argmin(-1)]


@pytest.mark.parametrize("name", INTEGER_FORMATS)
def test_level_counts_against_a_recount(traced, parts, name):
    levels = FORMATS[name].levels
    torch.manual_seed(len(levels))
    layer = parts["LowBitLinear"](40, 6, levels)
    nn.init.normal_(layer.weight, std=0.6)
    op = traced(lambda net, x: net.fc(x), 2, 40, fc=layer).op("fc")
    codes = nearest_levels(layer.weight, layer.step_of_rows, levels)
    assert op.weight == name
    assert op.parameter == "fc.weight"
    assert op.statistics.level_counts == tuple((codes == level).sum() for level in levels)
    assert op.statistics.row_nonzeros == tuple((codes != 0).sum(axis=1))
    assert op.statistics.weights == 240
    assert len(set(op.statistics.row_nonzeros)) > 1 or not FORMATS[name].has_zero


def test_rows_of_a_convolution_are_its_output_channels_over_all_groups(traced):
    conv = nn.Conv2d(4, 6, 3, groups=2, bias=False)
    step = torch.full((6, 1, 1, 1), 0.1)

    def forward(net, x):
        return functional.conv2d(x, quant_weight(net.conv.weight, step, [-1, 0, 1]), groups=2)

    op = traced(forward, 1, 4, 5, 5, conv=conv).ops[-1]
    codes = nearest_levels(conv.weight, step, (-1, 0, 1)).reshape(6, 18)
    assert (op.name, op.parameter, op.batch, op.n) == ("conv", "conv.weight", 2, 3)
    assert op.statistics.row_nonzeros == tuple((codes != 0).sum(axis=1))


@pytest.mark.parametrize(
    ("name", "rounded"), [("fp32", lambda weight: weight), ("bf16", lambda w: cast(w, "bf16"))]
)
def test_floating_point_weights_count_zeros_only(traced, name, rounded):
    fc = nn.Linear(4, 3)
    with torch.no_grad():
        fc.weight[0, 1:3] = 0.0
        fc.weight[2] = 0.0
        fc.weight[1, 0] = 1e-45  # the smallest fp32; bf16 flushes it to zero
    workload = traced(lambda net, x: functional.linear(x, rounded(net.fc.weight)), 2, 4, fc=fc)
    op = workload.ops[-1]
    assert op.weight == name
    assert op.statistics.level_counts == ()
    assert op.statistics.row_nonzeros == (2, 4 if name == "fp32" else 3, 0)
    assert op.statistics.weights == 12


def test_weights_computed_from_a_parameter_are_counted_as_computed(traced, parts):
    layer = parts["LowBitLinear"](4, 2)
    with torch.no_grad():
        layer.weight.fill_(-1.0)

    def forward(net, x):
        step = net.fc.step_of_rows.abs() * 2
        return functional.linear(x, quant_weight(net.fc.weight.neg(), step, [-1, 0, 1]))

    op = traced(forward, 3, 4, fc=layer).ops[-1]
    assert op.statistics.level_counts == (0, 0, 8)
    assert op.parameter == "fc.weight"


@pytest.mark.parametrize(
    ("weight_of", "reason"),
    [
        (lambda _, x: x, "must not depend on the network's input"),
        (lambda *_: torch.ones(4, 4), "must come from a parameter"),
        (
            lambda net, _: quant_weight(net.fc.weight, net.step, [-2, 0, 2]),
            "no number format has the 3 levels -2…2",
        ),
        (
            lambda net, _: quant_weight(net.fc.weight, net.step * 0, [-1, 0, 1]),
            "is a step zero",
        ),
    ],
)
def test_refuses(traced, weight_of, reason):
    held = {"fc": nn.Linear(4, 4), "step": nn.Parameter(torch.ones(4, 1))}

    def forward(net, x):
        return functional.linear(x, weight_of(net, x))

    with pytest.raises(SpecError, match=reason):
        traced(forward, 4, 4, **held)


def test_refuses_weights_of_another_width(traced):
    def forward(net, x):
        return functional.linear(x.double(), net.fc.weight)

    with pytest.raises(SpecError, match=r"aten\._to_copy\.default: has no lowering"):
        traced(forward, 4, 4, fc=nn.Linear(4, 4).double())
    with pytest.raises(SpecError, match=r"weights of torch\.float64 are not supported"):
        trace(nn.Linear(4, 4).double(), torch.randn(2, 4).double(), "toy", "fp32")


@pytest.mark.parametrize(("levels", "name"), [((-1, 0, 1), "levels_3"), (None, "fp32")])
def test_weights_on_meta_have_a_format_and_no_statistics(parts, levels, name):
    with torch.device("meta"):
        layer = nn.Linear(4, 2) if levels is None else parts["LowBitLinear"](4, 2, levels)
        inputs = torch.zeros(3, 4)
    op = trace(nn.ModuleDict({"fc": layer})["fc"], inputs, "toy", "fp32").ops[-1]
    assert (op.weight, op.statistics) == (name, None)
