import os
from pathlib import Path

import pytest

from lowbit_sim.data.catalogue import CATALOGUE
from lowbit_sim.data.locate import data_roots, find_set_folder
from lowbit_sim.errors import SpecError

MNIST, CIFAR = CATALOGUE["mnist"], CATALOGUE["cifar10"]


def put(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def test_the_variables_folders_come_before_the_cache(monkeypatch):
    monkeypatch.setenv("HOME", "/home/ada")
    cache = Path("/home/ada/.cache/lowbit-sim")
    monkeypatch.delenv("LOWBIT_SIM_DATA", raising=False)
    assert data_roots() == (cache,)
    monkeypatch.setenv("LOWBIT_SIM_DATA", "")
    assert data_roots() == (cache,)
    monkeypatch.setenv("LOWBIT_SIM_DATA", os.pathsep.join(["/one", "", "~/two"]))
    assert data_roots() == (Path("/one"), Path("/home/ada/two"), cache)


def test_a_set_is_found_under_any_of_its_names_in_either_place(no_sets):
    first, cache = no_sets
    put(cache / "mnist" / "train-labels-idx1-ubyte.gz")
    assert find_set_folder(MNIST) == cache / "mnist"
    put(first / "MNIST" / "raw" / "train-labels-idx1-ubyte.gz")
    assert find_set_folder(MNIST) == first / "MNIST" / "raw"


def test_a_folder_without_any_of_the_files_is_passed_over(no_sets):
    first, cache = no_sets
    put(first / "mnist" / "readme")
    put(cache / "mnist" / "t10k-images-idx3-ubyte.gz")
    assert find_set_folder(MNIST) == cache / "mnist"


@pytest.mark.parametrize(
    "name",
    [
        "cifar10/cifar-10-python.tar.gz",
        "cifar10/cifar-10-binary.tar.gz",
        "cifar10/cifar-10-batches-py/data_batch_1",
        "cifar-10-batches-bin/data_batch_1.bin",
    ],
)
def test_an_archive_may_be_packed_or_unpacked(name, no_sets):
    put(no_sets[0] / name)
    assert find_set_folder(CIFAR) == no_sets[0] / name.partition("/")[0]


def test_a_missing_set_is_told_once_with_all_that_helps(no_sets):
    with pytest.raises(SpecError) as caught:
        find_set_folder(MNIST)
    told = str(caught.value)
    assert len(caught.value.faults) == 1
    assert told.startswith("mnist: MNIST is not on this machine: no train-images-idx3-ubyte.gz, ")
    assert all(f"{root}/mnist" in told for root in no_sets)
    assert all(file.name in told for file in MNIST.files)
    assert "`lowbit-sim fetch mnist` gets it from https://ossci-datasets.s3" in told
    assert told.endswith("LOWBIT_SIM_DATA names other folders to look in")


@pytest.mark.usefixtures("no_sets")
def test_a_missing_archive_is_told_with_its_alternative():
    with pytest.raises(SpecError, match=r"no cifar-10-binary.tar.gz or cifar-10-python.tar.gz in "):
        find_set_folder(CIFAR)


@pytest.mark.usefixtures("no_sets")
def test_the_missing_copy_that_nobody_offers_points_to_the_original():
    with pytest.raises(SpecError, match="`lowbit-sim fetch cifar10` gets the original images"):
        find_set_folder(CATALOGUE["cifar10_jpeg"])
