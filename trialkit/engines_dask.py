"""The same work on Dask workers: of a running cluster, or started here for the time of the work.

Batches travel to the workers and results back; nothing else is shared, so workers need the same trialkit and no disk in
common. The scheduler gives the batches of a dead worker to another one. A batch whose workers died several times is
taken apart, and its items run one at a time with nothing beside them: only an item that ends workers even then is
given up.
"""

import functools
import logging
import math
import socket
from collections import deque
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any

from trialkit.engines import Blame, EngineError, Item, Result, Work, batches, blamed, out_of_reach, without_main
from trialkit.fingerprints import extraction_version

if TYPE_CHECKING:
    from distributed import Client, Future, LocalCluster

log = logging.getLogger(__name__)

SMALLEST, LARGEST = 500, 5_000  # items of a task: less is all overhead, more is lost with a worker
_TASKS_A_WORKER = 8  # so that workers end together, even when some are slow
_AHEAD = 3  # tasks a worker in flight: the rest waits here, not in the scheduler's memory
_ANSWER = 20  # seconds a scheduler has to answer
_GLANCE = 5  # seconds between looks whether there still are workers
PATIENCE = 60  # seconds without any worker before the work is given up
_GONE = "the scheduler is gone. Start it and run the command again: what was read so far is kept"


def task_size(items: int, workers: int) -> int:
    """Items of a task: eight tasks a worker, of 500 to 5,000 items; fewer only when there are not enough items for all."""
    fair = math.ceil(items / (_TASKS_A_WORKER * workers))
    return max(min(fair, LARGEST), min(SMALLEST, math.ceil(items / (2 * workers))), 1)


def map_on_dask(
    function: Work,
    items: list[Item],
    *,
    scheduler: str | None,
    workers: int | None,
    size: int | None,
    blame: Blame | None,
) -> Iterator[Result]:
    """`function` over batches of `items` on the workers of `scheduler`, or on workers of its own; results in order.

    Raises EngineError when Dask is not installed, nobody answers, the workers have another trialkit, or none is left.
    """
    if not items:
        return
    with _connected(scheduler, workers, function) as client:
        n_workers = max(1, sum(_threads(client).values()))
        pieces = deque(batches(items, size or task_size(len(items), n_workers)))
        log.info("%d tasks on %d workers", len(pieces), n_workers)
        yield from _in_order(client, function, pieces, blame)


def _in_order(client: "Client", function: Work, pieces: deque[list[Item]], blame: Blame | None) -> Iterator[Result]:
    version = extraction_version()
    sent = 0
    running: deque[tuple[list[Item], Future]] = deque()
    while pieces or running:
        while pieces and len(running) < _AHEAD * max(1, sum(_threads(client).values())):
            running.append(
                (pieces[0], client.submit(run, function, pieces.popleft(), version, pure=False, priority=-sent))
            )
            sent += 1
        piece, future = running[0]
        if _finished(client, future):
            yield _result(client, future)
            running.popleft()
            continue
        for _, other in running:  # quiet: whoever dies now dies of the one item that runs
            _finished(client, other)
        running.popleft()
        log.warning("workers died over %d items: they run again, each by itself", len(piece))
        for item in piece:
            alone = client.submit(run, function, [item], version, pure=False)
            yield _result(client, alone) if _finished(client, alone) else blamed(blame, item)


def run(function: Work, items: list[Item], version: str) -> Any:
    """On a worker: the work, refused by a trialkit that would read something else than the one that asks."""
    if (own := _own_version()) != version:
        raise EngineError(
            f"a worker on {socket.gethostname()} has other rules ({own}) than this trialkit ({version}): "
            "install the same version everywhere"
        )
    return function(items)


@functools.cache  # a worker runs the code it has loaded, whatever happens to the files since
def _own_version() -> str:
    return extraction_version()


def _finished(client: "Client", future: "Future") -> bool:
    """Wait for a task. False when its workers died; raises what it raised, and EngineError when nothing can go on."""
    from distributed import KilledWorker

    quiet = 0
    while True:
        try:
            error = future.exception(timeout=_GLANCE)
            break
        except TimeoutError:
            quiet = 0 if _threads(client) else quiet + _GLANCE
        except (CancelledError, OSError):
            raise EngineError(_GONE) from None
        if quiet >= PATIENCE:
            raise EngineError(
                f"no worker is left at {client.scheduler.address}, and none came for {PATIENCE} seconds. "
                "Start workers and run the command again: what was read so far is kept"
            )
    if error is None or isinstance(error, KilledWorker):
        return error is None
    if isinstance(error, ImportError):
        raise EngineError(f"a worker cannot run trialkit ({error}): install the same version everywhere") from error
    raise error


def _result(client: "Client", future: "Future") -> Result:
    """The result of a finished task. Its worker may die before it is fetched; then it runs again."""
    while True:
        try:
            return future.result(timeout=30)
        except TimeoutError:
            _finished(client, future)


def _threads(client: "Client") -> dict[str, int]:
    try:
        return client.nthreads()
    except (OSError, CancelledError, TimeoutError, ValueError):
        raise EngineError(_GONE) from None


@contextmanager
def _connected(scheduler: str | None, workers: int | None, function: Work) -> Iterator["Client"]:
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise EngineError("the engine dask needs Dask, which is not installed: pip install 'trialkit[dask]'") from None
    with ExitStack() as stack:
        given: dict[str, Any] = {"address": scheduler}
        if scheduler is None:
            stack.enter_context(without_main(function))
            given = {"address": stack.enter_context(_own_cluster(LocalCluster, workers))}
        elif scheduler.endswith(".json"):  # a file that the scheduler wrote where its workers find it
            given = {"scheduler_file": scheduler}
        try:
            client = stack.enter_context(Client(**given, timeout=_ANSWER, set_as_default=False))
            client.wait_for_workers(1, timeout=PATIENCE)
        except (OSError, ValueError) as error:
            raise EngineError(
                f"no Dask scheduler with workers answers at {scheduler or 'this machine'} ({error}). Start "
                "`dask scheduler` and `dask worker tcp://HOST:8786`, and give that address as --scheduler"
            ) from error
        yield client


@contextmanager
def _own_cluster(kind: "type[LocalCluster]", workers: int | None) -> Iterator["LocalCluster"]:
    """A cluster on this machine. One that is stopped while it starts cannot close in order: its parts are ended here."""
    from distributed.deploy.spec import SpecCluster

    logging.getLogger("distributed").propagate = False  # it tells of every step, through the handler of the caller
    before = set(SpecCluster._instances)
    try:
        with out_of_reach():
            own = kind(n_workers=workers, threads_per_worker=1, dashboard_address=":0", silence_logs=logging.CRITICAL)
        yield own
        own.close()
    finally:
        for left in set(SpecCluster._instances) - before:
            with suppress(Exception):
                left.close(timeout=_GLANCE)
            SpecCluster._instances.discard(left)  # else Dask closes it again at exit, with a traceback
