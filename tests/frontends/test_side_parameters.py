import torch
from torch import nn

from lowbit_sim.frontends.torch_export import trace
from lowbit_sim.training.quantizers import quant_weight


def side_bits(model, *shape):
    workload = trace(model, torch.zeros(shape), "toy", "fp32")
    return {op.kind: op.side_parameter_bits for op in workload.ops}


def test_a_linear_layers_bias_is_one_number_a_channel():
    assert side_bits(nn.Linear(6, 5), 1, 6)["linear"] == 5 * 32
    assert side_bits(nn.Linear(6, 5, bias=False), 1, 6)["linear"] == 0


def test_a_folded_batch_norm_makes_a_bias():
    model = nn.Sequential(nn.Conv2d(1, 7, 3, bias=False), nn.BatchNorm2d(7))
    assert side_bits(model, 1, 1, 8, 8)["conv2d"] == 7 * 32


def test_a_layer_norm_has_gains_and_offsets():
    assert side_bits(nn.LayerNorm(9), 1, 4, 9)["layer_norm"] == 2 * 9 * 32


class Quantised(nn.Module):
    """A layer of ternary weights, with or without bias."""

    def __init__(self, *, bias):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(5, 6, generator=torch.Generator().manual_seed(0)))
        self.step = nn.Parameter(torch.full((5, 1), 0.5))
        self.bias = nn.Parameter(torch.zeros(5)) if bias else None

    def forward(self, x):
        return nn.functional.linear(x, quant_weight(self.weight, self.step, [-1, 0, 1]), self.bias)


def test_integer_weights_have_a_scale_for_each_channel():
    assert side_bits(Quantised(bias=True), 1, 6)["linear"] == 5 * (32 + 32)
    assert side_bits(Quantised(bias=False), 1, 6)["linear"] == 5 * 32


class Positions(nn.Module):
    def __init__(self):
        super().__init__()
        self.position = nn.Parameter(torch.zeros(4, 6))
        self.layer = nn.Linear(6, 6)

    def forward(self, x):
        return self.layer(x) + self.position + x


def test_an_embedding_that_is_added_comes_from_memory_and_an_activation_does_not():
    workload = trace(Positions(), torch.zeros(1, 4, 6), "toy", "fp32")
    adds = [op.side_parameter_bits for op in workload.ops if op.kind == "add"]
    assert adds == [4 * 6 * 32, 0]


def test_a_root_mean_square_norm_has_gains_only():
    assert side_bits(nn.RMSNorm(9), 1, 4, 9)["rms_norm"] == 9 * 32


class Gates(nn.Module):
    def __init__(self):
        super().__init__()
        self.gain = nn.Parameter(torch.zeros(1, 6))
        self.register_buffer("hidden", torch.zeros(1, 6, dtype=torch.bool))

    def forward(self, x):
        x = x * self.gain.expand(4, 6)
        return torch.cat([x.masked_fill(self.hidden, 0.0), self.gain])


def test_what_is_read_element_by_element_counts_as_it_lies_in_memory():
    bits_of = side_bits(Gates(), 4, 6)
    assert (bits_of["mul"], bits_of["mask"], bits_of["concat"]) == (6 * 32, 6, 6 * 32)


class Words(nn.Module):
    """A table of 10 words of 6 features, ternary with a step a word, or fp32."""

    def __init__(self, *, ternary):
        super().__init__()
        self.table = nn.Parameter(torch.randn(10, 6, generator=torch.Generator().manual_seed(0)))
        self.step = nn.Parameter(torch.full((10, 1), 0.5))
        self.ternary = ternary

    def forward(self, tokens):
        table = quant_weight(self.table, self.step, [-1, 0, 1]) if self.ternary else self.table
        return nn.functional.embedding(tokens, table)


def test_an_embedding_reads_the_rows_of_its_tokens_with_their_scales():
    tokens = torch.tensor([3, 3, 9])
    for ternary, row_bits in ((True, 6 * 2 + 32), (False, 6 * 32)):
        op = trace(Words(ternary=ternary), tokens, "toy", "fp32").ops[-1]
        assert op.side_parameter_bits == 3 * row_bits
