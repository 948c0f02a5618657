import numpy as np
import pytest
from tiny import ROOT

from lowbit_sim.errors import SpecError
from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.netlist.recipe import TracesSpec
from lowbit_sim.netlist.traces import TrainedTraces

THREE = number_format("levels_3")


def trained(*parameters, images=1, workload="cvnn_digits"):
    layers = [{"workload": f"workloads/{workload}.yaml", "parameter": p} for p in parameters]
    return TrainedTraces(TracesSpec(test_images=images, layers=layers), ROOT)


def test_a_trace_is_what_the_array_multiplies():
    (trace,) = trained("7.weight", images=2)(THREE)
    # a convolution of 3 × 3 over 32 channels to 32, on 4 × 4 places of each of two images
    assert trace.inputs.shape == (2 * 16, 288)
    assert trace.levels.shape == (288, 32)
    assert trace.weight == THREE
    assert np.array_equal(np.unique(trace.levels), [-1, 0, 1])
    assert trace.inputs.min() >= -128
    assert trace.inputs.max() <= 127
    assert len(np.unique(trace.inputs)) > 10


def test_more_images_come_behind_the_first_and_are_others():
    (one,), (two,) = (trained("7.weight", images=images)(THREE) for images in (1, 2))
    assert np.array_equal(two.inputs[:16], one.inputs)
    assert not np.array_equal(two.inputs[16:], one.inputs)


def test_each_layer_has_a_trace_and_each_format_its_own_weights():
    made = trained("3.weight", "10.weight")
    three, five = made(THREE), made(number_format("levels_5"))
    assert [trace.levels.shape for trace in three] == [(144, 32), (288, 64)]
    assert np.array_equal(np.unique(five[0].levels), [-2, -1, 0, 1, 2])
    # what reaches the later layer is what the earlier ones of the same format make
    alone = trained("10.weight")(number_format("levels_5"))[0]
    assert np.array_equal(five[1].inputs, alone.inputs)
    assert not np.array_equal(five[1].inputs, three[1].inputs)
    # the second time nothing is run again
    assert made(THREE) is three


def test_a_format_that_was_never_trained_is_refused():
    with pytest.raises(SpecError, match="is not trained in levels_4_zero") as error:
        trained("7.weight")(number_format("levels_4_zero"))
    assert error.value.faults[0].file == ROOT / "workloads/cvnn_digits.yaml"


def test_an_unknown_workload_is_refused():
    with pytest.raises(SpecError, match=r"workloads/none\.yaml: is not trained in levels_3"):
        trained("7.weight", workload="none")(THREE)


@pytest.mark.parametrize("parameter", ["7.wieght", "8.weight"])
def test_an_unknown_parameter_has_the_nearest_beside_it(parameter):
    with pytest.raises(SpecError, match=f"has no parameter '{parameter}'; did you mean '"):
        trained(parameter)(THREE)


def test_a_layer_that_is_kept_in_another_format_is_refused():
    # the first layer is int8 whatever the rest is
    with pytest.raises(SpecError, match=r"keeps '0\.weight' in int8 where the rest is in levels_3"):
        trained("0.weight")(THREE)
    (trace,) = trained("0.weight")(number_format("int8"))
    assert trace.levels.shape == (9, 16)
