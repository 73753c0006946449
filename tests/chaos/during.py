"""Faults that befall a process which is held at a moment, or its folder meanwhile."""

import contextlib
import os
import pathlib
import resource
import shutil
import signal
import time
from collections.abc import Callable, Collection
from typing import NamedTuple

from chaos import workers
from chaos.child import HALF
from chaos.scene import Scene

__all__ = ["DURING", "During"]

Deed = Callable[[Scene], None]
GOES_ON, REFUSED, STOPPED = (0,), (2,), (0, 1, 2)
MOST = {"mog2d", "mnist", "celeba", "coulomb", "sample", "benchmark", "evaluate"}


class During(NamedTuple):
    """A kind of fault: what is done while the process is held."""

    deed: Deed = lambda scene: None
    then: str = ""  # what the process does to itself as it goes on: see `inside`
    ends: Collection[int] = STOPPED  # with which the process may end
    mend: Deed = lambda scene: None  # takes the cause away
    only: Collection[str] = MOST  # the subjects that it can befall
    at: Callable[[str], bool] = lambda moment: True  # moments at which it can
    words: str = ""  # which the sentence has where the process did not go on


def _signal(number: int) -> Deed:
    return lambda scene: os.kill(_pid(scene), number)


def _pid(scene: Scene) -> int:
    assert scene.child is not None
    return scene.child.pid


def _limited(kind: int, most: Callable[[Scene], int]) -> Deed:
    def deed(scene: Scene) -> None:
        size = most(scene)
        resource.prlimit(_pid(scene), kind, (size, size))

    return deed


def _halve(scene: Scene) -> None:
    """Half of a checkpoint is on the disk, where one is being written."""
    if scene.moment.startswith(HALF):
        draft = scene.folder / pathlib.Path(scene.moment.removeprefix(f"{HALF} "))
        for file in draft.parent.iterdir():
            os.truncate(file, file.stat().st_size // 2)


def _kill(scene: Scene) -> None:
    _halve(scene)
    os.kill(_pid(scene), signal.SIGKILL)


def _wait_and(number: int) -> Deed:
    def deed(scene: Scene) -> None:
        time.sleep(0.3)
        os.kill(_pid(scene), number)

    return deed


def _chmod(mode: int) -> Deed:
    def deed(scene: Scene) -> None:
        for path in (scene.folder, *scene.folder.rglob("*")):
            if path.is_dir() and not path.is_symlink():
                path.chmod(mode)

    return deed


def _move(scene: Scene) -> None:
    scene.folder.rename(scene.place / "moved")


def _move_back(scene: Scene) -> None:
    if scene.folder.exists():
        shutil.rmtree(scene.folder)
    (scene.place / "moved").rename(scene.folder)


def _replace(scene: Scene) -> None:
    _move(scene)
    scene.folder.mkdir()
    (scene.folder / "theirs").write_text("of another program\n")


def _remove(scene: Scene) -> None:
    scene.damaged.add("")
    shutil.rmtree(scene.folder)


def _inputs_away(scene: Scene) -> None:
    scene.inputs.rename(scene.place / "away")


def _inputs_back(scene: Scene) -> None:
    (scene.place / "away").rename(scene.inputs)


def _second(scene: Scene) -> None:
    """The same command while the first is held."""
    first = scene.child
    second = scene.start().ended()
    scene.child = first
    assert second.status == 2 and "in use by process" in second.said, second
    assert "Traceback" not in second.err


def _link_in(name: str) -> Deed:
    """A link to somebody's folder in place of one of the run's."""

    def deed(scene: Scene) -> None:
        with contextlib.suppress(FileNotFoundError):
            (scene.folder / name).rename(scene.place / "aside")
        (scene.folder / name).symlink_to(scene.theirs)

    return deed


def _link_out(name: str) -> Deed:
    def mend(scene: Scene) -> None:
        if not (scene.folder / name).is_symlink():
            return  # the program has put its own there
        (scene.folder / name).unlink()
        with contextlib.suppress(FileNotFoundError):
            (scene.place / "aside").rename(scene.folder / name)

    return mend


CLUSTERS = {f"{name} --cluster" for name in ("sample", "benchmark", "evaluate")}
RUNS = ("mog2d", "mnist", "celeba", "coulomb")


def _begun(moment: str) -> bool:
    return moment != "begun"


def _is_first(moment: str) -> bool:
    return moment == "begun"


DURING: dict[str, During] = {
    "SIGKILL": During(_kill, ends=(-signal.SIGKILL,)),
    "half a checkpoint": During(
        _halve, only=RUNS, at=lambda moment: moment.startswith(HALF)
    ),
    "SIGTERM": During(_signal(signal.SIGTERM), ends=(143,), words="Interrupted"),
    "SIGINT": During(_signal(signal.SIGINT), ends=(130,), words="Interrupted"),
    "SIGHUP": During(_signal(signal.SIGHUP), ends=(129,), words="Interrupted"),
    "SIGSTOP, continued": During(lambda scene: time.sleep(0.5), ends=GOES_ON),
    "SIGSTOP, killed": During(_wait_and(signal.SIGKILL), ends=(-signal.SIGKILL,)),
    "SIGSTOP, SIGTERM": During(
        _wait_and(signal.SIGTERM), ends=(143,), words="Interrupted"
    ),
    "full disk": During(
        _limited(resource.RLIMIT_FSIZE, lambda scene: int(scene.rng.integers(3000)))
    ),
    "no descriptors": During(then="descriptors"),
    # C++ code that gets no memory may end its process, which no sentence explains.
    "memory limit": During(
        then="memory",
        ends=(*STOPPED, -signal.SIGABRT, -signal.SIGSEGV, -signal.SIGBUS),
    ),
    "a call of the system fails": During(then="call 1"),
    "a later call fails": During(then="call 5"),
    "read-only folder": During(
        _chmod(0o555), then="no rights", mend=_chmod(0o755), at=_begun
    ),
    "unreadable folder": During(
        _chmod(0o000), then="no rights", mend=_chmod(0o755), at=_begun
    ),
    "folder moved": During(_move, mend=_move_back, at=_begun),
    "folder replaced": During(_replace, mend=_move_back, at=_begun),
    "folder removed": During(_remove, at=_begun, only=MOST - {"evaluate"}),
    "inputs vanish": During(
        _inputs_away,
        mend=_inputs_back,
        only=("mnist", "celeba", "sample", "benchmark", "evaluate"),
    ),
    "clock jumps forward": During(then="clock forward", ends=GOES_ON),
    "clock jumps back": During(then="clock back", ends=GOES_ON),
    "two processes": During(_second, ends=GOES_ON, at=_begun),
    "NaN in weights": During(then="NaN in weights", only=RUNS, ends=(0, 1)),
    "NaN in data": During(then="NaN in data", only=RUNS, ends=(0, 1)),
    "a worker dies": During(workers.kill, ends=GOES_ON, only=CLUSTERS, at=_is_first),
    "two workers die": During(
        workers.kill_again, ends=GOES_ON, only=CLUSTERS, at=_is_first
    ),
    "a worker hangs": During(workers.hang, ends=GOES_ON, only=CLUSTERS, at=_is_first),
    "the scheduler dies": During(
        workers.end_with_the_program,
        ends=(-signal.SIGKILL,),
        only=CLUSTERS,
        at=_is_first,
    ),
    **{
        f"{name} becomes a link": During(
            _link_in(name), mend=_link_out(name), only=only, at=_begun
        )
        for name, only in {
            "samples": RUNS,
            "figures": RUNS,
            "checkpoints": RUNS,
            "tensorboard": RUNS,
            "models": RUNS,
            "blocks": ("sample",),
            "results.jsonl": (*RUNS, "evaluate"),
            "benchmark.jsonl": ("benchmark",),
            "evaluation.jsonl": ("evaluate",),
        }.items()
    },
}
