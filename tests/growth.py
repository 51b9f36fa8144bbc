"""Cost against size. Seconds say little on a shared machine; how they grow says whether a pattern runs away."""

import time
from collections.abc import Callable

ENOUGH = 0.02  # seconds; below that, growth is noise
TIMES_LONGER = 8
LINEAR = 3 * TIMES_LONGER  # three times the linear cost is still far from the 64 times of a quadratic one


def assert_linear(work: Callable[[str], object], piece: str, length: int = 100_000) -> None:
    """Fail when `work` on `length` characters of repeated `piece` costs more than in proportion to an eighth of them."""
    long = _once(work, (piece * length)[:length])
    if long < ENOUGH * LINEAR:
        return
    short, long = _seconds(work, piece, length // TIMES_LONGER), min(long, _seconds(work, piece, length))
    assert long < max(ENOUGH, short) * LINEAR, f"{length:,} characters of {piece!r}: {short:.3f} s grew to {long:.3f} s"


def _seconds(work: Callable[[str], object], piece: str, length: int) -> float:
    """Processor time, the better of two."""
    text = (piece * length)[:length]
    return min(_once(work, text) for _ in range(2))


def _once(work: Callable[[str], object], text: str) -> float:
    began = time.process_time()
    work(text)
    return time.process_time() - began
