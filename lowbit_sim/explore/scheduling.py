"""Tasks done side by side: in this process, in processes of this machine, or on a Dask cluster.

All three take a function and its arguments, keep a bounded number of tasks under way, and yield
results as they come. A worker that is lost takes no result with it: a Dask scheduler gives its
tasks to another one, a local pool that lost a process is refused, and what was kept stays.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from lowbit_sim.errors import LowbitSimError
from lowbit_sim.explore.frames import needs

Argument = TypeVar("Argument")
Result = TypeVar("Result")
#: tasks under way for each worker: one at work, one waiting
_AHEAD = 2
_REACHING_SECONDS = 10
_ASKED_EVERY_SECONDS = 1.0


class SchedulerError(LowbitSimError):
    """Workers cannot be reached, or were lost."""


@dataclass(frozen=True, slots=True)
class Work:
    """A function and its arguments to each argument with its result, as they are done.

    Parameters
    ----------
    how : callable
    jobs : int
        How many tasks are done at once; on a cluster, when it was reached.
    """

    how: Callable[[Callable[[Any], Any], Iterable[Any]], Iterator[tuple[Any, Any]]]
    jobs: int

    def __call__(
        self, function: Callable[[Argument], Result], tasks: Iterable[Argument]
    ) -> Iterator[tuple[Argument, Result]]:
        """Yield each task with its result, as they are done."""
        return self.how(function, tasks)


def done(
    function: Callable[[Argument], Result],
    tasks: Iterable[Argument],
    jobs: int,
    scheduler: str | None = None,
) -> Iterator[tuple[Argument, Result]]:
    """Yield each task with its result, as they are done, by workers of their own.

    Parameters
    ----------
    function : callable
        Of one argument; it and the arguments must be picklable unless `jobs` is 1.
    tasks : iterable
    jobs, scheduler
        As of `workers`, whose errors these are, too.
    """
    with workers(jobs, scheduler) as work:
        yield from work(function, tasks)


@contextmanager
def workers(jobs: int, scheduler: str | None = None) -> Iterator[Work]:
    """Give what does tasks as long as the block lasts; a process keeps what it has read.

    Parameters
    ----------
    jobs : int
        Processes at work at once, if there is no scheduler.
    scheduler : str, optional
        Address of a Dask scheduler, as ``tcp://10.0.0.1:8786``.

    Raises
    ------
    SchedulerError
        If the scheduler does not answer, or it, its workers or a local process are lost.
    """
    if scheduler is not None:
        with _client(scheduler) as client:
            yield Work(partial(_on_cluster, client, scheduler), _threads(client, scheduler))
    elif jobs == 1:
        yield here
    else:
        pool = ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), _start_child)
        try:
            yield Work(partial(_in_processes, pool, jobs), jobs)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _here(
    function: Callable[[Argument], Result], tasks: Iterable[Argument]
) -> Iterator[tuple[Argument, Result]]:
    for task in tasks:
        yield task, function(task)


#: done in this process, one after another
here = Work(_here, 1)


def _in_processes(
    pool: ProcessPoolExecutor,
    jobs: int,
    function: Callable[[Argument], Result],
    tasks: Iterable[Argument],
) -> Iterator[tuple[Argument, Result]]:
    waiting = iter(tasks)
    running: dict[Future[Result], Argument] = {}
    try:
        while True:
            for task in islice(waiting, _AHEAD * jobs - len(running)):
                running[pool.submit(function, task)] = task
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                yield running.pop(future), future.result()
    except BrokenProcessPool:
        reason = "a process was lost (out of memory?); what is kept stays, call again to go on"
        raise SchedulerError(reason) from None
    finally:
        for future in running:
            future.cancel()


def _start_child() -> None:
    """Leave interrupts to the parent, and end with it, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def _client(address: str) -> Iterator[Any]:
    try:
        import distributed  # noqa: PLC0415 (only a cluster needs it)
    except ModuleNotFoundError as error:
        raise needs(error, "cluster") from None
    client, reason = None, ""
    try:
        client = distributed.Client(address, timeout=_REACHING_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        reason = f"no scheduler answers at {address}: {error}"
    if client is None:
        gc.collect()  # what is left of it ends now: later it might wait for a lock of the next one
        raise SchedulerError(reason)
    with client:
        yield client


def _on_cluster(
    client: Any, address: str, function: Callable[[Argument], Result], tasks: Iterable[Argument]
) -> Iterator[tuple[Argument, Result]]:
    from distributed import CancelledError, KilledWorker  # noqa: PLC0415 (same)
    from distributed.comm.core import CommClosedError  # noqa: PLC0415 (same)

    try:
        yield from _by_client(client, function, tasks)
    except (CancelledError, KilledWorker, CommClosedError) as error:
        reason = f"the scheduler at {address} or its workers were lost: {error}"
        raise SchedulerError(f"{reason}; what is kept stays, call again to go on") from None


def _threads(client: Any, address: str) -> int:
    """Return how many tasks the workers do at once, when there are any."""
    try:
        client.wait_for_workers(1, timeout=_REACHING_SECONDS)
    except TimeoutError:
        raise SchedulerError(f"the scheduler at {address} has no workers") from None
    return sum(client.nthreads().values())


def _by_client(
    client: Any, function: Callable[[Argument], Result], tasks: Iterable[Argument]
) -> Iterator[tuple[Argument, Result]]:
    from distributed import as_completed  # noqa: PLC0415 (same)

    waiting = iter(tasks)
    running: dict[Any, Argument] = {}
    most, asked_s = 0, -_ASKED_EVERY_SECONDS
    futures = as_completed([], loop=client.loop)
    while True:
        if time.monotonic() - asked_s >= _ASKED_EVERY_SECONDS:  # workers come and go
            most, asked_s = _AHEAD * sum(client.nthreads().values()), time.monotonic()
        for task in islice(waiting, max(most - len(running), 1 - len(running), 0)):
            future = client.submit(function, task, pure=False)
            running[future] = task
            futures.add(future)
        if not running:
            return
        future = next(futures)
        yield running.pop(future), future.result()
        future.release()
