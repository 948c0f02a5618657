from concurrent.futures import Future

import pytest

from lowbit_sim.training import workers
from lowbit_sim.training.errors import TrainingError
from lowbit_sim.training.runs import PRETRAINED, read_result
from lowbit_sim.training.workers import Job, run_job, run_jobs


@pytest.fixture
def jobs(make_spec, tmp_path):
    spec = make_spec(pretrain_epochs=2, finetune_epochs=1)
    return lambda name, *seeds: [Job(spec, name, seed, tmp_path, "cpu") for seed in seeds]


class InlinePool:
    """A pool whose jobs end one by one, the newest first, to show what waits for what."""

    def __init__(self):
        self.order, self.open = [], []

    def submit(self, _, job):
        future = Future()
        self.open.append((future, job))
        return future

    def finish_one(self, *_):
        future, job = self.open.pop()
        self.order.append((job.weight_format, job.seed))
        future.set_result(None)
        return {future}, set()


def test_a_job_trains_measures_and_writes(jobs):
    (pretraining,), (finetune,) = jobs(PRETRAINED, 0), jobs("levels_5", 0)
    assert (pretraining.epochs, finetune.epochs) == (2, 1)
    ticks = []
    run_job(pretraining, lambda: ticks.append(1))
    run_job(finetune, lambda: ticks.append(1))
    assert len(ticks) == 3 * 9
    result = read_result(finetune.path)
    assert result.test_images == 899
    assert result.correct > 100


def test_progress_counts_batches_and_runs(jobs):
    told = []
    run_jobs(jobs(PRETRAINED, 0), jobs("levels_2", 0), 1, lambda *done: told.append(done))
    assert told == [(n + 1, n // 18) for n in range(27)]


def test_a_finetuning_waits_for_the_pretraining_of_its_seed_only(jobs, monkeypatch):
    pool = InlinePool()
    monkeypatch.setattr(workers, "wait", pool.finish_one)
    finetunes = [*jobs("levels_2", 0, 1, 2), *jobs("fp32", 0, 1, 2)]
    workers._dispatch(pool, jobs(PRETRAINED, 0, 1), finetunes, lambda _: None)
    assert len(set(pool.order)) == len(pool.order) == 8
    for seed in (0, 1):
        begun = pool.order.index((PRETRAINED, seed))
        assert all(begun < pool.order.index((name, seed)) for name in ("levels_2", "fp32"))
    assert pool.order[0] == ("fp32", 2)  # the newest of those that wait for nothing


def test_the_first_exception_is_passed_on(jobs, monkeypatch):
    failed = Future()
    failed.set_exception(TrainingError("seed 1"))
    pool = InlinePool()
    monkeypatch.setattr(pool, "submit", lambda *_: failed)
    monkeypatch.setattr(workers, "wait", lambda *_: ({failed}, set()))
    with pytest.raises(TrainingError, match="seed 1"):
        workers._dispatch(pool, [], jobs("levels_2", 1), lambda _: None)


def test_a_child_stops_when_it_is_told(monkeypatch):
    context = workers.multiprocessing.get_context("spawn")
    child = workers._Child(context.Event(), context.Value("q", 0))
    monkeypatch.setattr(workers, "_CHILD", child)
    workers._tick_in_child()
    workers._tick_in_child()
    assert child.batches.value == 2
    child.stop.set()
    with pytest.raises(TrainingError):
        workers._tick_in_child()


def test_an_error_in_a_process_is_passed_on(make_spec, tmp_path):
    spec = make_spec(finetune_learning_rate=1e30, pretrain_epochs=1)
    pretraining, finetune = (
        Job(spec, name, 4, tmp_path, "cpu") for name in (PRETRAINED, "levels_3")
    )
    with pytest.raises(TrainingError, match="fcnn: weight format levels_3, seed 4: the loss is no"):
        run_jobs([pretraining], [finetune], 2, lambda *_: None)
    assert pretraining.path.exists()
    assert not finetune.path.exists()
