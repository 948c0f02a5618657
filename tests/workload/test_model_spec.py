import pytest

from lowbit_sim.data.images import ImageShape
from lowbit_sim.workload.model_spec import CvnnModel, FcnnModel, VitModel


def vit(**changes):
    plain = {"family": "vit", "patch_side": 7, "width": 8, "depth": 1, "heads": 2}
    return VitModel(**plain | {"hidden_features": 4} | changes)


def test_any_image_can_be_flattened():
    assert FcnnModel(family="fcnn", hidden_features=(3,)).fault_with(1) is None


@pytest.mark.parametrize(("side", "most"), [(8, 4), (28, 5), (64, 7)])
def test_pools_leave_a_pixel(side, most):
    # each stage after the first halves the side, rounding down
    fits = CvnnModel(family="cvnn", stage_channels=((1,),) * most)
    assert side >> (most - 1) == 1
    assert fits.fault_with(side) is None
    too_many = CvnnModel(family="cvnn", stage_channels=((1,),) * (most + 1))
    assert too_many.fault_with(side) == (
        f"stage_channels has at most {most} stages for images of side {side}"
    )


def test_patches_tile_the_image_and_heads_the_width():
    assert vit().fault_with(28) is None
    assert vit().fault_with(32) == "patch_side must divide the image side 32"
    with pytest.raises(ValueError, match="heads must divide width"):
        vit(heads=3)


def test_multiplications_by_hand():
    grey, colour = ImageShape(1, 28, 10), ImageShape(3, 8, 5)
    fcnn = FcnnModel(family="fcnn", hidden_features=(32, 16))
    assert fcnn.macs(grey) == 784 * 32 + 32 * 16 + 16 * 10
    cvnn = CvnnModel(family="cvnn", stage_channels=((4, 6), (8,)))
    assert cvnn.macs(colour) == 64 * 9 * (3 * 4 + 4 * 6) + 16 * 9 * 6 * 8 + 8 * 5
    # 16 tokens: qkv and projection 4·8·8, two layers 8·4; scores and mixing 16·16·8 each
    assert vit().macs(grey) == 16 * 49 * 8 + 16 * (256 + 64) + 2 * 2048 + 8 * 10
