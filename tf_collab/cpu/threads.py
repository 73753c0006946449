"""TensorFlow's threads, on which the last bits of floats depend."""

import os

import tensorflow as tf

__all__ = ["available", "hold", "share"]


def available() -> int:
    """The cores that this process may use, as TensorFlow counts them."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def share(rows: int) -> int:
    """The rows of a slice, if each core gets one; all of them on a GPU."""
    if tf.config.list_physical_devices("GPU"):
        return rows
    return -(-rows // available())


def hold(threads: int) -> None:
    """Gives TensorFlow so many threads in this process.

    Raises RuntimeError if it runs already, with another number.
    """
    threading = tf.config.threading
    try:
        threading.set_intra_op_parallelism_threads(threads)
        threading.set_inter_op_parallelism_threads(threads)
    except RuntimeError:
        now = threading.get_intra_op_parallelism_threads() or available()
        if now != threads:
            raise RuntimeError(
                f"TensorFlow runs in this process with {now} threads, and {threads} "
                "are asked for: begin in a process that has not used it yet"
            ) from None
