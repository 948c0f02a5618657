import pytest

from lowbit_sim.workload.convolution import Convolution

PLAIN = {
    "in_channels": 6,
    "out_channels": 4,
    "in_height": 9,
    "in_width": 7,
    "kernel_height": 3,
    "kernel_width": 2,
    "stride_height": 2,
    "stride_width": 1,
    "padding_height": 1,
    "padding_width": 0,
    "dilation_height": 1,
    "dilation_width": 3,
    "groups": 2,
}


def positions(extent, kernel, stride, padding, dilation):
    """Count the places where the whole kernel lies inside the padded line, one by one."""
    inside = range(-padding, extent + padding)
    starts = range(-padding, extent + padding, stride)
    return sum(all(start + dilation * tap in inside for tap in range(kernel)) for start in starts)


def test_output_counts_the_places_of_the_kernel():
    geometry = Convolution(**PLAIN)
    assert geometry.out_height == positions(9, 3, 2, 1, 1) == 5
    assert geometry.out_width == positions(7, 2, 1, 0, 3) == 4


@pytest.mark.parametrize("extent", range(5, 12))
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 1, 2])
@pytest.mark.parametrize("dilation", [1, 2])
def test_output_extent_against_enumeration(extent, stride, padding, dilation):
    change = {"in_height": extent, "stride_height": stride, "padding_height": padding}
    geometry = Convolution(**(PLAIN | change | {"dilation_height": dilation}))
    assert geometry.out_height == positions(extent, 3, stride, padding, dilation)


@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("dilation", [1, 2, 3])
def test_padding_of_which_an_odd_zero_lies_behind_keeps_the_extent(kernel, dilation):
    zeros = dilation * (kernel - 1)
    change = {"kernel_height": kernel, "dilation_height": dilation, "stride_height": 1}
    change |= {"padding_height": zeros // 2, "extra_padding_height": zeros % 2}
    assert Convolution(**(PLAIN | change)).out_height == PLAIN["in_height"]
    sideways = {name.replace("height", "width"): value for name, value in change.items()}
    assert Convolution(**(PLAIN | sideways)).out_width == PLAIN["in_width"]


def test_gemm_dims_are_groups_pixels_window_channels():
    assert Convolution(**PLAIN).gemm_dims == (2, 5 * 4, 3 * 3 * 2, 2)


def test_depthwise_has_one_output_channel_a_group():
    depthwise = Convolution(**(PLAIN | {"groups": 6, "out_channels": 6}))
    assert depthwise.gemm_dims == (6, 20, 6, 1)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"in_height": 0}, "in_height must be at least 1, got 0"),
        ({"groups": -1}, "groups must be at least 1, got -1"),
        ({"padding_width": -1}, "padding_width must be at least 0, got -1"),
        ({"extra_padding_height": -1}, "extra_padding_height must be at least 0, got -1"),
        ({"groups": 3}, "3 groups do not divide 6 and 4 channels"),
        ({"kernel_width": 8}, "larger than the padded input"),
    ],
)
def test_refuses(change, reason):
    with pytest.raises(ValueError, match=reason):
        Convolution(**(PLAIN | change))
