"""One fault from beginning to end: a run, what befalls it, and the command again."""

import dataclasses
import pathlib
import shutil
import signal
import time
from typing import Any

import numpy as np
from chaos import between, during, sentences
from chaos.child import Ended
from chaos.scene import Scene
from chaos.subjects import Subject

__all__ = ["Unbroken", "of", "unbroken"]

LOOKS = 2  # of a command that looks at files, each of which names one
AGAIN = 3  # commands after the fault; each may name one more thing to mend
SENTENCE = 2000  # letters at most
UNTIMED = "Missing: timings.jsonl is not there, so no times are known.\n"  # in table.md


@dataclasses.dataclass
class Unbroken:
    """A run that nothing befell."""

    moments: list[str]  # in order, each once
    outcome: dict[str, bytes]
    folder: pathlib.Path


def unbroken(
    subject: Subject, made: pathlib.Path, place: pathlib.Path, folder: pathlib.Path
) -> Unbroken:
    """A run at `place`, which is moved to `folder`."""
    scene = Scene(subject, made, place, np.random.default_rng(0))
    ended = scene.command()
    assert ended.status == 0 and not ended.deeds, ended
    outcome = subject.outcome(scene.folder)
    assert scene.command().status == 0 and subject.outcome(scene.folder) == outcome
    scene.folder.rename(folder)
    scene.clear()
    return Unbroken(list(dict.fromkeys(ended.moments)), outcome, folder)


def of(
    subject: Subject,
    fault: str,
    moment: str,
    whole: Unbroken,
    made: pathlib.Path,
    place: pathlib.Path,
    seed: tuple[int, ...],
) -> dict[str, Any]:
    """What came of a fault, as a line of the record.

    All happens at `place`, since some files name their folder; what went wrong stays.
    """
    started = time.monotonic()
    scene = Scene(subject, made, place, np.random.default_rng(seed))
    line: dict[str, Any] = {"program": subject.name, "fault": fault, "moment": moment}
    ended = Ended(None, "", "", [], [])
    try:
        befall = _during if fault in during.DURING else _between
        ended, obeyed = befall(scene, fault, moment, whole)
        by_itself = (ended.status or 0) > 0
        line |= {"said": scene.told(ended.said) if by_itself else ""}
        line |= {"status": ended.status, "obeyed": [scene.told(one) for one in obeyed]}
        why = None
    except sentences.Wrong as wrong:
        why = scene.told(str(wrong))
    except OSError as wrong:  # what a sentence asked for could not be done
        why = scene.told(f"the driver: {wrong!r}")
    line["seconds"] = round(time.monotonic() - started, 1)
    line["ok"] = why is None
    if why:
        line["why"] = why
    else:
        scene.clear()
    return line


def _during(
    scene: Scene, name: str, moment: str, whole: Unbroken
) -> tuple[Ended, list[str]]:
    fault = during.DURING[name]
    scene.moment = moment
    child = scene.start(hold=moment, then=fault.then)
    if not child.held():
        raise sentences.Wrong(f"it never came to the moment: {child.ended()}")
    scene.seen = scene.kept()
    try:
        fault.deed(scene)
    except AssertionError as wrong:
        child.ended(0)
        raise sentences.Wrong(f"beside it: {wrong}") from None
    if -min(fault.ends) != signal.SIGKILL:
        child.go()
    ended = child.ended()
    if "link" in name:  # what it tried then is told by what is there
        ended = ended._replace(deeds=[])
    _check_end(ended, fault.ends, fault.words)
    fault.mend(scene)
    _check_kept(scene, scene.seen)
    obeyed = _again(scene, whole, ended)
    _check_outside(scene)
    return ended, obeyed


def _between(
    scene: Scene, name: str, moment: str, whole: Unbroken
) -> tuple[Ended, list[str]]:
    fault = between.BETWEEN[name]
    when, _, file = moment.partition(": ")
    if when == "at the end":
        shutil.rmtree(scene.folder, ignore_errors=True)
        shutil.copytree(whole.folder, scene.folder, symlinks=True)
    else:
        child = scene.start(hold=when)
        if not child.held():
            raise sentences.Wrong(f"it never came to the moment: {child.ended()}")
        scene.child_killed()
    path = scene.folder / file
    scene.damaged.add(file)
    if path.is_file():  # it may come later in another order of the same run
        scene.before = path.read_bytes()
        fault.damage(scene, path)
    kept = scene.kept()
    obeyed = []
    for looks in _looks(scene.subject):
        if sentences.ANEW in obeyed and looks:
            continue
        ended = scene.command(*looks)
        _check_end(ended, during.STOPPED, "")
        _check_kept(scene, kept)
        obeyed += [] if ended.status == 0 else sentences.obeyed(scene, ended)
    last = ended
    if obeyed and scene.subject.begins:  # what it reads, another command makes again
        for command in (scene.subject.begins, scene.subject.name):
            for _ in range(AGAIN):
                last = scene.command(of=command)
                _check_end(last, during.STOPPED, "")
                if last.status == 0:
                    break
                obeyed += sentences.obeyed(scene, last)
    obeyed += _again(scene, whole, last)
    _check_outside(scene)
    return ended, obeyed


def _looks(subject: Subject) -> list[tuple[str, ...]]:
    """Further flags of the commands after damage: a look first, where there is one."""
    return [subject.looks] * LOOKS * bool(subject.looks) + [()]


def _again(scene: Scene, whole: Unbroken, ended: Ended) -> list[str]:
    """The same command until it has ended well; what it asked for on the way."""
    obeyed: list[str] = []
    for _ in range(AGAIN):
        if ended.status == 0:
            break
        ended = scene.command()
        _check_end(ended, during.STOPPED, "")
        obeyed += sentences.obeyed(scene, ended) if ended.status else []
    if ended.status:
        raise sentences.Wrong(
            f"the same command does not go on: {ended.status} {ended.said}"
        )
    now = scene.subject.outcome(scene.folder)
    if UNTIMED in ended.out and "timings.jsonl" in scene.damaged:
        now["table.md"] = now["table.md"].replace(f"\n{UNTIMED}".encode(), b"")
    other = sorted(
        name
        for name in now.keys() | whole.outcome.keys()
        if now.get(name) != whole.outcome.get(name)
        and name not in sentences.gone(scene, ended, now, whole.outcome)
    )
    if other:
        raise sentences.Wrong(
            f"it ends otherwise than the unbroken run: {other} {ended.said}"
        )
    return obeyed


def _check_end(ended: Ended, ends: Any, words: str) -> None:
    if ended.status is None:
        raise sentences.Wrong(f"it hangs: {ended.err[-1000:]}")
    if "Traceback" in ended.err:
        raise sentences.Wrong(f"a traceback: {ended.err[-3000:]}")
    if ended.status not in ends:
        raise sentences.Wrong(f"it ended with {ended.status}: {ended.err[-1000:]}")
    if ended.status > 0 and not (words in ended.said and _is_sentence(ended.said)):
        raise sentences.Wrong(f"it ended with {ended.status} and said {ended.said!r}")
    if ended.deeds:
        raise sentences.Wrong(f"it did what it may not: {ended.deeds[:5]}")


def _is_sentence(text: str) -> bool:
    return 10 < len(text) < SENTENCE and " " in text and "/proc/self" not in text


def _check_kept(scene: Scene, before: dict[str, bytes]) -> None:
    if "" in scene.damaged:  # all of it
        return
    now = scene.kept()
    lost = sorted(
        name
        for name, content in before.items()
        if not any(name.startswith(one) for one in scene.damaged)
        and now.get(name) != content
    )
    if lost:
        raise sentences.Wrong(f"what was finished is lost or other: {lost}")


def _check_outside(scene: Scene) -> None:
    if changed := scene.changed_outside():
        raise sentences.Wrong(f"files beside the folder were changed: {changed}")
