from concurrent.futures import Future

import pytest

from lowbit_sim.training import workers
from lowbit_sim.training.errors import TrainingError
from lowbit_sim.training.jobs import Job
from lowbit_sim.training.run_store import RunStore
from lowbit_sim.training.workers import run_jobs
from lowbit_sim.workload.run_record import PRETRAINED


@pytest.fixture
def jobs(make_spec, tmp_path):
    spec = make_spec(pretraining={"epochs": 2}, finetuning={"epochs": 1})
    store = RunStore(tmp_path / "runs")
    return lambda name, *seeds: [Job(spec, name, seed, store, "cpu") for seed in seeds]


class InlinePool:
    """A pool whose jobs end one by one, the newest first, to show what waits for what."""

    def __init__(self):
        self.begun, self.order, self.open = [], [], []

    def submit(self, _, job):
        future = Future()
        self.begun.append((job.weight_format, job.seed))
        self.open.append((future, job))
        return future

    def finish_one(self, *_):
        future, job = self.open.pop()
        self.order.append((job.weight_format, job.seed))
        future.set_result(None)
        return {future}, set()


def test_progress_counts_multiplications_and_runs(jobs):
    told = []
    wanted = [*jobs(PRETRAINED, 0), *jobs("levels_2", 0)]
    run_jobs(wanted, 1, lambda *done: told.append(done))
    batch = 100 * (64 * 12 + 12 * 10)
    assert told == [(batch * (n + 1), n // 18) for n in range(27)]


@pytest.mark.parametrize("processes", [1, 2, 3, 20])
def test_a_finetuning_waits_for_the_pretraining_of_its_seed_only(jobs, monkeypatch, processes):
    pool = InlinePool()
    monkeypatch.setattr(workers, "wait", pool.finish_one)
    # seed 2 was pre-trained before
    names = (*[("levels_2", s) for s in (0, 1, 2)], *[("fp32", s) for s in (0, 1, 2)])
    wanted = [*jobs(PRETRAINED, 0, 1), *(jobs(name, seed)[0] for name, seed in names)]
    workers._dispatch(pool, wanted, processes, lambda _: None)
    assert sorted(pool.order) == sorted([(PRETRAINED, 0), (PRETRAINED, 1), *names])
    for seed in (0, 1):
        done = pool.order.index((PRETRAINED, seed))
        for name in ("levels_2", "fp32"):
            assert done < pool.order.index((name, seed))


def test_no_more_jobs_run_at_once_than_there_are_processes_and_the_first_begin(jobs, monkeypatch):
    pool = InlinePool()
    most = []

    def finish_one(*_):
        most.append(len(pool.open))
        return pool.finish_one()

    monkeypatch.setattr(workers, "wait", finish_one)
    wanted = [*jobs("levels_2", 0, 1, 2), *jobs("levels_3", 0)]
    workers._dispatch(pool, wanted, 2, lambda _: None)
    assert max(most) == 2
    assert pool.begun == [("levels_2", 0), ("levels_2", 1), ("levels_2", 2), ("levels_3", 0)]


def test_the_first_exception_is_passed_on(jobs, monkeypatch):
    failed = Future()
    failed.set_exception(TrainingError("seed 1"))
    pool = InlinePool()
    monkeypatch.setattr(pool, "submit", lambda *_: failed)
    monkeypatch.setattr(workers, "wait", lambda *_: ({failed}, set()))
    with pytest.raises(TrainingError, match="seed 1"):
        workers._dispatch(pool, jobs("levels_2", 1), 1, lambda _: None)


def test_a_child_stops_when_it_is_told(monkeypatch):
    context = workers.multiprocessing.get_context("spawn")
    child = workers._Child(context.Event(), context.Value("q", 0))
    monkeypatch.setattr(workers, "_CHILD", child)
    workers._tick_in_child(3)
    workers._tick_in_child(4)
    assert child.macs.value == 7
    child.stop.set()
    with pytest.raises(TrainingError):
        workers._tick_in_child(1)


def test_an_error_in_a_process_is_passed_on(make_spec, tmp_path):
    spec = make_spec(pretraining={"learning_rate": 1e30})
    store = RunStore(tmp_path / "runs")
    wanted = [Job(spec, name, 4, store, "cpu") for name in (PRETRAINED, "levels_3")]
    with pytest.raises(TrainingError, match="fcnn: fp32 pre-training, seed 4: the loss was"):
        run_jobs(wanted, 2, lambda *_: None)
    assert not store.folder.exists()
