"""What a program's sentences ask for, and what it says is lost."""

import pathlib
import re
import shutil

from chaos.child import Ended
from chaos.scene import Scene

__all__ = ["ANEW", "Wrong", "gone", "obeyed"]

ANEW = "begun anew, in another folder"
LOOKS_AT = "training.jsonl"
GONE = r"(figures/.*\.png): lost or damaged, and without checkpoints"


class Wrong(Exception):
    """What a program did that it may not."""


def obeyed(scene: Scene, ended: Ended) -> list[str]:
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


def gone(
    scene: Scene, ended: Ended, now: dict[str, bytes], unbroken: dict[str, bytes]
) -> set[str]:
    """What the fault took and nothing can make again, of which the program tells.

    Of looks at training it is lines; those that are left are of the unbroken run.
    """
    told = {*", ".join(re.findall(GONE, ended.err)).split(", ")}
    if f"{LOOKS_AT} was lost: " in ended.err or LOOKS_AT in scene.shortened:
        mine, theirs = ({*of.get(LOOKS_AT, b"").splitlines()} for of in (now, unbroken))
        told |= {LOOKS_AT} if mine < theirs else set()
    return scene.damaged & told


def _removed(path: pathlib.Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)  # a second look finds that it is missing
