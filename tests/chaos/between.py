"""Faults that befall files between two commands."""

import pathlib
from collections.abc import Callable
from typing import NamedTuple

from chaos.scene import Scene

__all__ = ["BETWEEN", "FILES", "Between", "files_of"]

# Kinds of files by name, each with the patterns of their paths in a folder.
FILES = {
    "checkpoint": ("checkpoints/**/variables.data*", "checkpoints/**/variables.index"),
    "samples": ("samples/*.npz",),
    "table": ("*.jsonl",),
    "record": ("config.json", "manifest.json"),
    "events": ("tensorboard/events*",),
    "figure": ("figures/**/*.png", "figures/*.gif", "samples.png"),
    "net": ("models/*.keras",),
    "shard": ("blocks/*",),
    "text": ("table.md", "report.*", "log", "figures/*.json"),
}


class Between(NamedTuple):
    """What is done to a file; `whole` ones are of a run that had ended."""

    damage: Callable[[Scene, pathlib.Path], None]
    file: str  # its kind


def files_of(folder: pathlib.Path, kind: str) -> list[str]:
    paths = {path for name in FILES[kind] for path in folder.glob(name)}
    return sorted(str(path.relative_to(folder)) for path in paths if path.is_file())


def _truncate(scene: Scene, path: pathlib.Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(scene.rng.integers(len(content)))])


def _flip(scene: Scene, path: pathlib.Path) -> None:
    content = bytearray(path.read_bytes())
    if content:
        content[int(scene.rng.integers(len(content)))] ^= 1 << scene.rng.integers(8)
    path.write_bytes(content)


def _swap(scene: Scene, path: pathlib.Path) -> None:
    """With another of its kind and suffix, if there is one."""
    kind = next(k for k in FILES if _name(scene, path) in files_of(scene.folder, k))
    others = [
        scene.folder / name
        for name in files_of(scene.folder, kind)
        if (scene.folder / name).suffix == path.suffix and scene.folder / name != path
    ]
    if not others:
        return
    other = others[int(scene.rng.integers(len(others)))]
    scene.damaged.add(_name(scene, other))
    ours, theirs = path.read_bytes(), other.read_bytes()
    path.write_bytes(theirs)
    other.write_bytes(ours)


def _remove(scene: Scene, path: pathlib.Path) -> None:
    path.unlink()


def _link(scene: Scene, path: pathlib.Path) -> None:
    """The file itself lies elsewhere now, under somebody's name."""
    content = path.read_bytes()
    path.unlink()
    path.symlink_to(scene.theirs / "file")
    scene.place.joinpath("aside").write_bytes(content)


def _folder(scene: Scene, path: pathlib.Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "file").write_text("of another program\n")


def _name(scene: Scene, path: pathlib.Path) -> str:
    return str(path.relative_to(scene.folder))


WAYS = {
    "truncated": _truncate,
    "bit-flipped": _flip,
    "swapped": _swap,
    "removed": _remove,
    "a link for": _link,
    "a folder for": _folder,
}

BETWEEN = {
    f"{way} {file}": Between(damage, file)
    for file in FILES
    for way, damage in WAYS.items()
}
