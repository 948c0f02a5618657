import pytest

from lowbit_sim.workload.layer_names import layer_names
from lowbit_sim.workload.model_spec import CvnnModel, FcnnModel, VitModel


@pytest.mark.parametrize(
    ("model", "names"),
    [
        (FcnnModel(family="fcnn", hidden_features=(8,)), ("1", "3")),
        # conv 0, norm 1, relu 2, pool 3 (average), flatten 4
        (CvnnModel(family="cvnn", stage_channels=((8,),)), ("0", "5")),
        # conv 0-2, conv 3-5, pool 6, conv 7-9, average 10, flatten 11
        (CvnnModel(family="cvnn", stage_channels=((8, 8), (16,))), ("0", "3", "7", "12")),
    ],
)
def test_names_by_a_hand_count_of_modules(model, names):
    assert layer_names(model) == names


def test_a_transformer_names_its_blocks():
    model = VitModel(family="vit", patch_side=7, width=8, depth=2, heads=2, hidden_features=4)
    names = layer_names(model)
    assert len(names) == 2 + 2 * 4
    assert (names[0], names[1], names[-1]) == ("embed", "blocks.0.attention.qkv", "head")
