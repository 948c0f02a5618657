import pytest
from pydantic import ValidationError

from lowbit_sim.workload.recipe_spec import FinetuningSpec, PhaseSpec, QuantiserSpec

KNOBS = {
    "step": "learned",
    "granularity": "channel",
    "gradient_mask": "none",
    "step_learning_rate_factor": 3.0,
}


def test_a_network_can_be_trained_from_scratch_but_not_left_without_its_format():
    assert PhaseSpec(epochs=0, learning_rate=0.1).epochs == 0
    with pytest.raises(ValidationError, match="greater than 0"):
        FinetuningSpec(epochs=0, learning_rate=0.1)


@pytest.mark.parametrize(
    "knob", [{"step": "guessed"}, {"granularity": "row"}, {"gradient_mask": "all"}]
)
def test_knobs_have_named_positions(knob):
    assert QuantiserSpec(**KNOBS).step == "learned"
    with pytest.raises(ValidationError, match="Input should be"):
        QuantiserSpec(**KNOBS | knob)


def test_a_codebook_has_no_cells_to_mask():
    assert QuantiserSpec(**KNOBS | {"step": "codebook"}).step == "codebook"
    with pytest.raises(ValidationError, match="gradient_mask must be 'none' with a codebook"):
        QuantiserSpec(**KNOBS | {"step": "codebook", "gradient_mask": "clip"})
