"""The layer list is that of the authors' training code; channels are those of arXiv:2212.00688."""

import torch
from torch.nn import functional

from lowbit_sim.frontends.networks.cutie import Cutie, CutieShape
from lowbit_sim.training.models import LayerFormats
from lowbit_sim.workload.parameters import parameters

#: the side of the image that each convolution keeps
SIDES = (32, 32, 32, 16, 16, 8, 8, 4)
TINY = CutieShape(input_channels=6, channels=4, depths=(1, 1))
TRITS = LayerFormats("levels_3", "levels_3", "levels_3", "levels_3")


def test_macs_layer_by_layer(shipped, layer_macs):
    workload, _ = shipped("cutie_cifar10")
    by_hand = [side * side * 96 * 96 * 9 for side in SIDES]
    assert by_hand[0] == 84_934_656
    assert layer_macs(workload) == [*by_hand, 4 * 4 * 96 * 10]
    # 3 · 1024 + 2 · 256 + 2 · 64 + 16 = 3728 pixels of 82,944
    assert workload.macs == 3728 * 82_944 + 15_360 == 309_230_592


def test_parameters(shipped):
    workload, of_the_model = shipped("cutie_cifar10")
    # weights; a gain and an offset for each channel, folded into one; the classifier
    assert of_the_model == 8 * (82_944 + 2 * 96) + 96 * 10 + 10 == 666_058
    assert parameters(workload) == of_the_model - 8 * 96


def test_every_product_reads_trits_and_every_convolution_writes_them(shipped):
    workload, _ = shipped("cutie_cifar10")
    products = [op for op in workload.ops if op.is_gemm]
    assert {op.activation for op in products} == {"levels_3"}
    assert [op.output for op in products] == [*["levels_3"] * 8, "fp32"]
    assert {op.weight for op in products} == {"levels_2"}  # the body's, ends included
    source, *_ = workload.ops
    assert (source.kind, source.output, source.output_bits) == ("input", "levels_3", 196_608)


def test_pools_compare_trits_and_nothing_is_rounded_by_itself(shipped):
    vectors = [op for op in shipped("cutie_cifar10")[0].ops if not op.is_gemm]
    assert [op.kind for op in vectors] == ["input", *["max_pool"] * 3, "avg_pool"]
    assert {(op.activation, op.output) for op in vectors[:-1]} == {("levels_3", "levels_3")}
    assert [op.m for op in vectors[1:]] == [256, 64, 16, 1]


def test_the_shipped_graph_is_what_is_traced(shipped, retraced):
    assert retraced("cutie_cifar10") == shipped("cutie_cifar10")[0]


def test_a_set_format_is_a_traced_format(check_formats):
    check_formats(lambda formats: (Cutie(TINY, formats), (torch.zeros(1, 6, 8, 8),)))


def test_feature_maps_are_trits():
    torch.manual_seed(0)
    model = Cutie(TINY, TRITS).eval()
    seen = []
    model.stages[1].register_forward_hook(lambda _, inputs, output: seen.extend([*inputs, output]))
    assert model(torch.randn(2, 6, 8, 8)).shape == (2, 10)
    pooled, last = seen
    assert (pooled.shape, last.shape) == ((2, 4, 4, 4), (2, 4, 4, 4))
    for trits in seen:
        assert set(trits.unique().tolist()) <= {-1.0, 0.0, 1.0}


def test_the_mean_before_the_classifier_gives_the_same():
    """As the training code has it."""
    torch.manual_seed(1)
    model = Cutie(TINY, LayerFormats("fp32", "fp32", "fp32", "fp32")).eval()
    images = torch.randn(2, 6, 8, 8)
    features = model.stages[1](model.pool(model.stages[0](images)))
    weight = model.classify.weight.flatten(1)
    expected = functional.linear(features.mean((2, 3)), weight, model.classify.bias)
    assert torch.allclose(model(images), expected, atol=1e-6)


def test_rounding_contains_the_hard_tanh():
    """So it is left out: with a step below 2, rounding sees no difference."""
    quantise = Cutie(TINY, TRITS).stages[0][0].quantise
    sums = torch.linspace(-5, 5, 401)
    for step in (0.3, 1.0, 1.9):
        quantise.step.data = torch.tensor(step)
        assert torch.equal(quantise(functional.hardtanh(sums)), quantise(sums))
