"""A bound on memory that several threads share."""

import contextlib
import threading
from collections.abc import Callable, Iterator

__all__ = ["Memory"]


class Memory:
    """`total` bytes, which threads claim before they take them."""

    def __init__(self, total: float):
        self._total, self._taken = total, 0.0
        self._changed = threading.Condition()

    @contextlib.contextmanager
    def share(self) -> Iterator[Callable[[float], None]]:
        """Yields `claim(bytes)`; the end of the block gives back what was claimed.

        `claim` waits while other threads have too much. A further claim replaces the
        one before if it is larger. `claim` raises ValueError for more than `total`.
        """
        claimed = 0.0

        def claim(count: float) -> None:
            nonlocal claimed
            if count > self._total:
                raise ValueError(
                    f"reading it takes {count / 2**30:.3g} GiB, and memory_gib leaves "
                    f"{self._total / 2**30:.3g} GiB for that"
                )
            with self._changed:
                # The thread's own share is free for a moment, so that two threads that
                # wait for more cannot block each other.
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
