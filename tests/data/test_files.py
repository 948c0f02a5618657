import pytest

from lowbit_sim.data.files import md5_of, read_bytes, verify_md5
from lowbit_sim.errors import SpecError

#: RFC 1321, appendix A.5
ABC = "900150983cd24fb0d6963f7d28e17f72"


@pytest.fixture
def abc(tmp_path):
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    return path


def test_a_file_is_read_and_its_md5_is_the_standards(abc):
    assert read_bytes(abc) == b"abc"
    assert md5_of(abc) == ABC
    verify_md5(abc, ABC)


def test_another_md5_is_told_with_both(abc):
    with pytest.raises(SpecError) as caught:
        verify_md5(abc, "0" * 32)
    reason = f"is damaged or another file: its md5 is {ABC}, the published one is {'0' * 32}"
    assert str(caught.value) == f"{abc}: {reason}"


@pytest.mark.parametrize("read", [read_bytes, md5_of])
def test_what_cannot_be_read_is_named(read, tmp_path):
    with pytest.raises(SpecError, match=r"gone: no such file$"):
        read(tmp_path / "gone")
    with pytest.raises(SpecError, match=r"cannot be read: Is a directory$"):
        read(tmp_path)
