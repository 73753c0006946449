"""Progress on stderr: a bar on a terminal, a line for each tenth elsewhere."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

import tqdm

__all__ = ["bar", "say"]


@contextlib.contextmanager
def bar(
    label: str, total: int, *, first: int = 0, unit: str = "steps"
) -> Iterator[Callable[[int], None]]:
    """Yields `reach(done)`, to be told how many of `total` are done so far.

    `first` were done before, by a run that this one resumes: speed and time left
    count from there.
    """
    if not sys.stderr.isatty():
        yield _lines(label, total, first, unit)
        return
    shown = tqdm.tqdm(
        desc=label,
        total=total,
        initial=first,
        unit=f" {unit}",
        file=sys.stderr,
        dynamic_ncols=True,
    )

    def reach(done: int) -> None:
        shown.update(done - shown.n)

    with shown:
        yield reach


def say(text: str) -> None:
    """Writes a line to stderr, above a bar if there is one."""
    tqdm.tqdm.write(text, file=sys.stderr)


def _lines(label: str, total: int, first: int, unit: str) -> Callable[[int], None]:
    start = time.monotonic()
    told = 10 * first // max(total, 1)

    def reach(done: int) -> None:
        nonlocal told
        tenth = 10 * done // max(total, 1)
        if tenth <= told:
            return
        told = tenth
        speed = (done - first) / max(time.monotonic() - start, 1e-9)
        left = tqdm.tqdm.format_interval((total - done) / speed)
        say(f"{label}: {done}/{total} {unit}, {speed:.3g} {unit}/s, {left} left")

    return reach
