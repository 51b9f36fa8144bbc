"""Where the work runs: this process or all cores of this machine."""

import itertools
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

ENGINES = ("auto", "serial", "processes")
_WORTH_A_POOL = 400  # records; below that, starting workers costs more than it saves


def batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Lists of at most `size` items, in order."""
    iterator = iter(items)
    while batch := list(itertools.islice(iterator, size)):
        yield batch


def map_batches(
    function: Callable[[list[Item]], Result],
    items: list[Item],
    *,
    engine: str = "auto",
    workers: int | None = None,
    size: int = 100,
) -> Iterator[Result]:
    """`function` over batches of `items`, results in order whatever the engine.

    `auto` uses processes from a few hundred items on. A worker that dies raises `BrokenProcessPool`; nothing is lost
    silently. Raises ValueError for an unknown engine.
    """
    if engine not in ENGINES:
        raise ValueError(f"engine {engine!r} is not one of {', '.join(ENGINES)}")
    workers = workers or os.cpu_count() or 1
    if engine == "serial" or workers == 1 or (engine == "auto" and len(items) < _WORTH_A_POOL):
        yield from map(function, batches(items, size))
        return
    # Forking a process that runs polars threads can hang for ever; spawned workers start clean.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(function, batches(items, size))
