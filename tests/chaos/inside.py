"""What befalls a process from a moment on, done by the process itself."""

import ctypes
import gc
import os
import time
from collections.abc import Callable

import numpy as np
import tensorflow as tf
from helpers import faults

__all__ = ["ACTS"]

YEARS = 10 * 365.25 * 86400
_KEPT: list = []  # what would be undone if nobody held it


def _clock(jump: float) -> None:
    now, local = time.time, time.localtime
    time.time = lambda: now() + jump
    time.localtime = lambda seconds=None: local(
        now() + jump if seconds is None else seconds
    )
    text = time.strftime
    time.strftime = lambda form, when=None: text(form, when or time.localtime())


def _nan_in_weights() -> None:
    """In the first variable of each net that is there."""
    import keras

    for net in gc.get_objects():
        if isinstance(net, keras.Model) and net.weights:
            for variable in net.trainable_variables[:1]:
                variable.assign(np.full(variable.shape, np.nan))


def _nan_in_data() -> None:
    """In each batch from now on."""
    from tf_collab import training

    run = training.run

    def poisoned(step, batch_at, *args, **how):
        def batch(i):
            return tf.nest.map_structure(
                lambda x: x * np.nan if x.dtype.is_floating else x, batch_at(i)
            )

        return run(step, batch, *args, **how)

    training.run = poisoned


def _failing(at: int) -> Callable[[], None]:
    """A call of the system fails, a few calls from now."""

    def act() -> None:
        _KEPT.append(faults.failing(at))
        _KEPT[-1].__enter__()

    return act


def _no_memory() -> None:
    import resource

    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[0])
    most = pages * os.sysconf("SC_PAGE_SIZE") + 2**21
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _no_descriptors() -> None:
    import resource

    used = max(map(int, os.listdir("/proc/self/fd")))
    resource.setrlimit(resource.RLIMIT_NOFILE, (used + 1, used + 1))


def _no_rights() -> None:
    """The superuser may write where nobody may; this process no longer may."""
    if os.geteuid():
        return
    # capset(2): what overrides permissions is CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH.
    libc = ctypes.CDLL(None, use_errno=True)
    head = (ctypes.c_uint32 * 2)(0x20080522, 0)
    sets = (ctypes.c_uint32 * 6)()
    if libc.capget(head, sets):
        raise OSError(ctypes.get_errno(), "capget")
    for at in (0, 1):  # effective and permitted; the second three are above 32
        sets[at] &= ~0b110
    if libc.capset(head, sets):
        raise OSError(ctypes.get_errno(), "capset")


ACTS: dict[str, Callable[[], None]] = {
    "": lambda: None,
    "clock forward": lambda: _clock(YEARS),
    "clock back": lambda: _clock(-YEARS),
    "NaN in weights": _nan_in_weights,
    "NaN in data": _nan_in_data,
    "memory": _no_memory,
    "descriptors": _no_descriptors,
    "no rights": _no_rights,
    **{f"call {n}": _failing(n) for n in (1, 2, 3, 5, 8, 13)},
}
