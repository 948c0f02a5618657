import torch
from torch import nn
from torch.nn import functional

from lowbit_sim.training.quantizers import cast, quant_act


def outputs(workload):
    return {op.name: op.output for op in workload.ops}


def test_rounding_merges_into_the_operator_before_it(traced, parts, listed):
    held = {"first": parts["LowBitLinear"](4, 5), "second": parts["LowBitLinear"](5, 6)}
    workload = traced(lambda net, x: net.second(net.first(x).relu()), 3, 4, **held)
    assert listed(workload) == [
        ("input", "input", (1, 3, 1, 4), None, "int8", "int8"),
        ("first", "linear", (1, 3, 4, 5), "levels_3", "int8", "fp32"),
        ("relu", "relu", (1, 3, 1, 5), None, "fp32", "int8"),
        ("second", "linear", (1, 3, 5, 6), "levels_3", "int8", "fp32"),
    ]
    carried = {(e.source, e.target): e.tensor_bits for e in workload.edges}
    assert carried == {
        ("input", "first"): 3 * 4 * 8,
        ("first", "relu"): 3 * 5 * 32,
        ("relu", "second"): 3 * 5 * 8,
    }


def test_rounding_is_work_where_the_tensor_is_also_read_unrounded(traced, parts, listed, joined):
    def forward(net, x):
        x = net.embed(x)
        return x + net.fc(x)

    held = {"embed": nn.Linear(4, 4), "fc": parts["LowBitLinear"](4, 4)}
    workload = traced(forward, 3, 4, **held)
    assert listed(workload)[1:] == [
        ("embed", "linear", (1, 3, 4, 4), "fp32", "fp32", "fp32"),
        ("fc.quantise.quantise", "quantise", (1, 3, 1, 4), None, "fp32", "int8"),
        ("fc", "linear", (1, 3, 4, 4), "levels_3", "int8", "fp32"),
        ("add", "add", (1, 3, 2, 4), None, "fp32", "fp32"),
    ]
    assert ("embed", "fc.quantise.quantise") in joined(workload)
    assert ("embed", "fc") not in joined(workload)


def test_the_result_of_the_network_is_a_reader(traced, parts):
    def forward(net, x):
        hidden = net.embed(x)
        return net.fc(hidden), hidden

    held = {"embed": nn.Linear(4, 4), "fc": parts["LowBitLinear"](4, 4)}
    workload = traced(forward, 3, 4, **held)
    assert outputs(workload)["embed"] == "fp32"


def test_three_steps_for_three_thirds_of_one_tensor_merge(traced, parts):
    def forward(net, x):
        query, key, value = net.qkv(x).chunk(3, -1)
        scores = net.q8(query) @ net.k8(key).transpose(-2, -1)
        return net.s8(scores.softmax(-1)) @ net.v8(value)

    held = {name: parts["Int8"]() for name in ("q8", "k8", "v8", "s8")}
    workload = traced(forward, 1, 5, 4, qkv=nn.Linear(4, 12), **held)
    assert outputs(workload) == {
        "input": "fp32",
        "qkv": "int8",
        "scores": "fp32",
        "softmax": "int8",
        "context": "fp32",
    }
    assert (workload.op("context").activation, workload.op("context").weight) == ("int8", "int8")


def test_halves_rounded_to_different_formats_do_not_merge(traced):
    step = torch.tensor(0.5)

    def forward(net, x):
        left, right = net.fc(x).chunk(2, -1)
        return quant_act(left, step, -128, 127) @ quant_act(right, step, -8, 7).transpose(0, 1)

    workload = traced(forward, 3, 4, fc=nn.Linear(4, 8))
    assert outputs(workload)["fc"] == "fp32"
    assert [op.output for op in workload.ops if op.kind == "quantise"] == ["int8", "levels_16"]
    assert (workload.ops[-1].activation, workload.ops[-1].weight) == ("int8", "levels_16")


def test_rounding_behind_fused_attention_is_that_of_its_last_product(traced, parts):
    def forward(net, x):
        query, key, value = net.int8(net.qkv(x)).chunk(3, -1)
        return net.project(functional.scaled_dot_product_attention(query, key, value))

    held = {"int8": parts["Int8"](), "project": parts["LowBitLinear"](4, 4)}
    workload = traced(forward, 1, 5, 4, qkv=nn.Linear(4, 12), **held)
    assert outputs(workload) == {
        "input": "fp32",
        "qkv": "int8",
        "scores": "fp32",
        "softmax": "fp32",
        "context": "int8",
        "project": "fp32",
    }
    assert (workload.op("context").activation, workload.op("context").weight) == ("fp32", "int8")


def test_two_steps_for_one_whole_tensor_are_two_tensors(traced, parts, joined):
    held = {"left": parts["LowBitLinear"](4, 4), "right": parts["LowBitLinear"](4, 4)}
    workload = traced(lambda net, x: net.left(x) + net.right(x), 3, 4, **held)
    kinds = [op.kind for op in workload.ops]
    assert kinds == ["input", "quantise", "linear", "quantise", "linear", "add"]
    assert outputs(workload)["input"] == "fp32"
    assert ("right.quantise.quantise", "right") in joined(workload)


def test_one_rounded_tensor_with_two_readers_is_stored_once(traced, parts):
    def forward(net, x):
        rounded = net.int8(net.norm(x))
        return net.left(rounded) + net.right(rounded)

    linears = {"left": nn.Linear(4, 4), "right": nn.Linear(4, 4)}
    workload = traced(forward, 3, 4, norm=nn.LayerNorm(4), int8=parts["Int8"](), **linears)
    assert [op.kind for op in workload.ops] == ["input", "layer_norm", "linear", "linear", "add"]
    assert outputs(workload)["norm"] == "int8"
    assert {op.activation for op in workload.ops if op.kind == "linear"} == {"int8"}


def test_selecting_operators_keep_the_format_they_read(traced, parts):
    def forward(net, x):
        return functional.max_pool2d(net.int8(net.conv(x)).relu(), 2).mean((2, 3))

    held = {"conv": nn.Conv2d(3, 4, 1), "int8": parts["Int8"]()}
    workload = traced(forward, 1, 3, 4, 4, **held)
    assert outputs(workload) == {
        "input": "fp32",
        "conv": "int8",
        "relu": "int8",
        "max_pool": "int8",
        "avg_pool": "fp32",
    }


def test_a_cast_is_a_rounding_to_bf16(traced, listed):
    def forward(net, x):
        weight = cast(net.fc.weight, "bf16")
        return functional.linear(cast(x, "bf16"), weight, net.fc.bias)

    workload = traced(forward, 3, 4, fc=nn.Linear(4, 5))
    assert listed(workload) == [
        ("input", "input", (1, 3, 1, 4), None, "bf16", "bf16"),
        ("fc", "linear", (1, 3, 4, 5), "bf16", "bf16", "fp32"),
    ]


def test_a_second_rounding_of_a_rounded_tensor_is_work(traced, listed):
    step = torch.tensor(0.5)

    def forward(net, x):
        coarse = quant_act(quant_act(net.fc(x), step, -128, 127), step, -8, 7)
        return coarse.relu()

    workload = traced(forward, 3, 4, fc=nn.Linear(4, 5))
    assert listed(workload)[1:] == [
        ("fc", "linear", (1, 3, 4, 5), "fp32", "fp32", "int8"),
        ("quantise", "quantise", (1, 3, 1, 5), None, "int8", "levels_16"),
        ("relu", "relu", (1, 3, 1, 5), None, "levels_16", "levels_16"),
    ]


def test_putting_activations_of_one_format_together_is_free(traced, joined):
    def forward(net, x):
        return torch.cat([net.left(x), net.right(x)], -1).relu()

    workload = traced(forward, 3, 4, left=nn.Linear(4, 5), right=nn.Linear(4, 6))
    assert [op.kind for op in workload.ops] == ["input", "linear", "linear", "relu"]
    assert joined(workload) >= {("left", "relu"), ("right", "relu")}
    assert workload.op("relu").output_elements == 3 * 11


def test_a_stack_is_a_concatenation(traced):
    def forward(net, x):
        return torch.stack([net.left(x), net.right(x)]).relu()

    workload = traced(forward, 3, 4, left=nn.Linear(4, 5), right=nn.Linear(4, 5))
    assert [op.kind for op in workload.ops] == ["input", "linear", "linear", "relu"]


def test_a_parameter_among_the_parts_makes_a_copy(traced, listed):
    def forward(net, x):
        return torch.cat([net.token, net.embed(x)]).relu()

    held = {"token": nn.Parameter(torch.zeros(1, 5)), "embed": nn.Linear(4, 5)}
    workload = traced(forward, 3, 4, **held)
    assert listed(workload)[2:] == [
        ("concat", "concat", (1, 4, 1, 5), None, "fp32", "fp32"),
        ("relu", "relu", (1, 4, 1, 5), None, "fp32", "fp32"),
    ]
    assert workload.op("concat").side_parameter_bits == 5 * 32


def test_parts_of_different_formats_make_a_copy_in_the_wider(traced, parts, listed):
    def forward(net, x):
        return torch.cat([net.round(net.left(x)), net.right(x)], -1).relu()

    held = {"left": nn.Linear(4, 5), "right": nn.Linear(4, 6), "round": parts["Int8"]()}
    workload = traced(forward, 3, 4, **held)
    assert listed(workload)[1:4] == [
        ("left", "linear", (1, 3, 4, 5), "fp32", "fp32", "int8"),
        ("right", "linear", (1, 3, 4, 6), "fp32", "fp32", "fp32"),
        ("concat", "concat", (1, 3, 1, 11), None, "fp32", "fp32"),
    ]


def test_rounding_behind_parts_is_work_of_its_own(traced, parts, joined):
    def forward(net, x):
        return net.fc(torch.cat([net.left(x), net.right(x)], -1))

    held = {"left": nn.Linear(4, 5), "right": nn.Linear(4, 6), "fc": parts["LowBitLinear"](11, 4)}
    workload = traced(forward, 3, 4, **held)
    kinds = [op.kind for op in workload.ops]
    assert kinds == ["input", "linear", "linear", "quantise", "linear"]
    assert outputs(workload)["left"] == outputs(workload)["right"] == "fp32"
    assert ("left", "fc.quantise.quantise") in joined(workload)


def test_rounding_of_one_part_before_it_is_put_in_place_merges(traced_with, parts):
    """Keys of a cache: the old ones come rounded, the new one is rounded on its way out."""

    def forward(net, x, cache):
        keys = torch.cat([net.k8(cache), net.k8(net.key(x))])
        return net.q8(net.query(x)) @ keys.transpose(0, 1)

    held = {"key": nn.Linear(4, 4), "query": nn.Linear(4, 4)}
    held |= {"k8": parts["Int8"](), "q8": parts["Int8"]()}
    workload = traced_with(forward, torch.zeros(1, 4), torch.zeros(5, 4), **held)
    assert [op.kind for op in workload.ops] == ["input", "linear", "linear", "input", "matmul"]
    assert {op.output for op in workload.ops if op.kind == "linear"} == {"int8"}
    assert workload.ops[3].output == "int8"
    assert (workload.ops[-1].activation, workload.ops[-1].weight) == ("int8", "int8")
