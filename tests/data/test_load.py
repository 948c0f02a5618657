import shutil

import pytest

from lowbit_sim.data.catalogue import CATALOGUE
from lowbit_sim.data.load import _READERS, read_image_set
from lowbit_sim.errors import SpecError


def test_every_set_of_the_catalogue_can_be_read():
    assert {*_READERS, "digits"} == set(CATALOGUE)


@pytest.mark.usefixtures("no_sets")
def test_the_digits_need_no_folder():
    assert len(read_image_set("digits").train_labels) == 1797


@pytest.mark.usefixtures("no_sets")
@pytest.mark.parametrize("name", _READERS)
def test_a_set_that_is_not_there_is_told_once(name):
    with pytest.raises(SpecError, match=f"^{name}: .* is not on this machine: "):
        read_image_set(name)


def test_another_name_is_refused_with_the_nearest():
    with pytest.raises(SpecError, match=r"did you mean 'fashion_mnist'\? .* \(got 'fashion'\)"):
        read_image_set("fashion")


def test_a_set_with_a_file_of_another_checksum_is_refused(real_sets, no_sets):
    folder = no_sets[0] / "mnist"
    shutil.copytree(real_sets / "mnist", folder)
    path = folder / "t10k-labels-idx1-ubyte.gz"
    path.chmod(0o644)
    path.write_bytes((real_sets / "fashion-mnist" / path.name).read_bytes())
    with pytest.raises(SpecError) as caught:
        read_image_set("mnist")
    assert str(caught.value) == (
        f"{path}: is damaged or another file: its md5 is bb300cfdad3c16e7a12a480ee83cd310, "
        "the published one is ec29112dd5afa0611ce80d1b7f02629c"
    )
