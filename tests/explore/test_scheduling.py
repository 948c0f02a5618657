import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest
from made_space import ROOT, write_space
from made_tasks import dies, dies_once, meets, process_of, refused, slow_square, square

from lowbit_sim.errors import LowbitSimError
from lowbit_sim.explore import scheduling
from lowbit_sim.explore.bounding import part_of
from lowbit_sim.explore.confirming import Row, confirmed, confirmed_by
from lowbit_sim.explore.exploration import MixedVersionsError, load_exploration
from lowbit_sim.explore.frames import MissingPackageError
from lowbit_sim.explore.scheduling import SchedulerError, done, workers

HERE = Path(__file__).parent
PROGRAM = HERE / "small_chunks.py"


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert condition()


def killed(process):
    """Kill a process and all of its group."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


class Cluster:
    """A Dask scheduler and its workers, each a process of its own."""

    def __init__(self, folder):
        self.folder, self.started = folder, []
        self.environment = os.environ | {
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(HERE)]),
            "LOWBIT_SIM_CACHE": str(folder / "cache"),
        }
        told = folder / "scheduler.json"
        self.start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", told)
        wait_for(lambda: told.exists() and told.stat().st_size)
        self.address = json.loads(told.read_text())["address"]

    def start(self, kind, *options):
        command = [sys.executable, "-m", "dask", kind, *map(str, options), "--no-dashboard"]
        with (self.folder / f"{kind}.log").open("w") as log:
            process = subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        self.started.append(process)
        return process

    def add_workers(self, count, *options):
        before = self.workers()
        scratch = self.folder / "scratch"
        per_worker = ("--nworkers", count, "--nthreads", 1, "--local-directory", scratch)
        self.start("worker", self.address, *per_worker, *options)
        wait_for(lambda: self.workers() == before + count)

    def workers(self):
        from distributed import Client  # noqa: PLC0415 (only where there is a cluster)

        with Client(self.address, set_as_default=False) as client:
            return len(client.nthreads())

    def end(self):
        for process in reversed(self.started):
            killed(process)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Two workers, which take chunks as small as those of the program."""
    found = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        found.add_workers(2, "--preload", PROGRAM)
        yield found
    finally:
        found.end()


@pytest.fixture
def scheduler_alone(tmp_path):
    found = Cluster(tmp_path)
    yield found
    found.end()


@pytest.fixture
def quiet():
    """Silence what distributed logs of connections that were lost."""
    logger = logging.getLogger("distributed")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    yield
    logger.setLevel(before)


@pytest.fixture(params=["here", "processes", "cluster"])
def way(request):
    """Return jobs and the scheduler: all three ways of doing tasks."""
    if request.param == "cluster":
        return 1, request.getfixturevalue("cluster").address
    return {"here": 1, "processes": 2}[request.param], None


def test_every_task_is_done_once(way):
    assert sorted(done(square, range(40), *way)) == [(n, n * n) for n in range(40)]


def test_no_tasks_are_done_at_once(way):
    assert list(done(square, [], *way)) == []


def test_an_error_of_a_task_is_passed_on(way):
    with pytest.raises(LowbitSimError, match=r"^not 3$"):
        list(done(refused, [3], *way))


def test_few_tasks_are_under_way(way):
    jobs, scheduler = way
    workers = 2 if scheduler else jobs
    taken, most = 0, 0

    def tasks():
        nonlocal taken
        for number in range(30):
            taken += 1
            yield number

    for finished, _ in enumerate(done(square, tasks(), *way)):
        most = max(most, taken - finished)
    assert taken == 30
    # each worker has one at work and one waiting, so that none ever idles
    assert most == (1 if workers == 1 else 2 * workers)


def test_what_is_not_wanted_any_more_is_not_begun(way):
    taken = []
    found = done(slow_square, (taken.append(n) or n for n in range(1000)), *way)
    next(found)
    found.close()
    assert len(taken) <= 6


def test_the_same_workers_do_one_piece_of_work_after_another(way):
    with workers(*way) as work:
        first = {process for _, process in work(process_of, range(20))}
        next(work(slow_square, range(1000)))  # the rest of it is not wanted
        with pytest.raises(LowbitSimError, match=r"^not 3$"):
            list(work(refused, [3]))
        second = {process for _, process in work(process_of, range(20))}
        assert len(first | second) <= 2
        assert sorted(work(square, range(9))) == [(n, n * n) for n in range(9)]


@pytest.mark.parametrize("means", ["processes", "cluster"])
def test_two_tasks_are_at_work_at_once(means, request, tmp_path):
    scheduler = request.getfixturevalue("cluster").address if means == "cluster" else None
    asked = [(number, str(tmp_path)) for number in range(2)]
    assert sorted(result for _, result in done(meets, asked, 2, scheduler)) == [0, 1]


def test_a_process_that_is_lost_is_told():
    with pytest.raises(SchedulerError, match=r"a process was lost .* call again to go on"):
        list(done(dies, range(3), 2))


def test_results_that_came_before_a_process_was_lost_are_kept(tmp_path):
    asked = [(number, 9, str(tmp_path / "marker")) for number in range(10)]
    found = []
    with pytest.raises(SchedulerError, match="a process was lost"):
        found.extend(result for _, result in done(dies_once, asked, 2))
    assert set(found) <= {number * number for number in range(9)}
    assert len(found) >= 5  # at most four were under way
    assert max(result for _, result in done(dies_once, asked, 2)) == 81


@pytest.mark.usefixtures("quiet")
def test_a_worker_that_is_killed_loses_nothing(cluster, tmp_path):
    marker = tmp_path / "marker"
    asked = [(number, 7, str(marker)) for number in range(60)]
    found = sorted(done(dies_once, asked, 1, cluster.address))
    assert marker.exists()
    assert found == [(one, one[0] ** 2) for one in asked]
    wait_for(lambda: cluster.workers() == 2)  # its nanny starts another


@pytest.mark.usefixtures("quiet")
def test_a_task_that_kills_every_worker_ends_in_an_error(scheduler_alone):
    scheduler_alone.add_workers(1)
    with pytest.raises(SchedulerError, match=r"or its workers were lost.*call again to go on"):
        list(done(dies, [1], 1, scheduler_alone.address))


@pytest.mark.usefixtures("quiet")
def test_a_scheduler_that_is_lost_is_told(scheduler_alone):
    scheduler_alone.add_workers(1)
    found = done(slow_square, range(1000), 1, scheduler_alone.address)
    assert next(found)[1] in {0, 1}
    killed(scheduler_alone.started[0])
    begun = time.monotonic()
    with pytest.raises(SchedulerError, match=f"at {scheduler_alone.address} or its workers were"):
        list(found)
    assert time.monotonic() - begun < 20


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(
    "address", ["tcp://127.0.0.1:9", "127.0.0.1:9", "nowhere", "apple://127.0.0.1:9"]
)
def test_an_address_where_nobody_listens_is_told_soon(address, monkeypatch):
    monkeypatch.setattr(scheduling, "_REACHING_SECONDS", 0.5)
    begun = time.monotonic()
    with pytest.raises(SchedulerError, match=f"no scheduler answers at {address}: "):
        list(done(square, [1], 1, address))
    assert time.monotonic() - begun < 5


AGAIN = """
    from lowbit_sim.explore import scheduling
    scheduling._REACHING_SECONDS = 0.1
    for address in 8 * ["nowhere", "apple://127.0.0.1:9", "127.0.0.1:9"]:
        try:
            list(scheduling.done(abs, [1], 1, address))
        except scheduling.SchedulerError:
            print("told")
"""


def test_whoever_was_not_reached_does_not_hold_up_the_next_try():
    program = [sys.executable, "-c", textwrap.dedent(AGAIN)]
    told = subprocess.run(program, capture_output=True, text=True, timeout=60, check=True).stdout
    assert told.split() == ["told"] * 24


def test_a_scheduler_without_workers_is_told(scheduler_alone, monkeypatch):
    monkeypatch.setattr(scheduling, "_REACHING_SECONDS", 0.5)
    begun = time.monotonic()
    with pytest.raises(SchedulerError, match=f"{scheduler_alone.address} has no workers"):
        list(done(square, [1], 1, scheduler_alone.address))
    assert time.monotonic() - begun < 5


def test_workers_that_come_later_are_waited_for_and_given_tasks(scheduler_alone, monkeypatch):
    monkeypatch.setattr(scheduling, "_ASKED_EVERY_SECONDS", 0.0)
    late = threading.Timer(0.5, scheduler_alone.add_workers, [1])
    late.start()  # when there is a scheduler, and no worker yet
    taken = []
    with workers(1, scheduler_alone.address) as work:
        late.join()
        assert work.jobs == 1
        found = work(slow_square, (taken.append(n) or n for n in range(1000)))
        next(found)
        assert len(taken) == 2
        scheduler_alone.add_workers(1)
        next(found)  # the first for which both were counted is asked for after it
        next(found)
        assert len(taken) == 2 + 4
        found.close()


def test_without_dask_it_is_told_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingPackageError) as caught:
        list(done(square, [1], 1, "tcp://127.0.0.1:9"))
    assert str(caught.value) == "needs distributed: pip install 'lowbit-sim[cluster]'"


AXES = [
    {"memories.weight_scratchpad.capacity": ["2 KiB", "4 KiB"]},
    {"memories.shared_sram.capacity": {"from": "32 KiB", "to": "256 KiB", "factor": 2}},
    {"clock": ["200 MHz", "500 MHz", "1 GHz"]},
]


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setenv("LOWBIT_SIM_CACHE", str(tmp_path / "cache"))
    return write_space(tmp_path, weight_formats=["levels_3", "int8"], axes=AXES)


def bounded(path, folder, jobs, *scheduler):
    """Bound a space by the program; return its parts and the chunks in the order of being kept."""
    command = [sys.executable, PROGRAM, path, folder, jobs, *scheduler]
    told = subprocess.run(
        [*map(str, command)], capture_output=True, text=True, timeout=120, check=False
    )
    assert told.returncode == 0, told.stderr
    parts = {one.name: one.read_bytes() for one in (folder / "parts").iterdir()}
    return parts, [int(line) for line in told.stdout.split()[1:]]


def test_all_ways_bound_a_space_to_the_same_bytes(path, tmp_path, cluster):
    alone, order = bounded(path, tmp_path / "alone", 1)
    assert order == [*range(12)]
    assert len(alone) == 12
    for name, *means in (("two", 2), ("cluster", 1, cluster.address)):
        found, kept = bounded(path, tmp_path / name, *means)
        assert found == alone
        assert sorted(kept) == order


def test_a_design_is_confirmed_elsewhere_as_here(path, way):
    exploration = load_exploration(path)
    rows = [Row(design, "fcnn_digits", "int8") for design in (0, 5)]
    asked = [(path, exploration.key, row) for row in rows]
    found = {one.row: one for _, one in done(confirmed_by, asked, *way)}
    assert found == {row: confirmed(exploration, row) for row in rows}


def test_a_worker_with_another_source_computes_nothing(path, way):
    key = load_exploration(path).key
    other = f"{'0' * 8}{key[8:]}"
    for function, what in ((part_of, 0), (confirmed_by, Row(0, "fcnn_digits", "int8"))):
        with pytest.raises(MixedVersionsError, match="this worker has other files"):
            list(done(function, [(path, other, what)], *way))


def test_children_end_with_their_parent(path, tmp_path):
    command = [sys.executable, PROGRAM, path, tmp_path / "found", 2]
    process = subprocess.Popen(
        [*map(str, command)], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        assert process.stdout.readline() == "ready\n"
        assert process.stdout.readline().strip().isdigit()  # its children are at work
        process.kill()  # alone
        process.wait()
        wait_for(lambda: not alive(process.pid), 30)
    finally:
        killed(process)
        process.stdout.close()


def alive(group):
    """Return whether a group has processes."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
