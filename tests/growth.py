"""Cost against size. Seconds say little on a shared machine; how they grow says whether a pattern runs away."""

import time
from collections.abc import Callable

ENOUGH = 0.02  # seconds; below that, growth is noise
TIMES_LONGER = 8
SLACK = 3  # times the linear cost; with 8 times the text, a quadratic one is 8 times that
LONGEST = 10.0  # seconds for the short text: what takes that long runs away, and the long one would not end


def assert_linear(work: Callable[[str], object], piece: str, length: int = 100_000, times: int = TIMES_LONGER) -> None:
    """Fail when `work` on `length` characters of repeated `piece` costs more than in proportion to a part of them."""
    short_text, long_text = ((piece * length)[:n] for n in (length // times, length))
    short = _once(work, short_text)
    assert short < LONGEST, f"{len(short_text):,} characters of {piece!r} took {short:.1f} s"
    long = _once(work, long_text)
    if long > max(ENOUGH, short) * SLACK * times:  # once more: something else may have had the core
        short, long = min(short, _once(work, short_text)), min(long, _once(work, long_text))
    told = f"{length:,} characters of {piece!r}: {short:.3f} s grew to {long:.3f} s, {times} times the text"
    assert long < max(ENOUGH, short) * SLACK * times, told


def _once(work: Callable[[str], object], text: str) -> float:
    began = time.process_time()
    work(text)
    return time.process_time() - began
