"""Where the work runs: this process, all cores of this machine, or the workers of a Dask cluster.

Work is a pure function over batches, so every engine gives the same results in the same order. A worker that dies costs
its batches a second run, never a result; only an item that ends its process again when it is alone is given up.
"""

import functools
import itertools
import logging
import multiprocessing
import os
import signal
import sys
import threading
import types
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import wait
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
Work = Callable[[list[Item]], Result]
Blame = Callable[[Item, str], Result]

log = logging.getLogger(__name__)

ENGINES = ("auto", "serial", "processes", "dask")
_WORTH_A_POOL = 400  # records; below that, starting workers costs more than it saves
_AHEAD = 2  # batches a worker that wait or run: what is lost when one dies
_EAR = 0.3  # seconds between looks whether the program shall end
_CHANCES = 2  # times that an item may end the process it has for itself
DIED = "the process reading it ended twice without a word (out of memory, or a fault in a library)"


class EngineError(RuntimeError):
    """The work cannot run, or cannot go on, where it was sent."""


class _NoProcessesError(EngineError):
    """This machine starts no processes, or has no semaphores for them."""


def batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Lists of at most `size` items, in order."""
    iterator = iter(items)
    while batch := list(itertools.islice(iterator, size)):
        yield batch


def alone(function: Callable[[Item], Result], batch: list[Item]) -> Result:
    """`function` of the one item of a batch: work for `map_batches` with batches of one."""
    (item,) = batch
    return function(item)


def map_batches(
    function: Work,
    items: list[Item],
    *,
    engine: str = "auto",
    workers: int | None = None,
    scheduler: str | None = None,
    size: int | None = None,
    blame: Blame | None = None,
) -> Iterator[Result]:
    """`function` over batches of `items`, results in order whatever the engine.

    `auto` uses processes from a few hundred items on, and Dask when a `scheduler` is named. Batches lost with a worker
    run again. `blame(item, reason)` gives the result of an item that ends its process even when it is alone there;
    without it, and when there is nowhere left to run, EngineError is raised. Batches have `size` items (without it 100,
    more on a cluster), fewer after a loss. Raises ValueError for an unknown engine.
    """
    if engine not in ENGINES:
        raise ValueError(f"engine {engine!r} is not one of {', '.join(ENGINES)}")
    if scheduler and engine not in ("auto", "dask"):
        raise EngineError(f"a scheduler is for the engine dask, not for {engine}: leave one of the two out")
    if engine == "dask" or scheduler:
        from trialkit.engines_dask import map_on_dask

        yield from map_on_dask(function, items, scheduler=scheduler, workers=workers, size=size, blame=blame)
        return
    workers = workers or os.cpu_count() or 1
    pieces = list(batches(items, size or 100))
    if engine == "serial" or workers == 1 or (engine == "auto" and len(items) < _WORTH_A_POOL):
        yield from map(function, pieces)
    else:
        yield from _map_in_processes(function, pieces, min(workers, len(pieces) or 1), blame)


def _map_in_processes(function: Work, pieces: list[list[Item]], workers: int, blame: Blame | None) -> Iterator[Result]:
    waiting = deque(pieces)
    while waiting:
        running: deque[tuple[list[Item], Future]] = deque()
        lost, why, alive = (), "", None
        try:
            with _pool(workers) as pool:
                alive = _submit(pool, os.getpid)
                while waiting or running:
                    while waiting and len(running) < _AHEAD * workers:
                        running.append((waiting[0], _submit(pool, function, waiting[0])))
                        waiting.popleft()
                    result = _await(running[0][1])
                    running.popleft()
                    yield result
        except _NoProcessesError as error:
            lost, why = None, str(error)
        except BrokenProcessPool:
            lost, why = (running, "") if _succeeded(alive) else (None, "it dies at once")
        if lost is None:
            log.warning("no worker process can be started (%s): the work goes on in this one", why)
            yield from map(function, [piece for piece, _ in running])
            yield from map(function, waiting)
            return
        if lost:
            n = sum(len(piece) for piece, future in lost if not _succeeded(future))
            log.warning("a worker process died: the %d items it may have had run again, each by itself", n)
        for piece, future in lost:
            if _succeeded(future):
                yield future.result()
            else:
                yield from _one_by_one(function, piece, blame)


def _one_by_one(function: Work, piece: list[Item], blame: Blame | None) -> Iterator[Result]:
    """Every item of a lost batch alone in a process, so that one which ends it is known for certain."""
    left, ended = deque(piece), 0
    while left:
        with _pool(1) as pool:
            try:
                while left:
                    result = _await(_submit(pool, function, [left[0]]))
                    left.popleft()
                    ended = 0
                    yield result
            except BrokenProcessPool:
                ended += 1
        if ended == _CHANCES:
            yield blamed(blame, left.popleft())
            ended = 0


def _submit(pool: ProcessPoolExecutor, function: Callable, *arguments: object) -> Future:
    try:
        with without_main(function), out_of_reach():
            return pool.submit(function, *arguments)
    except OSError as error:
        raise _NoProcessesError(error) from error


def _await(future: Future) -> Result:
    """The result, with an ear for Ctrl-C: polars installs a handler after which no wait without end is interrupted."""
    while True:
        try:
            return future.result(timeout=_EAR)
        except TimeoutError:
            if future.done():  # the work itself raised it
                raise


def _succeeded(future: Future) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None


def blamed(blame: Blame | None, item: Item) -> Result:
    """The result of an item that ended its process, or EngineError where nobody can say one."""
    if blame is None:
        raise EngineError(f"one piece of the work was given up: {DIED}")
    return blame(item, DIED)


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    # Forking a process that runs polars threads can hang for ever; spawned workers start clean.
    context = multiprocessing.get_context("spawn")
    try:
        pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_end_with_parent)
    except (OSError, ImportError, NotImplementedError) as error:
        raise _NoProcessesError(error) from error
    others = multiprocessing.active_children()
    try:
        yield pool
    except KeyboardInterrupt:  # nobody waits for what they still do
        for worker in set(multiprocessing.active_children()) - set(others):
            worker.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _end_with_parent() -> None:
    """In a worker: end when the parent does. One whose parent was killed would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=lambda: (wait([parent.sentinel]), os._exit(1)), daemon=True).start()


@contextmanager
def out_of_reach() -> Iterator[None]:
    """While processes start: Ctrl-C, which a terminal sends to all of them, will not reach them. This one ends them.

    A signal that comes meanwhile is dealt with at the end: a process that is half started could not be ended.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # its start takes the block below away
    came: list[int] = []
    handlers = {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            if (handler := signal.getsignal(number)) is not None:
                handlers[number] = handler
                signal.signal(number, lambda number, frame: came.append(number))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # inherited by threads and processes
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])


@contextmanager
def without_main(function: Callable) -> Iterator[None]:
    """While processes start: a blank `__main__`. They would run the caller's script, which needs a guard against that.

    Only a function of that script itself needs the script in the workers.
    """
    while isinstance(function, functools.partial):
        function = function.func
    if function.__module__ == "__main__":
        yield
        return
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
