"""What the library finds odd, as lines of a run's log."""

import contextlib
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import tf_collab as tc

__all__ = ["logged"]


@contextlib.contextmanager
def logged(log: Callable[[str], None]) -> Iterator[None]:
    """Inside, the library's doubts are logged, and other warnings shown as ever."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", tc.Doubt)
        show = warnings.showwarning

        def told(
            message: Warning | str, category: type[Warning], *place: Any, **more: Any
        ) -> None:
            if issubclass(category, tc.Doubt):
                log(f"note: {message}")
            else:
                show(message, category, *place, **more)

        warnings.showwarning = told
        yield
