"""Parameters: the checkpoint TinyLlama-1.1B holds 1,100,048,384 (1.1 B on its page).

Those of MobileLLM are published in millions or billions, on the card of facebook/MobileLLM-125M;
345.3 and 603.1 M are cut there, not rounded.
"""

from dataclasses import replace

import pytest
import torch
from torch.nn import functional

from lowbit_sim.frontends.networks.llama import Llama, LlamaShape, llama_inputs, rotated
from lowbit_sim.frontends.torch_export import trace
from lowbit_sim.training.models import LayerFormats
from lowbit_sim.workload.liveness import peak_live_bits
from lowbit_sim.workload.parameters import parameters

FP32 = LayerFormats("fp32", "fp32", "fp32", "fp32")
TINY = LlamaShape(vocabulary=30, width=16, depth=2, heads=4, key_heads=2, hidden_features=24)


def by_hand(tokens, context):
    """Multiply-accumulates product by product: 22 layers, and the head on the last token."""
    seen = context + tokens
    layer = [
        tokens * 2048 * 2048,
        tokens * 2048 * 256,
        tokens * 2048 * 256,
        32 * tokens * seen * 64,
        32 * tokens * seen * 64,
        tokens * 2048 * 2048,
        tokens * 2048 * 5632,
        tokens * 2048 * 5632,
        tokens * 5632 * 2048,
    ]
    return [*(layer * 22), 2048 * 32_000]


@pytest.mark.parametrize(
    ("name", "tokens", "context"), [("llama_prefill", 128, 0), ("llama_decode", 1, 1024)]
)
def test_published_sizes(shipped, layer_macs, name, tokens, context):
    workload, of_the_model = shipped(name)
    assert layer_macs(workload) == by_hand(tokens, context)
    layer = 2 * 2048 * 2048 + 2 * 2048 * 256 + 3 * 2048 * 5632 + 2 * 2048
    by_shape = 2 * 32_000 * 2048 + 22 * layer + 2048
    assert parameters(workload) == of_the_model == by_shape == 1_100_048_384


@pytest.mark.parametrize(
    ("size", "shape", "millions"),
    [
        ("125m", (576, 30, 192, 1536), 124.6),
        ("350m", (960, 32, 320, 2560), 345.3),
        ("600m", (1152, 40, 384, 3072), 603.1),
        ("1b", (1280, 54, 320, 3584), 1010),
        ("1_5b", (1600, 54, 320, 4352), 1510),
    ],
)
def test_published_sizes_of_mobilellm(shipped, layer_macs, size, shape, millions):
    workload, of_the_model = shipped(f"mobilellm_{size}_decode")
    width, depth, key_width, hidden = shape
    products = 2 * width * width + 2 * width * key_width + 3 * width * hidden
    # the table of words counts once, though it is read at both ends
    by_shape = 32_000 * width + depth * (products + 2 * width) + width
    assert parameters(workload) == of_the_model == by_shape
    assert by_shape / 1e6 == pytest.approx(millions, abs=0.1 if millions < 1000 else 5)
    attention = 2 * width * 1025
    assert sum(layer_macs(workload)) == depth * (products + attention) + 32_000 * width


def test_a_shared_table_is_stored_once_and_read_at_both_ends(shipped):
    ends = [op for op in shipped("mobilellm_125m_decode")[0].ops if op.name.startswith("embed")]
    assert [(op.kind, op.parameter) for op in ends] == [
        ("embedding", "embed.weight"),
        ("linear", "embed.weight"),
    ]
    assert {op.weight for op in ends} == {"int8"}


def test_a_shared_table_computes_as_equal_ones_do():
    torch.manual_seed(1)
    shared = Llama(replace(TINY, shared_table=True), 1, 0, FP32).eval()
    apart = Llama(TINY, 1, 0, FP32).eval()
    state = shared.state_dict()
    apart.load_state_dict(state | {"head.weight": state["embed.weight"]})
    inputs = (torch.tensor([7]), *tables(torch.arange(1), TINY.head_features), {})
    with torch.no_grad():
        assert torch.equal(shared(*inputs)[0], apart(*inputs)[0])


def test_the_shipped_graph_is_what_is_traced(shipped, retraced):
    for name in ("llama_decode", "mobilellm_125m_decode"):
        assert retraced(name) == shipped(name)[0]


def test_a_decoded_token_reads_the_cache_once_and_writes_a_row(shipped):
    workload, _ = shipped("llama_decode")
    cache = [op for op in workload.ops if op.name.startswith("cache_")]
    written = [op for op in workload.ops if op.kind == "output"]
    row = 4 * 64  # key heads times features
    assert [op.output_bits for op in cache] == [row * 1024 * 8] * 44
    assert [op.output_bits for op in written] == [row * 8] * 44
    readers = {edge.source: 0 for edge in workload.edges if edge.source.startswith("cache_")}
    for edge in workload.edges:
        readers[edge.source] = readers.get(edge.source, 0) + 1
    assert {readers[op.name] for op in cache} == {1}
    # every layer's part comes when it is read: two of 44 are never needed at once
    assert peak_live_bits(workload) < 2 * row * 1024 * 8


def test_a_prompt_writes_the_whole_cache_and_reads_none(shipped):
    workload, _ = shipped("llama_prefill")
    outside = [op.name for op in workload.ops if op.kind == "input"]
    assert outside == ["tokens", "cosines", "sines"]
    written = [op.output_bits for op in workload.ops if op.kind == "output"]
    assert written == [128 * 4 * 64 * 8] * 44


def test_keys_are_shared_by_eight_query_heads(shipped):
    scores = shipped("llama_decode")[0].op("layers.0.attention.scores")
    assert (scores.batch, scores.m, scores.k, scores.n) == (4, 8, 64, 1025)
    assert (scores.weight, scores.activation) == ("int8", "int8")


def test_only_the_rows_of_the_tokens_are_read_from_the_table(shipped):
    table = shipped("llama_prefill")[0].op("embed")
    assert (table.kind, table.table_rows, table.weight) == ("embedding", 32_000, "int8")
    assert table.side_parameter_bits == 128 * (2048 * 8 + 32)


@pytest.mark.parametrize("shared_table", [False, True])
@pytest.mark.parametrize(("tokens", "context"), [(3, 0), (3, 5)])
def test_a_set_format_is_a_traced_format(check_formats, tokens, context, shared_table):
    shape, extents = replace(TINY, depth=1, shared_table=shared_table), (tokens, context)
    check_formats(lambda formats: (Llama(shape, *extents, formats), llama_inputs(shape, *extents)))


def tables(positions, features):
    frequencies = 10_000 ** (-torch.arange(0, features, 2) / features)
    angles = torch.outer(positions.float(), frequencies).repeat(1, 2)
    return angles.cos(), angles.sin()


def weights(seed=0):
    """Name the tensors of a tiny network with random values."""
    torch.manual_seed(seed)
    model = Llama(TINY, 1, 0, FP32)
    return {name: torch.randn_like(value) * 0.3 for name, value in model.state_dict().items()}


def reference(state, tokens):
    """Compute the last logits, written down from the papers, with torch's own attention."""
    cosines, sines = tables(torch.arange(len(tokens)), TINY.head_features)

    def norm(x, name):
        scale = torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-5)
        return x * scale * state[f"{name}.weight"]

    def turn(x):  # (heads, tokens, features): pairs (i, i + half) as complex numbers
        half = TINY.head_features // 2
        turned = torch.complex(x[..., :half], x[..., half:]) * torch.complex(
            cosines[:, :half], sines[:, :half]
        )
        return torch.cat([turned.real, turned.imag], -1)

    def heads(x, name, count):
        return (x @ state[f"{name}.weight"].T).view(len(tokens), count, -1).transpose(0, 1)

    x = state["embed.weight"][tokens]
    for layer in (f"layers.{index}" for index in range(TINY.depth)):
        seen, attention = norm(x, f"{layer}.attention_norm"), f"{layer}.attention"
        mixed = functional.scaled_dot_product_attention(
            turn(heads(seen, f"{attention}.query", TINY.heads))[None],
            turn(heads(seen, f"{attention}.key", TINY.key_heads))[None],
            heads(seen, f"{attention}.value", TINY.key_heads)[None],
            is_causal=True,
            scale=1.0,
            enable_gqa=True,
        )[0]
        mixed = mixed.transpose(0, 1).reshape(len(tokens), TINY.width)
        x = x + mixed @ state[f"{attention}.project.weight"].T
        seen = norm(x, f"{layer}.mlp_norm")
        gate = functional.silu(seen @ state[f"{layer}.mlp.gate.weight"].T)
        up = seen @ state[f"{layer}.mlp.up.weight"].T
        x = x + (gate * up) @ state[f"{layer}.mlp.down.weight"].T
    return norm(x, "norm")[-1:] @ state["head.weight"].T


def run(state, tokens, start, cache):
    model = Llama(TINY, len(tokens), start, FP32).eval()
    model.load_state_dict(state)
    positions = torch.arange(start, start + len(tokens))
    with torch.no_grad():
        return model(tokens, *tables(positions, TINY.head_features), cache)


def test_a_prompt_against_a_reference():
    state, tokens = weights(), torch.tensor([3, 17, 5, 5, 29])
    logits, _ = run(state, tokens, 0, {})
    assert torch.allclose(logits, reference(state, tokens), atol=1e-4)


def test_token_by_token_is_the_same_as_all_at_once():
    state, tokens = weights(), torch.tensor([3, 17, 5, 5, 29])
    _, written = run(state, tokens[:2], 0, {})
    for start, end in ((2, 3), (3, 5)):
        context = dict(
            pair
            for index, (key, value) in enumerate(written)
            for pair in ((f"key_{index}", key), (f"value_{index}", value))
        )
        logits, new = run(state, tokens[start:end], start, context)
        written = [
            tuple(torch.cat(pair, 1) for pair in zip(old, added, strict=True))
            for old, added in zip(written, new, strict=True)
        ]
    assert torch.allclose(logits, reference(state, tokens), atol=1e-4)


def test_a_rotation_keeps_lengths_and_turns_by_position():
    x = torch.randn(4, 6)
    turned = rotated(x, *tables(torch.arange(4), 6))
    assert torch.allclose(turned[0], x[0])
    assert torch.allclose(turned.norm(dim=1), x.norm(dim=1))
    # pair (0, 3) turns by one radian a position
    angle = torch.atan2(turned[1, 3], turned[1, 0]) - torch.atan2(x[1, 3], x[1, 0])
    assert torch.allclose(torch.cos(angle), torch.cos(torch.tensor(1.0)))


def test_every_step_of_a_layer_is_costed():
    with torch.device("meta"):
        model = Llama(TINY, 3, 0, LayerFormats("int8", "levels_3", "int8", "int8"))
        inputs = llama_inputs(TINY, 3, 0)
    workload = trace(model, inputs, "toy", "levels_3")
    layer = [op.kind for op in workload.ops if op.name.startswith("layers.1.")]
    rotation = ["neg", "mul", "mul", "add"]
    assert layer == [
        *("rms_norm", "linear", "linear", "linear", "output"),
        *rotation,
        *rotation,
        *("output", "matmul", "mask", "softmax", "matmul", "linear", "add"),
        *("rms_norm", "linear", "silu", "linear", "mul", "linear", "add"),
    ]
