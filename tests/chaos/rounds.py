"""One fault from beginning to end: a run, what befalls it, and the command again."""

import dataclasses
import pathlib
import re
import shutil
import signal
import time
from typing import Any

import numpy as np
from chaos import between, during
from chaos.child import Ended
from chaos.scene import Scene
from chaos.subjects import Subject

__all__ = ["Unbroken", "of", "unbroken"]

LOOKS = 2  # of a command that looks at files, each of which names one
ANEW = "begun anew, in another folder"
AGAIN = 3  # commands after the fault; each may name one more thing to mend
LOOKS_AT = "training.jsonl"
GONE = r"(figures/.*\.png): lost or damaged, and without checkpoints"
SENTENCE = 2000  # letters at most
UNTIMED = "Missing: timings.jsonl is not there, so no times are known.\n"  # in table.md


@dataclasses.dataclass
class Unbroken:
    """A run that nothing befell."""

    moments: list[str]  # in order, each once
    outcome: dict[str, bytes]
    folder: pathlib.Path


class Wrong(Exception):
    """What a program did that it may not."""


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
    except Wrong as wrong:
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
        raise Wrong(f"it never came to the moment: {child.ended()}")
    scene.seen = scene.kept()
    try:
        fault.deed(scene)
    except AssertionError as wrong:
        child.ended(0)
        raise Wrong(f"beside it: {wrong}") from None
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
            raise Wrong(f"it never came to the moment: {child.ended()}")
        scene.child_killed()
    path = scene.folder / file
    scene.damaged.add(file)
    if path.is_file():  # it may come later in another order of the same run
        scene.before = path.read_bytes()
        fault.damage(scene, path)
    kept = scene.kept()
    obeyed = []
    for looks in _looks(scene.subject):
        if ANEW in obeyed and looks:
            continue
        ended = scene.command(*looks)
        _check_end(ended, during.STOPPED, "")
        _check_kept(scene, kept)
        obeyed += [] if ended.status == 0 else _obeyed(scene, ended)
    last = ended
    if obeyed and scene.subject.begins:  # what it reads, another command makes again
        for command in (scene.subject.begins, scene.subject.name):
            for _ in range(AGAIN):
                last = scene.command(of=command)
                _check_end(last, during.STOPPED, "")
                if last.status == 0:
                    break
                obeyed += _obeyed(scene, last)
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
        obeyed += _obeyed(scene, ended) if ended.status else []
    if ended.status:
        raise Wrong(f"the same command does not go on: {ended.status} {ended.said}")
    now = scene.subject.outcome(scene.folder)
    if UNTIMED in ended.out and "timings.jsonl" in scene.damaged:
        now["table.md"] = now["table.md"].replace(f"\n{UNTIMED}".encode(), b"")
    other = sorted(
        name
        for name in now.keys() | whole.outcome.keys()
        if now.get(name) != whole.outcome.get(name)
        and name not in _gone(scene, ended, now, whole)
    )
    if other:
        raise Wrong(f"it ends otherwise than the unbroken run: {other} {ended.said}")
    return obeyed


def _gone(
    scene: Scene, ended: Ended, now: dict[str, bytes], whole: Unbroken
) -> set[str]:
    """What the fault took and nothing can make again, of which the program tells.

    Of looks at training it is lines; those that are left are of the unbroken run.
    """
    told = {*", ".join(re.findall(GONE, ended.err)).split(", ")}
    if f"{LOOKS_AT} was lost: " in ended.err or LOOKS_AT in scene.shortened:
        mine, theirs = (
            {*of.get(LOOKS_AT, b"").splitlines()} for of in (now, whole.outcome)
        )
        told |= {LOOKS_AT} if mine < theirs else set()
    return scene.damaged & told


def _obeyed(scene: Scene, ended: Ended) -> list[str]:
    """Does what a sentence asks for: to remove or move something, or to begin anew."""
    said = ended.said
    named = re.search(rf"'{re.escape(str(scene.folder))}/([^']+)'", said)
    name = named[1] if named else ""
    if "put a copy of it back" in said and scene.subject.begins:
        _removed(scene.folder / name)
        (scene.folder / name).write_bytes(scene.before)
        return [f"{name} put back"]
    if lines := re.search(r"', lines? ([\d, ]+).*remove", said):
        numbers = {int(number) for number in re.findall(r"\d+", lines[1])}
        path = scene.folder / name
        kept = path.read_bytes().splitlines(keepends=True)
        kept = [line for i, line in enumerate(kept, 1) if i not in numbers]
        path.write_bytes(b"".join(kept))
        scene.shortened.add(name)
        return [f"{len(numbers)} lines of {name} removed"]
    if other := re.search(r"has the lines of (\w+\.jsonl)", said):
        path, theirs = scene.folder / name, scene.folder / other[1]
        ours = path.read_bytes()
        path.write_bytes(theirs.read_bytes())
        theirs.write_bytes(ours)
        return [f"{name} and {other[1]} named as before"]
    if name and re.search("remove|move it|put the file", said):
        within = re.escape(str(scene.folder))
        for one in re.findall(rf"'{within}/([^']+)'", said):
            _removed(scene.folder / one)
        return [f"{name} removed"]
    if re.search("(take|give|or) another( --workdir|$)|another folder", said):
        scene.folder.rename(scene.place / "left")
        return [ANEW]
    raise Wrong(f"it does not tell what to do: {ended.status} {said}")


def _removed(path: pathlib.Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)  # a second look finds that it is missing


def _check_end(ended: Ended, ends: Any, words: str) -> None:
    if ended.status is None:
        raise Wrong(f"it hangs: {ended.err[-1000:]}")
    if "Traceback" in ended.err:
        raise Wrong(f"a traceback: {ended.err[-3000:]}")
    if ended.status not in ends:
        raise Wrong(f"it ended with {ended.status}: {ended.err[-1000:]}")
    if ended.status > 0 and not (words in ended.said and _is_sentence(ended.said)):
        raise Wrong(f"it ended with {ended.status} and said {ended.said!r}")
    if ended.deeds:
        raise Wrong(f"it did what it may not: {ended.deeds[:5]}")


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
        raise Wrong(f"what was finished is lost or other: {lost}")


def _check_outside(scene: Scene) -> None:
    if changed := scene.changed_outside():
        raise Wrong(f"files beside the folder were changed: {changed}")
