import pytest
from pydantic import TypeAdapter, ValidationError

from lowbit_sim.data.catalogue import CATALOGUE
from lowbit_sim.data.images import ImageShape
from lowbit_sim.workload.data_spec import DataSpec

SPLIT = {"validation_fraction": 0.1, "split_seed": 0}
OWN = {"dataset": "npz", "path": "x.npz", "image_channels": 3, "image_side": 64, "classes": 7}


def read(content):
    return TypeAdapter(DataSpec).validate_python(content)


@pytest.mark.parametrize("name", sorted(set(CATALOGUE) - {"digits"}))
def test_every_named_set_knows_what_an_image_is(name):
    assert read({"dataset": name} | SPLIT).shape == CATALOGUE[name].shape


def test_digits_and_own_images_know_it_too():
    digits = read({"dataset": "digits", "test_fraction": 0.5} | SPLIT)
    assert digits.shape == ImageShape(1, 8, 10)
    assert read(OWN | SPLIT).shape == ImageShape(3, 64, 7)


@pytest.mark.parametrize(
    "content",
    [
        {"dataset": "digits"} | SPLIT,  # has no test part
        {"dataset": "mnist", "test_fraction": 0.5} | SPLIT,  # has one
        {"dataset": "mnist", "validation_fraction": 1.1, "split_seed": 0},
        OWN | SPLIT | {"image_channels": 2},
        OWN | SPLIT | {"classes": 1},
        OWN | SPLIT | {"path": ""},
        {"dataset": "imagenet"} | SPLIT,
    ],
)
def test_what_cannot_be_is_refused(content):
    with pytest.raises(ValidationError):
        read(content)
