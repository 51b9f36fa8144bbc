"""Work for the tests of the engines, in a module that workers can import."""

import os
import time


def double(items: list[int]) -> list[int]:
    return [2 * item for item in items]


def double_slowly(items: list[int]) -> list[int]:
    time.sleep(0.05 * len(items))
    return double(items)


def double_unless_13(items: list[int]) -> list[int]:
    """As double, but 13 takes the process with it, as a fault in a library would."""
    if 13 in items:
        os._exit(9)
    return double(items)


def double_dying_once(items: list) -> list[int]:
    """As double, but the first process to see the item (marker, 5) dies of it."""
    for marker, number in items:
        if number == 5 and not marker.exists():
            marker.touch()
            os._exit(9)
    return [2 * number for _, number in items]


def refuse_13(items: list[int]) -> list[int]:
    if 13 in items:
        raise ValueError("thirteen")
    return double(items)


def tell_and_sleep(items: list[int]) -> None:
    print(os.getpid(), flush=True)
    time.sleep(60)
