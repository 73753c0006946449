"""The most memory that was in use since somebody asked to forget."""

import contextlib
import pathlib
import resource

import tensorflow as tf

__all__ = ["forget", "peak"]


def forget() -> None:
    """Begins anew, where the system lets a process do so."""
    with contextlib.suppress(OSError):  # not on every system
        pathlib.Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    for device in tf.config.list_logical_devices("GPU"):
        tf.config.experimental.reset_memory_stats(device.name.removeprefix("/device:"))


def peak() -> dict[str, int]:
    """In MiB, of the process and of each GPU, since it was forgotten."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with contextlib.suppress(OSError, StopIteration):
        lines = pathlib.Path("/proc/self/status").read_text("utf-8").splitlines()
        most = int(next(line for line in lines if "VmHWM" in line).split()[1])
    found = {"process": most // 1024}
    for device in tf.config.list_logical_devices("GPU"):
        name = device.name.removeprefix("/device:")
        used = tf.config.experimental.get_memory_info(name)["peak"]
        found[name] = used // 2**20
    return found
