import pytest
from made_mixing import WEIGHTS, study_text

from lowbit_sim.judge.mixing_spec import load_mixing
from lowbit_sim.judge.mixture import Mixture, mixture, uniform_formats
from lowbit_sim.workload.run_key import run_key


@pytest.fixture
def spec(tmp_path):
    return load_mixing(study_text(tmp_path)).networks[0]


def test_the_ends_of_a_uniform_network_follow_their_rule(spec):
    assert uniform_formats(spec, "levels_3") == {"1": "levels_3", "3": "int8"}


def test_a_mixture_is_called_after_most_of_its_weights(spec):
    made = mixture(spec, {"1": "levels_2", "3": "levels_5"}, WEIGHTS)
    assert made.weight_format == "levels_2"
    assert made.spec.quantisation.layer_formats == {"3": "levels_5"}
    turned = mixture(spec, {"1": "levels_2", "3": "levels_5"}, {"1": 1, "3": 2})
    assert turned.weight_format == "levels_5"
    # its last layer would be int8 in the uniform network, so it is named too
    assert turned.spec.quantisation.layer_formats == {"1": "levels_2", "3": "levels_5"}


def test_a_uniform_network_stays_the_run_that_it_is(spec):
    made = mixture(spec, {"1": "levels_3", "3": "int8"}, WEIGHTS)
    assert made == Mixture(spec, "levels_3")
    assert made.key(1) == run_key(spec, "levels_3", 1)
    mixed = mixture(spec, {"1": "levels_3", "3": "levels_3"}, WEIGHTS)
    assert mixed.key(1) not in {made.key(1), mixed.key(0)}
