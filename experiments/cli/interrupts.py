"""Ctrl-C, SIGTERM, a terminal that closes: the first signal waits for a good moment."""

import contextlib
import math
import os
import select
import signal
import threading
import time
from collections.abc import Callable, Collection, Iterator
from types import FrameType
from typing import NoReturn

__all__ = ["Deferral", "deferred", "watched"]

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GRACE = 2.0  # seconds that an interrupted program has to end by itself
# Signals closer than so many seconds are one press: a terminal sends Ctrl-C to the
# program and to what started it, which may hand it on.
ECHO = 0.3
AT_ONCE = "Interrupted: what was saved is kept, the same command goes on."

_deferring = threading.Event()


class Deferral:
    """Notes a signal while steps are made, which are to be saved before it is heeded.

    A second signal is not noted but raised.
    """

    def __init__(self) -> None:
        self._number: int | None = None
        self._open = False

    def heed(self) -> None:
        """Raises the KeyboardInterrupt that was put off, if there was a signal."""
        if self._number is not None:
            raise KeyboardInterrupt(self._number)

    @property
    def asked(self) -> bool:
        """Whether there was a signal."""
        return self._number is not None

    @contextlib.contextmanager
    def suspended(self) -> Iterator[None]:
        """Inside, a signal is raised where it comes, and noted too."""
        self.heed()
        self._open = True
        try:
            yield
        finally:
            self._open = False

    def note(self, number: int, frame: FrameType | None) -> None:
        """The handler of these signals."""
        again, self._number = self.asked, number
        if again or self._open:
            raise KeyboardInterrupt(number)


@contextlib.contextmanager
def deferred() -> Iterator[Deferral]:
    """Inside, Ctrl-C is noted; at the end it is raised, unless it was heeded before."""
    deferral = Deferral()
    with _handling(deferral.note, callable):
        _deferring.set()
        try:
            yield deferral
            deferral.heed()
        finally:
            _deferring.clear()


@contextlib.contextmanager
def watched() -> Iterator[None]:
    """Outside of `deferred`, a signal is raised as KeyboardInterrupt.

    At the end it is raised again, in place of what some callback has made of it. A
    program that has not ended two seconds after it is ended; so is one that gets a
    second signal, be it in the middle of a call of TensorFlow's.
    """

    def note(number: int, frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt(number)

    numbers: list[int] = []
    with _handling(note, lambda handler: handler is not signal.SIG_IGN) as handled:
        try:
            with _watching(numbers, handled):
                yield
        except Exception as error:
            if numbers:
                raise KeyboardInterrupt(numbers[0]) from error
            raise
        if numbers:
            raise KeyboardInterrupt(numbers[0])


@contextlib.contextmanager
def _watching(numbers: list[int], handled: Collection[int]) -> Iterator[None]:
    """A thread that adds to `numbers`, and ends the process where that is due.

    Python tells its main thread of a signal only between two calls.
    """
    inlet, outlet = os.pipe()
    os.set_blocking(outlet, False)
    try:
        stderr = os.dup(2)  # TensorFlow's start turns 2 itself away
    except OSError:  # it is closed
        stderr = os.open(os.devnull, os.O_WRONLY)

    echoes = _echoes()

    def watch() -> None:
        while len(numbers) < 2:
            patient = _deferring.is_set()
            wait = GRACE if numbers else None
            if select.select([inlet], [], [], wait)[0]:
                sent = os.read(inlet, 1)
                if not sent:
                    return
                if not echoes(time.monotonic()):
                    numbers.extend({*sent} & {*handled})
            elif not (patient or _deferring.is_set()):
                break
        if select.select([], [stderr], [], 0)[1]:
            line = "\n" if os.isatty(stderr) else ""  # below a bar
            os.write(stderr, f"{line}{AT_ONCE}\n".encode())
        os._exit(128 + numbers[-1])

    before = signal.set_wakeup_fd(outlet, warn_on_full_buffer=False) if handled else -1
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        if handled:
            signal.set_wakeup_fd(before)
        os.close(outlet)
        watcher.join()
        os.close(inlet)
        os.close(stderr)


def _echoes() -> Callable[[float], bool]:
    """Tells of each moment whether it is the echo of one before."""
    pressed = -math.inf

    def echo(now: float) -> bool:
        nonlocal pressed
        if now - pressed < ECHO:
            return True
        pressed = now
        return False

    return echo


@contextlib.contextmanager
def _handling(
    note: Callable[[int, FrameType | None], None], wanted: Callable[[object], bool]
) -> Iterator[list[int]]:
    """`note` in place of the handlers that are `wanted`; yields whose they are.

    A signal that whoever started the program had it ignore stays ignored.
    """
    echoes = _echoes()

    def once(number: int, frame: FrameType | None) -> None:
        if not echoes(time.monotonic()):
            note(number, frame)

    if threading.current_thread() is not threading.main_thread():
        yield []  # signals are the main thread's alone
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    before = {number: handler for number, handler in before.items() if wanted(handler)}
    for number in before:
        signal.signal(number, once)
    try:
        yield [*before]
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
