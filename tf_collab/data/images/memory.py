"""Memory that several threads take from, so that together they stay below a bound."""

import contextlib
import threading
from collections.abc import Callable, Iterator

__all__ = ["Memory"]


class Memory:
    """So many bytes, for whoever asks before taking them."""

    def __init__(self, total: float):
        self._total, self._taken = total, 0.0
        self._changed = threading.Condition()

    @contextlib.contextmanager
    def share(self) -> Iterator[Callable[[float], None]]:
        """`claim(bytes)`, the most that is taken at a time; given back at the end.

        It waits while other threads have too much, and raises ValueError for more than
        there will ever be. A second claim may be larger.
        """
        claimed = 0.0

        def claim(count):
            nonlocal claimed
            if count > self._total:
                raise ValueError(
                    f"reading it takes {count / 2**30:.3g} GiB, and memory_gib leaves "
                    f"{self._total / 2**30:.3g} GiB for that"
                )
            with self._changed:
                # What it has is free for a moment: two that wait for more never meet.
                self._taken -= claimed
                claimed = max(claimed, count)
                self._changed.notify_all()
                mine = claimed
                self._changed.wait_for(lambda: self._taken + mine <= self._total)
                self._taken += mine

        try:
            yield claim
        finally:
            with self._changed:
                self._taken -= claimed
                self._changed.notify_all()
