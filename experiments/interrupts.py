"""Ctrl-C waits for a good moment."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator

__all__ = ["deferred"]


@contextlib.contextmanager
def deferred() -> Iterator[Callable[[], bool]]:
    """Yields `asked()`: whether Ctrl-C was pressed inside the block.

    The block itself goes on, and is to raise KeyboardInterrupt when its state is
    saved. A second Ctrl-C does not wait.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False  # signals are the main thread's alone
        return
    pressed = threading.Event()
    before = signal.getsignal(signal.SIGINT)

    def note(signum, frame):
        pressed.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, note)
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, before)
