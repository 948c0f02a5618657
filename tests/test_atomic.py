import errno
import os
import stat
from pathlib import Path

import pytest

from lowbit_sim.atomic import write_atomically
from lowbit_sim.errors import SpecError


def everything_in(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("content", "raw"),
    [("Σ\n", b"\xce\xa3\n"), (b"\x00\xff", b"\x00\xff"), ("", b""), ("a\r\nb", b"a\r\nb")],
)
def test_bytes_arrive_as_they_are_and_text_as_utf_8(tmp_path, content, raw):
    path = tmp_path / "new" / "folder" / "file"
    write_atomically(path, content)
    assert path.read_bytes() == raw
    assert everything_in(path.parent) == ["file"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_what_was_there_is_replaced(tmp_path):
    path = tmp_path / "file"
    path.write_text("a longer old content")
    write_atomically(path, "new")
    assert path.read_text() == "new"


@pytest.mark.parametrize("call", ["write", "fsync", "chmod", "replace"])
@pytest.mark.parametrize("existed", [True, False])
def test_whole_or_not_at_all(tmp_path, monkeypatch, call, existed):
    path = tmp_path / "file"
    if existed:
        path.write_text("old")

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def unwritable(handle, mode):
        os.close(handle)
        full(mode)

    with monkeypatch.context() as broken:
        if call == "write":
            broken.setattr(os, "fdopen", unwritable)
        elif call == "fsync":
            broken.setattr(os, "fsync", full)
        else:
            broken.setattr(Path, call, full)
        with pytest.raises(SpecError) as caught:
            write_atomically(path, "new")
    assert str(caught.value) == f"{path}: cannot be written: No space left on device"
    assert everything_in(tmp_path) == (["file"] if existed else [])
    assert not existed or path.read_text() == "old"


def test_an_error_without_words_of_its_own_is_still_told(tmp_path, monkeypatch):
    def broken(*_):
        raise OSError("the disk is gone")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(SpecError, match="cannot be written: the disk is gone"):
        write_atomically(tmp_path / "file", "new")


def test_an_interrupt_leaves_nothing_behind(tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "file", "new")
    assert everything_in(tmp_path) == []


@pytest.mark.parametrize("below", ["file", "deeper/file"])
def test_a_file_in_the_place_of_the_directory(tmp_path, below):
    (tmp_path / "taken").write_text("mine")
    path = tmp_path / "taken" / below
    with pytest.raises(SpecError) as caught:
        write_atomically(path, "new")
    assert str(caught.value) == f"{path}: cannot be written: {path.parent} is no directory"
    assert (tmp_path / "taken").read_text() == "mine"


def test_a_directory_in_the_place_of_the_file(tmp_path):
    path = tmp_path / "taken"
    path.mkdir()
    with pytest.raises(SpecError, match="taken: cannot be written: Is a directory"):
        write_atomically(path, "new")
    assert everything_in(tmp_path) == ["taken"]


def test_a_name_that_no_file_can_have(tmp_path):
    with pytest.raises(SpecError, match="cannot be written: File name too long"):
        write_atomically(tmp_path / ("x" * 300), "new")
    assert everything_in(tmp_path) == []
