"""A bound to the time of a whole answer, header and all: an HTTP client itself bounds the wait for the next byte alone.

A server that sends a byte now and then, or one interim answer after the other, would otherwise hold a fetch for days.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any


class Deadline:
    """`seconds` for each answer; `watch` is the trace extension of httpx's requests, which tells the connection."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._stream: Any = None

    def watch(self, event: str, info: dict[str, Any]) -> None:
        """Called with every step of a request: keeps the connection that the next answers come by."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._stream = info["return_value"]

    @contextmanager
    def __call__(self, late: Callable[[str], Exception]) -> Iterator[None]:
        """Cut the connection when the time is over; what the client then meets becomes `late(what happened)`."""
        over = threading.Event()

        def end() -> None:
            over.set()
            if self._stream is not None:
                with suppress(OSError):  # closed meanwhile
                    self._stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(self.seconds, end)
        timer.daemon = True
        timer.start()
        try:
            yield
        except Exception as error:
            if over.is_set():
                raise late(f"no whole answer in {self.seconds:g} s") from error
            raise
        finally:
            timer.cancel()
