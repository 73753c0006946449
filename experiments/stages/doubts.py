"""What the library finds odd, as lines of a run's log."""

import contextlib
from collections.abc import Callable

from tf_collab.front.quiet import kept

__all__ = ["logged"]


def logged(log: Callable[[str], None]) -> contextlib.AbstractContextManager[None]:
    """Inside, the library's doubts are logged, and other warnings shown as ever."""
    return kept(lambda sentence: log(f"note: {sentence}"))
