import re

import pytest

from lowbit_sim.data.catalogue import CATALOGUE
from lowbit_sim.data.images import ImageShape


def test_the_sets_have_their_titles_and_shapes():
    assert {name: (entry.title, entry.shape) for name, entry in CATALOGUE.items()} == {
        "digits": ("scikit-learn's digits", ImageShape(1, 8, 10)),
        "mnist": ("MNIST", ImageShape(1, 28, 10)),
        "fashion_mnist": ("Fashion-MNIST", ImageShape(1, 28, 10)),
        "cifar10": ("CIFAR-10", ImageShape(3, 32, 10)),
        "cifar10_jpeg": ("CIFAR-10, JPEG copy", ImageShape(3, 32, 10)),
    }


@pytest.mark.parametrize("entry", CATALOGUE.values(), ids=lambda entry: entry.name)
def test_every_entry_says_what_it_is_and_where_it_can_be_had(entry):
    assert CATALOGUE[entry.name] is entry
    assert entry.licence
    assert entry.home_page.startswith("http")
    assert entry.where_to_get
    assert bool(entry.note) == (entry.base_url is None)
    assert bool(entry.files) == bool(entry.folders)
    for file in (*entry.files, *entry.alternatives):
        assert re.fullmatch(r"[0-9a-f]{32}", file.md5)


def test_mnist_and_its_likeness_have_files_of_the_same_names():
    names = [file.name for file in CATALOGUE["mnist"].files]
    assert names == [
        "train-images-idx3-ubyte.gz",
        "train-labels-idx1-ubyte.gz",
        "t10k-images-idx3-ubyte.gz",
        "t10k-labels-idx1-ubyte.gz",
    ]
    assert [file.name for file in CATALOGUE["fashion_mnist"].files] == names


def test_no_two_files_have_one_checksum():
    files = [f for entry in CATALOGUE.values() for f in (*entry.files, *entry.alternatives)]
    assert len({file.md5 for file in files}) == len(files) == 11
