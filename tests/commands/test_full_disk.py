"""`explore` where files cannot grow, and where a file system is really full."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import cramped
import pytest
from made_space import write_space
from process import COMMAND, ROOT, refused, within

from lowbit_sim.explore import chunks
from lowbit_sim.explore.records import records_of
from lowbit_sim.explore.store import Store

#: 24 designs in 6 chunks; no scratchpad of 8 bit can be, so that the first part is a small one
AXES = [
    {"memories.weight_scratchpad.capacity": ["8 bit", "2 KiB"]},
    {
        "arrays.rows": [4, 8],
        "memories.input_scratchpad.read": ["128 bit/cycle", "256 bit/cycle"],
    },
    {"memories.shared_sram.capacity": ["32 KiB", "64 KiB", "128 KiB"]},
    {"clock": ["250 MHz", "500 MHz"]},
]
PROGRAM = [sys.executable, str(Path(cramped.__file__))]
#: also where the disk is full, nothing else but results is written
ENVIRONMENT = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
GOES_ON = "once it can be, the same command goes on from what is kept"
PAGE_BYTES = 4096


@pytest.fixture(autouse=True, scope="module")
def small():
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(chunks, "CHUNK_DESIGNS", cramped.DESIGNS)
        yield


@pytest.fixture(scope="module")
def space(tmp_path_factory):
    folder = tmp_path_factory.mktemp("space")
    change = {"axes": AXES, "weight_formats": ["levels_3", "int8"], "within_fraction": 0.0}
    return write_space(folder, **change)


def explored(space, folder):
    """Explore without a limit; return what lies in the folder then."""
    done = within(ROOT, "explore", space, "--jobs", "1", "--out", folder)
    assert done.returncode == 0, done.stderr
    return files(folder)


@pytest.fixture(scope="module")
def whole(space, tmp_path_factory):
    """Return what an undisturbed run writes, by name, in the order in which it is written."""
    found = explored(space, tmp_path_factory.mktemp("whole"))
    first = ("exploration.json", *(name for name in found if name.startswith("parts/")))
    last = ("confirmed.sha256", "confirmed.parquet", "front.csv")
    return {name: found[name] for name in (*first, *last)}


def files(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def demand_whole(folder, whole):
    """Demand that whatever lies in a folder is whole, and is of the undisturbed run."""
    store = Store(folder, "")
    done, damaged = store.sound()
    assert (len(done), damaged) == (len(store.paths()), [])
    kept = files(folder)
    assert kept.keys() <= whole.keys()  # nothing temporary
    same = [name for name in kept if not name.startswith("confirmed.")]
    assert {name: kept[name] for name in same} == {name: whole[name] for name in same}
    return done


#: which file cannot be written, and what an earlier run left
STAGES = {
    "exploration.json": (),
    "parts/": (),
    "confirmed.sha256": ("exploration.json", "parts/"),
    "confirmed.parquet": ("exploration.json", "parts/"),
    "front.csv": ("exploration.json", "parts/", "confirmed."),
}


@pytest.mark.parametrize("stage", STAGES)
def test_where_a_file_cannot_grow_nothing_is_half_written_and_it_goes_on(
    space, whole, tmp_path, stage
):
    for name, raw in whole.items():
        if name.startswith(STAGES[stage]):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes(raw)
    had = files(tmp_path)
    limit = max(len(raw) for name, raw in whole.items() if name.startswith(stage)) - 1
    if stage == "confirmed.sha256":
        limit //= 2  # at first there is one hash in it
    command = [*PROGRAM, str(limit), "explore", space, "--jobs", "1", "--out", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=ENVIRONMENT)

    refused(done, tmp_path / stage, "cannot be written: File too large", GOES_ON)
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""
    parts = demand_whole(tmp_path, whole)
    assert had.items() <= files(tmp_path).items()
    if stage == "parts/":
        assert 0 in parts
        assert len(parts) < 6
    if stage == "confirmed.parquet":  # what earlier rounds confirmed
        assert records_of(Store(tmp_path, "")).known

    assert explored(space, tmp_path) == whole


def mounting(folder, blocks, script):
    """Return the command that runs `script` with a file system of so many pages at `folder`."""
    mount = f'mount -t tmpfs -o size={blocks * PAGE_BYTES} none "{folder}"'
    return ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", f"{mount} && {script}"]


@pytest.fixture
def full(tmp_path):
    """Return a folder at which a file system can be mounted."""
    folder = tmp_path / "full"
    folder.mkdir()
    try:
        subprocess.run(mounting(folder, 1, "true"), check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no file system can be mounted here: {error}")
    return folder


def test_a_file_system_that_is_full_leaves_whole_parts_and_it_goes_on(space, whole, full, tmp_path):
    pages = [-(-len(raw) // PAGE_BYTES) for raw in whole.values()]
    room = sum(pages[:5]) - 1  # the manifest and three parts, and not a fourth
    out = tmp_path / "out"
    out.mkdir()
    # what is mounted vanishes with the command: its files are carried out
    script = f'"$@"; code=$?; cp -a "{full}/." "{out}"; exit $code'
    command = [*mounting(full, room, script), "sh", *PROGRAM, "0"]
    arguments = ["explore", space, "--jobs", "2", "--out", full]
    done = subprocess.run(
        [*command, *arguments], capture_output=True, text=True, check=False, env=ENVIRONMENT
    )

    refused(done, full / "parts", "cannot be written: No space left on device", GOES_ON)
    assert len(done.stderr.splitlines()) == 1
    assert len(demand_whole(out, whole)) >= 2
    assert explored(space, out) == whole


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
def test_output_that_goes_to_a_full_disk_is_one_error():
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, "list"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 2
    reason = os.strerror(errno.ENOSPC)
    assert done.stderr == f"error: the output: cannot be written: {reason}\n"
