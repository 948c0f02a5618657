import dataclasses
import hashlib

import pytest
from process import within

from lowbit_sim.commands.fetch import fetch
from lowbit_sim.data.catalogue import CATALOGUE
from lowbit_sim.data.catalogue_entry import DataFile
from lowbit_sim.errors import SpecError


@pytest.fixture
def publisher(tmp_path, monkeypatch):
    """Publish one small file under the name of a set, from this machine's own disk."""
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "some.gz").write_bytes(b"some images")
    md5 = hashlib.md5(b"some images").hexdigest()
    entry = dataclasses.replace(
        CATALOGUE["fashion_mnist"],
        files=(DataFile("some.gz", md5),),
        base_url=(tmp_path / "there").as_uri() + "/",
    )
    monkeypatch.setitem(CATALOGUE, "fashion_mnist", entry)
    return tmp_path / "there" / "some.gz"


def test_a_set_is_fetched_into_the_first_folder_that_is_searched(publisher, tmp_path, monkeypatch):
    monkeypatch.setenv("LOWBIT_SIM_DATA", str(tmp_path / "mine"))
    done = within(tmp_path, "fetch", "fashion_mnist")
    assert done.returncode == 0, done.stderr
    (found,) = (tmp_path / "mine").rglob("*.gz")
    assert found.read_bytes() == publisher.read_bytes()
    assert f"Fashion-MNIST lies in {found.parent}" in done.stdout


def test_a_folder_can_be_named_and_another_file_is_refused(publisher, tmp_path):
    publisher.write_bytes(b"other images")
    with pytest.raises(SpecError, match="another file came from"):
        fetch("fashion_mnist", tmp_path / "mine")
    assert list((tmp_path / "mine").rglob("*.gz")) == []


@pytest.mark.parametrize(
    ("name", "reason"),
    [("fashion_minst", "did you mean 'fashion_mnist'"), ("cifar10_jpeg", "cannot be downloaded")],
)
def test_what_cannot_be_fetched_is_told(tmp_path, name, reason):
    done = within(tmp_path, "fetch", name)
    assert done.returncode == 2
    assert reason in done.stderr
