"""Dask without its own log: what goes wrong is told by who asked for the work."""

import contextlib
import logging
from collections.abc import Iterator

__all__ = ["SETTINGS", "quiet"]

LOGGERS = "distributed", "asyncio"
# Of processes that Dask starts, before they read their settings.
SETTINGS = {
    "distributed.nanny.pre-spawn-environ.DASK_LOGGING__DISTRIBUTED": "critical",
}


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Inside, Dask writes no log, nor what is cancelled where work is broken off.

    After Ctrl-C neither does it outside: its threads end later than the work.
    """
    import distributed  # noqa: F401  # which sets the levels of its loggers

    loggers = [logging.getLogger(name) for name in LOGGERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    except KeyboardInterrupt:
        loggers.clear()
        raise
    finally:
        for logger, level in zip(loggers, levels):
            logger.setLevel(level)
