"""Dask's processes of this machine; Ctrl-C is for the program that starts them alone.

A terminal sends it to all processes. Those that were just starting told of it by a
traceback each, and Dask by another one of a cluster that was half made.
"""

import concurrent.futures
import os
import signal
import threading
from multiprocessing import resource_tracker
from typing import Any

__all__ = ["start"]

MOMENT = 0.05  # seconds


def start(**how: Any) -> Any:
    """A `distributed.LocalCluster` with processes that do not listen to Ctrl-C.

    Broken off, it leaves no process behind. RuntimeError where one died as it started.
    """
    import distributed
    import psutil

    made: concurrent.futures.Future = concurrent.futures.Future()

    def make() -> None:  # in a thread whose signals all that it starts inherits
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            made.set_result(distributed.LocalCluster(**how))
        except BaseException as error:
            made.set_exception(error)

    _track_quietly()
    own = psutil.Process()
    before = {*own.children()}
    threading.Thread(target=make, daemon=True).start()
    try:
        return made.result()
    except KeyboardInterrupt:
        while not concurrent.futures.wait([made], MOMENT).done:
            for process in {*own.children()} - before:
                process.kill()
        if made.exception() is None:
            made.result().close()
        raise


def _track_quietly() -> None:
    """Starts the process that clears up after others, which complains of none.

    That unblocks Ctrl-C in the thread which starts it first.
    """
    name = "PYTHONWARNINGS"
    own = os.environ.get(name)
    quiet = "ignore:resource_tracker"
    os.environ[name] = quiet if own is None else f"{own},{quiet}"
    try:
        resource_tracker.ensure_running()
    finally:
        if own is None:
            del os.environ[name]
        else:
            os.environ[name] = own
