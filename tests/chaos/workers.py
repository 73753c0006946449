"""Faults that befall the processes of a command's cluster, while they work."""

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


def _at_work(scene: Scene, results: int = 1) -> list[int]:
    """The workers, once so many results have come that the scene has not seen."""
    assert scene.child is not None
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        there = scene.kept()
        new = there.keys() - scene.seen.keys()
        if len(new) >= results and (workers := _workers(scene.child.pid)):
            scene.seen |= there
            return workers
        time.sleep(0.01)
    raise AssertionError("no worker came, or all was done before")


def kill(scene: Scene) -> None:
    assert scene.child is not None
    scene.child.go()
    os.kill(_at_work(scene)[0], signal.SIGKILL)


def kill_again(scene: Scene) -> None:
    """The worker, and the one that takes its place, once that has done something."""
    kill(scene)
    time.sleep(0.5)
    # A result of the first may have been on its way.
    os.kill(_at_work(scene, results=2)[0], signal.SIGKILL)


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
