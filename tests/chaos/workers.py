"""Faults that befall the processes of a job's cluster, while they draw blocks."""

import contextlib
import os
import pathlib
import signal
import time

from chaos.scene import Scene

__all__ = ["end_with_the_program", "hang", "kill", "kill_again"]

LIMIT = 90.0  # seconds


def _workers(pid: int) -> list[int]:
    """The processes that a program has started, and those that they have, at work."""
    found = []
    for name in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = int(
                name.joinpath("stat").read_text().rpartition(")")[2].split()[1]
            )
            words = name.joinpath("cmdline").read_bytes()
            if parent == pid and b"spawn_main" in words:
                found.append(int(name.name))
    return found


def _at_work(scene: Scene, blocks: int = 1) -> list[int]:
    """Waits for so many blocks; the workers then."""
    assert scene.child is not None
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        there = [*scene.folder.glob("blocks/0*.npz")]
        if len(there) >= blocks and (workers := _workers(scene.child.pid)):
            return workers
        time.sleep(0.01)
    raise AssertionError("no worker came")


def kill(scene: Scene) -> None:
    assert scene.child is not None
    scene.child.go()
    os.kill(_at_work(scene)[0], signal.SIGKILL)


def kill_again(scene: Scene) -> None:
    """The worker, and the one that takes its place."""
    kill(scene)
    time.sleep(0.5)
    os.kill(_at_work(scene, blocks=3)[0], signal.SIGKILL)


def hang(scene: Scene) -> None:
    """For three seconds."""
    assert scene.child is not None
    scene.child.go()
    worker = _at_work(scene)[0]
    os.kill(worker, signal.SIGSTOP)
    time.sleep(3)
    os.kill(worker, signal.SIGCONT)


def end_with_the_program(scene: Scene) -> None:
    """The program dies, and its scheduler with it; so do the workers, by themselves."""
    assert scene.child is not None
    scene.child.go()
    workers = _at_work(scene)
    os.kill(scene.child.pid, signal.SIGKILL)
    end = time.monotonic() + LIMIT
    while any(pathlib.Path(f"/proc/{worker}").exists() for worker in workers):
        assert time.monotonic() < end, "a worker lives on"
        time.sleep(0.05)
