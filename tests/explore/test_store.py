import errno
import fcntl
import hashlib
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from lowbit_sim.errors import SpecError, UnwrittenError
from lowbit_sim.explore.store import opened


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "found"


@pytest.fixture
def kept(folder):
    """Two parts of an exploration with the key `a`."""
    with opened(folder, "a", {"space": "x"}, afresh=False) as store:
        store.write(3, b"three")
        store.write(12, b"twelve")
    return store


def files(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def test_a_part_is_named_by_its_chunk_and_its_bytes(kept, folder):
    digest = hashlib.sha256(b"three").hexdigest()
    path = folder / "parts" / f"00000003-{digest[:16]}.parquet"
    assert path.read_bytes() == b"three"
    assert [*kept.paths()] == [3, 12]
    assert kept.paths()[3] == path


def test_parts_are_found_again(kept, folder):
    with opened(folder, "a", {}, afresh=False) as store:
        assert store.sound() == ({3, 12}, [])
        assert store.paths() == kept.paths()


@pytest.mark.usefixtures("kept")
def test_the_manifest_says_whose_results_these_are(folder):
    told = json.loads((folder / "exploration.json").read_text())
    assert told == {"key": "a", "space": "x"}


@pytest.mark.parametrize("at", range(6))
def test_a_part_with_one_altered_byte_is_put_aside(kept, folder, at):
    path = kept.paths()[12]
    raw = bytearray(b"twelve")
    raw[at] ^= 1
    path.write_bytes(raw)
    done, damaged = kept.sound()
    assert done == {3}
    assert damaged == [folder / "damaged" / path.name]
    assert damaged[0].read_bytes() == bytes(raw)
    assert [*kept.paths()] == [3]
    kept.write(12, b"twelve")
    assert kept.sound() == ({3, 12}, [])


@pytest.mark.parametrize("raw", [b"", b"twel", b"twelve and more"])
def test_a_part_of_another_length_is_put_aside(kept, raw):
    kept.paths()[12].write_bytes(raw)
    assert kept.sound()[0] == {3}


def test_what_is_no_part_is_none(kept, folder):
    for name in ("notes.txt", "3-abc.parquet", "00000007-0123456789abcdef.parquet.tmp"):
        (folder / "parts" / name).write_bytes(b"")
    assert [*kept.paths()] == [3, 12]
    assert kept.sound() == ({3, 12}, [])


def test_leftovers_of_an_interrupted_write_are_no_parts_and_are_removed(kept, folder):
    before = files(folder)
    left = [
        folder / "parts" / f".{kept.paths()[3].name}.k2j3",
        folder / "parts" / ".00000004-0123456789abcdef.parquet.x",
        folder / ".confirmed.parquet.abc",
        folder / ".exploration.json.abc",
        folder / ".confirmed.sha256.abc",
        folder / ".front.csv.abc",
    ]
    for path in left:
        path.write_bytes(b"three")
    assert [*kept.paths()] == [3, 12]
    with opened(folder, "a", {}, afresh=False) as store:
        assert store.sound() == ({3, 12}, [])
    assert files(folder) == before


def test_what_another_process_did_before_the_lock_was_had_is_seen(folder, monkeypatch):
    def begun_and_ended(*_):
        (folder / "exploration.json").write_text(json.dumps({"key": "b"}))

    monkeypatch.setattr(fcntl, "flock", begun_and_ended)
    with pytest.raises(SpecError, match="holds results"), opened(folder, "a", {}, afresh=False):
        pass


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from lowbit_sim.explore.store import opened
    os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
    with opened(Path(sys.argv[1]), "a", {}, afresh=False) as store:
        store.write(4, b"four")
"""


def test_a_process_killed_before_a_part_is_whole_leaves_none(kept, folder):
    before = files(folder)
    program = [sys.executable, "-c", textwrap.dedent(KILLED), str(folder)]
    assert subprocess.run(program, timeout=60, check=False).returncode < 0
    assert len(files(folder)) == len(before) + 1
    assert [*kept.paths()] == [3, 12]
    with opened(folder, "a", {}, afresh=False):
        assert files(folder) == before


@pytest.mark.usefixtures("kept")
def test_results_of_another_exploration_are_refused_with_advice(folder):
    before = files(folder)
    with (
        pytest.raises(SpecError, match="add --afresh to throw them away, or choose another --out"),
        opened(folder, "b", {}, afresh=False),
    ):
        pass
    assert files(folder) == before


@pytest.mark.usefixtures("kept")
def test_results_of_another_exploration_are_thrown_away_when_asked(folder):
    (folder / "damaged").mkdir()
    for name in ("confirmed.parquet", "confirmed.sha256", "front.csv", "damaged/00000001.parquet"):
        (folder / name).write_bytes(b"")
    with opened(folder, "b", {}, afresh=True) as store:
        assert store.sound() == (set(), [])
        store.write(0, b"none")
    assert sorted(files(folder)) == ["exploration.json", f"parts/{store.paths()[0].name}"]
    with opened(folder, "b", {}, afresh=False) as store:
        assert store.sound() == ({0}, [])


@pytest.mark.usefixtures("kept")
def test_asked_afresh_the_same_exploration_goes_on(folder):
    with opened(folder, "a", {}, afresh=True) as store:
        assert store.sound() == ({3, 12}, [])


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("manifest", ["", "{", "[]", "{}", "3", None])
def test_results_of_nobody_knows_what_are_refused(folder, manifest):
    path = folder / "exploration.json"
    if manifest is None:
        path.unlink()
    else:
        path.write_text(manifest)
    before = files(folder)
    with (
        pytest.raises(SpecError, match="add --afresh to throw them away"),
        opened(folder, "a", {}, afresh=False),
    ):
        pass
    assert files(folder) == before
    with opened(folder, "a", {}, afresh=True) as store:
        assert store.sound() == (set(), [])


def test_somebody_elses_tables_are_not_touched(folder):
    folder.mkdir()
    (folder / "mine.parquet").write_bytes(b"years of work")
    with (
        pytest.raises(SpecError, match="choose another --out"),
        opened(folder, "a", {}, afresh=False),
    ):
        pass
    assert files(folder) == {"mine.parquet": b"years of work"}


SECOND = """
    import sys
    from pathlib import Path
    from lowbit_sim.errors import SpecError
    from lowbit_sim.explore.store import opened
    try:
        with opened(Path(sys.argv[1]), "a", {}, afresh=False) as store:
            print(sorted(store.sound()[0]))
    except SpecError as error:
        print(error)
"""


def second(folder):
    """Open a store in another process; return what it says."""
    program = [sys.executable, "-c", textwrap.dedent(SECOND), str(folder)]
    return subprocess.run(program, capture_output=True, text=True, timeout=60, check=True).stdout


@pytest.mark.usefixtures("kept")
def test_one_process_at_a_time_writes(folder):
    with opened(folder, "a", {}, afresh=False):
        assert second(folder) == f"{folder}: another process writes its results here\n"
    assert second(folder) == "[3, 12]\n"


def test_a_store_is_free_again_after_an_error(folder):
    with pytest.raises(KeyError), opened(folder, "a", {}, afresh=False):
        raise KeyError
    assert second(folder) == "[]\n"


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("call", ["fsync", "replace", "mkstemp"])
def test_a_full_disk_is_one_error_and_what_was_kept_stays(folder, monkeypatch, call):
    before = files(folder)

    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with opened(folder, "a", {}, afresh=False) as store, monkeypatch.context() as patched:
        patched.setattr(
            *{
                "fsync": ("os.fsync", full),
                "replace": (Path, "replace", full),
                "mkstemp": ("tempfile.mkstemp", full),
            }[call]
        )
        with pytest.raises(SpecError) as caught:
            store.write(5, b"five")
    (fault,) = caught.value.faults
    assert fault.reason == "cannot be written: No space left on device"
    assert fault.file.name.startswith("00000005-")
    assert files(folder) == before


@pytest.mark.parametrize("call", ["mkdir", "replace"])
def test_a_damaged_part_that_cannot_be_put_aside_is_told_and_stays(kept, folder, monkeypatch, call):
    path = kept.paths()[12]
    path.write_bytes(b"twelfe")
    before = files(folder)

    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(Path, call, full)
        with pytest.raises(UnwrittenError, match="cannot be written: No space left on device"):
            kept.sound()
    assert files(folder) == before
    assert kept.sound()[0] == {3}


@pytest.mark.usefixtures("kept")
def test_where_another_exploration_cannot_be_thrown_away_that_is_told(folder, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", full)
        with pytest.raises(UnwrittenError) as caught, opened(folder, "b", {}, afresh=True):
            pass
    assert str(caught.value) == f"{folder}: cannot be written: No space left on device"
    with opened(folder, "b", {}, afresh=True) as store:
        assert store.sound() == (set(), [])


@pytest.mark.parametrize("afresh", [False, True])
def test_a_file_in_the_way_is_told(tmp_path, afresh):
    (tmp_path / "file").write_bytes(b"")
    for folder in (tmp_path / "file", tmp_path / "file" / "inside"):
        with pytest.raises(SpecError) as caught, opened(folder, "a", {}, afresh=afresh):
            pass
        assert caught.value.faults[0].file == folder
