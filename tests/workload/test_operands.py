import numpy as np
import pytest

from lowbit_sim.workload.convolution import Convolution
from lowbit_sim.workload.op import Op
from lowbit_sim.workload.operands import random_operands, unfolded

GEOMETRIES = {
    "plain": Convolution(2, 4, 5, 6, 3, 3, 1, 1, 0, 0, 1, 1, 1),
    "padded": Convolution(2, 4, 5, 6, 3, 2, 1, 1, 1, 1, 1, 1, 1),
    "strided": Convolution(3, 2, 9, 8, 3, 3, 2, 3, 1, 0, 1, 1, 1),
    "dilated": Convolution(1, 2, 9, 9, 2, 3, 1, 2, 0, 1, 3, 2, 1),
    "grouped": Convolution(4, 6, 5, 5, 3, 3, 1, 1, 1, 1, 1, 1, 2),
    "depthwise": Convolution(3, 3, 4, 4, 2, 2, 2, 2, 0, 0, 1, 1, 3),
    "same": Convolution(2, 2, 5, 5, 2, 4, 1, 1, 0, 1, 1, 1, 1, 1, 1),
}


def convolved(image, kernels, geometry):
    """Return the convolution (out_channels, out_height, out_width), pixel by pixel."""
    g = geometry
    found = np.zeros((g.out_channels, g.out_height, g.out_width), np.int64)
    for place in np.ndindex(*found.shape, g.in_channels // g.groups, *kernels.shape[2:]):
        out, y, x, inside, i, j = place
        channel = out // (g.out_channels // g.groups) * (g.in_channels // g.groups) + inside
        row = y * g.stride_height - g.padding_height + i * g.dilation_height
        column = x * g.stride_width - g.padding_width + j * g.dilation_width
        if 0 <= row < g.in_height and 0 <= column < g.in_width:
            found[out, y, x] += kernels[out, inside, i, j] * image[channel, row, column]
    return found


@pytest.mark.parametrize("geometry", GEOMETRIES.values(), ids=GEOMETRIES)
def test_windows_by_weights_are_the_convolution(geometry):
    rng = np.random.default_rng(1)
    image = rng.integers(-9, 9, (geometry.in_channels, geometry.in_height, geometry.in_width))
    batch, m, k, n = geometry.gemm_dims
    kernels = rng.integers(-3, 4, (batch * n, k)).reshape(
        batch * n, -1, geometry.kernel_height, geometry.kernel_width
    )
    windows = unfolded(image, geometry)
    assert windows.shape == (batch, m, k)
    sums = windows @ kernels.reshape(batch, n, k).transpose(0, 2, 1)
    wanted = convolved(image, kernels, geometry).reshape(batch, n, m).transpose(0, 2, 1)
    np.testing.assert_array_equal(sums, wanted)


def op_of(kind, dims, weight="levels_3", geometry=None, name="fc"):
    parameter = None if kind == "matmul" else f"{name}.weight"
    return Op(name, kind, *dims, weight, "int8", "fp32", parameter, geometry, None)


def test_random_operands_are_codes_of_their_formats():
    operands = random_operands(op_of("linear", (1, 9, 50, 3)))
    assert operands.source == "random"
    assert operands.inputs.shape == (1, 9, 50)
    assert operands.weights is None
    assert operands.network_sums is None
    assert operands.inputs.min() < -100
    assert operands.inputs.max() > 100
    second = random_operands(op_of("matmul", (2, 9, 50, 3), "levels_2"))
    assert second.weights.shape == (2, 50, 3)
    assert set(np.unique(second.weights)) == {-1, 1}


def test_the_same_question_has_the_same_answer():
    one, again = (random_operands(op_of("linear", (1, 4, 5, 3))) for _ in range(2))
    np.testing.assert_array_equal(one.inputs, again.inputs)
    other = random_operands(op_of("linear", (1, 4, 5, 3), name="other"))
    assert (one.inputs != other.inputs).any()


def test_random_windows_overlap_as_those_of_an_image():
    geometry = GEOMETRIES["padded"]
    operands = random_operands(op_of("conv2d", geometry.gemm_dims, geometry=geometry))
    windows = operands.inputs.reshape(5, 7, 2, 3, 2)  # output rows, columns, channels, kernel
    np.testing.assert_array_equal(windows[:, 1:, :, :, 0], windows[:, :-1, :, :, 1])
    assert not windows[0, :, :, 0].any()  # the padding above
