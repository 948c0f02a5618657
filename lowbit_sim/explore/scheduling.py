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
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
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


class SchedulerError(LowbitSimError):
    """Workers cannot be reached, or were lost."""


#: a function and its arguments to each argument with its result, as they are done
Work = Callable[[Callable[[Any], Any], Iterable[Any]], Iterator[tuple[Any, Any]]]


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
            yield partial(_on_cluster, client, scheduler)
    elif jobs == 1:
        yield here
    else:
        pool = ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), _start_child)
        try:
            yield partial(_in_processes, pool, jobs)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def here(
    function: Callable[[Argument], Result], tasks: Iterable[Argument]
) -> Iterator[tuple[Argument, Result]]:
    """Yield each task with its result, done in this process."""
    for task in tasks:
        yield task, function(task)


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
        yield from _by_client(client, function, tasks, address)
    except (CancelledError, KilledWorker, CommClosedError) as error:
        reason = f"the scheduler at {address} or its workers were lost: {error}"
        raise SchedulerError(f"{reason}; what is kept stays, call again to go on") from None


def _by_client(
    client: Any, function: Callable[[Argument], Result], tasks: Iterable[Argument], address: str
) -> Iterator[tuple[Argument, Result]]:
    from distributed import as_completed  # noqa: PLC0415 (same)

    threads = sum(client.nthreads().values())
    if not threads:
        raise SchedulerError(f"the scheduler at {address} has no workers")
    waiting = iter(tasks)
    running: dict[Any, Argument] = {}

    def submit(count: int) -> list[Any]:
        made = []
        for task in islice(waiting, count):
            future = client.submit(function, task, pure=False)
            running[future] = task
            made.append(future)
        return made

    futures = as_completed(submit(_AHEAD * threads), loop=client.loop)
    for future in futures:
        task = running.pop(future)
        yield task, future.result()
        future.release()
        for one in submit(1):
            futures.add(one)
